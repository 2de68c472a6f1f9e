"""The relay as a whole: from the event to the host and back, and what its log tells."""

import base64
import dataclasses
import hashlib
import hmac
import json
import string
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_lambda_constructs.relay.handler import relay as relay_module
from secure_lambda_constructs.relay.handler.messages import OutgoingRequest, UpstreamResponse
from secure_lambda_constructs.relay.handler.pool import Connections
from secure_lambda_constructs.relay.handler.refusals import Code, Refusal
from secure_lambda_constructs.relay.handler.relay import Exchanges, Relay
from secure_lambda_constructs.relay.handler.routes import (
    Body,
    Configuration,
    Credential,
    CredentialSource,
    Parameter,
    ResponseRules,
    Route,
)
from secure_lambda_constructs.relay.handler.secret_values import SecretValues

from ..servers import (
    HOLD,
    REQUEST,
    Answer,
    Authority,
    HttpServer,
    RawServer,
    Seen,
    Server,
    connections_to,
)
from .conftest import Clock, Context, MakeHooks

HOST = "api.example.com"
KEY = "sk_placeholder_1"
NEW_KEY = "sk_placeholder_2"
SOURCE = CredentialSource("secrets_manager", "PAYMENT_KEY")

CHARGE = Route(
    name="charge",
    method="POST",
    host=HOST,
    path="/v1/charges",
    headers={"idempotency-key": Parameter("uuid")},
    body=Body(
        "json",
        max_bytes=1024,
        schema={
            "type": "object",
            "properties": {"amount": {"type": "integer", "minimum": 1}},
            "required": ["amount"],
            "additionalProperties": False,
        },
    ),
    credential=Credential("bearer", SOURCE, field="api_key"),
    response=ResponseRules(4096, content_types=("application/json",), fields=("id", "status")),
)
STATUS = Route(
    name="charge_status",
    method="GET",
    host=HOST,
    path="/v1/charges/{charge_id}",
    path_parameters={"charge_id": Parameter("pattern", pattern="ch_[a-z0-9]{1,32}")},
    query_parameters={"expand": Parameter("one_of", values=("customer",))},
    response=ResponseRules(4096, headers=("content-type", "etag")),
    idempotent=True,
)
ROUTES = (CHARGE, STATUS)
UUID = "123e4567-e89b-12d3-a456-426614174000"


class Kept:
    """The secret of the tests, which is rotated when a test says so."""

    def __init__(self) -> None:
        self.key = KEY
        self.fails = False

    def __call__(self, service: str, name: str) -> str:
        if self.fails:
            raise ConnectionError(self.key)
        return json.dumps({"api_key": self.key})


class World:
    """A relay whose hosts are all one server of the tests."""

    def __init__(
        self,
        connections: Exchanges,
        routes: Sequence[Route] = ROUTES,
        *,
        report_only: bool = False,
    ) -> None:
        self.kept = Kept()
        self.clock = Clock()
        self.lines: list[str] = []
        self.relay = Relay(
            Configuration(tuple(routes), report_only),
            connections=connections,
            secrets=SecretValues(
                read=self.kept,
                environment={"PAYMENT_KEY": "payment"},
                clock=self.clock,
                wall_clock=self.clock,
            ),
            write=self.lines.append,
        )

    def call(self, event: object, context: object = None) -> dict[str, Any]:
        answer = self.relay.handle(event, Context() if context is None else context)
        json.dumps(answer)
        return answer

    def refused(self, event: object, context: object = None) -> str:
        """Call, and return the code of the error."""
        answer = self.call(event, context)
        assert set(answer) <= {"version", "error", "route"}
        assert set(answer["error"]) == {"code", "message", "retryable"}
        return str(answer["error"]["code"])

    @property
    def record(self) -> dict[str, Any]:
        """The only record that was written."""
        (text,) = self.lines
        record: dict[str, Any] = json.loads(text)
        return record


@contextmanager
def _world(
    server: Server, routes: Sequence[Route] = ROUTES, *, report_only: bool = False
) -> Iterator[World]:
    with server, closing(connections_to(server)) as connections:
        yield World(connections, routes, report_only=report_only)


