"""What is refused in an isolated network when the app synthesizes.

The parts of the network are at hand for the escape hatches of the CDK (`network.vpc.
add_interface_endpoint(...)`, `ec2.InterfaceVpcEndpoint(stack, ..., vpc=network.vpc)`), so what was
made with them is looked at last, wherever in the app it is. See `app_tree` for what is not visible.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import jsii
from aws_cdk import Stack
from constructs import IValidation

from .app_tree import WAYS_OUT, AppTree, Found, References, flat
from .endpoint_policy import binds_the_account

if TYPE_CHECKING:
    from .isolated_network import IsolatedNetwork

__all__ = ["ClosedNetworkCheck"]

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
    """Says what opens a network."""

    def __init__(self, network: "IsolatedNetwork") -> None:
        """Check a network.

        Args:
            network: The network. What is below it, or belongs to its VPC, subnets or route table,
                is looked at.
        """
        self._network = network

    def validate(self) -> list[str]:
        """Look at everything in the app that concerns the network.

        Returns:
            One sentence for each construct that opens the network.
        """
        network = self._network
        tree = AppTree.of(network, self)
        subnets = network.subnets
        # All subnets have the one route table.
        tokens = [
            network.vpc_id,
            subnets[0].route_table.route_table_id,
            *(subnet.subnet_id for subnet in subnets),
        ]
        below = set(network.node.find_all())
        concerned = dict.fromkeys(found for found in tree.found if found.node in below)
        concerned.update(dict.fromkeys(tree.concerning(References(Stack.of(network), tokens))))
        errors: list[str] = []
        for found in concerned:
            reason = next(_reasons(found, tree, own=found.node in below), None)
            if reason is not None:
                errors.append(f"{found.node.node.path} {reason}")
        return errors


def _reasons(found: Found, tree: AppTree, *, own: bool) -> Iterator[str]:
    """Why a resource cannot stay in the network, if so."""
    properties = found.properties
    if found.kind in WAYS_OUT:
        yield (
            f"{WAYS_OUT[found.kind]}, which an IsolatedNetwork does not have; remove it, or "
            "make a VPC of its own for what needs it"
        )
    match found.kind:
        case "aws_ec2.CfnVPCEndpoint":
            yield from _endpoint_reasons(
                properties, tree.account(found.stack), tree.region(found.stack)
            )
        case "aws_ec2.CfnSubnet":
            if _any(properties, "mapPublicIpOnLaunch", "ipv6CidrBlock", "ipv6IpamPoolId"):
                yield "is a subnet with public or IPv6 addresses; all subnets must be isolated"
        case "aws_ec2.CfnVPCCidrBlock":
            if _any(properties, "amazonProvidedIpv6CidrBlock", "ipv6CidrBlock", "ipv6IpamPoolId"):
                yield "gives the VPC IPv6 addresses; an IsolatedNetwork is IPv4 only"
        case "aws_ec2.CfnSubnetRouteTableAssociation" if not own:
            yield (
                "gives a subnet of the network another route table, or another subnet the "
                "network's; remove it: the network's subnets have the one without routes"
            )
        case "aws_route53resolver.CfnFirewallRuleGroupAssociation" if not own:
            yield (
                "puts DNS rules beside those of the network, which may answer names that leave "
                "it; remove it"
            )


def _any(properties: dict[str, Any], *names: str) -> bool:
    """Whether one of some properties is set."""
    return any(properties.get(name) for name in names)


def _endpoint_reasons(found: dict[str, Any], account: Any, region: Any) -> Iterator[str]:
    """Why an endpoint cannot stay in the network, if so."""
    kind, name = found.get("vpcEndpointType", "Gateway"), flat(found.get("serviceName"))
    elsewhere = flat(found.get("serviceRegion"))
    service = _service(name, flat(region))
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
    elif not binds_the_account(found.get("policyDocument"), account):
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
