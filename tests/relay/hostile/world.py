"""One relay and one host, real from the event to the socket, for very many hostile cases."""

import base64
import dataclasses
import json
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from typing import Any

from secure_lambda_constructs.relay.handler.addresses import is_public
from secure_lambda_constructs.relay.handler.audit import OUTCOMES
from secure_lambda_constructs.relay.handler.deadline import Deadline
from secure_lambda_constructs.relay.handler.pool import Connections
from secure_lambda_constructs.relay.handler.refusals import Code
from secure_lambda_constructs.relay.handler.relay import Relay
from secure_lambda_constructs.relay.handler.routes import Configuration
from secure_lambda_constructs.relay.handler.secret_values import SecretValues

from ..servers import CLOSE, CUT, HOLD, REQUEST, RESET, Answer, Authority, Seen, Server, Step
from .case import HOST, KEY, ROUTES, Sent, event

__all__ = ["ADDRESS", "QUICK", "HostileServer", "Outcome", "World", "hostile_world"]

ADDRESS = "127.0.0.1"
"""Of the server."""

QUICK = 5.0
"""Seconds below which a call stays, on a machine that has other things to do; a route has 10."""
_FUNCTION, _REQUEST_ID = "ItemsRelay", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
_TIME = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
_NUMBERS = {
    *("bytes_out", "bytes_in", "duration_ms", "upstream_ms", "attempts", "dropped_headers"),
    *("Calls", "Refused", "Failed", "WouldRefuse", "BytesOut", "BytesIn", "Duration"),
}
_TEXTS = {"time", "request_id", "relay", "route", "method", "host", "status", "outcome", "code"}
_MEMBERS = _NUMBERS | _TEXTS | {"would_refuse", "Relay", "Route", "_aws"}
_BY_NAME = {route.name: route for route in ROUTES}


class HostileServer(Server):
    """Answers as an ordinary host does, save where it is told to do something else once."""

    def __init__(self) -> None:
        authority = Authority()
        names = {route.host for route in ROUTES}
        self.seen: list[Seen] = []
        """The requests, in the order in which they were read."""
        self.done = threading.Event()
        """Set when what the server was told to do has been done."""
        self._answer: Sequence[Step] | None = None
        self._greeting: Sequence[Step] | None = None
        self._ordinary = authority.issue(*names).context()
        super().__init__(self._ordinary, authority)

    @contextmanager
    def answering(self, *steps: Step) -> Iterator[None]:
        """What is done instead of the next answer."""
        self.done.clear()
        self._answer = steps
        try:
            yield
        finally:
            self._answer = None

    @contextmanager
    def greeting(self, *steps: Step, context: ssl.SSLContext | None = None) -> Iterator[None]:
        """What is done on the next connections, over the given TLS, or none at all."""
        self.done.clear()
        self._greeting = steps
        self._context = context
        if context is not None:
            context.sni_callback = self._name
        try:
            yield
        finally:
            self._greeting = None
            self._context = self._ordinary

    def serve(self, connection: socket.socket, number: int, server_name: str | None) -> None:
        """Talk to a client."""
        stream = _Stream(connection, number, server_name)
        greeting, self._greeting = self._greeting, None
        if greeting is not None and not self._play(greeting, stream):
            return
        if not isinstance(connection, ssl.SSLSocket):
            return
        while True:
            seen = stream.request()
            self.seen.append(seen)
            steps, self._answer = self._answer, None
            if steps is None:
                body = json.dumps({"target": seen.target}).encode()
                connection.sendall(Answer(body=body if seen.method != "HEAD" else b"").encoded())
            elif not self._play(steps, stream):
                return

    def _play(self, steps: Sequence[Step], stream: "_Stream") -> bool:
        """Do it, and tell whether the connection goes on."""
        try:
            for step in steps:
                if isinstance(step, bytes):
                    stream.connection.sendall(step)
                elif isinstance(step, float):
                    if self._ended.wait(step):
                        return False
                elif step is REQUEST:
                    self.seen.append(stream.request())
                elif step is HOLD:
                    stream.until_the_end()
                else:
                    assert step in (CLOSE, CUT, RESET)
                    stream.close(step)
                    return False
        finally:
            self.done.set()
        return True


