"""A server that speaks Lambda's Invoke API, and clients that really use boto3 to talk to it."""

import base64
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import pytest

from secure_lambda_constructs.relay.client import RelayClient
from secure_lambda_constructs.relay.client import core as core_module

ARN = "arn:aws:lambda:eu-west-1:111122223333:function:Relay"

Handle = Callable[[dict[str, Any]], object]


@dataclass
class Reply:
    """What the Invoke API says to one invoke."""

    payload: object = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut: bool = False
    """Whether the connection is closed instead of an answer."""

    @classmethod
    def throttled(cls) -> "Reply":
        """As Lambda refuses an invoke of a function whose reserved concurrency is used up, or 0."""
        body = {
            "Reason": "ReservedFunctionConcurrentInvocationLimitExceeded",
            "Type": "User",
            "message": "Rate Exceeded.",
        }
        return cls(body, status=429, headers={"x-amzn-ErrorType": "TooManyRequestsException"})


def answer(
    status: int = 200,
    body: bytes = b"{}",
    headers: Sequence[tuple[str, str]] = (("content-type", "application/json"),),
    route: str | None = "route",
) -> dict[str, object]:
    """What a relay answers when the host answered."""
    return {
        "version": 1,
        "route": route,
        "status": status,
        "headers": [list(pair) for pair in headers],
        "body": base64.b64encode(body).decode(),
    }


def refusal(code: str, retryable: bool = False, route: str | None = None) -> dict[str, object]:
    """What a relay answers when there is no answer of the host."""
    error = {"code": code, "message": f"this is {code}", "retryable": retryable}
    return {"version": 1, "error": error, **({"route": route} if route else {})}


class LambdaApi(ThreadingHTTPServer):
    """Lambda's Invoke API. What it answers is `replies`, one after the other, or `handle`."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.events: list[dict[str, Any]] = []
        self.functions: list[str] = []
        self.connections = 0
        self.replies: list[Reply] = []
        self.handle: Handle = lambda event: answer()
        self.ended = threading.Event()

    def reply(self, event: dict[str, Any]) -> Reply:
        return self.replies.pop(0) if self.replies else Reply(self.handle(event))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: LambdaApi

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def do_POST(self) -> None:
        parts = self.path.split("/")
        assert parts[1:3] == ["2015-03-31", "functions"]
        assert parts[4:] == ["invocations"]
        event = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.functions.append(unquote(parts[3]))
        self.server.events.append(event)
        reply = self.server.reply(event)
        self.server.ended.wait(reply.delay)
        if reply.cut:
            self.close_connection = True
            return
        payload = reply.payload if isinstance(reply.payload, bytes) else _json(reply.payload)
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[LambdaApi]:
    """The Invoke API, which boto3 finds by its own settings in the environment."""
    with LambdaApi() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
        monkeypatch.setenv("EGRESS_RELAY_HOSTS", f"api.example.com={ARN}")
        monkeypatch.setattr(core_module, "_shared", None)
        yield server
        server.ended.set()
        server.shutdown()
        thread.join(5)


@pytest.fixture
def pauses() -> list[float]:
    """How long the client waited between attempts."""
    return []


@pytest.fixture
def client(api: LambdaApi, pauses: list[float]) -> RelayClient:
    """A client as a function would make it, which does not really wait between attempts."""
    return RelayClient(pause=pauses.append)


@pytest.fixture
def hasty(api: LambdaApi, pauses: list[float]) -> RelayClient:
    """A client that soon loses its patience with the relay."""
    return RelayClient(pause=pauses.append, timeout=0.1)
