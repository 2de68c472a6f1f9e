"""Responses of hosts that mean no good, or are not what they seem."""

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from secure_lambda_constructs.relay.handler.refusals import Code

from ..handler.hostile import BAD, CHUNKED, EMPTY, GOOD, OK
from ..servers import CLOSE, CUT, HOLD, RESET, Step
from .case import HOST, Sent, event, read, read_sends

__all__ = ["MINE", "OTHER", "Answered", "Asked", "response_cases", "slow_cases"]

MINE = OK + b"content-length: 2\r\n\r\nhi"
OTHER = OK + b"content-length: 5\r\n\r\nother"
"""A response to a request that nobody made."""

_PROTOCOL, _TOO_LARGE = Code.UPSTREAM_PROTOCOL_ERROR, Code.RESPONSE_TOO_LARGE
_TIMEOUT = Code.UPSTREAM_TIMEOUT


class Asked(NamedTuple):
    """A call that a route allows, and what the host is asked for."""

    event: dict[str, object]
    sent: Sent


_READ = Asked(read(), read_sends())


@dataclass(frozen=True)
class Answered:
    """What a host does when it is asked, and what the caller gets."""

    id: str
    steps: tuple[Step, ...]
    code: Code | None = None
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    asked: Asked = _READ
    is_last: bool = False
    """Whether nothing more may go over the connection, although the host keeps it open."""


_LOCATIONS = (
    *(
        "https://evil.example/",
        "http://api.example.com/v1",
        "http://169.254.169.254/latest/",
        "//evil",
    ),
    *("/admin", "", "\\\\evil.example", "https://user@evil.example:8443/#a", "file:///etc/passwd"),
    *(
        "https://api.example.com/v1/items/blue/parts/7",
        "javascript:alert(1)",
        "/%0d%0aset-cookie:a=1",
    ),
)
_REDIRECTS = (300, 301, 302, 303, 304, 305, 306, 307, 308, 399)

