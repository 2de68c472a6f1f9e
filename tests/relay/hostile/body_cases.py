"""Bodies that say something else to the host than to the relay."""

import json
from collections.abc import Iterator

from secure_lambda_constructs.relay.handler.refusals import Code

from .case import HOST, KEY, UUID, Case, Sent, event, read, refusals, write

__all__ = ["body_cases"]

_JSON, _FORM = "application/json", "application/x-www-form-urlencoded"

_NOT_STRICT = (
    *(
        b"",
        b" ",
        b"\n",
        b"a",
        b"'a'",
        b"{",
        b"}",
        b"[",
        b'{"name":"a"',
        b'{"name":"a"}}',
        b'"',
        b"{]",
    ),
    *(b'{"name":"a"}{"name":"b"}', b'{"name":"a"}\x00', b'\x00{"name":"a"}', b'{"name":"a"} x'),
    *(
        b'{"name":"a","name":"b"}',
        b'{"name":"a","\\u006eame":"b"}',
        b'{"name":"a","nam\\u0065":"a"}',
    ),
    *(
        b'{"name":"a",}',
        b'{,"name":"a"}',
        b"{'name':'a'}",
        b'{name:"a"}',
        b'{"name":"a"}//',
        b'{"name"}',
    ),
    *(
        b'/**/{"name":"a"}',
        b'{"name":"a"/**/}',
        b'{"name":"a"};',
        b")]}',\n{}",
        b'cb({"name":"a"})',
    ),
    *(
        b'{"name":"a","price":NaN}',
        b'{"name":"a","price":Infinity}',
        b'{"name":"a","price":-Infinity}',
    ),
    *(
        b'{"name":"a","price":1e400}',
        b'{"name":"a","price":-1e400}',
        b'{"name":"a","price":1e99999}',
    ),
    *(b'{"name":"a","count":01}', b'{"name":"a","count":+1}', b'{"name":"a","count":.5}'),
    *(b'{"name":"a","count":1.}', b'{"name":"a","count":0x10}', b'{"name":"a","count":1_0}'),
    *(b'{"name":"a","count":1e}', b'{"name":"a","count":--1}', b'{"name":"a","count":-}'),
    *(
        b'{"name":"a\nb"}',
        b'{"name":"a\tb"}',
        b'{"name":"a\x00b"}',
        b'{"name":"\x1f"}',
        b'{"name":"\\x41"}',
    ),
    *(
        b'{"name":"\\u00"}',
        b'{"name":"\\u00zz"}',
        b'{"name":"\\U0041"}',
        b'{"name":"\\"}',
        b'{"name":"\\a"}',
    ),
    *(b'{"name":"\xff"}', b'{"name":"\xc0\xaf"}', b'{"name":"\xed\xa0\x80"}', b'{"name":"\xe9"}'),
    *(
        b'{"name":"\\ud800"}',
        b'{"name":"\\udc00\\ud800"}',
        b'{"name":"a","\\ud800":1}',
        b'\xa0{"name":"a"}',
    ),
    *(
        b'\xef\xbb\xbf{"name":"a"}',
        b'\x0b{"name":"a"}',
        b'\x0c{"name":"a"}',
        b'\xc2\xa0{"name":"a"}',
    ),
    *(b'{"name":True}', b'{"name":None}', b'{"name":undefined}', b'{"name":TRUE}', b'{"name":nul}'),
    *(
        '{"name":"a"}'.encode(code)
        for code in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le")
    ),
    '{"name":"a"}'.encode("utf-8-sig") * 2,
)
_NOT_THE_SCHEMA = (
    *(
        b"[]",
        b'["name"]',
        b'"name"',
        b"1",
        b"null",
        b"true",
        b"{}",
        b'[{"name":"a"}]',
        b'{"Name":"a"}',
    ),
    *(b'{"name":null}', b'{"name":1}', b'{"name":["a"]}', b'{"name":{"$ne":1}}', b'{"name":true}'),
    *(b'{"name":"a","admin":true}', b'{"name":"a","__proto__":{}}', b'{"name":"a","":1}'),
    *(b'{"name":"a","name ":"b"}', b'{"name":"a","\\u0000":1}', b'{"name":"a","n\xc3\xa0me":1}'),
    *(b'{"name":"a","count":true}', b'{"name":"a","count":"1"}', b'{"name":"a","count":1.5}'),
    *(b'{"name":"a","count":101}', b'{"name":"a","count":-1}', b'{"name":"a","count":1e9}'),
    *(b'{"name":"a","count":9007199254740993}', b'{"name":"a","count":' + b"9" * 400 + b"}"),
    *(
        b'{"name":"' + b"a" * 21 + b'"}',
        b'{"name":"' + b"\\u0061" * 21 + b'"}',
        b'{"name":"a","count":[1]}',
    ),
)
_TOO_DEEP = (
    *(b"[" * 33 + b"]" * 33, b"[" * 4000, b'{"a":' * 1300, b"[" * 4000 + b"]" * 4000),
    *(
        b'{"a":' * 33 + b"1" + b"}" * 33,
        b'["\\"",' * 33 + b"1" + b"]" * 33,
        b'[{"a":' * 17 + b"1" + b"}]" * 17,
    ),
    *(b'["\\\\",' + b"[" * 33 + b"]" * 34, b'"' + b"[" * 100),
    *(b"1" * 4301, b"-" + b"1" * 5000, b"[" + b"1" * 4301 + b"]"),
)
_WRITTEN_ANEW = {
    b' { "name" :\t"a"\r\n} ': b'{"name":"a"}',
    b'{"\\u006eame":"\\u0061"}': b'{"name":"a"}',
    b'{"name":"\\ud83d\\ude00"}': '{"name":"\U0001f600"}'.encode(),
    b'{"name":"\\u0000"}': b'{"name":"\\u0000"}',
    b'{"name":"\\/\\b"}': b'{"name":"/\\b"}',
    b'{"name":"\x7f"}': b'{"name":"\x7f"}',
    b'{"name":"</script>"}': b'{"name":"</script>"}',
    b'{"count":-0,"name":"a"}': b'{"count":0,"name":"a"}',
    b'{"name":"a","count":1e1}': b'{"name":"a","count":10.0}',
    b'{"name":"a","price":1.00000000000000000000001}': b'{"name":"a","price":1.0}',
    b'{"name":"a","price":123456789012345678901234567890}': (
        b'{"name":"a","price":123456789012345678901234567890}'
    ),
}
_NO_JSON_TYPES = (
    *("text/plain", "text/json", "application/xml", _FORM, "multipart/form-data; boundary=a"),
    *(
        "application/json; charset=utf-16",
        "application/json; charset=utf-8; a=b",
        "application/jsonx",
    ),
    *("application/json, text/html", "application /json", "application/json/x", "json", "*/*"),
    *("application/json charset=utf-8", "application/json;", "application/json;;charset=utf-8"),
    *(
        "application/json; charset=utf-7",
        "application/x-json",
        "application/+json",
        ";application/json",
    ),
)
_JSON_TYPES = (
    *("", "application/json", "Application/JSON", "application/json;charset=utf-8"),
    *('application/json ; charset="UTF-8"', "application/vnd.api+json"),
)
_BAD_FORMS = (
    *(
        b"q=a&q=b",
        b"q=a&%71=b",
        b"admin=1",
        b"q=a&admin=1",
        b"q[]=a",
        b"Q=a",
        b"q=%zz",
        b"q=%",
        b"q=%00",
    ),
    *(
        b"q=a&&page=1",
        b"&q=a",
        b"q=a&",
        b"=a",
        b"page=01",
        b"page=0",
        b"page=1.0",
        b"page",
        b"page=+1",
    ),
    *(
        b"q=a\r\npage=1",
        b"q=a\n",
        b"\x00",
        b"q=\xe9",
        b"q=%e9",
        b"q=%c0%af",
        b"q=%c3%a9",
        b"\xef\xbb\xbfq=a",
    ),
    *(
        b"q=%0d%0a",
        b"q=" + b"a" * 129,
        b"q%00=a",
        b"q=a&page=1&page=2",
        b'{"q":"a"}',
        b"--a\r\n\r\n",
    ),
)
_FORMS = {
    b"": b"",
    b"q=a": b"q=a",
    b"page=1&q=a": b"q=a&page=1",
    b"%71=%61+b": b"q=a%20b",
    b"q=a;page=1": b"q=a%3Bpage%3D1",
    b"q=a b#c?d": b"q=a%20b%23c%3Fd",
    b"q=%26page%3d1": b"q=%26page%3D1",
    b"q": b"q=",
}
_NO_BASE64: tuple[object, ...] = (
    *(
        "!!!!",
        "Q",
        "QQ",
        "QQ=",
        "QQ===",
        "=QQ=",
        "====",
        "=",
        " ",
        "QQ==\n",
        "Q Q=",
        "QQ==QQ==",
        "QQ==x",
    ),
    *(
        "-_-_",
        "QUJD\r\n",
        "QUJD=",
        "QUJD====",
        "\u0051Q\xe9=",
        "\ud800",
        "QQ==\x00",
        "e30=;",
        "data:;base64,e30=",
    ),
    *(1, 1.5, True, False, [], ["QQ=="], {}, {"body": "QQ=="}),
)