def _event(
    method: str,
    url: str,
    body: bytes = b"",
    headers: Sequence[tuple[str, str]] = (),
) -> dict[str, object]:
    return {
        "version": 1,
        "method": method,
        "url": url,
        "headers": [list(pair) for pair in headers],
        "body": base64.b64encode(body).decode(),
    }


def _charge(
    body: bytes = b'{"amount": 100}', headers: Sequence[tuple[str, str]] = ()
) -> dict[str, object]:
    return _event("POST", f"https://{HOST}/v1/charges", body, headers)


def _status(charge: str = "ch_1", query: str = "") -> dict[str, object]:
    return _event("GET", f"https://{HOST}/v1/charges/{charge}{query}")


def _body(answer: dict[str, Any]) -> bytes:
    return base64.b64decode(answer["body"])


# Calls that routes allow


def test_a_call_is_made_with_the_credential_of_the_relay() -> None:
    answered = Answer(
        201,
        (("content-type", "application/json"), ("set-cookie", "a=1"), ("server", "x")),
        b'{"id": "ch_1", "status": "paid", "card": {"last4": "4242"}}',
    )
    with _world(server := HttpServer(answer=answered)) as world:
        headers = [
            ("Authorization", "Bearer of_the_caller"),
            ("Cookie", "a=1"),
            ("X-Forwarded-For", "10.0.0.1"),
            ("Idempotency-Key", UUID),
        ]
        answer = world.call(_charge(headers=headers))
    assert answer == {
        "version": 1,
        "route": "charge",
        "status": 201,
        "headers": [["content-type", "application/json"]],
        "body": base64.b64encode(b'{"id":"ch_1","status":"paid"}').decode(),
    }
    (seen,) = server.seen
    assert (seen.method, seen.target, seen.body) == ("POST", "/v1/charges", b'{"amount":100}')
    assert seen.header("authorization") == f"Bearer {KEY}"
    assert seen.header("idempotency-key") == UUID
    assert seen.header("cookie") is None
    assert seen.header("x-forwarded-for") is None
    record = world.record
    assert record["outcome"] == "allowed"
    assert (record["route"], record["method"], record["host"]) == ("charge", "POST", HOST)
    assert (record["status"], record["attempts"], record["dropped_headers"]) == (201, 1, 3)
    assert (record["relay"], record["request_id"]) == (
        "PaymentRelay",
        "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
    )
    assert 0 < record["upstream_ms"] <= record["duration_ms"] < 10_000
    assert abs(time.time() - world.relay._now()) < 10
    for secret in (KEY, "of_the_caller", "4242", "ch_1", UUID, "amount"):
        assert secret not in world.lines[0]


def test_bytes_are_counted_without_the_credential() -> None:
    def count(key: str, body: bytes) -> tuple[int, int]:
        with _world(HttpServer(answer=Answer(body=b'{"id": 1}'))) as world:
            world.kept.key = key
            world.call(_charge(body))
            assert world.record["BytesOut"] == world.record["bytes_out"]
            return world.record["bytes_out"], world.record["bytes_in"]

    short, _ = count(KEY, b'{"amount": 1}')
    assert count(KEY * 10, b'{"amount": 1}')[0] == short
    assert count(KEY, b'{"amount": 1000}')[0] == short + 3
    headers = "user-agent: secure-lambda-relay/1\r\naccept: */*\r\naccept-encoding: identity\r\n"
    sent = f'/v1/charges{headers}content-type: application/json\r\n{{"amount":1}}'
    assert short == len(sent)
    received = b'content-type: application/json\r\ncontent-length: 9\r\n{"id": 1}'
    assert count(KEY, b'{"amount": 1}')[1] == len(received)


@pytest.mark.parametrize("status", [302, 401, 404, 500])
def test_whatever_the_host_answers_is_an_answer(status: int) -> None:
    answered = Answer(status, (("location", "https://other.example.com/"),), b"text")
    with _world(server := HttpServer(answer=answered)) as world:
        answer = world.call(_status(query="?expand=customer"))
    assert (answer["status"], answer["headers"], _body(answer)) == (status, [], b"text")
    assert [seen.target for seen in server.seen] == ["/v1/charges/ch_1?expand=customer"]
    assert world.record["outcome"] == "allowed"


