"""The rules that hold for every VPC that functions are in: its endpoints and its DNS firewall."""

import json
from collections.abc import Collection, Iterator
from typing import Any

from ...signing.command.aws import DeclinedError
from .admitted import Own, open_endpoint
from .calls import Account, UnreadError
from .findings import Finding

__all__ = ["audit_network", "list_domains", "list_endpoints", "list_rules"]

_GONE_STATES = {"deleted", "deleting", "expired", "failed", "rejected"}
# What has a policy that its service honours; an endpoint to anything else lets everything through.
_WITH_POLICY = {"Gateway", "Interface"}
_PRIVATE_SERVICE = ".vpce."


def audit_network(
    account: Account, own: Own, region: str, vpc: str, deployed: Collection[str]
) -> list[Finding]:
    """Hold a VPC against all rules.

    Args:
        account: The connection.
        own: What counts as own.
        region: The region.
        vpc: The id of the VPC.
        deployed: Ids of endpoints that an assembly has, which are compared with its templates.

    Returns:
        What was found. What could not be read is among the account's gaps.
    """
    found: list[Finding] = []
    for rule in (_endpoints(account, own, region, vpc, deployed), _dns(account, region, vpc)):
        try:
            found += rule
        except UnreadError:
            continue
    return found


def list_endpoints(account: Account, region: str) -> list[dict[str, Any]]:
    """List the endpoints of a region that are there, with their policies as documents.

    Args:
        account: The connection.
        region: The region.

    Raises:
        UnreadError: They cannot be listed.
    """
    answer = account.ask(region, "ec2", "DescribeVpcEndpoints", "the endpoints")
    return [
        each | {"Policy": _document(each.get("PolicyDocument"))}
        for each in answer["VpcEndpoints"]
        if str(each.get("State")).lower() not in _GONE_STATES
    ]


def _document(text: str | None) -> dict[str, Any] | None:
    document = json.loads(text) if text else None
    return document if isinstance(document, dict) else None


def _endpoints(
    account: Account, own: Own, region: str, vpc: str, deployed: Collection[str]
) -> Iterator[Finding]:
    for endpoint in list_endpoints(account, region):
        identifier, service = endpoint["VpcEndpointId"], endpoint.get("ServiceName", "")
        if endpoint["VpcId"] != vpc or identifier in deployed:
            continue
        kind = endpoint.get("VpcEndpointType")
        if kind not in _WITH_POLICY or _PRIVATE_SERVICE in service:
            found = f"{kind} endpoint to {service}, whose policy nobody has to honour"
        else:
            found = open_endpoint(endpoint["Policy"], own)
        if found:
            yield Finding(
                "endpoint-open",
                region,
                identifier,
                "an endpoint policy that names the account",
                f"{service}: {found}",
                trail=(identifier, vpc),
            )


def _dns(account: Account, region: str, vpc: str) -> Iterator[Finding]:
    try:
        config = account.ask(
            region,
            "route53resolver",
            "GetFirewallConfig",
            f"the VPC {vpc}",
            declined={"ResourceNotFoundException"},
            ResourceId=vpc,
        )["FirewallConfig"]
    except DeclinedError:
        config = {}  # never set: it fails closed
    if config.get("FirewallFailOpen") not in (None, "DISABLED"):
        found = f"FirewallFailOpen {config['FirewallFailOpen']}"
        yield Finding("dns-fails-open", region, vpc, "DISABLED", found, trail=(vpc,))
    associations = account.ask(
        region,
        "route53resolver",
        "ListFirewallRuleGroupAssociations",
        f"the VPC {vpc}",
        VpcId=vpc,
    )["FirewallRuleGroupAssociations"]
    associations.sort(key=lambda each: int(each["Priority"]))
    why = "no DNS firewall rule group" if not associations else ""
    if not why:
        groups = [each["FirewallRuleGroupId"] for each in associations]
        why = _open_rules(account, region, groups)
    if why:
        trail = (vpc, *(each["FirewallRuleGroupId"] for each in associations))
        should = "names that are listed, and BLOCK for the rest"
        yield Finding("dns-open", region, vpc, should, why, trail=trail)


def _open_rules(account: Account, region: str, groups: list[str]) -> str:
    """Say why the rules let any name through; empty where they do not. The first match counts."""
    for group in groups:
        for rule in list_rules(account, region, group):
            name = f"rule {rule.get('Name', '')} of {group}"
            if not rule.get("FirewallDomainListId"):
                # DNS Firewall Advanced: matches what looks like tunnelling, which ends the search.
                if rule["Action"] != "BLOCK":
                    return f"{name} lets through what looks like tunnelling"
                continue
            everything = "*" in list_domains(account, region, rule["FirewallDomainListId"])
            if not everything:
                continue
            if rule["Action"] != "BLOCK":
                return f"{name} has {rule['Action']} for the domain *"
            if not rule.get("Qtype"):
                return ""
    return "no rule with BLOCK for the domain * and all query types"


def list_rules(account: Account, region: str, group: str) -> list[dict[str, Any]]:
    """List the rules of a rule group in the order in which they count.

    Args:
        account: The connection.
        region: The region.
        group: The id of the rule group.

    Raises:
        UnreadError: They cannot be listed.
    """
    answer = account.ask(
        region,
        "route53resolver",
        "ListFirewallRules",
        f"the DNS firewall rule group {group}",
        FirewallRuleGroupId=group,
    )
    return sorted(answer["FirewallRules"], key=lambda each: int(each["Priority"]))


def list_domains(account: Account, region: str, identifier: str) -> list[str]:
    """List the names in a domain list, without the dot that ends them.

    Args:
        account: The connection.
        region: The region.
        identifier: The id of the list.

    Raises:
        UnreadError: They cannot be listed.
    """
    about = f"the domain list {identifier}"
    described = account.ask(
        region,
        "route53resolver",
        "GetFirewallDomainList",
        about,
        FirewallDomainListId=identifier,
    )["FirewallDomainList"]
    if described.get("ManagedOwnerName"):
        return []  # AWS tells nobody what is in its own lists: names to block
    answer = account.ask(
        region, "route53resolver", "ListFirewallDomains", about, FirewallDomainListId=identifier
    )
    return [str(each).rstrip(".") for each in answer["Domains"]]
