"""A small AWS, an invocation's context and clocks, for the tests of the handler."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

_TARGETS = {
    "secretsmanager.GetSecretValue": "SecretId",
    "AmazonSSM.GetParameter": "Name",
}


class SmallAws:
    """Speaks as much of Secrets Manager and the parameter store as the relay asks for."""

    def __init__(self) -> None:
        self.texts: dict[str, str | bytes] = {}
        """By the name; bytes for a binary secret."""
        self.calls: list[tuple[str, dict[str, Any]]] = []
        """Operation and parameters, in the order in which they came."""
        self.failure: tuple[int, str] | None = None
        """Status and code to fail with."""
        self.raw: bytes | None = None
        """What to answer instead of anything that makes sense."""
        self.delay = threading.Event()
        self.delay.set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                parameters = json.loads(self.rfile.read(length))
                status, body = outer._answer(self.headers["x-amz-target"], parameters)
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self.delay.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, target: str, parameters: dict[str, Any]) -> tuple[int, bytes]:
        self.calls.append((target.partition(".")[2], parameters))
        self.delay.wait(5)
        if self.raw is not None:
            return 200, self.raw
        if self.failure is not None:
            status, code = self.failure
            return status, json.dumps({"__type": code, "message": "no"}).encode()
        text = self.texts[parameters[_TARGETS[target]]]
        if target.startswith("AmazonSSM"):
            return 200, json.dumps({"Parameter": {"Value": text}}).encode()
        if isinstance(text, bytes):
            return 200, json.dumps({"SecretBinary": text.decode()}).encode()
        return 200, json.dumps({"SecretString": text}).encode()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallAws]:
    """A small AWS that boto3 finds by the environment, as it finds the real one in Lambda."""
    small = SmallAws()
    monkeypatch.setenv("AWS_ENDPOINT_URL", small.url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "placeholder")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "placeholder")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    yield small
    small.close()


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self, seconds: float = 1000.0) -> None:
        self.seconds = seconds

    def __call__(self) -> float:
        return self.seconds


class Context:
    """What Lambda tells a handler of the invocation."""

    def __init__(self, seconds: float = 30.0) -> None:
        self.function_name = "PaymentRelay"
        self.aws_request_id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
        self.memory_limit_in_mb = "128"
        self._end = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._end - time.monotonic()) * 1000))


MakeHooks = Callable[[str], None]


@pytest.fixture
def hooks(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> MakeHooks:
    """Writes a module `partner` of hooks where the relay looks for it."""

    def write(code: str) -> None:
        folder = tmp_path_factory.mktemp("code")
        package = folder / "relay_hooks"
        package.mkdir()
        (package / "__init__.py").write_text("")
        (package / "partner.py").write_text(code)
        monkeypatch.syspath_prepend(str(folder))
        for name in ("relay_hooks", "relay_hooks.partner"):
            monkeypatch.delitem(__import__("sys").modules, name, raising=False)

    return write