def test_calls_of_many_threads_are_kept_apart() -> None:
    def echo(seen: Seen) -> Answer:
        return Answer(body=seen.target.encode())

    with _world(HttpServer(answer=echo)) as world:

        def call(number: int) -> bool:
            answer = world.call(_status(f"ch_{number}"))
            return _body(answer) == f"/v1/charges/ch_{number}".encode()

        with ThreadPoolExecutor(16) as threads:
            assert all(threads.map(call, range(100)))
    assert len(world.lines) == 100
    assert all(json.loads(text)["outcome"] == "allowed" for text in world.lines)


# Calls that are refused


@pytest.mark.parametrize(
    ("event", "code", "route"),
    [
        (None, "malformed_request", None),
        ({}, "malformed_request", None),
        ({**_status(), "more": 1}, "malformed_request", None),
        ({**_status(), "version": 2}, "version_not_supported", None),
        (_event("GET", "http://api.example.com/v1"), "malformed_request", None),
        (_event("GET", f"https://{HOST}/v1/other"), "destination_not_allowed", None),
        (_event("GET", "https://example.com/v1/charges/ch_1"), "destination_not_allowed", None),
        (_event("GET", "https://169.254.169.254/latest"), None, None),
        (_status("CH_1"), "parameter_not_allowed", "charge_status"),
        (_status(query="?page=1"), "parameter_not_allowed", "charge_status"),
        (_charge(headers=[("idempotency-key", "1")]), "parameter_not_allowed", "charge"),
        (_charge(b'{"amount": 0}'), "body_invalid", "charge"),
        (_charge(b'{"amount": 1, "amount": 2}'), "body_invalid", "charge"),
        (_charge(b" " * 2000), "body_too_large", "charge"),
        (_charge(headers=[("content-type", "text/csv")]), "body_not_allowed", "charge"),
    ],
    ids=[
        *("nothing", "empty", "member", "version", "http", "path", "host", "address"),
        *("parameter", "query", "header", "schema", "twice", "long", "type"),
    ],
)
def test_nothing_is_sent_of_what_is_refused(
    event: object, code: str | None, route: str | None
) -> None:
    with _world(server := HttpServer()) as world:
        got = world.refused(event)
        assert got == code or (code is None and got.endswith(("_request", "_not_allowed")))
        answer = world.call(event)
        assert answer.get("route") == route
        assert answer["error"]["retryable"] is False
    assert server.accepted == 0
    record = json.loads(world.lines[0])
    assert len(world.lines) == 2
    assert (record["outcome"], record["code"], record["status"]) == ("refused", got, None)
    assert (record["Refused"], record["bytes_out"], record["attempts"]) == (1, 0, 0)
    assert record["route"] == (route or "-")
    assert record["host"] == (HOST if route else None)
    assert (record["method"] is None) == (route is None)


@pytest.mark.parametrize(
    ("answered", "code"),
    [
        (Answer(body=b"[1]"), Code.RESPONSE_NOT_ALLOWED),
        (Answer(headers=(("content-type", "text/html"),)), Code.RESPONSE_NOT_ALLOWED),
        (Answer(body=b" " * 5000), Code.RESPONSE_TOO_LARGE),
        (Answer(body=json.dumps({"id": f"x{KEY}"}).encode()), Code.RESPONSE_NOT_ALLOWED),
    ],
    ids=["list", "type", "long", "credential"],
)
def test_a_response_that_is_not_allowed_is_not_handed_on(answered: Answer, code: Code) -> None:
    with _world(server := HttpServer(answer=answered)) as world:
        assert world.refused(_charge()) == code
    assert len(server.seen) == 1
    assert world.record["outcome"] == "refused"
    assert world.record["bytes_out"] > 0
    assert KEY not in world.lines[0]


# Calls that fail


