"""A function under AWS's runtime interface emulator and awslambdaric, without the stand-in around.

It is started as the stand-in starts it (`local_aws_plugin.functions`), and called directly: so what
is measured is Lambda's own runtime and the function, not the stand-in.
"""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from local_aws.install import FOLDER

__all__ = ["Emulator", "python", "runtime"]

_REPOSITORY = Path(__file__).resolve().parent.parent
_HOME = _REPOSITORY / FOLDER
_START = _REPOSITORY.joinpath("tools/local_aws/plugin/local_aws_plugin/functions/start.py")
_PROGRAM = "lib/python*/site-packages/samcli/local/rapid/aws-lambda-rie-x86_64"
_PATH = "/2015-03-31/functions/function/invocations"
_STARTUP_SECONDS = 10.0
_END_SECONDS = 5.0
# One that whoever judges addresses takes for public; `start.py` leads it to this machine.
_ADDRESS = "93.184.216.1"


def runtime() -> Path:
    """The folder with what a function finds beside its own code: awslambdaric and boto3."""
    return _HOME / "runtime"


def python() -> str:
    """The interpreter that functions run on; with `-S` it has no packages of its own."""
    return str(getattr(sys, "_base_executable", sys.executable))


class Emulator:
    """One execution environment."""

    def __init__(self, port: int) -> None:
        """Take over a port on which an emulator listens; `running` starts one."""
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    @classmethod
    @contextmanager
    def running(
        cls,
        code: Path,
        handler: str,
        *,
        folder: Path,
        environment: Mapping[str, str],
        hosts: Mapping[str, int],
    ) -> Iterator["Emulator"]:
        """Start one.

        Args:
            code: The function's code.
            handler: What is called.
            folder: Receives what is written; must be empty.
            environment: Of the function.
            hosts: Names that the function finds on the internet, and the ports of this machine
                that they lead to.
        """
        internet = folder / "internet.json"
        internet.write_text(
            json.dumps(
                {
                    name: {"address": _ADDRESS, "host": "127.0.0.1", "port": port}
                    for name, port in hosts.items()
                }
            )
        )
        port, api_port = _free_port(), _free_port()
        (program,) = _HOME.joinpath("venv").glob(_PROGRAM)
        command = [
            str(program), "--log-level", "warn",
            "--runtime-interface-emulator-address", f"127.0.0.1:{port}",
            "--runtime-api-address", f"127.0.0.1:{api_port}",
            python(), "-S", str(_START), "", "", str(internet), handler,
        ]  # fmt: skip
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=code,
                env=_environment(code, environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        emulator = cls(port)
        try:
            emulator._wait(process)
            yield emulator
        finally:
            emulator._connection.close()
            _end(process)

    def invoke(self, event: bytes) -> tuple[float, bytes]:
        """Call the function; return the seconds of the round trip, and the answer."""
        began = time.perf_counter()
        self._connection.request("POST", _PATH, event)
        response = self._connection.getresponse()
        answer = response.read()
        return time.perf_counter() - began, answer

    def _wait(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + _STARTUP_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            with suppress(ConnectionError):
                self._connection.connect()
                return
            time.sleep(0.02)
        sys.exit("the runtime interface emulator did not start")


def _environment(code: Path, given: Mapping[str, str]) -> dict[str, str]:
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "en_US.UTF-8",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_LAMBDA_FUNCTION_NAME": "Function",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "30",
        "LAMBDA_TASK_ROOT": str(code),
        "PYTHONPATH": str(runtime()),
        "PYTHONDONTWRITEBYTECODE": "1",
        **given,
    }


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the emulator, which ends the runtime below it when it is asked politely."""
    below = _children(process.pid)
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_END_SECONDS)
    process.kill()
    process.wait()
    for child in below:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


def _children(process: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{process}/task").iterdir():
        found += [int(child) for child in (task / "children").read_text().split()]
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
