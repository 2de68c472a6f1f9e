"""VPCs that are nothing but a way out: what a relay may be in and still be a relay.

A function in such a VPC is as much outside as one in none. So nothing may be in it that the
function could reach and that another one could not: a database, an endpoint, another network. Of a
VPC of which anything else is known, or something is not known, the function counts as one that
has to be isolated.
"""

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from ..model.values import as_list, strings, unknowns
from ..model.views import Function
from ..model.world import Resource, World

if TYPE_CHECKING:
    from .case import Case

__all__ = ["PLACES", "is_only_a_way_out", "is_somewhere", "names"]

# The properties by which resources say where they are.
PLACES = (
    "NetworkConfiguration",
    "NetworkInterfaces",
    "SubnetId",
    "SubnetIds",
    "Subnets",
    "VPCOptions",
    "VPCZoneIdentifier",
    "VpcConfig",
    "VpcConfiguration",
    "VpcId",
)

# All that may name the VPC, its subnets and its route tables.
_PARTS = {
    "AWS::CloudFormation::Stack",
    "AWS::EC2::FlowLog",
    "AWS::EC2::NatGateway",
    "AWS::EC2::NetworkAcl",
    "AWS::EC2::Route",
    "AWS::EC2::RouteTable",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::Subnet",
    "AWS::EC2::SubnetNetworkAclAssociation",
    "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::EC2::VPC",
    "AWS::EC2::VPCGatewayAttachment",
    "AWS::Lambda::Function",
}

# What is in no network, whatever networks its names, its measures or its policies tell of.
_IN_NO_NETWORK = {
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::Logs::LogGroup",
    "AWS::Logs::MetricFilter",
    "AWS::Logs::QueryDefinition",
    "AWS::Organizations::Policy",
    "AWS::S3::AccessPoint",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::SSO::PermissionSet",
}

# The properties that hold policies.
_POLICIES = {
    "AccessPolicy",
    "AssumeRolePolicyDocument",
    "KeyPolicy",
    "PolicyDocument",
    "RepositoryPolicyText",
    "ResourcePolicy",
}

# The properties that say something to people only.
_WORDS = {"Description", "Tags"}

# The id of a VPC or a subnet in a longer text, such as a list that is joined.
_PLACE = re.compile(r"(?<![0-9A-Za-z-])(?:subnet|vpc)-(?:[0-9a-f]{17}|[0-9a-f]{8})(?![0-9A-Za-z-])")

_EVERYWHERE = "0.0.0.0/0"
_ROUTE = {"DestinationCidrBlock", "GatewayId", "NatGatewayId", "RouteTableId"}
_ATTACHMENT = {"InternetGatewayId", "VpcId"}


def is_only_a_way_out(case: "Case", function: Function) -> bool:
    """Tell whether `function` is in a VPC that surely leads out, and surely has nothing in it."""
    subnets = [subnet for subnet in function.subnets if subnet is not None]
    vpcs = [case.vpc(vpc_id) for vpc_id in function.vpc_ids]
    if len(subnets) != len(function.subnet_ids) or len(vpcs) != 1 or vpcs[0] is None:
        return False
    leading = case.once(_subnets_that_lead_out)
    return all(subnet.id in leading for subnet in subnets) and vpcs[0].path in case.once(_bare_vpcs)


def names(case: "Case") -> dict[str, set[str]]:
    """What each resource names, by its path: the strings in it, and the ids in these."""
    found: dict[str, set[str]] = {}
    for resource in case.world.resources:
        if resource.type in _IN_NO_NETWORK:
            found[resource.path] = set()
            continue
        texts = set(strings(_of_machines(resource.properties)))
        texts |= {text.rsplit("/", 1)[-1] for text in texts if text.startswith("arn:")}
        texts |= {place for text in texts for place in _PLACE.findall(text)}
        found[resource.path] = texts
    return found


def _of_machines(value: Any) -> Any:
    """Return a value without its policies, which say who may use what, and its words for people."""
    if isinstance(value, dict):
        return {
            key: _of_machines(item)
            for key, item in value.items()
            if key not in _POLICIES and key not in _WORDS and not _is_policy(item)
        }
    if isinstance(value, list):
        return [_of_machines(item) for item in value if not _is_policy(item)]
    return value


def _is_policy(value: Any) -> bool:
    entries = as_list(value.get("Statement")) if isinstance(value, dict) else []
    return bool(entries) and all(isinstance(each, dict) and "Effect" in each for each in entries)


def is_somewhere(resource: Resource) -> bool:
    """Tell whether it is in a network that nobody can tell, which may be any."""
    return resource.type not in _IN_NO_NETWORK and any(
        any(unknowns(resource.get(name))) for name in PLACES
    )


def _bare_vpcs(case: "Case") -> set[str]:
    """The paths of the VPCs that have nothing in them but what makes up a way out."""
    world, named = case.world, case.once(names)
    of_vpcs: dict[Any, set[Any]] = {vpc.id: {vpc.id} for vpc in world.of("AWS::EC2::VPC")}
    for part in world.of("AWS::EC2::Subnet", "AWS::EC2::RouteTable"):
        if part.get("VpcId") in of_vpcs:
            of_vpcs[part.get("VpcId")].add(part.id)
    others = [r for r in world.resources if not _is_part(world, r)]
    if any(is_somewhere(resource) for resource in others):
        return set()
    concerned = set().union(*(named[resource.path] for resource in others))
    return {vpc.path for vpc in world.of("AWS::EC2::VPC") if not of_vpcs[vpc.id] & concerned}


def _is_part(world: World, resource: Resource) -> bool:
    if resource.type not in _PARTS:
        return False
    if resource.type == "AWS::EC2::Route":
        return set(resource.properties) <= _ROUTE and _target(world, resource) is not None
    if resource.type == "AWS::EC2::VPCGatewayAttachment":
        return set(resource.properties) <= _ATTACHMENT
    return True


def _target(world: World, route: Resource) -> Resource | None:
    """The internet or NAT gateway of the templates that a route leads to."""
    gateway = world.find(route.get("GatewayId"), "AWS::EC2::InternetGateway")
    return gateway or world.find(route.get("NatGatewayId"), "AWS::EC2::NatGateway")


def _subnets_that_lead_out(case: "Case") -> set[Any]:
    """The ids of the subnets with a route to everywhere through a gateway of the templates."""
    world = case.world
    tables: dict[Any, list[Any]] = defaultdict(list)
    for association in world.of("AWS::EC2::SubnetRouteTableAssociation"):
        tables[str(association.get("RouteTableId"))].append(association.get("SubnetId"))
    return {
        subnet
        for route in world.of("AWS::EC2::Route")
        if route.get("DestinationCidrBlock") == _EVERYWHERE and _target(world, route) is not None
        for subnet in tables[str(route.get("RouteTableId"))]
        if isinstance(subnet, str)
    }