@pytest.mark.parametrize("idempotent", [False, True])
@pytest.mark.parametrize(
    ("steps", "code", "retryable"),
    [
        ([REQUEST, b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort"], "protocol_error", True),
        ([REQUEST, HOLD], "timeout", True),
    ],
    ids=["broken", "silent"],
)
def test_a_broken_exchange_may_be_made_again_if_it_is_idempotent(
    idempotent: bool, steps: Any, code: str, retryable: bool
) -> None:
    route = dataclasses.replace(STATUS, timeout_seconds=0.2, idempotent=idempotent)
    with _world(RawServer(steps), [route]) as world:
        answer = world.call(_status())
    assert answer["error"]["code"] == f"upstream_{code}"
    assert answer["error"]["retryable"] is (idempotent and retryable)
    assert answer["route"] == "charge_status"
    record = world.record
    assert (record["outcome"], record["Failed"], record["attempts"]) == ("failed", 1, 1)
    assert record["bytes_out"] > 0
    assert record["upstream_ms"] > 0


def _failing(code: Code) -> Exchanges:
    class Failing:
        def send(self, request: OutgoingRequest, **_: object) -> UpstreamResponse:
            raise Refusal(code, "no")

    return Failing()


@pytest.mark.parametrize("code", Code)
def test_only_what_broke_on_the_way_is_retryable(code: Code) -> None:
    on_the_way = {"name_not_resolved", "connection_failed", "upstream_timeout"}
    answer = World(_failing(code)).call(_status())
    assert answer["error"]["code"] == code
    assert answer["error"]["retryable"] is (code in on_the_way | {"upstream_protocol_error"})
    assert World(_failing(code)).call(_charge())["error"]["retryable"] is False


@pytest.mark.parametrize("code", Code)
def test_what_was_never_sent_is_not_counted(code: Code) -> None:
    world = World(_failing(code))
    world.call(_status())
    never = {"name_not_resolved", "address_not_allowed", "connection_failed", "tls_failed"}
    assert (world.record["bytes_out"] == 0) is (code in never)


def test_addresses_and_certificates_are_judged() -> None:
    with HttpServer() as server:
        with closing(Connections(resolver=lambda host, deadline: ["127.0.0.1"])) as connections:
            world = World(connections)
            assert world.refused(_status()) == "address_not_allowed"
            assert world.record["outcome"] == "refused"
        with closing(connections_to(server)) as connections:
            stranger = dataclasses.replace(STATUS, certificate_authorities=Authority().pem)
            world = World(connections, [stranger])
            assert world.refused(_status()) == "tls_failed"
            assert world.record["outcome"] == "failed"
    assert server.seen == []


def test_the_relay_answers_before_lambda_ends_it() -> None:
    with _world(RawServer([REQUEST, HOLD])) as world:
        begun = time.monotonic()
        answer = world.call(_status(), Context(seconds=0.5))
        assert 0.15 < time.monotonic() - begun < 0.5
    assert answer["error"]["code"] == "upstream_timeout"


def test_time_is_left_to_filter_a_large_response() -> None:
    """With little memory there is little of a processor, and the record has to be written."""
    large = dataclasses.replace(STATUS, response=ResponseRules(max_bytes=4 * 1024 * 1024))
    context = Context(seconds=14.2)  # of which 13.8 are for the filter
    with _world(RawServer([REQUEST, HOLD]), [large]) as world:
        begun = time.monotonic()
        answer = world.call(_status(), context)
        assert time.monotonic() - begun < 1
    assert answer["error"]["code"] == "upstream_timeout"
    context.memory_limit_in_mb = "1769"
    with _world(HttpServer(), [large]) as world:
        assert world.call(_status(), context)["status"] == 200


def test_nothing_is_begun_that_cannot_be_ended() -> None:
    with _world(server := HttpServer()) as world:
        assert world.refused(_status(), Context(seconds=0.3)) == "upstream_timeout"
    assert server.accepted == 0
    assert (world.record["attempts"], world.record["bytes_out"]) == (0, 0)


def test_the_time_of_a_route_is_shared_by_both_attempts() -> None:
    route = dataclasses.replace(CHARGE, timeout_seconds=0.25)

    def late(seen: Seen) -> Answer:
        return Answer(401, delay=0.15)

    with _world(HttpServer(answer=late), [route]) as world:
        world.relay.handle(_charge(), Context())
        world.clock.seconds += 10
        world.kept.key = NEW_KEY
        world.lines.clear()
        assert world.refused(_charge()) == "upstream_timeout"
    assert (world.record["attempts"], world.record["status"]) == (2, None)
    assert world.record["upstream_ms"] < 400


def test_without_a_context_there_is_a_deadline_all_the_same() -> None:
    with _world(HttpServer()) as world:
        assert world.relay.handle(_status(), None)["status"] == 200
    assert (world.record["relay"], world.record["request_id"]) == ("-", "-")


class FailingError(Exception):
    pass


def test_a_failure_of_the_relay_itself_says_where_and_not_what() -> None:
    class Broken:
        def send(self, request: OutgoingRequest, **_: object) -> UpstreamResponse:
            raise FailingError(f"{request!r}")

    world = World(Broken())
    answer = world.call(_charge())
    assert answer["error"] == {
        "code": "internal_error",
        "message": "the relay failed; its log says more",
        "retryable": False,
    }
    record = world.record
    assert (record["outcome"], record["code"]) == ("failed", "internal_error")
    assert record["cause"].startswith("FailingError at relay.py:")
    assert record["cause"].split(":")[-2].endswith("test_relay.py")
    assert "charges" not in world.lines[0]
    assert KEY not in world.lines[0]


def test_what_cannot_be_recorded_is_not_answered() -> None:
    def write(text: str) -> None:
        raise BrokenPipeError

    with HttpServer() as server, closing(connections_to(server)) as connections:
        broken = Relay(
            Configuration(ROUTES), connections=connections, secrets=SecretValues(), write=write
        )
        answer: Any = broken.handle(_status(), Context())
    assert answer["error"]["code"] == "internal_error"
    assert set(answer) == {"version", "error", "route"}


# Credentials


def _only(key: str) -> HttpServer:
    def answer(seen: Seen) -> Answer:
        return Answer(200 if seen.header("authorization") == f"Bearer {key}" else 401)

    return HttpServer(answer=answer)


def test_a_rotation_is_noticed_when_the_host_says_so() -> None:
    with _world(server := _only(NEW_KEY)) as world:
        assert world.call(_charge())["status"] == 401  # and nothing newer is to be had
        world.kept.key = NEW_KEY
        world.clock.seconds += 2
        assert world.call(_charge())["status"] == 200
        assert world.call(_charge())["status"] == 200
    records = [json.loads(text) for text in world.lines]
    assert [record["attempts"] for record in records] == [1, 2, 1]
    assert records[1]["bytes_out"] == 2 * records[0]["bytes_out"]
    assert [seen.body for seen in server.seen] == [b'{"amount":100}'] * 4


def test_a_401_of_a_secret_that_was_not_rotated_is_the_answer() -> None:
    with _world(server := _only("other")) as world:
        world.call(_charge())
        world.clock.seconds += 60
        assert world.call(_charge())["status"] == 401
    assert len(server.seen) == 2


def test_no_rotation_is_looked_for_when_lambda_would_end_the_relay_meanwhile() -> None:
    with _world(server := _only(NEW_KEY)) as world:
        world.call(_charge())
        world.kept.key = NEW_KEY
        world.clock.seconds += 60
        assert world.call(_charge(), Context(seconds=7.2))["status"] == 401
        assert world.call(_charge(), Context(seconds=8))["status"] == 200
    assert len(server.seen) == 4


def test_without_its_credential_a_call_is_not_made() -> None:
    with _world(server := HttpServer()) as world:
        world.kept.fails = True
        answer = world.call(_charge())
    assert answer["error"] == {
        "code": "credential_unavailable",
        "message": "the secret could not be read: ConnectionError",
        "retryable": False,
    }
    assert server.accepted == 0
    assert world.record["outcome"] == "failed"
    assert world.record["cause"] == "the secret could not be read: ConnectionError"
    assert KEY not in world.lines[0]


def test_the_older_credential_is_looked_for_in_the_response() -> None:
    def echo(seen: Seen) -> Answer:
        older = seen.header("authorization") == f"Bearer {KEY}"
        return Answer(401 if older else 200, body=json.dumps({"id": KEY}).encode())

    with _world(HttpServer(answer=echo)) as world:
        world.relay.handle(_charge(), Context())
        world.kept.key = NEW_KEY
        world.clock.seconds += 2
        assert world.refused(_charge()) == "response_not_allowed"


def test_the_newer_credential_is_looked_for_in_the_response() -> None:
    def echo(seen: Seen) -> Answer:
        key = seen.header("authorization")
        return Answer(401 if key == f"Bearer {KEY}" else 200, body=json.dumps({"id": key}).encode())

    with _world(HttpServer(answer=echo)) as world:
        assert world.refused(_charge()) == "response_not_allowed"
        world.kept.key = NEW_KEY
        world.clock.seconds += 2
        assert world.refused(_charge()) == "response_not_allowed"
    assert json.loads(world.lines[1])["attempts"] == 2


def test_a_host_checks_what_a_hook_signed(hooks: MakeHooks) -> None:
    hooks(
        "import hashlib, hmac\n"
        "def sign(request, secret):\n"
        "    time = str(int(request.time))\n"
        "    text = f'{time} {request.method} {request.path} '.encode() + request.body\n"
        "    digest = hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()\n"
        "    return {'x-time': time, 'x-signature': digest}\n"
    )

    def check(seen: Seen) -> Answer:
        sent_at = seen.header("x-time") or ""
        text = f"{sent_at} {seen.method} {seen.target} ".encode() + seen.body
        secret = json.dumps({"api_key": KEY}).encode()
        expected = hmac.new(secret, text, hashlib.sha256).hexdigest()
        is_right = seen.header("x-signature") == expected and abs(time.time() - int(sent_at)) < 10
        return Answer(200 if is_right else 403)

    credential = Credential(
        "hook", SOURCE, module="partner", function="sign", headers=("x-time", "x-signature")
    )
    with _world(
        HttpServer(answer=check), [dataclasses.replace(CHARGE, credential=credential)]
    ) as world:
        assert world.call(_charge())["status"] == 200


# Report mode


def test_what_no_route_allows_is_let_pass_and_recorded() -> None:
    answered = Answer(
        200,
        (("content-type", "text/html"), ("etag", '"1"'), ("set-cookie", "a=1")),
        b"<html>",
    )
    server = HttpServer("example.org", answer=answered)
    with _world(server, report_only=True) as world:
        answer = world.call(
            _event(
                "PUT",
                "https://example.org/a%20b?c=d",
                b"text",
                [("Authorization", "Bearer of_the_caller"), ("X-Any", "1")],
            )
        )
    assert answer == {
        "version": 1,
        "status": 200,
        "headers": [["content-type", "text/html"], ["etag", '"1"']],
        "body": base64.b64encode(b"<html>").decode(),
    }
    (seen,) = server.seen
    assert (seen.method, seen.target, seen.body) == ("PUT", "/a%20b?c=d", b"text")
    assert seen.header("authorization") == "Bearer of_the_caller"
    record = world.record
    assert (record["outcome"], record["code"]) == ("would_refuse", "destination_not_allowed")
    assert (record["route"], record["method"], record["host"]) == ("-", "PUT", "example.org")
    assert (record["WouldRefuse"], record["Refused"], record["status"]) == (1, 0, 200)
    for text in ("of_the_caller", "a%20b", "c=d", "X-Any"):
        assert text not in world.lines[0]


@pytest.mark.parametrize(
    ("event", "code", "route"),
    [
        (_status("CH_1"), "parameter_not_allowed", "charge_status"),
        (_charge(b'{"amount": 0}'), "body_invalid", "charge"),
        (_charge(b" " * 2000), "body_too_large", "charge"),
        (_charge(headers=[("content-type", "text/csv")]), "body_not_allowed", "charge"),
    ],
    ids=["parameter", "body", "long", "type"],
)
def test_what_a_route_would_refuse_is_sent_without_its_credential(
    event: object, code: str, route: str
) -> None:
    with _world(server := HttpServer(), report_only=True) as world:
        answer = world.call(event)
    assert answer["status"] == 200
    assert "route" not in answer
    (seen,) = server.seen
    assert seen.header("authorization") is None
    record = world.record
    assert (record["outcome"], record["code"], record["route"]) == ("would_refuse", code, route)
    assert record["host"] == HOST


def test_in_report_mode_what_a_route_allows_goes_by_the_route() -> None:
    with _world(server := HttpServer(answer=Answer(body=b'{"id": 1, "a": 2}'))) as world:
        allowed = world.call(_charge())
    with _world(
        server := HttpServer(answer=Answer(body=b'{"id": 1, "a": 2}')), report_only=True
    ) as world:
        assert world.call(_charge()) == allowed
    assert server.seen[0].header("authorization") == f"Bearer {KEY}"
    assert world.record["outcome"] == "allowed"


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"[1]", "response_not_allowed"), (b" " * 5000, "response_too_large")],
    ids=["list", "long"],
)
def test_in_report_mode_a_response_is_let_pass(body: bytes, code: str) -> None:
    with _world(HttpServer(answer=Answer(body=body)), report_only=True) as world:
        answer = world.call(_charge())
    assert _body(answer) == body
    assert answer["route"] == "charge"
    assert (world.record["outcome"], world.record["code"]) == ("would_refuse", code)


