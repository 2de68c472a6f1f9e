"""Networks that the policies of a role name and that the function is not in."""

import re

from ...model.values import strings
from ...model.views import Function
from ..case import Case
from ..egress import names

__all__ = ["networks_elsewhere"]

# The ids of VPCs and endpoints, as conditions name them.
_NETWORKS = re.compile(r"vpce?-[0-9a-z]+")

# What joins a VPC to the internet or to another network.
_LEADING_OUT = (
    "AWS::EC2::CarrierGateway",
    "AWS::EC2::ClientVpnTargetNetworkAssociation",
    "AWS::EC2::EgressOnlyInternetGateway",
    "AWS::EC2::TransitGatewayAttachment",
    "AWS::EC2::TransitGatewayVpcAttachment",
    "AWS::EC2::VPCGatewayAttachment",
    "AWS::EC2::VPCPeeringConnection",
    "AWS::NetworkManager::VpcAttachment",
    "AWS::VpcLattice::ServiceNetworkVpcAssociation",
)


def networks_elsewhere(case: Case, function: Function) -> list[str]:
    """Return the VPCs and the endpoints that the role's policies name and that may be others'.

    Those of the templates are nobody else's where nothing leads out of them.

    Args:
        case: The app under judgement.
        function: The function whose role it is.
    """
    named = {
        network
        for document in case.documents_of(function.role)
        for text in strings(document)
        for network in _NETWORKS.findall(text)
    }
    own = {*map(str, function.vpc_ids), *case.vpc_ids}
    return sorted(network for network in named if _is_elsewhere(case, network, own))


def _is_elsewhere(case: Case, network: str, own: set[str]) -> bool:
    endpoint = case.world.find(network, "AWS::EC2::VPCEndpoint")
    vpc_id = network if endpoint is None else str(endpoint.get("VpcId"))
    if vpc_id in own:
        return False
    return case.vpc(vpc_id) is None or vpc_id in case.once(_lead_out)


def _lead_out(case: Case) -> set[str]:
    """The VPCs of the templates that something leads out of."""
    named = case.once(names)
    found = set().union(*(named[each.path] for each in case.world.of(*_LEADING_OUT)))
    return {str(vpc.id) for vpc in case.world.of("AWS::EC2::VPC") if vpc.id in found}
