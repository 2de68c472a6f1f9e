"""The function's execution environment: AWS's emulator and runtime client, in a namespace."""

import contextlib
import http.client
import io
import json
import secrets
import socket
import time
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from local_aws.install import FOLDER
from local_aws.process import REPOSITORY

from .model import Function
from .namespaces import Namespace

__all__ = ["Environment", "FunctionError", "running"]

_PORT = 8080
_START_SECONDS = 15.0
_ANSWER_SECONDS = 60.0


class FunctionError(Exception):
    """The function's code raised an exception."""


class Environment:
    """A running environment; use `running`."""

    def __init__(self, namespace: Namespace) -> None:
        """Use the emulator in a namespace."""
        self._namespace = namespace

    def invoke(self, event: Mapping[str, Any]) -> Any:
        """Hand an event to the function and return what it answers.

        Raises:
            FunctionError: The function ended with an exception.
        """
        path = "/2015-03-31/functions/function/invocations"
        connection = http.client.HTTPConnection("127.0.0.1", _PORT)
        connection.sock = self.connect()
        try:
            connection.request("POST", path, json.dumps(event))
            content = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        if isinstance(content, dict) and "errorType" in content:
            raise FunctionError(f"{content['errorType']}: {content['errorMessage']}")
        return content

    def connect(self) -> socket.socket:
        """A connection to the emulator."""
        address = ("127.0.0.1", _PORT)
        return self._namespace.call(lambda: socket.create_connection(address, _ANSWER_SECONDS))


@contextlib.contextmanager
def running(
    function: Function, *, namespace: Namespace, variables: Mapping[str, str], folder: Path
) -> Iterator[Environment]:
    """A function's environment in a namespace, ended afterwards.

    Args:
        function: The function.
        namespace: Where it runs.
        variables: Environment variables besides the function's and the runtime's own.
        folder: A folder to put code and files into.
    """
    home = REPOSITORY / FOLDER
    task = folder / f"task-{secrets.token_hex(4)}"
    with zipfile.ZipFile(io.BytesIO(function.archive)) as archive:
        archive.extractall(task)
    emulator = home / "venv/lib/python3.11/site-packages/samcli/local/rapid/aws-lambda-rie-x86_64"
    command = [
        str(emulator),
        *("--runtime-interface-emulator-address", f"127.0.0.1:{_PORT}"),
        *("--runtime-api-address", "127.0.0.1:9001"),
        # -S: no packages but what AWS gives a function.
        *(str(home / "venv" / "bin" / "python"), "-S", "-m", "awslambdaric", function.handler),
    ]
    own = _variables(function, task, home / "runtime", folder)
    process = namespace.start(command, environment=own | dict(variables), folder=task)
    try:
        environment = Environment(namespace)
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                environment.connect().close()
                break
            except ConnectionRefusedError:
                assert time.monotonic() < deadline, "the emulator does not listen"
                assert process.poll() is None, "the emulator has ended"
                time.sleep(0.02)
        yield environment
    finally:
        namespace.end_programs()


def _variables(function: Function, task: Path, runtime: Path, folder: Path) -> dict[str, str]:
    """What Lambda sets: no endpoint, no proxy, no profile.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
    """
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "en_US.UTF-8",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "60",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "LAMBDA_TASK_ROOT": str(task),
        "LAMBDA_RUNTIME_DIR": str(runtime),
        "PYTHONPATH": str(runtime),
        **function.variables,
    }
