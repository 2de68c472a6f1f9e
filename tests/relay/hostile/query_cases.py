"""Queries and headers that say something else to the host than to the relay."""

from collections.abc import Iterator

from secure_lambda_constructs.relay.handler.refusals import Code

from .case import HOST, PATH, URL, UUID, Case, event, read, read_sends, refusals, write

__all__ = ["header_cases", "query_cases"]

_TWO_READINGS = (
    *("expand=all&expand=owner", "expand=all&%65xpand=owner", "q=1&q=1", "q=1&q", "q&q", "q=&%71="),
    *(
        "&expand=all",
        "expand=all&",
        "expand=all&&q=1",
        "&",
        "&&",
        "=",
        "=1",
        "q=1&=2",
        "%=1",
        "q=%",
    ),
    *(
        "q=%4",
        "q=%zz",
        "q=%u0041",
        "q=%%34%31",
        "q=%c0%af",
        "q=%c0%80",
        "q=%e0%80%af",
        "q=%ff",
        "q=%c3",
    ),
    *("q=%ed%a0%80", "q=%f4%90%80%80", "q=%f8%88%80%80%80", "q=%0d%0aset-cookie:%20a=1", "q=%00"),
    *(
        "q=%0a",
        "q=%0d",
        "q=%09",
        "q=%1b[2J",
        "q=%7f",
        "q=%c2%80",
        "q=%c2%9f",
        "%0a=1",
        "%00",
        "q%00=1",
    ),
    *(
        "q=a b",
        "q=a\tb",
        "q=a\nb",
        "q=a\r\nhost: x",
        "q=\x00",
        "q=\xe9",
        "q=\u2028",
        "q=\ud800",
        "q=a\\b",
    ),
    *("q=1#", "q=1#&admin=1", "q=% 41", "q=%+41", "q=%-1", "q%e9=1"),
)
_NOT_DECLARED = (
    *(
        "admin=1",
        "expand=all&admin=1",
        "expand[]=all",
        "expand%5b%5d=all",
        "expand[0]=all",
        "q[$ne]=1",
    ),
    *("Expand=all", "EXPAND=all", "expand%20=all", "+expand=all", "expand.x=all", "expand;admin=1"),
    *("?expand=all", "expand?=all", "_method=DELETE", "callback=x", "q=1&callback=alert", "admin"),
    *(
        "q%3d1=2",
        "q%26admin=1",
        "access_token=x",
        "q=1&Q=2",
        "constructor=1",
        "__proto__[x]=1",
        "q%c3%a9=1",
    ),
)
_NOT_AS_DECLARED = (
    *(
        "expand=",
        "expand",
        "expand=ALL",
        "expand=all%20",
        "expand=all+",
        "expand=+all",
        "expand=owner,all",
    ),
    *("expand=all;admin=1", "expand=all%26admin%3d1", "expand=all%3badmin=1", "expand=all?admin=1"),
    *(
        "expand=all/../../admin",
        "expand=%61ll%2e",
        "expand=expand=all",
        "expand=all=",
        "expand=al%6c%6c",
    ),
    *("q=%c3%a9", "q=%e2%80%ae", f"q={'a' * 61}", f"q={'%41' * 61}", "q=%ef%bb%bf", "q=%c2%a0"),
)
_REWRITTEN = {
    "expand=all": "expand=all",
    "%65xpand=%61ll": "expand=all",
    "q=x&expand=all": "expand=all&q=x",
    "q": "q=",
    "q=": "q=",
    "q=a+b": "q=a%20b",
    "q=a%2bb": "q=a%2Bb",
    "q=a=b==c": "q=a%3Db%3D%3Dc",
    "q=a/b?c": "q=a%2Fb%3Fc",
    "q=50%25": "q=50%25",
    "q=%2525": "q=%2525",
    "q=%26admin=1": "q=%26admin%3D1",
    "q=a;admin=1": "q=a%3Badmin%3D1",
    "q=%23": "q=%23",
    "q=..%2f..%2fadmin": "q=..%2F..%2Fadmin",
    "q=%5c%5cevil": "q=%5C%5Cevil",
    "q=<script>'\"": "q=%3Cscript%3E%27%22",
    "q=http://169.254.169.254/": "q=http%3A%2F%2F169.254.169.254%2F",
    "q=$%7bjndi:ldap://x%7d": "q=%24%7Bjndi%3Aldap%3A%2F%2Fx%7D",
}

