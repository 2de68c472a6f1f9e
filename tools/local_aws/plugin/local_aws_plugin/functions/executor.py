"""Runs a function's code under AWS's runtime interface emulator and awslambdaric.

Every ``python3.*`` runtime runs on the one Python that is installed (3.11); other runtimes can be
created but not invoked. ``/var/task``, ``/opt`` and ``/var/runtime`` are ordinary folders named by
the environment, not mounts; no container and no network namespace confines the code. What it
reaches by Python's own sockets is bounded in its own process (``start.py``).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import requests
from localstack import config
from localstack.services.lambda_.invocation.lambda_models import InvocationResult
from localstack.services.lambda_.invocation.runtime_executor import (
    LambdaRuntimeException,
    RuntimeExecutor,
)
from localstack.utils.net import get_free_tcp_port

from ..databases.fleet import FLEET
from ..processes import KEEPER
from .internet import INTERNET
from .logs import log_group_of

__all__ = ["EmulatorExecutor"]

_STARTUP_SECONDS = 10.0
_LOG_SECONDS = 1.0


class EmulatorExecutor(RuntimeExecutor):
    """One execution environment: an emulator process and the runtime below it."""

    def __init__(self, id: str, function_version: Any) -> None:
        super().__init__(id=id, function_version=function_version)
        self._folder = Path(tempfile.mkdtemp(prefix=f"function-{id[:8]}-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self._read = 0

    def start(self, env_vars: dict[str, str]) -> None:
        """Starts the emulator; the function's own code loads at the first invocation."""
        runtime = self.function_version.config.runtime or "image"
        if not runtime.startswith("python3."):
            raise LambdaRuntimeException(
                f"the local AWS stand-in runs python3.* functions, not {runtime}"
            )
        self._port, api_port = get_free_tcp_port(), get_free_tcp_port()
        task = self.function_version.config.code.get_unzipped_code_location()
        command = [
            os.environ["LOCAL_AWS_EMULATOR"],
            "--log-level", "warn",
            "--runtime-interface-emulator-address", f"127.0.0.1:{self._port}",
            "--runtime-api-address", f"127.0.0.1:{api_port}",
            # -S: no site-packages; the function finds what AWS gives it, and no more.
            getattr(sys, "_base_executable", sys.executable), "-S", *self._start_script(),
            str(self.function_version.config.handler),
        ]  # fmt: skip
        with self._out.open("wb") as out, (self._folder / "emulator.log").open("wb") as err:
            self._process = KEEPER.start(
                command, env=self._environment(env_vars, task), cwd=task, stdout=out, stderr=err
            )
        self._wait_until_listening()

    def stop(self) -> None:
        """Ends the emulator and everything below it."""
        process, self._process = self._process, None
        if process is not None:
            KEEPER.end(process)
        shutil.rmtree(self._folder, ignore_errors=True)

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        """Hands one event to the function and waits for its answer."""
        request_id = payload["invoke-id"]
        url = f"http://127.0.0.1:{self._port}/2015-03-31/functions/function/invocations"
        answer = requests.post(
            url,
            data=payload["payload"].encode(),
            headers={"X-Amzn-RequestId": request_id, "X-Amzn-Trace-Id": payload["trace-id"]},
            proxies={"http": "", "https": ""},
            timeout=self.function_version.config.timeout + 30,
        )
        body, is_error = _outcome(answer.content, answer.status_code, request_id)
        return InvocationResult(request_id, body, is_error, self._new_logs(request_id))

    def get_logs(self) -> str:
        """Everything that the function printed."""
        try:
            return self._out.read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def get_address(self) -> str:
        """Where the emulator listens."""
        return "127.0.0.1"

    def get_endpoint_from_executor(self) -> str:
        """Where the function finds the stand-in."""
        return "127.0.0.1"

    def get_runtime_endpoint(self) -> str:
        """Where an environment would report to; the emulator answers directly instead."""
        return f"http://127.0.0.1:{config.GATEWAY_LISTEN[0].port}/_localstack_lambda/{self.id}"

    @classmethod
    def prepare_version(cls, function_version: Any) -> None:
        """Unpacks the code and the layers."""
        if function_version.config.code:
            function_version.config.code.prepare_for_execution()
        for layer in function_version.config.layers or []:
            layer.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version: Any) -> None:
        """Nothing to do: LocalStack removes the unpacked code itself."""

    @property
    def _out(self) -> Path:
        return self._folder / "function.log"

    def _environment(self, given: dict[str, Any], task: Path) -> dict[str, str]:
        version = self.function_version
        runtime = Path(os.environ["LOCAL_AWS_RUNTIME"])
        layers = [layer.code.get_unzipped_code_location() for layer in version.config.layers or []]
        # Later layers lie over earlier ones, as in /opt.
        opt = [str(layer / sub) for layer in reversed(layers) for sub in _python_folders()]
        own = dict(version.config.environment or {})
        environment = {
            key: str(value) for key, value in given.items() if not key.startswith("LOCALSTACK_")
        }
        environment |= {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "en_US.UTF-8",
            "AWS_ACCOUNT_ID": version.id.account,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{version.config.runtime}",
            "AWS_LAMBDA_LOG_GROUP_NAME": log_group_of(version),
            "LAMBDA_TASK_ROOT": str(task),
            "LAMBDA_RUNTIME_DIR": str(runtime),
            "TMPDIR": str(self._folder),
        }
        environment |= own
        before = [own["PYTHONPATH"]] if "PYTHONPATH" in own else []
        environment["PYTHONPATH"] = os.pathsep.join([*before, *opt, str(runtime)])
        return environment

    def _start_script(self) -> list[str]:
        """What starts AWS's runtime client, where only what the function may find has a name."""
        vpc = self.function_version.config.vpc_config
        internet = "" if vpc is not None and vpc.subnet_ids else str(INTERNET.file)
        names, root = FLEET.for_functions or ("", "")
        return [str(Path(__file__).with_name("start.py")), str(names), str(root), internet]

    def _wait_until_listening(self) -> None:
        deadline = time.monotonic() + _STARTUP_SECONDS
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                break
            try:
                # Any path but the invocation's: it answers without starting the runtime.
                requests.get(f"http://127.0.0.1:{self._port}/", timeout=1)
            except requests.ConnectionError:
                time.sleep(0.02)
            else:
                return
        log = (self._folder / "emulator.log").read_text(errors="replace")
        raise LambdaRuntimeException(f"the runtime interface emulator did not start: {log}")

    def _new_logs(self, request_id: str) -> str:
        """The lines of one invocation; they reach the file a moment after the answer."""
        deadline = time.monotonic() + _LOG_SECONDS
        while True:
            with self._out.open("rb") as log:
                log.seek(self._read)
                new = log.read()
            ended = f"REPORT RequestId: {request_id}".encode() in new and new.endswith(b"\n")
            if ended or time.monotonic() > deadline:
                self._read += len(new)
                return new.decode(errors="replace")
            time.sleep(0.01)


def _python_folders() -> tuple[str, str]:
    return "python", f"python/lib/python3.{sys.version_info.minor}/site-packages"


def _outcome(body: bytes, status: int, request_id: str) -> tuple[bytes, bool]:
    """The answer and whether it is an error: the emulator answers 200 for both."""
    if body.startswith(b"Task timed out after "):
        message = f"{request_id} {body.decode()}"
        return json.dumps({"errorType": "Sandbox.Timedout", "errorMessage": message}).encode(), True
    if status != 200:
        return body, True
    try:
        answer = json.loads(body or b"null")
    except ValueError:
        return body, False
    # What awslambdaric reports for an exception bears the request's own id.
    failed = (
        isinstance(answer, dict)
        and answer.keys() <= {"errorMessage", "errorType", "requestId", "stackTrace"}
        and answer.get("requestId") == request_id
    )
    return body, failed
