"""Connections are kept where that is safe, and only there."""

import http.client
import ssl
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from secure_lambda_constructs.relay.handler.deadline import Deadline
from secure_lambda_constructs.relay.handler.messages import OutgoingRequest, UpstreamResponse
from secure_lambda_constructs.relay.handler.pool import Connections
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
    Server,
    Step,
)

HOST = "api.example.com"
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


class Client:
    """Connections to a server, with clocks that can be put forward."""

    def __init__(self, server: Server) -> None:
        self.frozen = 0.0
        """Seconds that only the wall clock knows of."""
        self.passed = 0.0
        self.look_ups: list[str] = []
        self.connections = Connections(
            resolver=self.resolve,
            is_allowed=lambda address: address == "127.0.0.1",
            port=server.port,
            trust=server.authority.pem if server.authority else None,
            clock=self.clock,
            wall_clock=lambda: time.time() + self.passed + self.frozen,
        )

    def resolve(self, host: str, deadline: Deadline) -> list[str]:
        self.look_ups.append(host)
        return ["127.0.0.1"]

    def clock(self) -> float:
        return time.monotonic() + self.passed

    def send(
        self, method: str = "GET", *, host: str = HOST, authorities: str | None = None
    ) -> UpstreamResponse:
        return self.connections.send(
            OutgoingRequest(method, host, "/", body=b"{}" if method == "POST" else None),
            deadline=self.clock() + 10,
            max_response_bytes=1000,
            certificate_authorities=authorities,
        )

    def refusal(self, method: str = "GET") -> Code:
        with pytest.raises(Refusal) as caught:
            self.send(method)
        assert type(caught.value.code) is Code
        return caught.value.code


@pytest.fixture
def client_of() -> Iterator[Callable[[Server], Client]]:
    made: list[Client] = []

    def make(server: Server) -> Client:
        made.append(Client(server))
        return made[-1]

    yield make
    for each in made:
        each.connections.close()


ClientOf = Callable[[Server], Client]


@pytest.fixture
def server(authority: Authority) -> Iterator[HttpServer]:
    with HttpServer(HOST, "www.example.com", authority=authority) as made:
        yield made


def test_a_connection_serves_many_requests(server: HttpServer, client_of: ClientOf) -> None:
    client = client_of(server)
    for method in ("GET", "POST", "HEAD", "GET", "POST"):
        assert client.send(method).status == 200
    assert [seen.connection for seen in server.seen] == [1] * 5
    assert client.look_ups == [HOST]


def test_hosts_and_authorities_do_not_share(
    server: HttpServer, client_of: ClientOf, authority: Authority
) -> None:
    client = client_of(server)
    client.send()
    client.send(host="www.example.com")
    client.send(authorities=authority.pem)
    client.send()
    client.send(host="www.example.com")
    assert [seen.connection for seen in server.seen] == [1, 2, 3, 1, 2]
    assert server.names == [HOST, "www.example.com", HOST]


def test_authorities_that_do_not_vouch_get_no_idle_connection(
    server: HttpServer, client_of: ClientOf
) -> None:
    client = client_of(server)
    client.send()
    with pytest.raises(Refusal) as caught:
        client.send(authorities=Authority("Other").pem)
    assert caught.value.code is Code.TLS_FAILED
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("method", "idle", "kept"),
    [("GET", 49, True), ("GET", 51, False), ("POST", 3, True), ("POST", 5, False)],
)
@pytest.mark.parametrize("frozen", [False, True], ids=["running", "frozen"])
def test_a_connection_is_idle_for_a_while_only(
    server: HttpServer, client_of: ClientOf, method: str, idle: float, kept: bool, frozen: bool
) -> None:
    client = client_of(server)
    client.send()
    if frozen:
        client.frozen = idle
    else:
        client.passed = idle
    client.send(method)
    assert server.accepted == (1 if kept else 2)
    assert len(client.look_ups) == server.accepted


def test_what_is_too_idle_for_a_change_serves_for_a_question(
    server: HttpServer, client_of: ClientOf
) -> None:
    client = client_of(server)
    client.send()
    client.passed = 10
    client.send("POST")
    client.passed = 45
    client.send("GET")
    client.send("GET")
    assert [seen.connection for seen in server.seen] == [1, 2, 2, 2]