_BAD_NAMES = (
    *(
        "",
        " ",
        "a b",
        "a:",
        ":path",
        ":authority",
        "a\r\nhost: evil.example",
        "a\n",
        "a\r",
        "a\x00",
    ),
    *(
        "a\t",
        " host",
        "host ",
        "a\x7f",
        "(a)",
        "a/b",
        "a@b",
        "a[b]",
        "a{b}",
        'a"b',
        "a,b",
        "a;b",
        "a=b",
    ),
    *(
        "\xe9",
        "\u212aey",
        "\uff48ost",
        "\ud800",
        "a" * 129,
        "a\\b",
        "a?b",
        "<a>",
        "a\x0b",
        "host\u200b",
    ),
)
_BAD_VALUES = (
    *(
        "a\r\nhost: evil.example",
        "a\nb",
        "a\rb",
        "a\r\n b",
        "a\r\n\tb",
        "\r\n",
        "\n",
        "a\x00b",
        "a\tb",
    ),
    *(
        "a\x0bb",
        "a\x1b[2J",
        "\x7f",
        "\x80",
        "\xe9",
        "a\u2028b",
        "a\u0130",
        "\u560a\u560d",
        "\ud800",
    ),
    *("\uff0d", "a\x85b", "a\xa0b"),
)
_TWICE = (
    *(
        ("x-request-id", "X-Request-Id"),
        ("Host", "host"),
        ("cookie", "COOKIE"),
        ("accept", "Accept"),
    ),
    *(("content-length", "Content-Length"), ("transfer-encoding", "Transfer-Encoding")),
    *(("content-type", "content-type"), ("x-other", "X-OTHER")),
)
_NOT_HEADERS: tuple[object, ...] = (
    *("host: evil.example", {"host": "evil.example"}, {}, 1, 1.5, True, False, None, ""),
    *(
        [["a"]],
        [["a", "b", "c"]],
        [[]],
        ["a"],
        [["a", None]],
        [["a", 1]],
        [["a", True]],
        [["a", ["b"]]],
    ),
    *(
        [[None, "b"]],
        [[1, "b"]],
        [[["a"], "b"]],
        [{"name": "a", "value": "b"}],
        [None],
        [1],
        ["ab"],
    ),
    *([[[["a", "b"]]]], [["a", {"b": "c"}]], [["a", "b"]] * 101),
    [[f"x-{number}", "a" * 1000] for number in range(40)],
    [["x", "a" * 32_768]],
)

# Whatever they are meant to do: no route declares them.
_DROPPED = {
    "host": "evil.example",
    "authorization": "Bearer of_the_caller",
    "proxy-authorization": "Basic YTpi",
    "www-authenticate": "Basic",
    "cookie": "session=1",
    "cookie2": "$Version=1",
    "set-cookie": "a=1",
    "connection": "close, x-request-id, accept, host",
    "keep-alive": "timeout=100000",
    "proxy-connection": "keep-alive",
    "te": "trailers, chunked",
    "trailer": "x-request-id",
    "transfer-encoding": "chunked",
    "Transfer-Encoding": "xchunked, identity",
    "content-length": "5",
    "Content-Length": "-1",
    "content-encoding": "gzip",
    "content-type": "application/json",
    "upgrade": "h2c",
    "http2-settings": "AAMAAABkAARAAAAAAAIAAAAA",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "expect": "100-continue",
    "Expect": "a" * 1000,
    "max-forwards": "0",
    "forwarded": "for=127.0.0.1;host=evil.example",
    "via": "1.1 evil.example",
    "x-forwarded-for": "127.0.0.1",
    "x-forwarded-host": "evil.example",
    "x-forwarded-proto": "http",
    "x-forwarded-port": "80",
    "x-forwarded-server": "evil.example",
    "x-forwarded-prefix": "/admin",
    "x-forwarded-client-cert": "By=evil",
    "x-original-url": "/admin",
    "x-original-host": "evil.example",
    "x-rewrite-url": "/admin",
    "x-http-method": "DELETE",
    "x-http-method-override": "DELETE",
    "x-method-override": "DELETE",
    "x-host": "evil.example",
    "x-real-ip": "127.0.0.1",
    "x-client-ip": "127.0.0.1",
    "true-client-ip": "127.0.0.1",
    "cf-connecting-ip": "127.0.0.1",
    "x-envoy-original-path": "/admin",
    "x-middleware-subrequest": "middleware",
    "x-accel-redirect": "/internal",
    "x-sendfile": "/etc/passwd",
    "x-amz-security-token": "of_the_caller",
    "x-aws-ec2-metadata-token": "of_the_caller",
    "x-amz-target": "DynamoDB_20120810.Scan",
    "metadata": "true",
    "metadata-flavor": "Google",
    "proxy": "http://evil.example/",
    "alt-used": "evil.example",
    "early-data": "1",
    "referer": "https://evil.example/",
    "origin": "https://evil.example",
    "range": "bytes=0-0,0-0,0-0",
    "if-none-match": "*",
    "accept-encoding": "gzip, br",
    "accept-language": "en",
    "user-agent": "evil/1",
    "priority": "u=0",
    "x-api-key": "of_the_caller",
    "x_request_id": "a",
    "x-request-id-": "a",
    "a" * 128: "a",
}