class _Stream:
    """Requests from a connection, read as strictly as a host can."""

    def __init__(self, connection: socket.socket, number: int, server_name: str | None) -> None:
        self.connection = connection
        self._number = number
        self._server_name = server_name
        self._buffer = b""

    def request(self) -> Seen:
        while b"\r\n\r\n" not in self._buffer:
            self._more()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode("ascii").split("\r\n")
        method, target, version = first.split(" ")
        assert version == "HTTP/1.1"
        headers = tuple((name, value) for name, _, value in (e.partition(": ") for e in lines))
        (length,) = [int(value) for name, value in headers if name == "content-length"] or [0]
        while len(self._buffer) < length:
            self._more()
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return Seen(method, target, headers, body, self._server_name, self._number)

    def until_the_end(self) -> None:
        while self.connection.recv(65_536):
            pass

    def close(self, how: Step) -> None:
        if how is CLOSE and isinstance(self.connection, ssl.SSLSocket):
            self.connection.settimeout(0)
            with suppress(OSError):
                self.connection.unwrap()
        if how is RESET:
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    def _more(self) -> None:
        data = self.connection.recv(65_536)
        if not data:
            raise EOFError
        self._buffer += data


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of a call.

    Attributes:
        answer: As the caller gets it.
        record: The audit record.
        seconds: How long it took.
    """

    answer: dict[str, Any]
    record: dict[str, Any]
    seconds: float

    @property
    def code(self) -> Code | None:
        """Of the error."""
        error = self.answer.get("error")
        return None if error is None else Code(error["code"])

    @property
    def body(self) -> bytes:
        """What the host answered."""
        return base64.b64decode(self.answer["body"], validate=True)

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Those that are handed on."""
        return [(name, value) for name, value in self.answer["headers"]]


class _Context:
    function_name = _FUNCTION
    aws_request_id = _REQUEST_ID

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._end - time.monotonic()) * 1000))


class World:
    """A relay, the host that all names lead to, and what can be seen of both.

    The names are resolved as a test says; all else is the relay as it runs. The server's address
    is let pass where a case is not about addresses, and no other is: the true judge sees them all.
    """

    def __init__(self, server: HostileServer, *, report_only: bool = False) -> None:
        self.server = server
        self.asked: list[str] = []
        """The names that were looked up."""
        self.connections = Connections(
            resolver=self._resolve,
            is_allowed=self._is_allowed,
            port=server.port,
            trust=server.authority.pem if server.authority else None,
        )
        self._lines: list[str] = []
        self._relay = Relay(
            Configuration(ROUTES, report_only),
            connections=self.connections,
            secrets=SecretValues(
                read=lambda service, name: json.dumps({"key": KEY}),
                environment={"ITEMS_KEY": "items"},
            ),
            write=self._lines.append,
        )
        self._answers: list[Sequence[str]] = []
        self._is_strict = False
        self._count = 0

    @contextmanager
    def resolving(self, *answers: Sequence[str], strict: bool = True) -> Iterator[None]:
        """What the next look-ups answer; `strict` lets only the true judge decide."""
        self._answers = list(answers)
        self._is_strict = strict
        try:
            yield
        finally:
            self._answers.clear()
            self._is_strict = False

    def handle(self, given: object, seconds: float = 30.0) -> tuple[dict[str, Any], dict[str, Any]]:
        """Call the relay; return its answer and its only audit record, both as they are read."""
        self._lines.clear()
        answer = json.dumps(self._relay.handle(given, _Context(seconds)))
        (line,) = self._lines
        assert line.isascii()
        assert line[:-1].isprintable()
        assert line[-1] == "\n"
        assert KEY not in line + answer
        return json.loads(answer), json.loads(line)

    def call(self, given: object, seconds: float = 30.0) -> Outcome:
        """Call the relay, and check what holds for every call, but in report mode."""
        begun = time.monotonic()
        answer, record = self.handle(given, seconds)
        took = time.monotonic() - begun
        check_answer(answer)
        check_record(record, answer)
        return Outcome(answer, record, took)

    def call_ordinarily(self) -> Seen:
        """Make a call as there are many, and check that it gets its own answer."""
        self._count += 1
        target = f"/v1/items/ordinary-{self._count}/parts/1"
        before = len(self.server.seen)
        outcome = self.call(event(url=f"https://{HOST}{target}"))
        assert outcome.code is None, outcome.answer
        assert json.loads(outcome.body) == {"target": target}
        seen = self.server.seen[-1]
        assert seen.target == target
        assert len(self.server.seen) == before + 1
        return seen

    @contextmanager
    def sending(self, *expected: Sent, looking_up: Sequence[str] = ()) -> Iterator[None]:
        """Check that just this gets to the host, and an ordinary call after it to its answer.

        The ordinary call comes after whatever went over an idle connection before it. Only the
        names of hosts to whom something is sent are looked up, and those that are said.
        """
        before, looked_up = len(self.server.seen), len(self.asked)
        yield
        got = self.server.seen[before:]
        assert [_sent(seen) for seen in got] == [_sent_of(sent) for sent in expected]
        for seen, sent in zip(got, expected, strict=True):
            assert seen.server_name == seen.header("host") == sent.host
        assert {*self.asked[looked_up:]} <= {sent.host for sent in expected} | {*looking_up}
        last = self.call_ordinarily()
        assert self.server.seen[before:] == [*got, last]

    def _resolve(self, host: str, deadline: Deadline) -> Sequence[str]:
        self.asked.append(host)
        return self._answers.pop(0) if self._answers else [ADDRESS]

    def _is_allowed(self, address: str) -> bool:
        return (address == ADDRESS and not self._is_strict) or is_public(address)