def body_cases() -> Iterator[Case]:
    """The cases."""
    invalid, not_allowed = Code.BODY_INVALID, Code.BODY_NOT_ALLOWED
    for kind, bodies in {
        "no strict JSON": _NOT_STRICT,
        "against the schema": _NOT_THE_SCHEMA,
    }.items():
        yield from refusals(kind, invalid, map(write, bodies), route="write")
    yield from refusals("JSON that is too much", invalid, map(_note, _TOO_DEEP), route="note")
    yield from refusals(
        "no type of JSON", not_allowed, [write(kind=kind) for kind in _NO_JSON_TYPES], route="write"
    )
    yield from refusals("no form", invalid, map(_search, _BAD_FORMS), route="search")
    yield from refusals(
        "no type of a form",
        not_allowed,
        [
            _search(b"q=a", kind)
            for kind in (_JSON, "multipart/form-data", f"{_FORM};charset=utf-16")
        ],
        route="search",
    )
    yield from refusals(
        "no type of a file",
        not_allowed,
        [
            _upload(b"a", kind)
            for kind in (
                "",
                _JSON,
                "text/html",
                "text/plain; charset=utf-7",
                "text/plain, text/html",
            )
        ],
        route="upload",
    )
    yield from refusals(
        "no base64",
        Code.MALFORMED_REQUEST,
        [{**_upload(b"a"), "body": encoded} for encoded in _NO_BASE64],
    )
    yield from refusals(
        "body where none may be",
        not_allowed,
        [
            read(body=b"GET /admin HTTP/1.1\r\nhost: x\r\n\r\n"),
            read([("content-length", "0")], body=b"a"),
        ],
        route="read",
    )
    yield from refusals(
        "body where none may be, to remove",
        not_allowed,
        [event("DELETE", f"https://{HOST}/v1/items/{UUID}", body=b"{}")],
        route="remove",
    )
    yield from _too_large()
    yield from _sent()


