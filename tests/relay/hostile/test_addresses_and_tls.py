"""Where names lead, and who answers there: nothing is said to whom it is not meant for."""

import datetime
import ssl
from collections.abc import Callable, Iterator

import pytest

from secure_lambda_constructs.relay.handler.refusals import Code

from ..certificates import Authority, Identity, self_signed
from ..servers import CLOSE, CUT, HOLD, REQUEST, RESET, Step
from .address_cases import Resolved
from .case import HOST, event, read, read_sends, write
from .response_cases import MINE, OTHER
from .tables import ADDRESSES
from .world import ADDRESS, QUICK, World, hostile_world

_DAY = datetime.timedelta(days=1)
_SHORT = 0.6
"""Seconds that the caller has; 0.3 of them the relay keeps for itself."""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with hostile_world() as world:
        yield world


@pytest.mark.parametrize("case", ADDRESSES, ids=lambda case: case.id)
def test_no_name_leads_out_of_the_internet(world: World, case: Resolved) -> None:
    world.connections.close()
    accepted = world.server.accepted
    with world.sending(looking_up=(HOST,)), world.resolving(case.addresses):
        outcome = world.call(write())
        assert world.server.accepted == accepted
    assert outcome.code == case.code
    assert (outcome.record["status"], outcome.record["bytes_out"]) == (None, 0)


_PRIVATE = {
    "loopback": "127.0.0.1",
    "metadata": "169.254.169.254",
    "private": "10.0.0.1",
    "mapped": "::ffff:127.0.0.1",
    "unspecified": "0.0.0.0",
}


# The name leads to the host when it is first asked for, and somewhere else from then on.
_rebinding = pytest.mark.parametrize("address", _PRIVATE.values(), ids=_PRIVATE.keys())


@_rebinding
def test_a_connection_stays_with_the_address_that_was_judged(world: World, address: str) -> None:
    world.connections.close()
    asked, accepted = len(world.asked), world.server.accepted
    with world.resolving([ADDRESS], [address], strict=False), world.sending(read_sends()):
        assert world.call(read()).code is None
    assert len(world.asked) == asked + 1
    assert world.server.accepted == accepted + 1


@_rebinding
def test_a_new_connection_is_judged_anew(world: World, address: str) -> None:
    world.connections.close()
    with world.sending(read_sends(), looking_up=(HOST,)):
        with world.server.answering(MINE, CLOSE):
            assert world.call(read()).code is None
            assert world.server.done.wait(5)
        with world.resolving([address]):
            outcome = world.call(read())
    assert outcome.code == Code.ADDRESS_NOT_ALLOWED
    assert outcome.record["bytes_out"] == 0


@_rebinding
def test_a_call_that_is_sent_once_more_is_judged_anew(world: World, address: str) -> None:
    world.call_ordinarily()
    with (
        world.sending(read_sends(), looking_up=(HOST,)),
        world.server.answering(CUT),
        world.resolving([address]),
    ):
        outcome = world.call(read())
    assert outcome.code == Code.ADDRESS_NOT_ALLOWED
    assert outcome.record["bytes_out"] > 0  # the host has had the first of both


def _issued(*names: str, common_name: str = "server") -> Callable[[Authority], Identity]:
    return lambda authority: authority.issue(*names, common_name=common_name)


def _of_another(authority: Authority) -> Identity:
    return Authority().issue(HOST)  # one of the same name