@contextmanager
def hostile_world(*, report_only: bool = False) -> Iterator[World]:
    """A world, whose server and connections end with it."""
    with HostileServer() as server:
        world = World(server, report_only=report_only)
        with closing(world.connections):
            yield world


def check_answer(answer: dict[str, Any]) -> None:
    """Check that an answer is of the wire format."""
    assert answer.pop("version") == 1
    route = _BY_NAME.get(answer.get("route", "read"))
    assert route is not None
    if "error" in answer:
        assert answer.keys() <= {"error", "route"}
        error = answer["error"]
        assert error.keys() == {"code", "message", "retryable"}
        code = Code(error["code"])
        assert isinstance(error["message"], str)
        assert error["message"].isascii()
        assert error["message"].isprintable()
        assert error["retryable"] is ("route" in answer and route.idempotent and code in _RETRYABLE)
        return
    assert answer.keys() == {"route", "status", "headers", "body"}
    assert 200 <= answer["status"] <= 599
    for name, value in answer["headers"]:
        assert name in {*route.response.headers} - {"keep-alive", "set-cookie"}
        assert re.fullmatch(r"[\t\x20-\x7e\x80-\xff]*", value)
    assert len(base64.b64decode(answer["body"], validate=True)) <= route.response.max_bytes


def check_record(record: dict[str, Any], answer: dict[str, Any]) -> None:
    """Check that an audit record tells of the answer, and holds nothing that is not known here.

    Each of its texts is one of a few that stand beforehand: so there is nothing of a caller or of
    a host in it.
    """
    assert record.keys() == _MEMBERS
    assert all(isinstance(record[name], int | float) for name in _NUMBERS)
    assert _TIME.fullmatch(record["time"])
    assert (record["relay"], record["Relay"]) == (_FUNCTION, _FUNCTION)
    assert record["request_id"] == _REQUEST_ID
    assert record["Route"] == record["route"] == answer.get("route", "-")
    route = _BY_NAME.get(record["route"])
    assert record["method"] == (route.method if route else None)
    assert record["host"] == (route.host if route else None)
    code = answer["error"]["code"] if "error" in answer else None
    assert record["code"] == code
    assert record["outcome"] == (OUTCOMES[Code(code)] if code else "allowed")
    assert record["would_refuse"] is None
    assert record["status"] is None or 200 <= record["status"] <= 599
    if code is None:
        assert record["status"] == answer["status"]
    (metrics,) = record["_aws"]["CloudWatchMetrics"]
    assert metrics["Namespace"] == "SecureLambdaConstructs/EgressRelay"
    assert {metric["Name"] for metric in metrics["Metrics"]} <= _NUMBERS


_RETRYABLE = (
    Code.NAME_NOT_RESOLVED,
    Code.CONNECTION_FAILED,
    Code.UPSTREAM_TIMEOUT,
    Code.UPSTREAM_PROTOCOL_ERROR,
)
_ALWAYS = {
    "user-agent": "secure-lambda-relay/1",
    "accept": "*/*",
    "accept-encoding": "identity",
}
_Sent = tuple[str, str, list[tuple[str, str]], bytes]


def _sent(seen: Seen) -> _Sent:
    return seen.method, seen.target, sorted(seen.headers), seen.body


def _sent_of(sent: Sent) -> _Sent:
    headers = {**_ALWAYS, "host": sent.host, **sent.headers}
    if sent.method in ("PATCH", "POST", "PUT"):
        headers["content-length"] = str(len(sent.body))
    return sent.method, sent.target, sorted(headers.items()), sent.body
