"""The rules of security groups, and which groups a function has."""

import ipaddress
from collections.abc import Iterable, Iterator
from typing import Any

from ..model.values import as_list, dig
from ..model.views import Function, security_group_rules
from ..model.world import Resource
from .case import Case

__all__ = [
    "HTTPS",
    "egress_rules",
    "is_everything",
    "leads_nowhere",
    "ports_of",
    "reach_everything",
    "rules_of_group",
]

Rules = list[dict[str, Any]]

# By such a rule the CDK and others say "no egress". A VPC carries no broadcast, and what is sent to
# a loopback address never leaves the host (RFC 1122, 3.2.1.3; RFC 4291, 2.5.3).
_NOWHERE = tuple(map(ipaddress.ip_network, ("255.255.255.255/32", "127.0.0.0/8", "::1/128")))

# As `ports_of` says it.
HTTPS = ("tcp", "443", "443")

_EVERYWHERE = ("0.0.0.0/0", "::/0")


def is_everything(rule: dict[str, Any]) -> bool:
    """Tell whether a rule lets out to every address, or is one that nobody can tell."""
    addresses = (rule.get("CidrIp"), rule.get("CidrIpv6"))
    return "Unknown" in rule or any(
        address in _EVERYWHERE or not isinstance(address, str | None) for address in addresses
    )


def leads_nowhere(rule: dict[str, Any]) -> bool:
    """Tell whether a rule lets out to no address but such as no packet is carried to."""
    written = {name for name in rule if name.startswith(("Cidr", "Destination"))}
    network = _network(rule.get("CidrIp", rule.get("CidrIpv6")))
    return (
        len(written) == 1
        and network is not None
        and any(network[0] in nowhere and network[-1] in nowhere for nowhere in _NOWHERE)
    )


def ports_of(rule: dict[str, Any]) -> tuple[str, str, str]:
    """Return the protocol of a rule by its name, and its ports, which may be written as texts."""
    protocol = str(rule.get("IpProtocol")).lower()
    return (
        "tcp" if protocol == "6" else protocol,
        str(rule.get("FromPort")),
        str(rule.get("ToPort")),
    )


def reach_everything(case: Case, rules: Iterable[dict[str, Any]]) -> bool:
    """Tell whether rules let out to every address of IPv4 or IPv6 between them."""
    networks = [
        network
        for rule in rules
        for address in _addresses(case, rule)
        if (network := _network(address)) is not None
    ]
    v4 = [each for each in networks if isinstance(each, ipaddress.IPv4Network)]
    v6 = [each for each in networks if isinstance(each, ipaddress.IPv6Network)]
    return any(network.prefixlen == 0 for network in ipaddress.collapse_addresses(v4)) or any(
        network.prefixlen == 0 for network in ipaddress.collapse_addresses(v6)
    )


def _addresses(case: Case, rule: dict[str, Any]) -> Iterator[Any]:
    yield rule.get("CidrIp")
    yield rule.get("CidrIpv6")
    named = case.world.find(rule.get("DestinationPrefixListId"), "AWS::EC2::PrefixList")
    if named is not None:
        for entry in as_list(named.get("Entries")):
            address = dig(entry, "Cidr")
            yield address if isinstance(address, str) else _EVERYWHERE[0]


def _network(address: Any) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(str(address), strict=False)
    except ValueError:
        return None


def rules_of_group(case: Case, group: Resource, direction: str) -> Rules:
    """Return the rules of `group`, inline and stand-alone; `direction` is Ingress or Egress."""
    made = case.once(_made)
    key = (group.path, direction)
    if key not in made:
        made[key] = security_group_rules(case.world, group, direction)
    return made[key]


def _made(case: Case) -> dict[tuple[str, str], Rules]:
    return {}


def egress_rules(case: Case) -> list[tuple[Function, Resource | None, Rules]]:
    """Return each isolated function with each of its groups, and the egress rules of the group."""
    return case.once(_egress_rules)


def _egress_rules(case: Case) -> list[tuple[Function, Resource | None, Rules]]:
    return list(_found_egress_rules(case))


def _found_egress_rules(case: Case) -> Iterator[tuple[Function, Resource | None, Rules]]:
    for function in case.isolated:
        # Without a security group Lambda takes the VPC's default one, which lets everything out.
        for group in function.security_groups or [None]:
            yield function, group, [] if group is None else rules_of_group(case, group, "Egress")
