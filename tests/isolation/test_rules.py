"""Security groups as statements of nftables, and what the DNS firewall decides."""

from collections.abc import Sequence

import pytest

from . import dns
from .dns_firewall import rule_for
from .model import ALLOW_ALL, DomainRule, Permission, UnsupportedError
from .security_groups import statement


@pytest.mark.parametrize(
    ("permission", "expected"),
    [
        (ALLOW_ALL, "ip daddr 0.0.0.0/0 accept"),
        (Permission("-1", "::/0"), "ip6 daddr ::/0 accept"),
        (Permission("tcp", "10.0.0.0/8", 443, 443), "ip daddr 10.0.0.0/8 tcp dport 443-443 accept"),
        (Permission("6", "10.0.0.0/8", 1, 9), "ip daddr 10.0.0.0/8 tcp dport 1-9 accept"),
        (Permission("udp", "10.0.0.1/32"), "ip daddr 10.0.0.1/32 meta l4proto udp accept"),
        (
            Permission("icmp", "255.255.255.255/32", 252, 86),
            "ip daddr 255.255.255.255/32 meta l4proto icmp icmp type 252 icmp code 86 accept",
        ),
        (Permission("1", "10.0.0.0/8"), "ip daddr 10.0.0.0/8 meta l4proto icmp accept"),
        (
            Permission("icmpv6", "fc00::/7", 128),
            "ip6 daddr fc00::/7 meta l4proto ipv6-icmp icmpv6 type 128 accept",
        ),
        (Permission("50", "10.0.0.0/8"), "ip daddr 10.0.0.0/8 meta l4proto 50 accept"),
    ],
    ids=str,
)
def test_statement(permission: Permission, expected: str) -> None:
    assert statement(permission) == expected


def test_a_protocol_that_is_not_known_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="the protocol carrier-pigeon"):
        statement(Permission("carrier-pigeon", "10.0.0.0/8"))


ALLOWED = DomainRule("ALLOW", ("api.example.com", "*.db.example.com."))
TXT = DomainRule("BLOCK", ("*",), "TXT")
BLOCKED = DomainRule("BLOCK", ("*",))
# Without a dot after the asterisk it covers what somebody else can register.
WIDE = DomainRule("ALLOW", ("*example.com",))


@pytest.mark.parametrize(
    ("rules", "name", "query_type", "expected"),
    [
        ([ALLOWED, BLOCKED], "api.example.com", "A", ALLOWED),
        ([ALLOWED, BLOCKED], "API.Example.com.", "A", ALLOWED),
        ([ALLOWED, BLOCKED], "x.api.example.com", "A", BLOCKED),
        ([ALLOWED, BLOCKED], "a.b.db.example.com", "A", ALLOWED),
        ([ALLOWED, BLOCKED], "db.example.com", "A", BLOCKED),
        ([BLOCKED, ALLOWED], "api.example.com", "A", BLOCKED),
        ([WIDE, BLOCKED], "evilexample.com", "A", WIDE),
        ([ALLOWED], "attacker.example", "A", None),
        ([TXT], "attacker.example", "TXT", TXT),
        ([TXT], "attacker.example", "MX", None),
    ],
)
def test_the_first_rule_that_is_hit_decides(
    rules: Sequence[DomainRule], name: str, query_type: str, expected: DomainRule | None
) -> None:
    assert rule_for(rules, name, query_type) == expected


def test_a_query_and_its_answer() -> None:
    query = dns.query("a.attacker.example", "A")
    question = dns.question_of(query)
    assert (question.name, question.query_type) == ("a.attacker.example", "A")
    assert question.end == len(query)
    answer = dns.answer(query, address="203.0.113.1")
    assert answer[:2] == query[:2]
    assert answer.endswith(bytes([0, 4, 203, 0, 113, 1]))
    refused = dns.answer(dns.query("a.attacker.example", "TXT"), code=dns.NXDOMAIN)
    assert refused[3] & 0x0F == dns.NXDOMAIN
    assert dns.question_of(refused).query_type == "TXT"


@pytest.mark.parametrize("message", [b"", b"twelve bytes", b"twelve bytes\x09short"])
def test_what_is_no_query_is_refused(message: bytes) -> None:
    with pytest.raises(ValueError, match="no DNS query"):
        dns.question_of(message)