def query_cases() -> Iterator[Case]:
    """Cases of the query."""
    yield from refusals(
        "query with two readings",
        Code.MALFORMED_REQUEST,
        [event(url=f"{URL}?{query}") for query in _TWO_READINGS],
    )
    for kind, queries in {
        "query key": _NOT_DECLARED,
        "query value": _NOT_AS_DECLARED,
    }.items():
        yield from refusals(
            kind,
            Code.PARAMETER_NOT_ALLOWED,
            [event(url=f"{URL}?{query}") for query in queries],
            route="read",
        )
    for number, (query, sent) in enumerate(_REWRITTEN.items(), 1):
        yield Case(
            f"query written anew {number}",
            event(url=f"{URL}?{query}"),
            sent=read_sends(f"{PATH}?{sent}"),
        )


def header_cases() -> Iterator[Case]:
    """Cases of the headers."""
    malformed = Code.MALFORMED_REQUEST
    yield from refusals("header name", malformed, [read([(name, "a")]) for name in _BAD_NAMES])
    yield from refusals(
        "header value",
        malformed,
        [read([("x-request-id", value)]) for value in _BAD_VALUES],
    )
    yield from refusals("value of a header that is dropped", malformed, [read([("x", "a\r\nb")])])
    yield from refusals(
        "header twice", malformed, [read([(one, "a"), (other, "a")]) for one, other in _TWICE]
    )
    yield from refusals(
        "no headers", malformed, [{**read(), "headers": headers} for headers in _NOT_HEADERS]
    )
    for number, (name, value) in enumerate(_DROPPED.items(), 1):
        yield Case(f"header that is dropped {number}", read([(name, value)]), sent=read_sends())
    yield from refusals(
        "header not as declared",
        Code.PARAMETER_NOT_ALLOWED,
        [
            read([("x-request-id", "a" * 65)]),
            *(read([("accept", value)]) for value in ("", "*/*", "text/html", "text/csv, */*")),
            read([("Accept", "text/csv;q=1")]),
        ],
        route="read",
    )
    yield from refusals(
        "header not as declared, with a body",
        Code.PARAMETER_NOT_ALLOWED,
        [
            {**write(), "headers": [["idempotency-key", value]]}
            for value in (
                "",
                "1",
                UUID[:-1],
                f"{UUID}0",
                UUID.replace("e", "E", 1),
                f"{{{UUID}}}",
                UUID * 2,
            )
        ],
        route="write",
    )
    for number, (given, sent) in enumerate(
        {" a b ": "a b", "": "", "a: b, host: evil.example": "a: b, host: evil.example"}.items(), 1
    ):
        yield Case(
            f"header that is declared {number}",
            event(url=f"https://{HOST}{PATH}", headers=[("X-Request-ID", given)]),
            sent=read_sends(x_request_id=sent),
        )
    yield Case(
        "accept that is declared",
        read([("ACCEPT", "text/csv")]),
        sent=read_sends(accept="text/csv"),
    )
