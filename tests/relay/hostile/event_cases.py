"""Events that are no requests, and methods that are none."""

from collections.abc import Iterator

from secure_lambda_constructs.relay.handler.refusals import Code

from .case import HOST, URL, UUID, Case, event, read, read_sends, refusals

__all__ = ["event_cases"]


def _deep(levels: int) -> object:
    value: object = "end"
    for _ in range(levels):
        value = [value]
    return value


def _deep_object(levels: int) -> object:
    value: object = {}
    for _ in range(levels):
        value = {"url": value}
    return value


_OTHER_VALUES: tuple[object, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1.5,
        float("nan"),
        float("inf"),
        10**400,
        [],
        {},
        [URL],
        {"url": URL},
    ),
    _deep(500),
)

_NO_EVENTS: tuple[object, ...] = (
    *(None, True, 0, 1, 1.5, float("nan"), 10**400, "", "GET", URL, [], [read()], {}, {"": ""}),
    *(_deep(500), _deep_object(500), {"version": 1}, {"version": 1, "method": "GET"}),
    {"version": 1, "url": URL},
    {"httpMethod": "GET", "path": "/v1", "headers": {}, "body": None, "isBase64Encoded": False},
    {"Records": [{"eventSource": "aws:sqs", "body": "{}"}]},
    {str(number): number for number in range(10_000)},
)

_VERSIONS: tuple[object, ...] = (
    *(
        None,
        True,
        False,
        "1",
        "",
        1.0,
        1.5,
        float("nan"),
        float("inf"),
        [],
        [1],
        {},
        {"version": 1},
    ),
)
_OTHER_VERSIONS = (0, -1, 2, 3, 11, 10**18, 10**400)

_UNKNOWN = (
    *(
        "route",
        "host",
        "port",
        "path",
        "query",
        "credential",
        "timeout",
        "follow_redirects",
        "proxy",
    ),
    *(
        "verify",
        "Version",
        "URL",
        "Url",
        "url ",
        " url",
        "",
        "__proto__",
        "constructor",
        "url\x00",
        "url[]",
    ),
    *(
        "\uff55rl",
        "stream",
        "cert",
        "bodY",
        "sni",
        "address",
        "resolve",
        "report_only",
        "a" * 100_000,
    ),
)

_NO_METHODS = (
    *(
        "",
        " ",
        "GET ",
        " GET",
        "\tGET",
        "GET\n",
        "GET\r\n",
        "GET\x00",
        "G\x00ET",
        "G ET",
        "GET HEAD",
    ),
    *(
        "CONNECT",
        "connect",
        "TRACE",
        "TRACK",
        "DEBUG",
        "PROPFIND",
        "PURGE",
        "LINK",
        "PRI",
        "GETT",
        "*",
    ),
    *(
        "GET /admin HTTP/1.1\r\nhost: evil.example\r\n\r\n",
        "GET\r\nhost: x",
        "GET/",
        "GET\u200b",
        "\ufeffGET",
    ),
    *(
        "\uff27\uff25\uff34",
        "po\u017ft",
        "G\u0415T",
        "\ud800",
        "GET\u2028",
        "P" * 100_000,
        "patc\u0127",
    ),
)
_OTHER_METHODS = ("PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "delete", "Patch")


def event_cases() -> Iterator[Case]:
    """The cases."""
    malformed = Code.MALFORMED_REQUEST
    yield from refusals("no event", malformed, _NO_EVENTS)
    yield from refusals(
        "no version", malformed, [{**read(), "version": value} for value in _VERSIONS]
    )
    yield from refusals(
        "other version",
        Code.VERSION_NOT_SUPPORTED,
        [{**read(), "version": version} for version in _OTHER_VERSIONS],
    )
    yield Case(
        "other version and more",
        {"version": 2, "anything": URL},
        Code.VERSION_NOT_SUPPORTED,
    )
    yield from refusals("unknown member", malformed, [{**read(), name: "a"} for name in _UNKNOWN])
    yield from refusals("no method", malformed, [event(method) for method in _NO_METHODS])
    for member in ("method", "url"):
        yield from refusals(
            f"{member} of another type",
            malformed,
            [{**read(), member: value} for value in _OTHER_VALUES],
        )
    yield from refusals(
        "body of another type",
        malformed,
        [{**read(), "body": value} for value in _OTHER_VALUES if value is not None],
    )
    yield from refusals(
        "other method", Code.DESTINATION_NOT_ALLOWED, [event(method) for method in _OTHER_METHODS]
    )
    yield from refusals(
        "method of another route",
        Code.DESTINATION_NOT_ALLOWED,
        [
            event("GET", f"https://{HOST}/v1/items"),
            event("GET", f"https://{HOST}/v1/items/{UUID}"),
            event("POST", "https://other.example.com/v1/other"),
        ],
    )
    yield from refusals(
        "long", malformed, [event(url="https://" + "a" * 1_000_000), event(url="a" * 1_000_000)]
    )
    for number, method in enumerate(("get", "Get", "gEt"), 1):
        yield Case(f"method written anew {number}", event(method), sent=read_sends())
    yield Case(
        "no headers and no body", {"version": 1, "method": "GET", "url": URL}, None, read_sends()
    )
    yield Case("body that is nothing", {**read(), "body": None}, sent=read_sends())
