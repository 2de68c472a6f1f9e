"""Only addresses of the public internet, and only within the deadline."""

import ipaddress
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_lambda_constructs.relay.handler import addresses
from secure_lambda_constructs.relay.handler.addresses import is_public, public_addresses, resolve
from secure_lambda_constructs.relay.handler.deadline import Deadline
from secure_lambda_constructs.relay.handler.refusals import Code, Refusal

_LAST_IPV4 = ipaddress.IPv4Address("255.255.255.255")
# What lies beside one of the networks below, and is special for another reason.
_BESIDE = {
    "0.0.0.0",
    "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "255.255.255.255",
    "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
}


def in_time(seconds: float = 5.0) -> Deadline:
    return Deadline(time.monotonic() + seconds)


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "8.8.8.8", "52.94.236.248", "93.184.216.34", "2606:4700::1111", "2a00:1450::200e"],
)
def test_public_addresses_are_allowed(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("0.0.0.0", "0.255.255.255"),
        ("10.0.0.0", "10.255.255.255"),
        ("100.64.0.0", "100.127.255.255"),
        ("127.0.0.0", "127.255.255.255"),
        ("168.63.129.16", "168.63.129.16"),
        ("169.254.0.0", "169.254.255.255"),
        ("172.16.0.0", "172.31.255.255"),
        ("192.0.0.0", "192.0.0.255"),
        ("192.0.2.0", "192.0.2.255"),
        ("192.88.99.0", "192.88.99.255"),
        ("192.168.0.0", "192.168.255.255"),
        ("198.18.0.0", "198.19.255.255"),
        ("198.51.100.0", "198.51.100.255"),
        ("203.0.113.0", "203.0.113.255"),
        ("224.0.0.0", "255.255.255.255"),
        ("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ],
)
def test_special_networks_are_refused_from_end_to_end(first: str, last: str) -> None:
    start, end = ipaddress.ip_address(first), ipaddress.ip_address(last)
    middle = start + (int(end) - int(start)) // 2
    assert not any(is_public(str(address)) for address in (start, middle, end))
    # Beside it is what can be had, or another network of this list.
    for address in (start - 1 if int(start) else start, end + 1 if end != _LAST_IPV4 else end):
        assert is_public(str(address)) is (str(address) not in _BESIDE)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.170.2",
        "255.255.255.255",
        "192.0.0.192",
        "::",
        "::1",
        "::8.8.8.8",
        "::ffff:8.8.8.8",
        "::ffff:127.0.0.1",
        "64:ff9b::808:808",
        "64:ff9b:1::1",
        "100::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:2::1",
        "2002:808:808::1",
        "3ffe::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "4000::1",
    ],
)
def test_addresses_with_a_special_meaning_are_refused(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "spelling",
    [
        "",
        "8.8.8",
        "8.8.2056",
        "134744072",
        "0x8.8.8.8",
        "0x08080808",
        "010.8.8.8",
        "8.8.8.8.",
        " 8.8.8.8",
        "8.8.8.8\n",
        "8.8.8.8/32",
        "8.8.8.8:443",
        "\uff18.8.8.8",
        "2606:4700:0::1111",
        "2606:4700::1111%eth0",
        "2606:4700::ABCD",
        "[2606:4700::1111]",
        "dns.google",
    ],
    ids=ascii,
)
def test_other_spellings_are_refused(spelling: str) -> None:
    assert not is_public(spelling)


