"""Connections are made to just the host that is meant, or not at all."""

import datetime
import socket
import ssl
import time
from collections.abc import Callable

import pytest

from secure_lambda_constructs.relay.handler.deadline import Deadline
from secure_lambda_constructs.relay.handler.messages import OutgoingRequest
from secure_lambda_constructs.relay.handler.pool import Connections
from secure_lambda_constructs.relay.handler.refusals import Code, Refusal

from ..servers import (
    CUT,
    HOLD,
    REQUEST,
    RESET,
    Authority,
    HttpServer,
    Identity,
    RawServer,
    Server,
    Step,
    connections_to,
    in_seconds,
    self_signed,
)
from .asking import HOST, refusal, status

DAY = datetime.timedelta(days=1)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


def test_the_listed_name_is_in_sni_and_host(authority: Authority) -> None:
    with HttpServer(HOST, authority=authority) as server:
        assert status(connections_to(server)) == 200
        (seen,) = server.seen
        assert (seen.server_name, seen.header("host")) == (HOST, HOST)


def bad_identities() -> dict[str, Callable[[Authority], Identity]]:
    return {
        "another name": lambda authority: authority.issue("www.example.com"),
        "a name above": lambda authority: authority.issue("example.com"),
        "a wildcard further up": lambda authority: authority.issue("*.com"),
        "a part of a wildcard": lambda authority: authority.issue("a*.example.com"),
        "only a common name": lambda authority: authority.issue(common_name=HOST),
        "expired": lambda authority: authority.issue(HOST, starts=-2 * DAY, ends=-DAY),
        "not yet valid": lambda authority: authority.issue(HOST, starts=DAY, ends=2 * DAY),
        "self-signed": lambda authority: self_signed(HOST),
        "another authority": lambda authority: Authority().issue(HOST),
        "another authority of the same name": lambda authority: Authority("Test authority").issue(
            HOST
        ),
    }


@pytest.mark.parametrize("kind", list(bad_identities()))
def test_certificates_that_do_not_hold(authority: Authority, kind: str) -> None:
    identity = bad_identities()[kind](authority)
    with HttpServer(authority=authority, identity=identity) as server:
        assert refusal(connections_to(server)) is Code.TLS_FAILED
        assert server.seen == []


def test_a_wildcard_holds_for_one_label(authority: Authority) -> None:
    with HttpServer("*.example.com", authority=authority) as server:
        assert status(connections_to(server)) == 200


def test_a_certificate_that_does_not_hold_is_not_tried_elsewhere(authority: Authority) -> None:
    with HttpServer("www.example.com", authority=authority) as server:
        connections = connections_to(server, "127.0.0.1", "127.0.0.1")
        assert refusal(connections) is Code.TLS_FAILED
        assert server.accepted == 1


@pytest.mark.parametrize(
    ("newest", "expected"),
    [
        (ssl.TLSVersion.TLSv1_1, Code.TLS_FAILED),
        (ssl.TLSVersion.TLSv1_2, 200),
        (ssl.TLSVersion.TLSv1_3, 200),
    ],
    ids=["1.1", "1.2", "1.3"],
)
def test_tls_below_1_2_is_not_spoken(
    authority: Authority, newest: ssl.TLSVersion, expected: Code | int
) -> None:
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
    context = authority.issue(HOST).context(newest=newest)
    with RawServer([REQUEST, answer], authority=authority, context=context) as server:
        if isinstance(expected, Code):
            assert refusal(connections_to(server)) is expected
            assert server.names == []
        else:
            assert status(connections_to(server)) == expected


def test_the_server_for_tls_1_1_is_one(authority: Authority) -> None:
    """Or the test above would not say anything."""
    context = authority.issue(HOST).context(newest=ssl.TLSVersion.TLSv1_1)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(cadata=authority.pem)
    client.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        client.minimum_version = ssl.TLSVersion.TLSv1
    with (
        RawServer([HOLD], authority=authority, context=context) as server,
        socket.create_connection(("127.0.0.1", server.port)) as plain,
        client.wrap_socket(plain, server_hostname=HOST) as tls,
    ):
        assert tls.version() == "TLSv1.1"


def test_only_http_1_1_is_offered(authority: Authority) -> None:
    context = authority.issue(HOST).context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    chosen: list[str | None] = []

    class Noting(RawServer):
        def serve(self, connection: socket.socket, number: int, server_name: str | None) -> None:
            assert isinstance(connection, ssl.SSLSocket)
            chosen.append(connection.selected_alpn_protocol())
            super().serve(connection, number, server_name)

    answer = b"HTTP/1.1 204 No Content\r\n\r\n"
    with Noting([REQUEST, answer], authority=authority, context=context) as server:
        assert status(connections_to(server)) == 204
    assert chosen == ["http/1.1"]


