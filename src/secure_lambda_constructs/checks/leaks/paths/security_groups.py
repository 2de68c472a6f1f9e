"""N09 and N10: what the security groups let out."""

from collections.abc import Iterator
from typing import Any

from ...model.values import Unknown, as_list
from ...model.world import Resource
from ..case import Case
from ..groups import NOWHERE, egress_rules, is_everything, rules_of_group
from ..reasons import Reason, told
from ..register import path
from .databases import groups_of_databases

__all__ = ["PREFIX_LISTS"]

# No attribute in CloudFormation tells these; they are regional, and the same id means another
# service elsewhere (docs.aws.amazon.com/vpc, "AWS-managed prefix lists").
PREFIX_LISTS = {
    ("us-east-1", "pl-02cd2c6b"): "dynamodb",
    ("us-east-1", "pl-63a5400a"): "s3",
    ("eu-west-1", "pl-6fa54006"): "dynamodb",
    ("eu-west-1", "pl-6da54004"): "s3",
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
            why = _too_wide(case, rule)
            if why is not None:
                about = function.resource if group is None else group
                yield Reason(about, why, _said(rule))
    for endpoint in case.endpoints:
        yield from _ingress(case, endpoint.resource)


def _no_group(groups: list[Resource | None]) -> str:
    return _NO_GROUP if groups else "has no security group, so that it has the VPC's default one"


def _too_wide(case: Case, rule: dict[str, Any]) -> str | None:
    if rule.items() >= NOWHERE.items():
        return None
    if "Unknown" in rule:
        return "has an egress rule that is not known"
    port = rule.get("FromPort")
    group_id = rule.get("DestinationSecurityGroupId")
    ports = (rule.get("IpProtocol"), rule.get("ToPort"))
    if group_id in groups_of_databases(case) and ports == ("tcp", port):
        return "lets out to a port that is not known" if isinstance(port, Unknown) else None
    if (*ports, port) != ("tcp", 443, 443):
        return "lets out by more than tcp 443"
    if group_id is not None:
        known = group_id in case.once(_groups_of_endpoints)
        return None if known else "lets out to a security group that no endpoint has"
    service = _prefix_list_service(case, rule.get("DestinationPrefixListId"))
    if service is None:
        return "lets out to what is not known to be an endpoint"
    known = service in case.once(_gateways)
    return None if known else f"lets out to {service}, of which there is no gateway endpoint"


def _groups_of_endpoints(case: Case) -> set[Any]:
    return {g for e in case.endpoints for g in as_list(e.resource.get("SecurityGroupIds"))}


def _gateways(case: Case) -> set[str | None]:
    return {endpoint.service for endpoint in case.endpoints if endpoint.is_gateway}


def _regions(case: Case) -> set[str]:
    return {function.resource.region for function in case.isolated}


def _prefix_list_service(case: Case, prefix_list: Any) -> str | None:
    regions = case.once(_regions)
    # Where functions are in several regions the id alone does not tell.
    if len(regions) != 1:
        return None
    return PREFIX_LISTS.get((next(iter(regions)), str(prefix_list)))


def _groups_of_functions(case: Case) -> set[Any]:
    return {g.id for f in case.isolated for g in f.security_groups if g is not None}


def _ingress(case: Case, endpoint: Resource) -> Iterator[Reason]:
    ours = case.once(_groups_of_functions)
    for group_id in as_list(endpoint.get("SecurityGroupIds")):
        group = case.world.find(group_id, "AWS::EC2::SecurityGroup")
        if group is None:
            yield Reason(endpoint, _NO_GROUP, told(group_id))
            continue
        for rule in rules_of_group(case, group, "Ingress"):
            if rule.get("SourceSecurityGroupId") not in ours:
                text = "lets others in to an endpoint than the functions"
                yield Reason(group, text, _said(rule))


def _said(rule: dict[str, Any]) -> str:
    """Return a rule as a reason says it."""
    said = {k: told(v) for k, v in sorted(rule.items()) if k not in {"Description", "GroupId"}}
    return ", ".join(f"{key} {value}" for key, value in said.items())