def test_a_busy_connection_ends_after_five_minutes(server: HttpServer, client_of: ClientOf) -> None:
    client = client_of(server)
    for passed in range(0, 330, 30):
        client.passed = passed
        client.send()
    assert server.accepted == 2
    assert len(client.look_ups) == 2


def test_a_clock_that_is_set_back_does_no_harm(server: HttpServer, client_of: ClientOf) -> None:
    client = client_of(server)
    client.send()
    client.frozen = -1e6
    client.send()
    assert server.accepted == 1


def connection_closed(server: Server) -> None:
    """Wait until the server's end of the connections has reached the client's kernel."""
    server.cut()
    time.sleep(0.02)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_connection_that_the_host_has_closed_is_not_used(
    server: HttpServer, client_of: ClientOf, method: str
) -> None:
    client = client_of(server)
    for number in (1, 2, 3):
        assert client.send(method).status == 200
        assert server.accepted == number
        connection_closed(server)
    assert [seen.connection for seen in server.seen] == [1, 2, 3]


@pytest.mark.parametrize("end", [CLOSE, CUT, RESET], ids=["close", "cut", "reset"])
def test_however_it_was_closed(authority: Authority, client_of: ClientOf, end: Step) -> None:
    with RawServer([REQUEST, OK, end], HOST, authority=authority) as server:
        client = client_of(server)
        client.send("GET")
        time.sleep(0.02)
        assert client.send("HEAD").status == 200
        assert server.accepted == 2


def first_and_others(first: list[Step], others: list[Step], authority: Authority) -> RawServer:
    return RawServer(lambda number: first if number == 1 else others, HOST, authority=authority)


