"""N09 and N10: what the security groups let out."""

from collections.abc import Iterator
from typing import Any

from ....network.prefix_list_ids import KNOWN_PREFIX_LISTS
from ...model.values import Unknown, as_list
from ...model.views import Function
from ...model.world import Resource
from ..case import Case
from ..groups import (
    HTTPS,
    egress_rules,
    is_everything,
    leads_nowhere,
    ports_of,
    reach_everything,
    rules_of_group,
)
from ..reasons import Reason, told
from ..register import path
from .databases import groups_of_databases

__all__ = ["PREFIX_LISTS"]

# The service of a list by the region and the id: the same id is another service's elsewhere.
PREFIX_LISTS = {
    (region, prefix_list): service for (region, service), prefix_list in KNOWN_PREFIX_LISTS.items()
}

_NO_GROUP = "has a security group that no template creates, so that its rules are not known"


@path(
    "N09",
    "the function's security group lets everything out",
    attack="The code opens a connection to any address: the group lets it, and whatever route, "
    "gateway or peering the VPC gets later carries the rows out.",
    mend="SignedVpcFunction has a group with rules to the endpoints only. With the CDK's own "
    "classes: ec2.SecurityGroup(allow_all_outbound=False) with an egress rule for each endpoint, "
    "and never a group without any egress rule, to which EC2 adds one to everywhere.",
)
def _n09(case: Case) -> Iterator[Reason]:
    for function, group, rules in egress_rules(case):
        if group is None:
            yield Reason(function.resource, _no_group(function.security_groups))
        elif not rules:
            yield Reason(group, "has no egress rule, so that EC2 adds one to everywhere")
        for rule in rules:
            if is_everything(rule):
                about = function.resource if group is None else group
                yield Reason(about, "lets out to everywhere", _said(rule))
    for function, together in case.once(_rules_of_functions).values():
        written = [rule for _, rules in together for rule in rules]
        if not any(map(is_everything, written)) and reach_everything(case, written):
            alone = [group for group, rules in together if reach_everything(case, rules)]
            about = next(iter(alone), None) or function.resource
            yield Reason(about, "lets out to everywhere by several rules")


@path(
    "N10",
    "egress is wider than the endpoints",
    attack="The code reaches a port or a host that is no endpoint, such as another program in the "
    "VPC or a network that is joined to it later, and hands over the rows.",
    mend="SignedVpcFunction makes these rules itself: connect it with grant methods and "
    "IsolatedNetwork.add_interface_endpoint(). With the CDK's own classes: tcp 443 to "
    "ec2.Peer.prefix_list() of a gateway endpoint or to the group of an interface endpoint, no "
    "addresses; and open=False at each ec2.InterfaceVpcEndpoint, with a rule for the function's "
    "group.",
)
def _n10(case: Case) -> Iterator[Reason]:
    for function, group, rules in egress_rules(case):
        if group is None:
            yield Reason(function.resource, _no_group(function.security_groups))
        elif not rules:
            yield Reason(group, "has no egress rule, so that EC2 adds one to everywhere")
        for rule in rules:
            why = _too_wide(case, rule, function)
            if why is not None:
                about = function.resource if group is None else group
                yield Reason(about, why, _said(rule))
    for endpoint in case.endpoints:
        yield from _ingress(case, endpoint.resource)


def _rules_of_functions(
    case: Case,
) -> dict[str, tuple[Function, list[tuple[Resource | None, list[dict[str, Any]]]]]]:
    """The isolated functions with the egress rules of each of their groups."""
    found: dict[str, tuple[Function, list[tuple[Resource | None, list[dict[str, Any]]]]]] = {}
    for function, group, rules in egress_rules(case):
        found.setdefault(function.path, (function, []))[1].append((group, rules))
    return found


def _no_group(groups: list[Resource | None]) -> str:
    return _NO_GROUP if groups else "has no security group, so that it has the VPC's default one"


def _too_wide(case: Case, rule: dict[str, Any], function: Function) -> str | None:
    if leads_nowhere(rule):
        return None
    if "Unknown" in rule:
        return "has an egress rule that is not known"
    group_id = rule.get("DestinationSecurityGroupId")
    protocol, first, last = ports_of(rule)
    if str(group_id) in groups_of_databases(case) and protocol == "tcp" and first == last:
        unknown = isinstance(rule.get("FromPort"), Unknown)
        return "lets out to a port that is not known" if unknown else None
    if (protocol, first, last) != HTTPS:
        return "lets out by more than tcp 443"
    if group_id is not None:
        known = str(group_id) in case.once(_groups_of_endpoints)
        return None if known else "lets out to a security group that no endpoint has"
    prefix_list = str(rule.get("DestinationPrefixListId"))
    service = PREFIX_LISTS.get((function.resource.region, prefix_list))
    if service is None:
        return "lets out to what is not known to be an endpoint"
    gateways = case.once(_gateways)
    known = any((vpc_id, service) in gateways for vpc_id in function.vpc_ids)
    return None if known else f"lets out to {service}, of which there is no gateway endpoint"


def _groups_of_endpoints(case: Case) -> set[Any]:
    return {str(g) for e in case.endpoints for g in as_list(e.resource.get("SecurityGroupIds"))}


def _gateways(case: Case) -> set[tuple[Any, str | None]]:
    """The services of the gateway endpoints that are there if the VPC is, each with the VPC."""
    return {
        (e.resource.get("VpcId"), e.service)
        for e in case.endpoints
        if e.is_gateway and (e.resource.uncertain is None or e.resource.is_there_with_its_targets)
    }


def _groups_of_functions(case: Case) -> set[Any]:
    return {g.id for f in case.isolated for g in f.security_groups if g is not None}


def _ingress(case: Case, endpoint: Resource) -> Iterator[Reason]:
    ours = case.once(_groups_of_functions)
    groups = as_list(endpoint.get("SecurityGroupIds"))
    if not groups and endpoint.get("VpcEndpointType") == "Interface":
        yield Reason(endpoint, "has no security group, so that it has the VPC's default one")
    for group_id in groups:
        group = case.world.find(group_id, "AWS::EC2::SecurityGroup")
        if group is None:
            yield Reason(endpoint, _NO_GROUP, told(group_id))
            continue
        for rule in rules_of_group(case, group, "Ingress"):
            source = rule.get("SourceSecurityGroupId")
            if not isinstance(source, str) or source not in ours:
                text = "lets others in to an endpoint than the functions"
                yield Reason(group, text, _said(rule))


def _said(rule: dict[str, Any]) -> str:
    """Return a rule as a reason says it."""
    said = {k: told(v) for k, v in sorted(rule.items()) if k not in {"Description", "GroupId"}}
    return ", ".join(f"{key} {value}" for key, value in said.items())
