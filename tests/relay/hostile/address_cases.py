"""Addresses that no host of the internet has, in all that a resolver might answer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_network

from secure_lambda_constructs.relay.handler.refusals import Code

__all__ = ["Resolved", "address_cases"]


@dataclass(frozen=True)
class Resolved:
    """What the resolver answers for a host's name, and what becomes of the call."""

    id: str
    addresses: tuple[str, ...]
    code: Code = Code.ADDRESS_NOT_ALLOWED


# https://www.iana.org/assignments/iana-ipv4-special-registry
# https://www.iana.org/assignments/iana-ipv6-special-registry
_NETWORKS = {
    "this network": "0.0.0.0/8",
    "private, class A": "10.0.0.0/8",
    "shared": "100.64.0.0/10",
    "loopback": "127.0.0.0/8",
    "link-local": "169.254.0.0/16",
    "private, class B": "172.16.0.0/12",
    "protocol assignments": "192.0.0.0/24",
    "dual-stack lite": "192.0.0.0/29",
    "documentation 1": "192.0.2.0/24",
    "AS112, direct": "192.31.196.0/24",
    "automatic multicast": "192.52.193.0/24",
    "6to4 relays": "192.88.99.0/24",
    "private, class C": "192.168.0.0/16",
    "AS112": "192.175.48.0/24",
    "benchmarks": "198.18.0.0/15",
    "documentation 2": "198.51.100.0/24",
    "documentation 3": "203.0.113.0/24",
    "multicast": "224.0.0.0/4",
    "documentation of multicast": "233.252.0.0/24",
    "reserved": "240.0.0.0/4",
    "unspecified v6": "::/128",
    "loopback v6": "::1/128",
    "compatible": "::/96",
    "mapped": "::ffff:0:0/96",
    "translated": "::ffff:0:0:0/96",
    "NAT64": "64:ff9b::/96",
    "local NAT64": "64:ff9b:1::/48",
    "discard": "100::/64",
    "dummy": "100:0:0:1::/64",
    "protocol assignments v6": "2001::/23",
    "Teredo": "2001::/32",
    "benchmarks v6": "2001:2::/48",
    "AS112 v6, in the assignments": "2001:4:112::/48",
    "ORCHID": "2001:10::/28",
    "ORCHIDv2": "2001:20::/28",
    "drone identifiers": "2001:30::/28",
    "documentation v6": "2001:db8::/32",
    "6to4": "2002::/16",
    "AS112 v6": "2620:4f:8000::/48",
    "6bone": "3ffe::/16",
    "documentation v6, larger": "3fff::/20",
    "not given out": "4000::/3",
    "segment routing": "5f00::/16",
    "unique local": "fc00::/7",
    "link-local v6": "fe80::/10",
    "site-local": "fec0::/10",
    "multicast v6": "ff00::/8",
}
_SERVICES = {
    "metadata": "169.254.169.254",
    "metadata of containers": "169.254.170.2",
    "metadata of pods": "169.254.170.23",
    "resolver of the network": "169.254.169.253",
    "runtime": "169.254.100.1",
    "metadata v6": "fd00:ec2::254",
    "metadata of pods v6": "fd00:ec2::23",
    "resolver v6": "fd00:ec2::253",
    "metadata of another cloud": "100.100.100.200",
    "metadata of a third cloud": "192.0.0.192",
    "metadata at a public address": "168.63.129.16",
    "metadata, mapped": "::ffff:169.254.169.254",
    "metadata, mapped in hexadecimal": "::ffff:a9fe:a9fe",
    "metadata, compatible": "::169.254.169.254",
    "metadata behind NAT64": "64:ff9b::a9fe:a9fe",
    "metadata behind local NAT64": "64:ff9b:1::a9fe:a9fe",
    "metadata behind 6to4": "2002:a9fe:a9fe::",
    "metadata behind Teredo": "2001:0:0:0:0:0:5601:5601",
    "metadata behind ISATAP": "fe80::5efe:a9fe:a9fe",
    "loopback, mapped": "::ffff:127.0.0.1",
    "public, mapped": "::ffff:8.8.8.8",
    "broadcast": "255.255.255.255",
}
# The system's resolver answers none of these; what reads them otherwise than the judge might.
_SPELLINGS = (
    *("", " ", "localhost", "127.1", "0177.0.0.1", "0x7f.0.0.1", "2130706433", "017700000001"),
    *(
        "127.0.0.01",
        "8.8.8.08",
        "08.8.8.8",
        "8.8.8",
        "134744072",
        " 8.8.8.8",
        "8.8.8.8 ",
        "8.8.8.8\n",
    ),
    *(
        "8.8.8.8\x00",
        "8.8.8.8:443",
        "8.8.8.8/32",
        "8.8.8.8.",
        "8.8.8.8%eth0",
        "\uff18.8.8.8",
        "8\u30028.8.8",
    ),
    *("[2606:4700:4700::1111]", "2606:4700:4700::1111%eth0", "2606:4700:4700:0::1111"),
    *(
        "2606:4700:4700::1111/128",
        "fe80::1%1",
        "::ffff:8.8.8.8%lo",
        "8.8.8.8,127.0.0.1",
        "evil.example",
    ),
)
_PUBLIC = "93.184.216.34"


def address_cases() -> Iterator[Resolved]:
    """The cases."""
    seen = set()
    for name, address in (*_SERVICES.items(), *_ends_of_networks()):
        if address not in seen:  # some networks are in others
            yield Resolved(name, (address,))
        seen.add(address)
    for number, spelling in enumerate(_SPELLINGS, 1):
        yield Resolved(f"spelling {number}", (spelling,))
    for name, private in {"v4": "10.0.0.1", "metadata": "169.254.169.254", "v6": "::1"}.items():
        yield from _several(name, private)
    yield Resolved("none", (), Code.NAME_NOT_RESOLVED)


def _ends_of_networks() -> Iterator[tuple[str, str]]:
    for name, text in _NETWORKS.items():
        network = ip_network(text)
        half = network.num_addresses // 2
        for where, index in {"first": 0, "second": 1, "middle": half, "last": -1}.items():
            if index < network.num_addresses:
                yield f"{where} of {name}", str(network[index])


def _several(name: str, private: str) -> Iterator[Resolved]:
    """A name with an address of the internet, and one that is none of it."""
    public = tuple(f"93.184.216.{number}" for number in range(1, 9))
    orders: dict[str, Sequence[str]] = {
        "after a public one": (_PUBLIC, private),
        "before a public one": (private, _PUBLIC),
        "between public ones": (_PUBLIC, private, "93.184.216.35"),
        "after more than are tried": (*public, private),
        "twice": (private, private),
        "among a hundred": (*(_PUBLIC,) * 99, private),
    }
    for order, addresses in orders.items():
        yield Resolved(f"{name} {order}", tuple(addresses))