@pytest.mark.parametrize(
    "unasked",
    [b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil", b"\r\n", b"x"],
    ids=["response", "line", "byte"],
)
@pytest.mark.parametrize("pause", [0.0, 0.01], ids=["with the response", "later"])
def test_a_response_that_nobody_asked_for_is_not_taken(
    authority: Authority, client_of: ClientOf, unasked: bytes, pause: float
) -> None:
    steps: list[Step] = [REQUEST, OK, pause, unasked, HOLD]
    with RawServer(
        lambda number: steps if number == 1 else [REQUEST, OK, HOLD], HOST, authority=authority
    ) as server:
        client = client_of(server)
        assert client.send().body == b""
        time.sleep(0.04)
        assert client.send().body == b""
        assert server.accepted == 2


@pytest.mark.parametrize(
    "response",
    [
        b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n",
    ],
    ids=["close", "HTTP/1.0"],
)
def test_a_connection_that_is_to_be_closed_is(
    authority: Authority, client_of: ClientOf, response: bytes
) -> None:
    steps: list[Step] = [REQUEST, response, REQUEST, OK, HOLD]
    with RawServer(steps, HOST, authority=authority) as server:
        client = client_of(server)
        client.send()
        client.send()
        assert server.accepted == 2


@pytest.mark.parametrize(
    "response",
    [b"HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n", b"HTTP/1.1 2000\r\n\r\n"],
    ids=["too large", "malformed"],
)
def test_a_connection_is_closed_after_a_refusal(
    authority: Authority, client_of: ClientOf, response: bytes
) -> None:
    steps: list[Step] = [REQUEST, response, HOLD]
    with RawServer(
        lambda number: steps if number == 1 else [REQUEST, OK, HOLD], HOST, authority=authority
    ) as server:
        client = client_of(server)
        client.refusal()
        assert client.send().status == 200
        assert server.accepted == 2


class TestSentAgain:
    """The host closes a connection while the second request is on its way."""

    def server(self, authority: Authority, second: list[Step], others: list[Step]) -> RawServer:
        return first_and_others([REQUEST, OK, REQUEST, *second], others, authority)

    @pytest.mark.parametrize("end", [CLOSE, CUT, RESET], ids=["close", "cut", "reset"])
    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_a_question_is(
        self, authority: Authority, client_of: ClientOf, method: str, end: Step
    ) -> None:
        with self.server(authority, [end], [REQUEST, OK, HOLD]) as server:
            client = client_of(server)
            client.send(method)
            assert client.send(method).status == 200
            assert len(server.requests) == 3
            assert len(client.look_ups) == 2

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    def test_a_change_is_not(self, authority: Authority, client_of: ClientOf, method: str) -> None:
        with self.server(authority, [CUT], [REQUEST, OK, HOLD]) as server:
            client = client_of(server)
            client.send(method)
            assert client.refusal(method) is Code.UPSTREAM_PROTOCOL_ERROR
            assert len(server.requests) == 2
            assert server.accepted == 1

    def test_not_after_a_byte_of_the_response(
        self, authority: Authority, client_of: ClientOf
    ) -> None:
        with self.server(authority, [b"H", CUT], [REQUEST, OK, HOLD]) as server:
            client = client_of(server)
            client.send()
            assert client.refusal() is Code.UPSTREAM_PROTOCOL_ERROR
            assert len(server.requests) == 2

    def test_not_twice(self, authority: Authority, client_of: ClientOf) -> None:
        with self.server(authority, [CUT], [REQUEST, CUT]) as server:
            client = client_of(server)
            client.send()
            assert client.refusal() is Code.UPSTREAM_PROTOCOL_ERROR
            assert len(server.requests) == 3
            assert server.accepted == 2

    def test_not_by_a_new_connection(self, authority: Authority, client_of: ClientOf) -> None:
        with RawServer([REQUEST, CUT], HOST, authority=authority) as server:
            assert client_of(server).refusal() is Code.UPSTREAM_PROTOCOL_ERROR
            assert len(server.requests) == 1

    def test_not_when_the_time_is_over(self, authority: Authority, client_of: ClientOf) -> None:
        with self.server(authority, [HOLD], [REQUEST, OK, HOLD]) as server:
            client = client_of(server)
            client.send()
            with pytest.raises(Refusal) as caught:
                client.connections.send(
                    OutgoingRequest("GET", HOST, "/"),
                    deadline=client.clock() + 0.1,
                    max_response_bytes=1000,
                )
            assert caught.value.code is Code.UPSTREAM_TIMEOUT
            assert server.accepted == 1


class TestThreads:
    def test_two_hundred(self, authority: Authority, client_of: ClientOf) -> None:
        """Each gets the response to its own request."""
        together = threading.Barrier(200)
        with HttpServer(
            HOST, answer=lambda seen: Answer(body=seen.target.encode()), authority=authority
        ) as server:
            client = client_of(server)

            def send(number: int) -> bool:
                together.wait(20)
                return all(
                    client.connections.send(
                        OutgoingRequest("GET", HOST, f"/{number}/{again}"),
                        deadline=client.clock() + 20,
                        max_response_bytes=100,
                    ).body
                    == b"/%d/%d" % (number, again)
                    for again in range(3)
                )

            with ThreadPoolExecutor(200) as threads:
                assert all(threads.map(send, range(200)))
            assert len(server.seen) == 600
            # Only a few of the connections were kept.
            assert len(client.connections._idle) <= 8

    def test_idle_connections_are_bounded_over_all_hosts(
        self, authority: Authority, client_of: ClientOf
    ) -> None:
        with HttpServer("*.example.com", authority=authority) as server:
            client = client_of(server)
            for number in range(70):
                client.send(host=f"host-{number}.example.com")
            assert len(client.connections._idle) == 64
            client.send(host="host-69.example.com")
            assert server.accepted == 70
            client.send(host="host-0.example.com")
            assert server.accepted == 71

    def test_close_closes(self, server: HttpServer, client_of: ClientOf) -> None:
        client = client_of(server)
        client.send()
        client.connections.close()
        client.send()
        assert server.accepted == 2


def test_no_slower_than_the_standard_library(server: HttpServer, client_of: ClientOf) -> None:
    """At most 1.5 ms over `http.client`, by a warm connection to the same server."""
    client = client_of(server)
    context = ssl.create_default_context(cadata=server.authority.pem if server.authority else "")
    context.check_hostname = False
    plain = http.client.HTTPSConnection("127.0.0.1", server.port, context=context)

    def ask() -> None:
        plain.request("GET", "/")
        plain.getresponse().read()

    taken: dict[Callable[[], object], list[float]] = {ask: [], client.send: []}
    for _ in range(100):
        for call, times in taken.items():
            start = time.perf_counter()
            call()
            times.append(time.perf_counter() - start)
    plain.close()
    theirs, ours = (statistics.median(times) for times in taken.values())
    assert ours - theirs < 0.0015