@given(st.ip_addresses(v=4))
def test_an_address_inside_of_another_is_refused(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    for wrapped in (number, 0xFFFF << 32 | number, 0x64FF9B << 96 | number, 0x2002 << 112 | number):
        assert not is_public(str(ipaddress.IPv6Address(wrapped)))


@given(st.ip_addresses())
def test_nothing_public_is_special_to_python(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    special = (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
    )
    assert not (special and is_public(str(address)))


@pytest.mark.parametrize("address", ["10.0.0.1", "169.254.169.254", "fd00:ec2::254"])
def test_either_table_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(addresses, "_IPV4", ())
        patch.setattr(addresses, "_IPV6", ())
        patch.setattr(addresses, "_IPV6_GIVEN_OUT", ipaddress.IPv6Network("::/0"))
        assert not is_public(address)
        assert is_public("8.8.8.8")
    for kind in (ipaddress.IPv4Address, ipaddress.IPv6Address):
        monkeypatch.setattr(kind, "is_global", True)
    assert not is_public(address)


@given(st.text(max_size=40))
def test_any_text_is_judged(text: str) -> None:
    assert not is_public(text) or str(ipaddress.ip_address(text)) == text


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A resolver of the system that does not answer; the names that it was asked for."""
    asked: list[str] = []
    released = threading.Event()
    ended: list[threading.Event] = []

    def getaddrinfo(host: str, *_: object) -> list[object]:
        done = threading.Event()
        ended.append(done)
        asked.append(host)
        released.wait(10)
        done.set()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    yield asked
    released.set()
    for each in ended:
        assert each.wait(5)


def test_only_ipv4_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[object, ...]] = []

    def getaddrinfo(*arguments: object) -> list[object]:
        asked.append(arguments)
        found = ["93.184.216.34", "93.184.216.35", "93.184.216.34"]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    assert resolve("api.example.com", in_time()) == ["93.184.216.34", "93.184.216.35"]
    assert asked == [("api.example.com", 443, socket.AF_INET, socket.SOCK_STREAM)]


@pytest.mark.parametrize(
    "error",
    [socket.gaierror(socket.EAI_NONAME, "x"), UnicodeError("label too long"), OSError()],
    ids=["no name", "no label", "no network"],
)
def test_a_name_without_an_address(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def getaddrinfo(*_: object) -> list[object]:
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(Refusal, match="no IPv4 address") as caught:
        resolve("nowhere.example", in_time())
    assert caught.value.code is Code.NAME_NOT_RESOLVED


def test_the_resolver_gets_no_more_time_than_there_is(stuck: list[str]) -> None:
    before = time.monotonic()
    with pytest.raises(Refusal) as caught:
        resolve("slow.example", in_time(0.1))
    assert caught.value.code is Code.UPSTREAM_TIMEOUT
    assert 0.1 <= time.monotonic() - before < 1


def test_threads_that_are_stuck_are_bounded_and_come_back(stuck: list[str]) -> None:
    for number in range(40):
        with pytest.raises(Refusal) as caught:
            resolve(f"slow-{number}.example", in_time(0.002))
        assert caught.value.code is Code.UPSTREAM_TIMEOUT
    assert len(stuck) <= 32


def test_places_of_threads_are_given_back() -> None:
    for _ in range(70):
        assert resolve("127.0.0.1", in_time()) == ["127.0.0.1"]


def test_no_look_up_after_the_deadline(stuck: list[str]) -> None:
    with pytest.raises(Refusal) as caught:
        resolve("slow.example", in_time(-1))
    assert caught.value.code is Code.UPSTREAM_TIMEOUT
    assert stuck == []


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (["10.0.0.1"], Code.ADDRESS_NOT_ALLOWED),
        (["8.8.8.8", "127.0.0.1"], Code.ADDRESS_NOT_ALLOWED),
        (["169.254.169.254", "8.8.8.8"], Code.ADDRESS_NOT_ALLOWED),
        (["8.8.8.8", "::ffff:10.0.0.1"], Code.ADDRESS_NOT_ALLOWED),
        ([], Code.NAME_NOT_RESOLVED),
    ],
)
def test_one_address_that_is_not_public_is_enough(found: list[str], code: Code) -> None:
    with pytest.raises(Refusal) as caught:
        public_addresses("api.example.com", in_time(), lambda host, deadline: found)
    assert caught.value.code is code
    assert not any(address in caught.value.message for address in found)


def test_addresses_keep_their_order() -> None:
    found = public_addresses("x.example", in_time(), lambda host, by: ["8.8.8.8", "1.1.1.1"])
    assert list(found) == ["8.8.8.8", "1.1.1.1"]
