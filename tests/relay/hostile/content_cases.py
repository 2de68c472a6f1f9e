"""Responses that are well-formed, and hold what no caller may get."""

import base64
import json
import zlib
from collections.abc import Iterator
from urllib.parse import quote

from secure_lambda_constructs.relay.handler.refusals import Code

from ..handler.hostile import EMPTY, OK
from .case import HOST, KEY, Sent, event, write
from .response_cases import MINE, Answered, Asked

__all__ = ["WRITE", "content_cases"]

_NOT_ALLOWED = Code.RESPONSE_NOT_ALLOWED
_JSON = OK + b"content-type: application/json\r\n"
WRITE = Asked(
    write(),
    Sent(
        "POST",
        "/v1/items",
        {"content-type": "application/json", "authorization": f"Bearer {KEY}"},
        b'{"name":"a"}',
    ),
)
_PICK = Asked(event("GET", f"https://{HOST}/v1/picks"), Sent("GET", "/v1/picks"))

_ENCODINGS = (
    *(
        "gzip",
        "x-gzip",
        "GZIP",
        "deflate",
        "br",
        "zstd",
        "compress",
        "x-compress",
        "identity, gzip",
        "exi",
    ),
    *(
        "gzip, identity",
        "gzip;q=0",
        "aes128gcm",
        "pack200-gzip",
        "dcb",
        ",gzip",
        "*",
        "none",
        "identity;q=1",
    ),
)


def _shown() -> Iterator[tuple[str, bytes]]:
    """A response that shows the credential, in each way in which one is written."""
    every = "".join(f"\\u{ord(character):04x}" for character in KEY)
    yield "raw", KEY.encode()
    yield "JSON", json.dumps({"sent": f"Bearer {KEY}"}).encode()
    yield "JSON with escaped slashes", json.dumps({"a": KEY}).replace("/", "\\/").encode()
    yield "JSON of escapes", f'{{"a":"{every}"}}'.encode()
    yield "JSON of large escapes", f'{{"a":"{every.upper()}"}}'.replace("\\U", "\\u").encode()
    yield "JSON in JSON", json.dumps({"a": json.dumps({"b": KEY})}).encode()
    yield "escaped key", f'{{"{every}":1}}'.encode()
    yield "escapes behind the same key", f'{{"a":"{every}","a":1}}'.encode()
    yield "escapes in many values", f'{{"a":1}}\n{{"a":"{every}"}}\n'.encode()
    yield "escapes in no JSON", f"a: '{every}'".encode()
    yield "escapes too deep", b"[" * 1500 + f'"{every}"'.encode() + b"]" * 1500
    yield "URL", quote(KEY, safe="").encode()
    yield "URL in lower case", quote(KEY, safe="").lower().encode()
    yield "URL of escapes", "".join(f"%{ord(character):02X}" for character in KEY).encode()
    yield "form", quote(KEY).replace("%20", "+").encode()
    for before in ("", "a", "ab", "user:", "Bearer "):
        encoded = base64.b64encode(f"{before}{KEY}".encode())
        yield f"base64 after {len(before)}", b'{"a":"' + encoded + b'"}'
        yield (
            f"base64 of URLs after {len(before)}",
            encoded.translate(bytes.maketrans(b"+/", b"-_")),
        )
    yield "UTF-16", KEY.encode("utf-16")
    yield "UTF-16, the other way round", KEY.encode("utf-16-be")


