"""What is sent, and what is taken for a response."""

import http.client
import io
import itertools
import re
import time
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secure_lambda_constructs.relay.handler.connection import Broken, Connection
from secure_lambda_constructs.relay.handler.deadline import Deadline
from secure_lambda_constructs.relay.handler.exchange import Exchange
from secure_lambda_constructs.relay.handler.messages import OutgoingRequest, UpstreamResponse
from secure_lambda_constructs.relay.handler.refusals import Code, Refusal

from ..servers import (
    CLOSE,
    CUT,
    HOLD,
    REQUEST,
    RESET,
    Answer,
    Authority,
    HttpServer,
    RawServer,
    Step,
    connections_to,
    in_seconds,
)
from .hostile import BAD, CHUNKED, EMPTY, GOOD, OK, PROTOCOL, TOO_LARGE

HOST = "api.example.com"
GET = OutgoingRequest("GET", HOST, "/rates")
HEAD = OutgoingRequest("HEAD", HOST, "/rates")


class Bytes(Connection):
    """A connection of which only what it gives is real; for very many responses."""

    def __init__(self, pieces: Iterable[bytes], *, tidy: bool = True) -> None:
        self.sent = b""
        self._pieces = iter(pieces)
        self._tidy = tidy

    def send(self, data: bytes, deadline: Deadline) -> None:
        self.sent += data

    def receive(self, deadline: Deadline) -> bytes:
        for piece in self._pieces:
            if piece:
                return piece
        if self._tidy:
            return b""
        raise Broken


def read(
    *pieces: bytes, request: OutgoingRequest = GET, most: int = 1000, tidy: bool = True
) -> tuple[UpstreamResponse | Code, Exchange]:
    exchange = Exchange(Bytes(pieces, tidy=tidy), Deadline(time.monotonic() + 60))
    try:
        return exchange.perform(request, most), exchange
    except Refusal as refusal:
        return refusal.code, exchange
    except Broken:
        return PROTOCOL, exchange


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


def test_what_is_sent_is_just_what_was_put_together() -> None:
    request = OutgoingRequest(
        "POST",
        HOST,
        "/v1/charges",
        "expand=customer",
        (("accept", "*/*"), ("content-type", "application/json")),
        b'{"amount":1}',
    )
    connection = Bytes([OK + EMPTY])
    Exchange(connection, Deadline(time.monotonic() + 5)).perform(request, 10)
    assert connection.sent == (
        b"POST /v1/charges?expand=customer HTTP/1.1\r\n"
        b"host: api.example.com\r\n"
        b"accept: */*\r\n"
        b"content-type: application/json\r\n"
        b"content-length: 12\r\n"
        b"\r\n"
        b'{"amount":1}'
    )


@pytest.mark.parametrize(
    ("body", "sent"), [(None, b""), (b"", b"content-length: 0\r\n")], ids=["none", "empty"]
)
def test_no_body_and_an_empty_one_differ(body: bytes | None, sent: bytes) -> None:
    connection = Bytes([OK + EMPTY])
    request = OutgoingRequest("PUT", HOST, "/", body=body)
    Exchange(connection, Deadline(time.monotonic() + 5)).perform(request, 10)
    assert connection.sent == b"PUT / HTTP/1.1\r\nhost: api.example.com\r\n" + sent + b"\r\n"


@pytest.mark.parametrize(
    "request_",
    [
        OutgoingRequest("GET ", HOST, "/"),
        OutgoingRequest("get", HOST, "/"),
        OutgoingRequest("GET", HOST, "rates"),
        OutgoingRequest("GET", HOST, "/a b"),
        OutgoingRequest("GET", HOST, "/\r\nx: y"),
        OutgoingRequest("GET", HOST, "/é"),
        OutgoingRequest("GET", HOST, "/", "a=b\nc"),
        OutgoingRequest("GET", "a\r\nb: c", "/"),
        OutgoingRequest("GET", HOST, "/", headers=(("x", "y\r\nz: 1"),)),
        OutgoingRequest("GET", HOST, "/", headers=(("x", "y\x00"),)),
        OutgoingRequest("GET", HOST, "/", headers=(("x", "é"),)),
        OutgoingRequest("GET", HOST, "/", headers=(("x y", "z"),)),
        OutgoingRequest("GET", HOST, "/", headers=(("", "z"),)),
        OutgoingRequest("GET", HOST, "/", headers=(("Host", "evil.example"),)),
        OutgoingRequest("GET", HOST, "/", headers=(("content-length", "3"),)),
        OutgoingRequest("GET", HOST, "/", headers=(("transfer-encoding", "chunked"),)),
    ],
    ids=lambda request: ascii((request.method, request.host, request.target, request.headers)),
)
def test_what_would_be_read_as_another_request_is_not_sent(request_: OutgoingRequest) -> None:
    connection = Bytes([OK + EMPTY])
    with pytest.raises(Refusal) as caught:
        Exchange(connection, Deadline(time.monotonic() + 5)).perform(request_, 10)
    assert caught.value.code is Code.INTERNAL_ERROR
    assert connection.sent == b""


