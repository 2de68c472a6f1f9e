"""What a hostile case is, and the routes that all of them try to get around."""

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from secure_lambda_constructs.relay.handler.refusals import Code
from secure_lambda_constructs.relay.handler.routes import (
    Body,
    Credential,
    CredentialSource,
    Parameter,
    ResponseRules,
    Route,
)

__all__ = [
    "HOST",
    "KEY",
    "PATH",
    "ROUTES",
    "URL",
    "UUID",
    "Case",
    "Sent",
    "event",
    "read",
    "read_sends",
    "refusals",
    "write",
]

HOST = "api.example.com"
PATH = "/v1/items/blue/parts/7"
URL = f"https://{HOST}{PATH}"
KEY = "sk_placeholder/1+2"
"""The credential of the route `write`."""
UUID = "123e4567-e89b-12d3-a456-426614174000"

ROUTES = (
    Route(
        name="read",
        method="GET",
        host=HOST,
        path="/v1/items/{item}/parts/{part}",
        path_parameters={
            "item": Parameter("text", max_length=40),
            "part": Parameter("integer", minimum=1, maximum=99),
        },
        query_parameters={
            "expand": Parameter("one_of", values=("owner", "all")),
            "q": Parameter("text", max_length=60),
        },
        headers={
            "x-request-id": Parameter("text", max_length=64),
            "accept": Parameter("one_of", values=("application/json", "text/csv")),
        },
        # The last two are not handed on, whatever a route says.
        response=ResponseRules(
            1000, headers=("content-type", "etag", "location", "set-cookie", "keep-alive")
        ),
        idempotent=True,
    ),
    Route(
        name="write",
        method="POST",
        host=HOST,
        path="/v1/items",
        headers={"idempotency-key": Parameter("uuid")},
        body=Body(
            "json",
            max_bytes=1024,
            schema={
                "type": "object",
                "properties": {
                    "name": {"type": "string", "maxLength": 20},
                    "count": {"type": "integer", "minimum": 0, "maximum": 100},
                    "price": {"type": "number"},
                },
                "required": ["name"],
                "additionalProperties": False,
            },
        ),
        credential=Credential(
            "bearer", CredentialSource("secrets_manager", "ITEMS_KEY"), field="key"
        ),
        response=ResponseRules(4096, content_types=("application/json",)),
    ),
    Route("note", "POST", HOST, "/v1/notes", body=Body("json", max_bytes=8192)),
    Route(
        name="search",
        method="POST",
        host=HOST,
        path="/v1/search",
        body=Body(
            "form",
            max_bytes=256,
            fields={"q": Parameter("text"), "page": Parameter("integer", minimum=1)},
        ),
    ),
    Route(
        name="upload",
        method="PUT",
        host=HOST,
        path="/v1/files/{name}",
        path_parameters={"name": Parameter("pattern", pattern=r"[a-z]{1,8}\.txt")},
        body=Body("raw", max_bytes=4 * 1024 * 1024, content_types=("text/plain",)),
    ),
    Route(
        name="remove",
        method="DELETE",
        host=HOST,
        path="/v1/items/{item}",
        path_parameters={"item": Parameter("uuid")},
    ),
    Route(
        name="pick",
        method="GET",
        host=HOST,
        path="/v1/picks",
        response=ResponseRules(65_536, fields=("id", "target")),
    ),
    Route("peek", "HEAD", HOST, "/v1/items"),
    Route("other", "GET", "other.example.com", "/v1/other"),
    Route("books", "GET", "xn--bcher-kva.example", "/books"),
)


@dataclass(frozen=True)
class Sent:
    """A request as its host must have got it, besides what every request of the relay has."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    host: str = HOST


@dataclass(frozen=True)
class Case:
    """What a caller sends, and what becomes of it: it is refused, or this is sent instead."""

    id: str
    event: object
    code: Code | None = None
    sent: Sent | None = None
    route: str | None = None
    """The one that was meant, of a call that is refused."""


def event(
    method: str = "GET",
    url: str = URL,
    headers: Iterable[Sequence[str]] = (),
    body: bytes = b"",
) -> dict[str, object]:
    """The event of a client that says whatever it is told to."""
    return {
        "version": 1,
        "method": method,
        "url": url,
        "headers": [list(pair) for pair in headers],
        "body": base64.b64encode(body).decode(),
    }


def read(headers: Iterable[Sequence[str]] = (), body: bytes = b"") -> dict[str, object]:
    """A call that the route `read` allows, but for what is said."""
    return event(headers=headers, body=body)


def write(body: bytes = b'{"name":"a"}', kind: str = "application/json") -> dict[str, object]:
    """A call that the route `write` allows, but for what is said."""
    return event("POST", f"https://{HOST}/v1/items", [("content-type", kind)], body)


def read_sends(target: str = PATH, **headers: str) -> Sent:
    """What the route `read` sends."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Sent("GET", target, named)


def refusals(
    kind: str, code: Code, events: Iterable[object], route: str | None = None
) -> Iterator[Case]:
    """Cases of one kind that all are refused."""
    for number, each in enumerate(events, 1):
        yield Case(f"{kind} {number}", each, code, route=route)
