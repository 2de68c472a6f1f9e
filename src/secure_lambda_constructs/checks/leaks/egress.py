"""VPCs that are nothing but a way out: what a relay may be in and still be a relay.

A function in such a VPC is as much outside as one in none. So nothing may be in it that the
function could reach and that another one could not: a database, an endpoint, another network. Of a
VPC of which anything else is known, or something is not known, the function counts as one that
has to be isolated.
"""

from typing import Any

from ..model.values import strings, unknowns
from ..model.views import Function
from ..model.world import Resource, World

__all__ = ["PLACES", "is_only_a_way_out"]

# The properties by which resources say where they are.
PLACES = (
    "NetworkConfiguration",
    "NetworkInterfaces",
    "SubnetId",
    "SubnetIds",
    "Subnets",
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

_EVERYWHERE = "0.0.0.0/0"
_ROUTE = {"DestinationCidrBlock", "GatewayId", "NatGatewayId", "RouteTableId"}
_ATTACHMENT = {"InternetGatewayId", "VpcId"}


def is_only_a_way_out(world: World, function: Function) -> bool:
    """Tell whether `function` is in a VPC that surely leads out, and surely has nothing in it."""
    subnets = [subnet for subnet in function.subnets if subnet is not None]
    vpcs = [world.find(vpc_id, "AWS::EC2::VPC") for vpc_id in function.vpc_ids]
    if len(subnets) != len(function.subnet_ids) or len(vpcs) != 1 or vpcs[0] is None:
        return False
    vpc = vpcs[0]
    tables = [table.id for table in world.of("AWS::EC2::RouteTable") if _is_of(table, vpc)]
    names = {vpc.id, *(s.id for s in world.of("AWS::EC2::Subnet") if _is_of(s, vpc)), *tables}
    return all(_leads_out(world, subnet) for subnet in subnets) and all(
        _is_part(world, resource) for resource in world.resources if _concerns(resource, names)
    )


def _is_of(resource: Resource, vpc: Resource) -> bool:
    return bool(resource.get("VpcId") == vpc.id)


def _concerns(resource: Resource, names: set[Any]) -> bool:
    """Tell whether it names one of `names`, or is somewhere that nobody can tell."""
    found = set(strings(resource.properties))
    found |= {text.rsplit("/", 1)[-1] for text in found if text.startswith("arn:")}
    return bool(names & found) or any(any(unknowns(resource.get(name))) for name in PLACES)


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


def _leads_out(world: World, subnet: Resource) -> bool:
    tables = [
        association.get("RouteTableId")
        for association in world.of("AWS::EC2::SubnetRouteTableAssociation")
        if association.get("SubnetId") == subnet.id
    ]
    return any(
        route.get("RouteTableId") in tables
        and route.get("DestinationCidrBlock") == _EVERYWHERE
        and _target(world, route) is not None
        for route in world.of("AWS::EC2::Route")
    )