def _too_large() -> Iterator[Case]:
    too_large = Code.BODY_TOO_LARGE
    yield Case("too large JSON", write(b'{"name":"a"}' + b" " * 1013), too_large, route="write")
    growing = b"[" + b",".join([b"1E22"] * 1600) + b"]"
    yield Case("JSON that grows", _note(growing), too_large, route="note")
    yield Case("too large form", _search(b"q=" + b"%61" * 85), too_large, route="search")
    yield Case(
        "form that grows", _search(b"q=" + b"+" * 85 + b"&page=1"), too_large, route="search"
    )
    four_mib = 4 * 1024 * 1024
    yield Case("too large file", _upload(bytes(four_mib + 1)), too_large)
    yield Case("far too large file", {**_upload(b""), "body": "A" * (2 * four_mib)}, too_large)


def _sent() -> Iterator[Case]:
    for number, (given, sent) in enumerate(_WRITTEN_ANEW.items(), 1):
        yield Case(f"JSON written anew {number}", write(given), sent=_written(sent))
    for number, kind in enumerate(_JSON_TYPES, 1):
        yield Case(f"type of JSON {number}", write(kind=kind), sent=_written(b'{"name":"a"}'))
    nested = b"[" * 32 + b"]" * 32
    yield Case("JSON deep enough", _note(nested), sent=_noted(nested))
    brackets = json.dumps(["[" * 1000, '"' + "{" * 1000], separators=(",", ":")).encode()
    yield Case("JSON with brackets in texts", _note(brackets), sent=_noted(brackets))
    numbers = b"[1E5,-1.5e-7,12345678901234567890]"
    yield Case("numbers", _note(numbers), sent=_noted(b"[100000.0,-1.5e-07,12345678901234567890]"))
    for number, (given, sent) in enumerate(_FORMS.items(), 1):
        headers = {"content-type": _FORM}
        yield Case(
            f"form written anew {number}",
            _search(given),
            sent=Sent("POST", "/v1/search", headers, sent),
        )
    smuggled = b"0\r\n\r\nGET /admin HTTP/1.1\r\nhost: evil.example\r\n\r\n"
    for number, (given, kind) in enumerate(
        {
            smuggled: "text/plain",
            b"\x00\xff": "TEXT/PLAIN; charset=utf-8",
            b"": "text/plain",
        }.items(),
        1,
    ):
        upload = Sent("PUT", "/v1/files/a.txt", {"content-type": "text/plain"}, given)
        yield Case(f"file {number}", _upload(given, kind), sent=upload)
    # Bits that stand for no byte: there are four spellings of one body, and one of them is sent.
    upload = Sent("PUT", "/v1/files/a.txt", {"content-type": "text/plain"}, b"A")
    yield Case("base64 with other bits", {**_upload(b""), "body": "QR=="}, sent=upload)


def _written(body: bytes) -> Sent:
    headers = {"content-type": _JSON, "authorization": f"Bearer {KEY}"}
    return Sent("POST", "/v1/items", headers, body)


def _noted(body: bytes) -> Sent:
    return Sent("POST", "/v1/notes", {"content-type": _JSON}, body)


def _note(body: bytes) -> dict[str, object]:
    return event("POST", f"https://{HOST}/v1/notes", [("content-type", _JSON)], body)


def _search(body: bytes, kind: str = _FORM) -> dict[str, object]:
    return event("POST", f"https://{HOST}/v1/search", [("content-type", kind)], body)


def _upload(body: bytes, kind: str = "text/plain") -> dict[str, object]:
    return event("PUT", f"https://{HOST}/v1/files/a.txt", [("content-type", kind)], body)