_CERTIFICATES: dict[str, Callable[[Authority], Identity]] = {
    "another name": _issued("evil.example"),
    "another name of the domain": _issued("other.example.com"),
    "name above": _issued("example.com"),
    "name below": _issued(f"a.{HOST}"),
    "name that ends likewise": _issued(f"x{HOST}", f"evil-{HOST}"),
    "name that begins likewise": _issued(f"{HOST}.evil.example"),
    "wildcard below": _issued(f"*.{HOST}"),
    "wildcard for two labels": _issued("*.com", "*"),
    "wildcards in two labels": _issued("*.*.com", "*.*.example.com"),
    "wildcard in a label": _issued("a*.example.com", "*i.example.com", "ap*i.example.com"),
    "wildcard in the middle": _issued("api.*.com"),
    "name in the common name only": _issued(common_name=HOST),
    "name in the common name, others beside": _issued("evil.example", common_name=HOST),
    "name with a dot before": _issued(f".{HOST}"),
    "name with a space": _issued(f"{HOST} ", f" {HOST}"),
    "expired": lambda authority: authority.issue(HOST, starts=-2 * _DAY, ends=-_DAY),
    "not yet valid": lambda authority: authority.issue(HOST, starts=_DAY, ends=2 * _DAY),
    "self-signed": lambda authority: self_signed(HOST),
    "self-signed for many": lambda authority: self_signed(HOST, "*.example.com", "localhost"),
    "of another authority": _of_another,
    "of an authority below another": lambda authority: Authority("Intermediate", Authority()).issue(
        HOST
    ),
}


@pytest.mark.parametrize("issue", _CERTIFICATES.values(), ids=_CERTIFICATES.keys())
def test_who_is_not_the_host_is_told_nothing(
    world: World, issue: Callable[[Authority], Identity]
) -> None:
    assert world.server.authority is not None
    world.connections.close()
    context = issue(world.server.authority).context()
    with world.sending(looking_up=(HOST,)):
        with world.server.greeting(context=context):
            outcome = world.call(write())
        assert world.server.names[-1] == HOST
    assert outcome.code == Code.TLS_FAILED
    assert (outcome.record["status"], outcome.record["bytes_out"]) == (None, 0)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_an_old_tls_is_not_spoken(world: World, version: ssl.TLSVersion) -> None:
    assert world.server.authority is not None
    world.connections.close()
    context = world.server.authority.issue(HOST).context(newest=version)
    with world.sending(looking_up=(HOST,)), world.server.greeting(context=context):
        outcome = world.call(write())
    assert outcome.code == Code.TLS_FAILED


def _tls_1_2(context: ssl.SSLContext) -> None:
    context.maximum_version = ssl.TLSVersion.TLSv1_2


def _client_certificate(context: ssl.SSLContext) -> None:
    context.verify_mode = ssl.CERT_REQUIRED


def _client_certificate_1_2(context: ssl.SSLContext) -> None:
    _tls_1_2(context)
    _client_certificate(context)


def _tickets(context: ssl.SSLContext) -> None:
    context.num_tickets = 1000


def _other_protocol(context: ssl.SSLContext) -> None:
    context.set_alpn_protocols(["h2"])


_TLS: dict[str, tuple[Callable[[ssl.SSLContext], None], set[Code | None]]] = {
    "TLS 1.2": (_tls_1_2, {None}),
    "a thousand tickets": (_tickets, {None}),
    "HTTP/2 only": (_other_protocol, {None, Code.TLS_FAILED}),
    # Nobody asked the relay for a certificate before, and it has none.
    "certificate of the client": (
        _client_certificate,
        {Code.UPSTREAM_PROTOCOL_ERROR, Code.TLS_FAILED},
    ),
    "certificate of the client, TLS 1.2": (_client_certificate_1_2, {Code.TLS_FAILED}),
}


@pytest.mark.parametrize(("change", "codes"), _TLS.values(), ids=_TLS.keys())
def test_what_a_host_wants_of_tls(
    world: World, change: Callable[[ssl.SSLContext], None], codes: set[Code | None]
) -> None:
    assert world.server.authority is not None
    world.connections.close()
    context = world.server.authority.issue(HOST).context()
    change(context)
    before = len(world.server.seen)
    with world.server.greeting(context=context):
        outcome = world.call(read())
    assert outcome.code in codes
    assert len(world.server.seen) == before + (outcome.code is None)
    world.connections.close()
    world.call_ordinarily()


