"""The calls of the relay's load: of which kind each is, and what has to become of it."""

import base64
import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from secure_lambda_constructs.relay.handler.routes import (
    Body,
    Credential,
    CredentialSource,
    Parameter,
    ResponseRules,
    Route,
)

from .load_host import big_body

__all__ = [
    "HOSTS",
    "KINDS",
    "RATES_KEY",
    "Kind",
    "digest",
    "event",
    "kind_of",
    "problem",
    "routes",
    "wrongly_carried_out",
]

HOSTS = ("api.example.com", "files.example.com", "hostile.example.com")

RATES_KEY = "rates-key-of-the-load"
"""The secret of the route `rates`."""

_PATIENT_SECONDS = 60.0
_SLOW_SECONDS = 0.3
_MOST_WRONG = 20

_NUMBER = Parameter("integer", minimum=0)
_SCHEMA = {
    "type": "object",
    "properties": {
        "number": {"type": "integer", "minimum": 0},
        "items": {
            "type": "array",
            "maxItems": 50,
            "items": {"type": "string", "pattern": "^[a-z0-9-]+$", "maxLength": 40},
        },
    },
    "required": ["number"],
    "additionalProperties": False,
}
_ORDERS = Credential("bearer", CredentialSource("secrets_manager", "ORDERS_KEY"), field="key")
_RATES = Credential("header", CredentialSource("ssm", "RATES_KEY"), name="x-api-key")


class Kind(NamedTuple):
    """A kind of call, and what has to become of it.

    Attributes:
        name: Of the kind, and of its route, where it has one.
        share: How many of a hundred calls are of this kind.
        code: Why it is refused or fails, or `None`.
        carried_out: How often the host may have carried it out: at least and at most.
    """

    name: str
    share: int
    code: str | None = None
    carried_out: tuple[int, int] = (1, 1)

    @property
    def route(self) -> str | None:
        """The route that the relay has to name."""
        return _ROUTE_OF.get(self.name, self.name)


KINDS = (
    Kind("orders", 41),
    Kind("rates", 34),
    Kind("body", 4, "body_invalid", (0, 0)),
    Kind("destination", 3, "destination_not_allowed", (0, 0)),
    Kind("parameter", 3, "parameter_not_allowed", (0, 0)),
    Kind("malformed", 2, "malformed_request", (0, 0)),
    Kind("big", 3),
    Kind("too_big", 1, "response_too_large"),
    # A second time where the first went by a connection that had been used before.
    Kind("closed", 2, "upstream_protocol_error", (1, 2)),
    Kind("cut", 1, "upstream_protocol_error"),
    Kind("slow", 1, "upstream_timeout", (0, 1)),
    Kind("last", 2),
    Kind("shown", 1, "response_not_allowed"),
    Kind("smuggled", 1, "upstream_protocol_error"),
    Kind("twice", 1),
)

_ROUTE_OF = {"body": "orders", "parameter": "rates", "destination": None, "malformed": None}
# Far apart from one another, so that at each moment there are calls of all kinds.
_SCHEDULE = [kind for kind in KINDS for _ in range(kind.share)]
_STEP = 37


def kind_of(number: int) -> Kind:
    """The kind of a call."""
    return _SCHEDULE[number * _STEP % len(_SCHEDULE)]


def routes(authority: str) -> tuple[Route, ...]:
    """Those of the relay, whose hosts an authority vouches for."""
    api, files, hostile = HOSTS
    given = ("content-type", "x-number")

    def get(name: str, host: str, *, most: int = 4096, **more: Any) -> Route:
        return Route(
            name,
            "GET",
            host,
            f"/v1/{name}/{{number}}",
            path_parameters={"number": _NUMBER},
            query_parameters={"page": _NUMBER},
            headers={"x-number": _NUMBER},
            response=ResponseRules(most, given),
            certificate_authorities=authority,
            **{"timeout_seconds": _PATIENT_SECONDS, **more},
        )

    return (
        Route(
            "orders",
            "POST",
            api,
            "/v1/orders/{number}",
            path_parameters={"number": _NUMBER},
            headers={"x-number": _NUMBER},
            body=Body("json", max_bytes=4096, schema=_SCHEMA),
            credential=_ORDERS,
            response=ResponseRules(8192, given, content_types=("application/json",)),
            timeout_seconds=_PATIENT_SECONDS,
            certificate_authorities=authority,
        ),
        get("rates", api, credential=_RATES, idempotent=True),
        get("big", files, most=1_000_000),
        get("too_big", files, most=1),
        get("slow", hostile, timeout_seconds=_SLOW_SECONDS),
        get("shown", hostile, credential=_RATES),
        *(get(name, hostile) for name in ("closed", "cut", "last", "smuggled", "twice")),
    )