def test_in_report_mode_the_credential_is_not_shown_either() -> None:
    with _world(HttpServer(answer=Answer(body=KEY.encode())), report_only=True) as world:
        assert world.refused(_charge()) == "response_not_allowed"
    assert (world.record["outcome"], world.record["would_refuse"]) == ("refused", None)


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (None, "malformed_request"),
        (_event("GET", "http://example.org/"), "malformed_request"),
        (_event("GET", "https://example.org:8443/"), "malformed_request"),
        ({**_status(), "version": 2}, "version_not_supported"),
        (_charge(bytes(4 * 1024 * 1024 + 1)), "body_too_large"),
    ],
    ids=["nothing", "http", "port", "version", "long"],
)
def test_in_report_mode_what_is_malformed_is_refused(event: object, code: str) -> None:
    with _world(server := HttpServer(), report_only=True) as world:
        assert world.refused(event) == code
    assert server.accepted == 0
    assert world.record["outcome"] == "refused"


def test_in_report_mode_only_what_routes_decide_is_let_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> OutgoingRequest:
        raise Refusal(Code.CREDENTIAL_UNAVAILABLE, "no")

    monkeypatch.setattr(relay_module, "rebuild", refuse)
    with _world(server := HttpServer(), report_only=True) as world:
        assert world.refused(_status()) == "credential_unavailable"
    assert server.accepted == 0


