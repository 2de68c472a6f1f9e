"""What is refused below an isolated network when the app synthesizes.

The parts of the network are at hand for the escape hatches of the CDK (`network.vpc.
add_interface_endpoint(...)`, `network.dynamodb_endpoint.add_to_policy(...)`), so what was made
with them is looked at last.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import jsii
from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2
from constructs import IConstruct, IValidation

from .endpoint_policy import binds_the_account

if TYPE_CHECKING:
    from .isolated_network import IsolatedNetwork

__all__ = ["ClosedNetworkCheck"]

# Names of the resource classes in `aws_cdk.aws_ec2` and `aws_cdk.aws_route53resolver`, so that
# no further module of the CDK has to be imported to look for one.
_WAY_OUT = {
    "CfnCarrierGateway": "is a way to a carrier's network",
    "CfnClientVpnTargetNetworkAssociation": "lets VPN clients in",
    "CfnEgressOnlyInternetGateway": "is a way to the internet",
    "CfnInstance": "is a host that could pass traffic on",
    "CfnInternetGateway": "is a way to the internet",
    "CfnLocalGatewayRouteTableVPCAssociation": "is a way to an on-premises network",
    "CfnNatGateway": "is a way to the internet",
    "CfnResolverEndpoint": "sends DNS queries elsewhere",
    "CfnResolverRuleAssociation": "sends DNS queries elsewhere",
    "CfnRoute": "is a route besides those of the gateway endpoints",
    "CfnTransitGatewayAttachment": "is a way to other networks",
    "CfnTransitGatewayVpcAttachment": "is a way to other networks",
    "CfnVPCDHCPOptionsAssociation": "can send DNS queries elsewhere",
    "CfnVPCGatewayAttachment": "attaches a gateway",
    "CfnVPCPeeringConnection": "is a way to another VPC",
    "CfnVPNConnection": "is a way to an on-premises network",
    "CfnVPNGateway": "is a way to an on-premises network",
    "CfnVPNGatewayRoutePropagation": "brings in routes",
}
_MODULES = ("aws_cdk.aws_ec2", "aws_cdk.aws_route53resolver")

# Endpoints of these services ignore their policy (aws-samples/data-perimeter-policy-examples),
# and one of EC2 would serve nobody but an attacker.
_NO_POLICY = ("acm", "acm-pca", "appsync-api", "artifact", "ec2", "glacier", "route53")
# How a region that is known at deployment only is written here.
_ANY_REGION = "Region"
_AWS_SERVICE = re.compile(
    r"(?:cn\.)?com\.amazonaws\."
    rf"(?P<region>{_ANY_REGION}|[a-z]+(?:-[a-z]+)+-\d+)\.(?P<service>[a-z][\w.-]*)"
)


@jsii.implements(IValidation)
class ClosedNetworkCheck:
    """Says what below a network opens it."""

    def __init__(self, network: "IsolatedNetwork") -> None:
        """Check a network.

        Args:
            network: The network. All that is below it and below its VPC is looked at.
        """
        self._network = network

    def validate(self) -> list[str]:
        """Look at everything below the network, in one call to the CDK.

        Returns:
            One sentence for each construct that opens the network.
        """
        errors: list[str] = []
        for node in self._network.node.find_all():
            reason = next(self._reasons(node), None)
            if reason is not None:
                errors.append(f"{node.node.path} {reason}")
        return errors

    def _reasons(self, node: IConstruct) -> Iterator[str]:
        """Why a construct cannot stay in the network, if so."""
        kind = type(node)
        if kind.__module__ not in _MODULES:
            return
        if kind.__name__ in _WAY_OUT:
            yield (
                f"{_WAY_OUT[kind.__name__]}, which an IsolatedNetwork does not have; remove it, or "
                "make a VPC of its own for what needs it"
            )
        elif isinstance(node, ec2.CfnVPCEndpoint):
            yield from _endpoint_reasons(node)
        elif isinstance(node, ec2.CfnSubnet):
            if node.map_public_ip_on_launch or node.ipv6_cidr_block or node.ipv6_ipam_pool_id:
                yield "is a subnet with public or IPv6 addresses; all subnets must be isolated"
        elif isinstance(node, ec2.CfnVPCCidrBlock) and (
            node.amazon_provided_ipv6_cidr_block or node.ipv6_cidr_block or node.ipv6_ipam_pool_id
        ):
            yield "gives the VPC IPv6 addresses; an IsolatedNetwork is IPv4 only"


def _endpoint_reasons(endpoint: ec2.CfnVPCEndpoint) -> Iterator[str]:
    """Why an endpoint cannot stay in the network, if so."""
    stack = Stack.of(endpoint)
    # What resolves to nothing is left out of the answer.
    found: dict[str, Any] = stack.resolve(
        {
            "kind": endpoint.vpc_endpoint_type,
            "name": endpoint.service_name,
            "region": endpoint.service_region,
            "policy": endpoint.policy_document,
            "account": stack.account,
            "here": stack.region,
        }
    )
    kind, name = found.get("kind", "Gateway"), _flat(found.get("name"))
    elsewhere = _flat(found.get("region"))
    service = _service(name, _flat(found["here"]))
    if service is None or elsewhere or kind not in ("Gateway", "Interface"):
        target = " in ".join(part for part in (name, elsewhere) if part)
        yield (
            f"leads to {target or f'a target of type {kind}'}, which is not a service of AWS in "
            "the network's region; remove it: whoever owns it receives what is sent there"
        )
    elif service in _NO_POLICY:
        yield (
            f"leads to {service}, whose endpoints cannot be closed by a policy; remove it: an "
            "isolated function has no use for it"
        )
    elif not binds_the_account(found.get("policy"), found["account"]):
        yield (
            "carries calls with anybody's keys or to anybody's resources; add to each Allow of "
            "its policy the condition StringEquals aws:PrincipalAccount and aws:ResourceAccount, "
            "both the account of the stack"
        )


def _service(name: str, here: str) -> str | None:
    """The AWS service that an endpoint service's name means in a region, or `None`."""
    match = _AWS_SERVICE.fullmatch(name)
    if match is None or (here != _ANY_REGION and match["region"] not in (here, _ANY_REGION)):
        return None
    return match["service"]


def _flat(value: Any) -> str:
    """A name with its references written as one word each, to compare it as a string."""
    match value:
        case str():
            return value
        case {"Fn::Join": ["", [*parts]]}:
            return "".join(_flat(part) for part in parts)
        case {"Ref": str(name)}:
            return name.rpartition("::")[2]
    return ""