_NO_OBJECT = (
    *(
        b"[]",
        b"1",
        b"null",
        b'"id"',
        b"x",
        b"{",
        b'{"id":1}{"id":2}',
        b'{"id":1,"id":2}',
        b'{"id":NaN}',
    ),
    *(
        b'{"id":Infinity}',
        b'{"id":1e999}',
        b"\xef\xbb\xbf{}",
        b"[" * 10_000,
        b'{"a":' * 10_000,
        b'{"id":01}',
    ),
    *(
        b'{"id":' + b"[" * 40 + b"]" * 40 + b"}",
        b'{"id":' + b"1" * 5000 + b"}",
        b'{"id":"\xff"}',
        b"<html>",
    ),
    *(
        b'{"id":1}\x00',
        b'{"id":"\n"}',
        b'{"id":1,"\\u0069d":2}',
        b"\x00",
        '{"id":1}'.encode("utf-16"),
    ),
)
_OBJECTS = {
    b'{"id":1,"secret":2}': b'{"id":1}',
    b' {\n"id" :\t1.10 , "x" : {"id": 2} } ': b'{"id":1.10}',
    b'{"x":{"id":1}}': b"{}",
    b'{"\\u0069d":"\\ud800","ID":1}': b'{"id":"\\ud800"}',
    b'{"id":"}","x":",\\"id\\":1"}': b'{"id":"}"}',
    b'{"id ":1,"":2,"i\\u0064":3}': b'{"id":3}',
}
_HEADERS: dict[str, tuple[bytes, tuple[tuple[str, str], ...]]] = {
    "cookies": (b"set-cookie: a=1\r\nSet-Cookie2: b=1\r\n", ()),
    "not listed": (b"x-powered-by: a\r\nserver: b\r\nwww-authenticate: Basic\r\n", ()),
    "of the connection": (
        b"keep-alive: timeout=9\r\nproxy-authenticate: a\r\nupgrade: h2c\r\n",
        (),
    ),
    "named by the connection": (b'connection: ETag\r\netag: "1"\r\n', ()),
    "named by another connection": (b'Connection: x\r\nconnection: y , etag\r\netag: "1"\r\n', ()),
    "listed": (b'ETag:\t"1" \r\n', (("etag", '"1"'),)),
    "listed, twice": (b"etag: 1\r\netag: 2\r\n", (("etag", "1"), ("etag", "2"))),
    "beyond ASCII": (b"etag: \xe9\xff\r\n", (("etag", "\xe9\xff"),)),
    "that look like a listed one": (b"e-tag: 1\r\netag-: 1\r\n_etag: 1\r\n", ()),
}


def content_cases() -> Iterator[Answered]:
    """The cases."""
    for number, encoding in enumerate(_ENCODINGS, 1):
        packed = zlib.compress(bytes(100_000), wbits=-15 if encoding == "deflate" else 31)
        head = f"content-encoding: {encoding}\r\ncontent-length: {len(packed)}\r\n\r\n".encode()
        yield Answered(f"compressed {number}", (OK + head + packed,), _NOT_ALLOWED)
    twice = b"content-encoding: identity\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\nhi"
    yield Answered("compressed, told twice", (OK + twice,), _NOT_ALLOWED)
    yield Answered(
        "not compressed", (OK + b"content-encoding: Identity\r\n" + MINE[len(OK) :],), body=b"hi"
    )
    for name, shown in _shown():
        head = _JSON + f"content-length: {len(shown)}\r\n\r\n".encode()
        yield Answered(f"credential: {name}", (head + shown,), _NOT_ALLOWED, asked=WRITE)
    kind = f"content-type: application/json;a={KEY}\r\n".encode()
    yield Answered("credential: header", (OK + kind + EMPTY,), _NOT_ALLOWED, asked=WRITE)
    for status in (400, 401, 403, 500):
        line = f"HTTP/1.1 {status} {KEY}\r\n".encode() + _JSON[len(OK) :]
        body = f"content-length: {len(KEY)}\r\n\r\n{KEY}".encode()
        yield Answered(f"credential: {status}", (line + body,), _NOT_ALLOWED, asked=WRITE)
        yield Answered(
            f"credential: reason of {status}",
            (line + EMPTY,),
            status=status,
            headers=(("content-type", "application/json"),),
            asked=WRITE,
        )
    for number, types in enumerate(
        (
            *(
                b"",
                b"content-type: text/html\r\n",
                b"content-type: application/json, text/html\r\n",
            ),
            *(
                b"content-type: application/json\r\ncontent-type: text/html\r\n",
                b"content-type:\r\n",
            ),
            *(b"content-type: application/json\xa0\r\n", b"content-type: \xa0application/json\r\n"),
            *(b"content-type: application/jsonp\r\n", b"x: application/json\r\n"),
        ),
        1,
    ):
        head = OK + types + b"content-length: 2\r\n\r\n{}"
        yield Answered(f"content type {number}", (head,), _NOT_ALLOWED, asked=WRITE)
    for number, text in enumerate(_NO_OBJECT, 1):
        head = f"content-length: {len(text)}\r\n\r\n".encode()
        yield Answered(f"no JSON object {number}", (OK + head + text,), _NOT_ALLOWED, asked=_PICK)
    for number, (text, kept) in enumerate(_OBJECTS.items(), 1):
        head = f"content-length: {len(text)}\r\n\r\n".encode()
        yield Answered(f"JSON object {number}", (OK + head + text,), body=kept, asked=_PICK)
    for name, (fields, given) in _HEADERS.items():
        yield Answered(f"headers: {name}", (OK + fields + EMPTY,), headers=given)