def test_in_report_mode_addresses_certificates_and_sizes_are_judged() -> None:
    elsewhere = _event("GET", "https://example.org/")
    with closing(Connections(resolver=lambda host, deadline: ["10.0.0.1"])) as inside:
        world = World(inside, report_only=True)
        assert world.refused(elsewhere) == "address_not_allowed"
        assert world.record["would_refuse"] == "destination_not_allowed"
        assert (world.record["Refused"], world.record["WouldRefuse"]) == (1, 1)
    with _world(server := HttpServer(), report_only=True) as world:
        assert world.refused(elsewhere) == "tls_failed"
    stranger = dataclasses.replace(STATUS, certificate_authorities=Authority().pem)
    with _world(HttpServer(), [stranger], report_only=True) as world:
        assert world.refused(_event("GET", f"https://{HOST}/other")) == "tls_failed"
    answered = Answer(body=bytes(4 * 1024 * 1024 + 1))
    with _world(HttpServer("example.org", answer=answered), report_only=True) as world:
        assert world.refused(elsewhere) == "response_too_large"
    assert server.seen == []


def test_in_report_mode_only_what_a_route_allows_is_retryable() -> None:
    world = World(_failing(Code.CONNECTION_FAILED), report_only=True)
    for event, is_retryable in (
        (_event("GET", "https://example.org/"), False),
        (_status("CH_1"), False),
        (_status(), True),
    ):
        assert world.call(event)["error"]["retryable"] is is_retryable