# What comes after a response, and is none of another call.
_DESYNC: dict[str, tuple[tuple[Step, ...], int, bytes]] = {
    "at once": ((MINE + OTHER,), 200, b"hi"),
    "in a record of its own": ((MINE, OTHER), 200, b"hi"),
    "later": ((MINE, 0.02, OTHER), 200, b"hi"),
    "many": ((MINE + OTHER * 100,), 200, b"hi"),
    "after an empty line": ((MINE + b"\r\n" + OTHER,), 200, b"hi"),
    "an empty line": ((MINE + b"\r\n",), 200, b"hi"),
    "a byte": ((MINE + b"\x00",), 200, b"hi"),
    "half a response": ((MINE + b"HTTP/1.1 200",), 200, b"hi"),
    "100 KB": ((MINE + bytes(100_000),), 200, b"hi"),
    "after no body": ((OK + EMPTY + OTHER,), 200, b""),
    "after chunks": ((CHUNKED + b"2\r\nhi\r\n0\r\n\r\n" + OTHER,), 200, b"hi"),
    "after no chunks": ((CHUNKED + b"0\r\n\r\n" + OTHER,), 200, b""),
    "after a trailer": ((CHUNKED + b"2\r\nhi\r\n0\r\nx: y\r\n\r\n" + OTHER,), 200, b"hi"),
    "after 204": ((b"HTTP/1.1 204 No Content\r\n\r\n" + OTHER,), 204, b""),
    "later, after 204": ((b"HTTP/1.1 204 No Content\r\n\r\n", 0.02, OTHER), 204, b""),
    "after 304": ((b"HTTP/1.1 304 Same\r\ncontent-length: 5\r\n\r\nother",), 304, b""),
    "after 304 with chunks": (
        (b"HTTP/1.1 304 Same\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",),
        304,
        b"",
    ),
    "after an informational one": ((b"HTTP/1.1 100 Continue\r\n\r\n" + MINE + OTHER,), 200, b"hi"),
    "after close": (
        (OK + b"connection: close\r\ncontent-length: 2\r\n\r\nhi" + OTHER,),
        200,
        b"hi",
    ),
    "an informational one": ((MINE + b"HTTP/1.1 100 Continue\r\n\r\n",), 200, b"hi"),
    "nothing, after close": ((OK + b"connection: x, Close\r\n" + EMPTY,), 200, b""),
    "nothing, of HTTP/1.0": ((b"HTTP/1.0 200 OK\r\n" + EMPTY,), 200, b""),
    "of HTTP/1.0": ((b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nhi" + OTHER,), 200, b"hi"),
}

_NO_HTTP = (
    *(
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x00\x00\x12\x04\x00\x00\x00\x00\x00",
        b"\x16\x03\x01\x02\x00",
    ),
    *(
        b"+OK POP3\r\n",
        b"220 smtp ESMTP\r\n",
        b"* OK IMAP4\r\n",
        b"RFB 003.008\n",
        b"\x1f\x8b\x08\x00",
    ),
    *(
        b"GET / HTTP/1.1\r\nhost: x\r\n\r\n",
        b"RTSP/1.0 200 OK\r\n\r\n",
        b"ICY 200 OK\r\n\r\n",
        b"\n\n\n\n",
    ),
    *(
        b"HTTP/1.1 600 A\r\n\r\n",
        b"HTTP/1.1 000 A\r\n\r\n",
        b"HTTP/1.1 099 A\r\n\r\n",
        b"HTTP/1.1 999\r\n\r\n",
    ),
    *(
        b"HTTP/1.1 -200 A\r\n\r\n",
        b"HTTP/1.1 +20 A\r\n\r\n",
        b"HTTP/1.1 2 0 A\r\n\r\n",
        b"HTTP/1.1 0x9 A\r\n\r\n",
    ),
    *(
        b"HTTP/11 200 OK\r\n\r\n",
        b"HTTP/1.1.1 200 OK\r\n\r\n",
        b"HTTP/0.9 200 OK\r\n\r\n",
        b"HTTP/1 200 OK\r\n\r\n",
    ),
    *(b"HTTP /1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\x00\r\n\r\n", b"HTTP/1.1 200 OK\r\r\n\r\n"),
    *(
        b"\xef\xbb\xbfHTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 O\x1bK\r\n\r\n",
        b"\x00" * 100,
        b"\xff" * 10_000,
    ),
    *(
        b"HTTP/1.1 101 A\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
        b"HTTP/1.1 100 A\r\n\r\n" * 100,
    ),
)
_HEADS = (
    *(
        b"content-length: 2\r\ncontent-length:2",
        b"content-length: 0\r\ncontent-length: 2",
        b"content-length:",
    ),
    *(b"content-length: 2;", b"content-length: 2 2", b"content-length: 2,", b"content-length: ,2"),
    *(
        b"content-length: -0",
        b"content-length: 2\x00",
        b"content-length: \xb2",
        b"content-length: 2\t2",
    ),
    *(
        b"content-length: 1e1",
        b"content-length: NaN",
        b'content-length: "2"',
        b"content-length\x00: 2",
    ),
    *(
        b"content-length: " + b"0" * 18 + b"2",
        b"content-length: 18446744073709551618",
        b"content\xadlength: 2\x00",
    ),
    *(b"transfer-encoding: chunked, identity", b"transfer-encoding: identity, chunked"),
    *(
        b"transfer-encoding: chunked;q=1",
        b"transfer-encoding: chunked,",
        b"transfer-encoding: ,chunked",
    ),
    *(
        b"transfer-encoding: chunked\x0b",
        b"transfer-encoding: \x0bchunked",
        b"transfer-encoding: chunked\xa0",
    ),
    *(
        b"transfer-encoding: chunke\xe4",
        b"transfer-encoding: deflate",
        b"transfer-encoding: c hunked",
    ),
    *(b"transfer-encoding: identity\r\ncontent-length: 2", b"transfer-encoding\t: chunked"),
    *(
        b"transfer-encoding : chunked",
        b" transfer-encoding: chunked",
        b"transfer-encoding:\r\n chunked",
    ),
    *(
        b"content-length: 2\r\n\ttransfer-encoding: chunked",
        b"x: y\r\n content-length: 2",
        b"x\r\n: y",
    ),
    *(
        b"x: a\nset-cookie: b",
        b"x: a\rset-cookie: b",
        b"x: a\r\rset-cookie: b",
        b"x: \x00",
        b"x: \x08",
        b"x y: z",
    ),
    *(
        b"x",
        b":",
        b": y",
        b"x;: y",
        b"x(y): z",
        b"x\xe9: y",
        b"[x]: y",
        b"x: \x7f",
        b"\x00: y",
        b"=x: y",
        b"@: y",
    ),
)
_CHUNKS = (
    *(
        b"2 ;a\r\nhi\r\n",
        b" 2\r\nhi\r\n",
        b"2\t\r\nhi\r\n",
        b"\t2\r\nhi\r\n",
        b"2,\r\nhi\r\n",
        b"2\x00\r\nhi\r\n",
    ),
    *(
        b"-2\r\nhi\r\n",
        b"+2\r\nhi\r\n",
        b"0x2\r\nhi\r\n",
        b"2h\r\nhi\r\n",
        b"g\r\nhi\r\n",
        b"0_2\r\nhi\r\n",
    ),
    *(
        b"2.0\r\nhi\r\n",
        b"\xb2\r\nhi\r\n",
        b'"2"\r\nhi\r\n',
        b"2\rhi\r\n",
        b"2\nhi\r\n",
        b"2\r\r\nhi\r\n",
    ),
    *(
        b"2\r\nhi",
        b"2\r\nhi\n",
        b"2\r\nhi\r",
        b"2\r\nhi!!",
        b"2\r\nhi\r\r\n",
        b"2\r\nhi\r\n\r\n",
        b"\r\n2\r\nhi\r\n",
    ),
    *(
        b"2;a\x00\r\nhi\r\n",
        b"2;a\nb\r\nhi\r\n",
        b"2;a\r\r\nhi\r\n",
        b"2:a\r\nhi\r\n",
        b"2=a\r\nhi\r\n",
    ),
    *(
        b"10000000000000002\r\nhi\r\n",
        b"00000000000000002\r\nhi\r\n",
        b"2\r\nhi\r\n0\r\nx y: z\r\n\r\n",
    ),
    *(
        b"2\r\nhi\r\n0\r\n folded\r\n\r\n",
        b"2\r\nhi\r\n0\nx: y\r\n\r\n",
        b"2\r\nhi\r\n0\r\nx: y\n\r\n\r\n",
    ),
)

_BOMB = gzip.compress(bytes(1_000_000), mtime=0)


def response_cases() -> Iterator[Answered]:
    """The cases."""
    for status, (number, location) in product(_REDIRECTS, enumerate(_LOCATIONS, 1)):
        head = f"HTTP/1.1 {status} Moved\r\nlocation: {location}\r\n".encode() + EMPTY
        yield Answered(
            f"{status} to {number}", (head,), status=status, headers=(("location", location),)
        )
    for name, (stream, code) in BAD.items():
        if stream:  # before a byte of it has come, a GET is sent once more
            yield Answered(f"bad response: {name}", (stream, CLOSE), code)
    for name, (stream, body, _) in GOOD.items():
        (status, *_) = re.findall(rb"HTTP/1\.[01] ([2-5][0-9]{2})", stream)
        yield Answered(f"response: {name}", (stream, CLOSE), status=int(status), body=body)
    for name, (steps, status, body) in _DESYNC.items():
        yield Answered(
            f"more than a response: {name}", steps, status=status, body=body, is_last=True
        )
    yield from _after_head()
    for kind, streams in {
        "no HTTP": _NO_HTTP,
        "bad head": [OK + head + b"\r\n\r\nhi" for head in _HEADS],
        "bad chunk": [CHUNKED + chunk + b"0\r\n\r\n" for chunk in _CHUNKS],
    }.items():
        for number, stream in enumerate(streams, 1):
            yield Answered(f"{kind} {number}", (stream, CUT), _PROTOCOL)
    yield from _ends()
    yield from _sizes()


def _after_head() -> Iterator[Answered]:
    asked = Asked(event("HEAD", f"https://{HOST}/v1/items"), Sent("HEAD", "/v1/items"))
    for name, steps in {
        "body": (OTHER,),
        "later body": (OTHER[:-5], 0.02, OTHER[-5:]),
        "chunks": (CHUNKED + b"5\r\nother\r\n0\r\n\r\n",),
        "response": (OK + b"content-length: 5\r\n\r\n" + OTHER,),
    }.items():
        yield Answered(f"more than a head: {name}", steps, asked=asked, is_last=True)


def _ends() -> Iterator[Answered]:
    """Connections that end somewhere."""
    for name, stream in {
        "in the status line": b"HTTP/1.1 20",
        "in a header": OK + b"content-le",
        "before the body": OK + b"content-length: 2\r\n\r\n",
        "in the body": OK + b"content-length: 9\r\n\r\nhi",
        "in a chunk": CHUNKED + b"9\r\nhi",
        "between chunks": CHUNKED + b"1\r\nh\r\n1\r\ni\r\n",
        "in the trailer": CHUNKED + b"2\r\nhi\r\n0\r\nx: y\r\n",
    }.items():
        for how, step in {"closed": CLOSE, "cut": CUT, "reset": RESET}.items():
            yield Answered(f"{how} {name}", (stream, step), _PROTOCOL)
    # That there is no more has to be said by TLS.
    yield Answered("cut without a length", (OK + b"\r\nhi", CUT), _PROTOCOL)
    yield Answered("reset without a length", (OK + b"\r\nhi", RESET), _PROTOCOL)
    yield Answered("all in one body", (OK + b"\r\nhi" + OTHER, CLOSE), body=b"hi" + OTHER)


def _sizes() -> Iterator[Answered]:
    for name, stream in {
        "body": OK + b"content-length: 1001\r\n\r\n",
        "body, as it says": OK + b"content-length: 999999999999999999\r\n\r\n",
        "chunk, as it says": CHUNKED + b"fffffffffffffff\r\n",
        "chunks": CHUNKED + b"1\r\nx\r\n" * 1001,
        "endless chunks": CHUNKED + (b"1f4\r\n" + bytes(500) + b"\r\n") * 1000,
        "endless body": OK + b"\r\n" + bytes(1_000_000),
        "endless head": OK + b"x: y\r\n" * 100_000,
        "endless header": OK + b"x: " + b"y" * 1_000_000,
        "endless status line": b"HTTP/1.1 200 " + b"y" * 1_000_000,
        "endless extension": CHUNKED + b"2;" + b"a" * 1_000_000,
        "endless extensions": CHUNKED + (b"1;" + b"a" * 200 + b"\r\nx\r\n") * 900,
        "endless chunk size": CHUNKED + b"0" * 1_000_000,
        "endless trailer": CHUNKED + b"0\r\n" + b"x: y\r\n" * 100_000,
        "bomb": OK + f"content-length: {len(_BOMB)}\r\n\r\n".encode() + _BOMB,
    }.items():
        yield Answered(f"too large: {name}", (stream, HOLD), _TOO_LARGE)
    whole = bytes(1000)
    yield Answered(
        "as large as may be", (OK + b"content-length: 1000\r\n\r\n" + whole,), body=whole
    )
    chunks = CHUNKED + b"1\r\nx\r\n" * 1000 + b"0\r\n\r\n"
    yield Answered("as many chunks as may be", (chunks,), body=b"x" * 1000)


def slow_cases() -> Iterator[Answered]:
    """Hosts that take their time, in each part of a response."""

    def drip(*pieces: bytes) -> tuple[Step, ...]:
        return tuple(step for piece in pieces for step in (piece, 0.02))

    letters = [bytes([letter]) for letter in b"HTTP/1.1 200 " + b"x" * 100]
    for name, steps in {
        "nothing": (HOLD,),
        "half a status line": (b"HTTP/1.1 20", HOLD),
        "no end of the head": (OK + b"x: y\r\n", HOLD),
        "no body": (OK + b"content-length: 2\r\n\r\n", HOLD),
        "half a body": (OK + b"content-length: 2\r\n\r\nh", HOLD),
        "no end": (OK + b"\r\nhi", HOLD),
        "half a chunk": (CHUNKED + b"9\r\nhi", HOLD),
        "no last chunk": (CHUNKED + b"2\r\nhi\r\n", HOLD),
        "no end of the trailer": (CHUNKED + b"0\r\nx: y\r\n", HOLD),
        "only an informational one": (b"HTTP/1.1 103 Early Hints\r\n\r\n", HOLD),
        "status line, byte by byte": drip(*letters),
        "head, line by line": (OK, *drip(*[b"x: y\r\n"] * 100)),
        "head, byte by byte": (OK, *drip(*[b"x"] * 100)),
        "body, byte by byte": (OK + b"content-length: 900\r\n\r\n", *drip(*[b"x"] * 100)),
        "body without a length, byte by byte": (OK + b"\r\n", *drip(*[b"x"] * 100)),
        "chunks, one by one": (CHUNKED, *drip(*[b"1\r\nx\r\n"] * 100)),
        "chunk size, digit by digit": (CHUNKED, *drip(*[b"0"] * 100)),
        "extension, byte by byte": (CHUNKED + b"1;", *drip(*[b"a"] * 100)),
        "trailer, line by line": (CHUNKED + b"0\r\n", *drip(*[b"x: y\r\n"] * 100)),
    }.items():
        yield Answered(f"slow: {name}", steps, _TIMEOUT)