class TestAddresses:
    def test_a_name_that_changes_its_mind_is_looked_up_once(self, authority: Authority) -> None:
        """Rebinding: the address that was judged is the one that is used."""
        answers = iter([["127.0.0.1"], ["127.0.0.2"], ["169.254.169.254"]])
        judged: list[str] = []
        now = [0.0]

        def is_allowed(address: str) -> bool:
            judged.append(address)
            return address == "127.0.0.1"

        with HttpServer(HOST, authority=authority) as server:
            connections = Connections(
                resolver=lambda host, deadline: next(answers),
                is_allowed=is_allowed,
                port=server.port,
                trust=authority.pem,
                clock=lambda: time.monotonic() + now[0],
            )
            request = OutgoingRequest("GET", HOST, "/")

            def send() -> int:
                deadline = in_seconds(5) + now[0]
                return connections.send(request, deadline=deadline, max_response_bytes=1000).status

            assert [send(), send()] == [200, 200]
            assert judged == ["127.0.0.1"]
            now[0] = 3600
            for _ in range(2):
                with pytest.raises(Refusal) as caught:
                    send()
                assert caught.value.code is Code.ADDRESS_NOT_ALLOWED
            connections.close()
            assert server.accepted == 1
            assert judged == ["127.0.0.1", "127.0.0.2", "169.254.169.254"]

    def test_the_next_address_is_tried(self, authority: Authority) -> None:
        with HttpServer(HOST, authority=authority) as server:
            connections = connections_to(server, "127.0.0.9", "127.0.0.8", "127.0.0.1")
            assert status(connections) == 200

    def test_an_address_that_is_silent_leaves_time_for_the_next(self, authority: Authority) -> None:
        with (
            HttpServer(HOST, authority=authority) as server,
            socket.create_server(("127.0.0.7", server.port)),
        ):
            connections = connections_to(server, "127.0.0.7", "127.0.0.1")
            assert status(connections, seconds=0.8) == 200

    def test_no_more_than_four_are_tried(self, authority: Authority) -> None:
        with HttpServer(HOST, authority=authority) as server:
            tried = [f"127.0.0.{number}" for number in (11, 12, 13, 14, 1)]
            connections = connections_to(server, *tried)
            assert refusal(connections) is Code.CONNECTION_FAILED
            assert server.accepted == 0

    def test_nobody_listens(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        connections = Connections(
            resolver=lambda host, deadline: ["127.0.0.1"],
            is_allowed=lambda address: True,
            port=port,
        )
        assert refusal(connections) is Code.CONNECTION_FAILED

    def test_the_resolver_gets_the_deadline(self) -> None:
        given: list[float] = []

        def resolver(host: str, deadline: Deadline) -> list[str]:
            given.append(deadline.remaining())
            return []

        assert refusal(Connections(resolver=resolver), seconds=3) is Code.NAME_NOT_RESOLVED
        assert 2.5 < given[0] <= 3


class TestHandshake:
    def test_no_tls_is_spoken(self) -> None:
        with RawServer([b"HTTP/1.1 400 Bad Request\r\n\r\n", HOLD], tls=False) as server:
            assert refusal(connections_to(server)) is Code.TLS_FAILED

    @pytest.mark.parametrize("end", [CUT, RESET], ids=["cut", "reset"])
    def test_the_host_hangs_up(self, end: Step) -> None:
        with RawServer([0.01, end], tls=False) as server:
            assert refusal(connections_to(server)) is Code.CONNECTION_FAILED

    def test_a_silent_host(self) -> None:
        with RawServer([HOLD], tls=False) as server:
            assert within(server, 0.2) is Code.UPSTREAM_TIMEOUT

    def test_a_host_that_says_one_byte_at_a_time(self) -> None:
        """Each of them comes sooner than any timeout for a single step."""
        record = b"\x16\x03\x03\x40\x00" + bytes(1000)
        steps = [step for byte in record for step in (bytes([byte]), 0.02)]
        with RawServer(steps, tls=False) as server:
            assert within(server, 0.2) is Code.UPSTREAM_TIMEOUT

    def test_the_deadline_has_passed_before(self, authority: Authority) -> None:
        with HttpServer(HOST, authority=authority) as server:
            assert refusal(connections_to(server), seconds=-1) is Code.UPSTREAM_TIMEOUT
            assert server.accepted == 0


def within(server: Server, seconds: float) -> Code:
    """The refusal, which has to come by its deadline."""
    before = time.monotonic()
    code = refusal(connections_to(server), seconds)
    assert seconds <= time.monotonic() - before < seconds + 0.7
    return code