# Whatever comes

_MARK = "zqxj"
_MARKED = st.text(string.printable + "é\u2028\x85😀", max_size=12).map(lambda text: _MARK + text)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _MARKED,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_MARKED, inner, max_size=3),
    max_leaves=5,
)
_PIECE = st.text(string.ascii_lowercase + string.digits + "%/.?&=#@:\\ \n", max_size=8)
_URLS = st.one_of(
    st.just(f"https://{HOST}/v1/charges"),
    _PIECE.map(lambda text: f"https://{HOST}/v1/charges/{_MARK}{text}"),
    _PIECE.map(lambda text: f"https://{HOST}/v1/charges/ch_{_MARK}?{_MARK}={text}"),
    _PIECE.map(lambda text: f"https://{_MARK}{text}.example.com/{_MARK}"),
    _MARKED,
)
_HEADERS = st.lists(
    st.tuples(st.sampled_from(["idempotency-key", _MARK, "content-type"]), _MARKED).map(list),
    max_size=3,
)
_GOOD_HEADERS: st.SearchStrategy[list[list[str]]] = st.sampled_from(
    [[], [[_MARK, _MARK], ["idempotency-key", UUID]]]
)
# Well-formed in most of its members, so that some get past each of the checks.
_EVENTS = _JSON | st.builds(
    lambda event, headers, odd: {**event, "headers": headers, **odd},
    st.sampled_from([_charge(), _charge(), _status(f"ch_{_MARK}"), _charge(b'{"zqxj": 1}')]),
    _GOOD_HEADERS | _GOOD_HEADERS | _HEADERS,
    st.just({})
    | st.just({})
    | st.fixed_dictionaries(
        {},
        optional={
            "version": _JSON,
            "method": st.sampled_from(["GET", "POST", "post"]) | _MARKED,
            "url": _URLS,
            "headers": _JSON,
            "body": _MARKED.map(lambda text: base64.b64encode(text.encode()).decode()) | _JSON,
            _MARK: _JSON,
        },
    ),
)
_RESPONSES = st.builds(
    UpstreamResponse,
    st.integers(200, 599),
    st.lists(
        st.tuples(
            st.sampled_from(["content-type", "etag", "content-encoding", "connection", _MARK]),
            st.just("application/json")
            | _MARKED.map(lambda text: text.encode("latin-1", "replace").decode("latin-1")),
        ),
        max_size=3,
    ).map(tuple),
    st.just(b'{"id": "zqxj"}') | _MARKED.map(str.encode) | st.just(KEY.encode()),
)