_HELLO = b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03"
_NO_TLS: dict[str, tuple[tuple[Step, ...], set[Code]]] = {
    "HTTP": ((MINE, HOLD), {Code.TLS_FAILED}),
    "HTTP that redirects": (
        (b"HTTP/1.1 301 A\r\nlocation: https://evil.example/\r\ncontent-length: 0\r\n\r\n", HOLD),
        {Code.TLS_FAILED},
    ),
    "SSH": ((b"SSH-2.0-OpenSSH_9.6\r\n", HOLD), {Code.TLS_FAILED}),
    "zeros": ((bytes(1000), HOLD), {Code.TLS_FAILED}),
    "SSL 2": ((b"\x80\x2e\x01\x00\x02", bytes(100), HOLD), {Code.TLS_FAILED}),
    "an alert": ((b"\x15\x03\x03\x00\x02\x02\x28", HOLD), {Code.TLS_FAILED}),
    "an alert about the name": ((b"\x15\x03\x03\x00\x02\x02\x70", HOLD), {Code.TLS_FAILED}),
    "a message out of turn": ((b"\x17\x03\x03\x00\x01\x00", HOLD), {Code.TLS_FAILED}),
    "a record that is too long": (
        (b"\x16\x03\x03\xff\xff" + bytes(65_535), HOLD),
        {Code.TLS_FAILED},
    ),
    "closed": ((CUT,), {Code.CONNECTION_FAILED}),
    "reset": ((RESET,), {Code.CONNECTION_FAILED}),
    "closed in the handshake": ((_HELLO, CUT), {Code.CONNECTION_FAILED, Code.TLS_FAILED}),
    "silence": ((HOLD,), {Code.UPSTREAM_TIMEOUT}),
    "silence in the handshake": ((_HELLO, HOLD), {Code.UPSTREAM_TIMEOUT}),
    "a handshake byte by byte": (
        tuple(step for letter in _HELLO + bytes(30) for step in (bytes([letter]), 0.02)),
        {Code.UPSTREAM_TIMEOUT},
    ),
    "a handshake in empty records": (
        tuple(step for _ in range(40) for step in (b"\x16\x03\x03\x00\x00", 0.02)),
        {Code.UPSTREAM_TIMEOUT, Code.TLS_FAILED},
    ),
}


@pytest.mark.parametrize(("steps", "codes"), _NO_TLS.values(), ids=_NO_TLS.keys())
def test_nothing_is_said_without_tls(
    world: World, steps: tuple[Step, ...], codes: set[Code]
) -> None:
    world.connections.close()
    with world.sending(looking_up=(HOST,)), world.server.greeting(*steps):
        outcome = world.call(write(), _SHORT)
        assert world.server.done.wait(5)
    assert outcome.code in codes
    assert outcome.seconds < QUICK


def test_a_host_that_does_not_read_holds_nobody(world: World) -> None:
    assert world.server.authority is not None
    world.connections.close()
    url = f"https://{HOST}/v1/files/a.txt"
    large = event("PUT", url, [("content-type", "text/plain")], bytes(4 * 1024 * 1024))
    context = world.server.authority.issue(HOST).context()
    with (
        world.sending(looking_up=(HOST,)),
        world.server.greeting(2 * _SHORT, CUT, context=context),
    ):
        outcome = world.call(large, _SHORT)
    assert outcome.code == Code.UPSTREAM_TIMEOUT
    assert outcome.seconds < QUICK


def test_a_host_that_answers_before_it_is_asked(world: World) -> None:
    assert world.server.authority is not None
    world.connections.close()
    context = world.server.authority.issue(HOST).context()
    with (
        world.sending(read_sends()),
        world.server.greeting(OTHER, REQUEST, MINE, context=context),
    ):
        outcome = world.call(read())
        assert world.server.done.wait(5)
    assert outcome.body == b"other"