@pytest.mark.parametrize("name", list(GOOD))
@pytest.mark.parametrize("one_by_one", [False, True], ids=["whole", "byte by byte"])
def test_responses_that_are_taken(name: str, one_by_one: bool) -> None:
    response, body, reusable = GOOD[name]
    pieces = [bytes([byte]) for byte in response] if one_by_one else [response]
    got, exchange = read(*pieces)
    assert isinstance(got, UpstreamResponse)
    assert got.body == body
    if not one_by_one or not name.startswith("bytes after"):
        # What has not come yet is found when the connection is to be used again.
        assert exchange.leaves_connection is reusable


@pytest.mark.parametrize("name", list(BAD))
@pytest.mark.parametrize("cut", [1, 1000], ids=["whole", "in pieces"])
def test_responses_that_are_refused(name: str, cut: int) -> None:
    response, code = BAD[name]
    size = max(len(response) // cut, 1)
    pieces = [response[start : start + size] for start in range(0, len(response), size)]
    got, exchange = read(*pieces)
    assert got is code
    assert not exchange.leaves_connection
    assert exchange.has_begun is bool(response)


@pytest.mark.parametrize("name", list(BAD))
def test_refusals_say_nothing_of_what_came(name: str) -> None:
    exchange = Exchange(Bytes([BAD[name][0]]), Deadline(time.monotonic() + 60))
    with pytest.raises((Refusal, Broken)) as caught:
        exchange.perform(GET, 1000)
    if isinstance(caught.value, Refusal):
        assert re.fullmatch(r"the host's response [a-zA-Z0-9 ]+", caught.value.message)


def test_headers_come_as_they_are() -> None:
    head = b"X-One:  a \t b \t\r\nx-one:c\r\nX-Two:\r\nX-Three: caf\xe9\r\n"
    got, _ = read(OK + head + EMPTY)
    assert isinstance(got, UpstreamResponse)
    assert got.headers == (
        ("x-one", "a \t b"),
        ("x-one", "c"),
        ("x-two", ""),
        ("x-three", "caf\xe9"),
        ("content-length", "0"),
    )


@pytest.mark.parametrize("status", [200, 302, 404, 500, 599])
def test_every_status_is_an_answer(status: int) -> None:
    got, _ = read(b"HTTP/1.1 %d X\r\nlocation: https://x.example/\r\n" % status + EMPTY)
    assert isinstance(got, UpstreamResponse)
    assert got.status == status


@pytest.mark.parametrize(
    "head",
    [b"content-length: 5000\r\n", b"transfer-encoding: chunked\r\n", b""],
    ids=["length", "chunked", "neither"],
)
def test_head_has_no_body(head: bytes) -> None:
    got, exchange = read(OK + head + b"\r\n", request=HEAD)
    assert isinstance(got, UpstreamResponse)
    assert got.body == b""
    assert exchange.leaves_connection


@pytest.mark.parametrize(
    "response",
    [OK + b"content-length: 1000\r\n\r\n", OK + b"\r\n", CHUNKED + b"3e8\r\n"],
    ids=["length", "until the end", "chunked"],
)
def test_a_body_of_just_the_limit(response: bytes) -> None:
    end = b"\r\n0\r\n\r\n" if response.startswith(CHUNKED) else b""
    got, _ = read(response + b"x" * 1000 + end)
    assert isinstance(got, UpstreamResponse)
    assert got.body == b"x" * 1000


def test_a_long_body_is_not_read_first() -> None:
    """It is refused by what it says, or as soon as it is too long."""

    def endless(head: bytes) -> Iterator[bytes]:
        yield head
        for _ in range(3):
            yield b"x" * 1000
        pytest.fail("more is read than is needed to tell")

    for head in (OK + b"content-length: 100000\r\n\r\n", OK + b"\r\n", CHUNKED + b"ffff\r\n"):
        exchange = Exchange(Bytes(endless(head)), Deadline(time.monotonic() + 5))
        with pytest.raises(Refusal) as caught:
            exchange.perform(GET, 1000)
        assert caught.value.code is TOO_LARGE


def byte_by_byte(data: bytes) -> Iterator[Step]:
    for byte in data:
        yield bytes([byte])
        yield 0.001


class TestOverTls:
    """The same by real connections, as far as they matter."""

    def send(self, server: RawServer, seconds: float = 5.0, most: int = 1000) -> bytes | Code:
        connections = connections_to(server)
        try:
            return connections.send(GET, deadline=in_seconds(seconds), max_response_bytes=most).body
        except Refusal as refusal:
            return refusal.code
        finally:
            connections.close()

    @pytest.mark.parametrize(
        ("steps", "expected"),
        [
            ([REQUEST, OK + b"\r\nhi", CLOSE], b"hi"),
            ([REQUEST, OK + b"\r\nhi", CUT], PROTOCOL),
            ([REQUEST, OK + b"\r\nhi", RESET], PROTOCOL),
            ([REQUEST, OK + b"content-length: 2\r\n\r\nhi", CUT], b"hi"),
            ([REQUEST, OK + b"content-length: 5\r\n\r\nhi", CLOSE], PROTOCOL),
            ([REQUEST, OK + b"content-length: 5\r\n\r\nhi", CUT], PROTOCOL),
            ([REQUEST, OK + b"content-le", RESET], PROTOCOL),
            ([REQUEST, CLOSE], PROTOCOL),
            ([REQUEST, CUT], PROTOCOL),
            ([CLOSE], PROTOCOL),
            ([CHUNKED, REQUEST, b"2\r\nhi", 0.02, b"\r\n0\r\n\r\n", HOLD], b"hi"),
            ([REQUEST, *byte_by_byte(OK + EMPTY), HOLD], b""),
        ],
        ids=[
            "tidy end",
            "cut short",
            "reset",
            "cut after its end",
            "short, tidy",
            "short, cut",
            "reset in the head",
            "tidy, nothing",
            "cut, nothing",
            "before the request",
            "chunk with a pause",
            "byte by byte",
        ],
    )
    def test_ends(self, authority: Authority, steps: list[Step], expected: bytes | Code) -> None:
        with RawServer(steps, authority=authority) as server:
            assert self.send(server) == expected
            assert server.accepted == 1

    @pytest.mark.parametrize(
        ("before", "drip"),
        [
            (b"", b"H"),
            (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
            (OK, b"x"),
            (OK + b"x: ", b"y"),
            (OK + b"content-length: 99\r\n\r\n", b"x"),
            (OK + b"\r\n", b"x"),
            (CHUNKED, b"0"),
            (CHUNKED + b"1;", b"x"),
            (CHUNKED + b"ff\r\n", b"x"),
            (CHUNKED + b"0\r\n", b"x"),
        ],
        ids=[
            "status line",
            "informational",
            "name",
            "value",
            "body",
            "until the end",
            "chunk size",
            "extension",
            "chunk",
            "trailer",
        ],
    )
    def test_a_slow_host_is_left(self, authority: Authority, before: bytes, drip: bytes) -> None:
        """It says something again and again, sooner than any timeout for a single step."""
        pause = 0.04 if drip.startswith(b"HTTP") else 0.01
        drips: list[Step] = [drip, pause] * 100
        steps: list[Step] = [REQUEST, before, *drips, HOLD]
        with RawServer(steps, authority=authority) as server:
            start = time.monotonic()
            assert self.send(server, seconds=0.12) is Code.UPSTREAM_TIMEOUT
            assert 0.12 <= time.monotonic() - start < 0.9

    @pytest.mark.parametrize(
        "before", [b"", OK, CHUNKED + b"5\r\nhi"], ids=["nothing", "status line", "chunk"]
    )
    def test_a_silent_host_is_left(self, authority: Authority, before: bytes) -> None:
        with RawServer([REQUEST, before, HOLD], authority=authority) as server:
            start = time.monotonic()
            assert self.send(server, seconds=0.12) is Code.UPSTREAM_TIMEOUT
            assert 0.12 <= time.monotonic() - start < 0.9

    def test_a_host_that_does_not_read(self, authority: Authority) -> None:
        request = OutgoingRequest("POST", HOST, "/", body=bytes(30_000_000))
        with RawServer([HOLD], authority=authority) as server:
            connections = connections_to(server)
            start = time.monotonic()
            with pytest.raises(Refusal) as caught:
                connections.send(request, deadline=in_seconds(0.2), max_response_bytes=10)
            assert caught.value.code is Code.UPSTREAM_TIMEOUT
            assert 0.2 <= time.monotonic() - start < 1

    def test_long_bodies_both_ways(self, authority: Authority) -> None:
        body = bytes(range(256)) * 16_384
        with HttpServer(
            HOST, answer=lambda seen: Answer(body=seen.body), authority=authority
        ) as server:
            connections = connections_to(server)
            request = OutgoingRequest("POST", HOST, "/", body=body)
            for _ in range(2):
                response = connections.send(
                    request, deadline=in_seconds(20), max_response_bytes=len(body)
                )
                assert response.body == body
            assert server.accepted == 1
            connections.close()


names = st.text("abcdefghijklmnopqrstuvwxyzABC0123456789-_", min_size=1, max_size=12).filter(
    lambda name: name.lower() not in ("content-length", "transfer-encoding", "connection")
)
values = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=20)
headers = st.lists(st.tuples(names, values), max_size=8)
bodies = st.binary(max_size=200)


@st.composite
def responses(draw: st.DrawFn) -> bytes:
    head = b"HTTP/1.1 %d X\r\n" % draw(st.sampled_from([200, 201, 404, 500]))
    head += b"".join(f"{name}: {value}\r\n".encode() for name, value in draw(headers))
    body = draw(bodies)
    kind = draw(st.sampled_from(["length", "chunked", "end"]))
    if kind == "length":
        return head + b"content-length: %d\r\n\r\n" % len(body) + body
    if kind == "end":
        return head + b"\r\n" + body
    sizes = draw(st.lists(st.integers(1, 50), max_size=5))
    chunked = b""
    for size in [*sizes, len(body)]:
        if piece := body[:size]:
            chunked += b"%x\r\n" % len(piece) + piece + b"\r\n"
        body = body[size:]
    return head + b"transfer-encoding: chunked\r\n\r\n" + chunked + b"0\r\n\r\n"


class Socket:
    """As much of a socket as `http.client` reads from."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)


@given(responses(), st.data())
@settings(max_examples=150, deadline=None)
def test_good_responses_are_read_as_the_standard_library_does(
    response: bytes, data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(response)), max_size=6)))
    edges = [0, *cuts, len(response)]
    pieces = [response[start:end] for start, end in itertools.pairwise(edges)]
    got, _ = read(*pieces)
    assert isinstance(got, UpstreamResponse)
    expected = http.client.HTTPResponse(Socket(response), method="GET")  # type: ignore[arg-type]
    expected.begin()
    assert got.status == expected.status
    assert got.body == expected.read()
    assert list(got.headers) == [(name.lower(), value) for name, value in expected.getheaders()]


@given(responses(), st.data())
@settings(max_examples=300, deadline=None)
def test_spoilt_responses_are_read_or_refused(response: bytes, data: st.DataObject) -> None:
    """Nothing else is raised, and what is read keeps to the limits."""
    start = data.draw(st.integers(0, len(response)))
    end = data.draw(st.integers(start, min(start + 4, len(response))))
    spoilt = response[:start] + data.draw(st.binary(max_size=6)) + response[end:]
    got, exchange = read(spoilt, most=100, tidy=data.draw(st.booleans()))
    if isinstance(got, UpstreamResponse):
        assert 200 <= got.status <= 599
        assert len(got.body) <= 100
        assert all(re.fullmatch(r"[^\x00-\x08\x0a-\x1f\x7f]*", value) for _, value in got.headers)
    else:
        assert got in (PROTOCOL, TOO_LARGE)
        assert not exchange.leaves_connection


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for response in (data, OK + data, CHUNKED + data):
        got, _ = read(response)
        assert isinstance(got, UpstreamResponse) or got in (PROTOCOL, TOO_LARGE)