def event(number: int) -> dict[str, object]:
    """The event of a call."""
    kind = kind_of(number)
    api, files, hostile = HOSTS
    headers = [["x-number", str(number)], ["cookie", f"session={number}"]]
    host, page, method = hostile, f"?page={number % 97}", "GET"
    body = b""
    match kind.name:
        case "orders" | "body":
            host, page, method, body = api, "", "POST", _order(number, right=kind.code is None)
        case "rates":
            host = api
        case "parameter":
            host, page = api, "?page=one"
        case "big" | "too_big":
            host = files
        case "destination":
            host = f"x{number}.example.com"
        case "malformed":
            headers.append(["X-Number", str(number)])
    url = f"https://{host}/v1/{kind.route or kind.name}/{number}{page}"
    asked: dict[str, object] = {"version": 1, "method": method, "url": url, "headers": headers}
    if body:
        asked["body"] = base64.b64encode(body).decode()
    return asked


def _order(number: int, *, right: bool = True) -> bytes:
    items = [f"item-{number}-{each}" for each in range(number % 40)]
    return json.dumps({"number": number if right else -1 - number, "items": items}).encode()


def problem(
    number: int, answer: Mapping[str, Any], lines: list[str], credentials: Collection[str]
) -> str | None:
    """What is wrong with an answer and its record.

    Args:
        number: Of the call.
        answer: What the relay answered.
        lines: The audit records of the call.
        credentials: Digests of those that orders may have been sent with.
    """
    kind = kind_of(number)
    if len(lines) != 1:
        return f"{len(lines)} audit records"
    record = json.loads(lines[0])
    error = answer.get("error", {})
    found = (answer.get("route"), error.get("code"), record["code"], record["request_id"])
    wanted = (kind.route, kind.code, kind.code, f"call-{number}")
    if found != wanted:
        return f"got {found}, not {wanted}: {error.get('message')}"
    if kind.code is not None:
        return "the answer has a body, too" if "body" in answer else None
    body = base64.b64decode(answer["body"])
    if kind.name == "big":
        return None if body == big_body(number) else "another's big answer, or a part of it"
    headers = [["content-type", "application/json"], ["x-number", str(number)]]
    if answer["status"] != 200 or answer["headers"] != headers:
        return f"status {answer['status']}, headers {answer['headers']}"
    said = json.loads(body)
    if kind.name == "orders":
        content = json.loads(said.pop("body"))
        if content != json.loads(_order(number)):
            return f"the host got the order {content}"
        if said.pop("said") not in credentials:
            return "the host got another credential"
        return _difference(said, {"number": number, "target": f"/v1/orders/{number}"}, HOSTS[0])
    keyed = RATES_KEY if kind.name == "rates" else ""
    target = f"/v1/{kind.name}/{number}?page={number % 97}"
    wanted_answer = {"number": number, "target": target, "said": digest(keyed), "body": ""}
    return _difference(said, wanted_answer, HOSTS[0] if keyed else HOSTS[2])


def _difference(found: object, wanted: dict[str, object], host: str) -> str | None:
    wanted = {**wanted, "host": host}
    return None if found == wanted else f"got {found}, not {wanted}"


def wrongly_carried_out(calls: int, carried_out: bytes) -> list[str]:
    """What the host did more often, or less often, than it may have."""
    wrong = []
    for number in range(max(calls, len(carried_out))):
        kind = kind_of(number)
        least, most = kind.carried_out
        times = carried_out[number] if number < len(carried_out) else 0
        if not (least if number < calls else 0) <= times <= most:
            wrong.append(f"call {number}, {kind.name}: the host carried it out {times} times")
    return wrong[:_MOST_WRONG]


def digest(text: str) -> str:
    """How the host tells of a credential: it must not show it."""
    return hashlib.sha256(text.encode()).hexdigest()