class Hostile:
    """Answers anything."""

    def __init__(self, response: UpstreamResponse | Exception) -> None:
        self._response = response

    def send(self, request: OutgoingRequest, **_: object) -> UpstreamResponse:
        if isinstance(self._response, Exception):
            raise self._response
        return self._response


@given(_EVENTS, _RESPONSES | _MARKED.map(ValueError))
def test_whatever_comes_there_is_an_answer_and_one_line_that_shows_nothing(
    event: object, response: UpstreamResponse | Exception
) -> None:
    world = World(Hostile(response))
    answer = world.call(event)
    assert answer["version"] == 1
    assert ("status" in answer) is not ("error" in answer)
    (text,) = world.lines
    assert text.count("\n") == 1
    assert _MARK not in text
    assert KEY not in text
    assert KEY not in json.dumps(answer)
    if "error" in answer:
        assert _MARK not in answer["error"]["message"]
        assert answer["error"]["code"] == world.record["code"]


@given(_EVENTS, _RESPONSES)
def test_in_report_mode_nothing_is_shown_but_the_host(
    event: object, response: UpstreamResponse
) -> None:
    world = World(Hostile(response), report_only=True)
    world.call(event)
    record = world.record
    host = record.pop("host") or ""
    assert len(host) < 254
    assert _MARK not in json.dumps(record)


def test_lines_are_written_whole_by_many_threads() -> None:
    world = World(Hostile(UpstreamResponse(200, (), b"")))
    started = threading.Barrier(8)

    def call(_: int) -> None:
        started.wait(5)
        world.call(_status())

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(call, range(8)))
    assert [json.loads(text)["Calls"] for text in world.lines] == [1] * 8
