"""What is refused in an isolated network when the app synthesizes.

The parts of the network are at hand for the escape hatches of the CDK (`network.vpc.
add_interface_endpoint(...)`, `ec2.InterfaceVpcEndpoint(stack, ..., vpc=network.vpc)`), so what was
made with them is looked at last, wherever in the app it is. See `app_tree` for what is not visible.
"""

import json
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

import jsii
from aws_cdk import Stack
from constructs import IValidation

from .app_tree import AppTree, Found, References, flat
from .existing_vpc import is_in_app
from .flow_log import flow_log_reason
from .perimeter import is_bound
from .services import refusal
from .ways_out import ONLY_BY_REFERENCE, WAYS_OUT

if TYPE_CHECKING:
    from .members import NetworkMembers

__all__ = ["ClosedNetworkCheck"]

# https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html, spaces counted.
_LARGEST_POLICY = 20_480
# How a region that is known at deployment only is written here.
_ANY_REGION = "Region"
_AWS_SERVICE = re.compile(
    r"(?:cn\.)?com\.amazonaws\."
    rf"(?P<region>{_ANY_REGION}|[a-z]+(?:-[a-z]+)+-\d+)\.(?P<service>[a-z][\w.-]*)"
)


@jsii.implements(IValidation)
class ClosedNetworkCheck:
    """Says what opens a network."""

    def __init__(self, network: "NetworkMembers") -> None:
        """Check a network.

        Args:
            network: The network. What is below it, or belongs to its VPC, subnets or route table,
                is looked at.
        """
        self._network = network
        self._in_app = is_in_app(network.vpc)

    def validate(self) -> list[str]:
        """Look at everything in the app that concerns the network.

        Returns:
            One sentence for each construct that opens the network.
        """
        network = self._network
        tree = AppTree.of(network, self)
        placed: dict[Found, None] = {}
        for references in self._references():
            placed.update(dict.fromkeys(tree.concerning(references)))
        concerned = {**dict.fromkeys(tree.below(network)), **placed}
        errors: list[str] = []
        for found in concerned:
            reason = next(self._reasons(found, tree, found in placed), None)
            if reason is not None:
                errors.append(f"{found.node.node.path} {reason}")
        if self._in_app:
            errors.extend(self._unreached(tree, concerned))
        return errors

    def _references(self) -> Iterator[References]:
        """What belongs to the network refers to one of these."""
        network = self._network
        # Not only those that the network uses: what is beside them is in the same VPC.
        subnets = network.vpc.isolated_subnets
        yield References(
            Stack.of(network.vpc),
            [
                network.vpc_id,
                *{subnet.route_table.route_table_id: None for subnet in subnets},
                *(subnet.subnet_id for subnet in subnets),
            ],
        )
        yield References(Stack.of(network), network._groups.ids)

    def _unreached(self, tree: AppTree, concerned: Iterable[Found]) -> Iterator[str]:
        """Which subnets of an existing VPC have no way to DynamoDB."""
        network = self._network
        tables = [
            (found, found.properties.get("routeTableIds"))
            for found in concerned
            if found.kind == "aws_ec2.CfnVPCEndpoint"
            and flat(found.properties.get("serviceName")).endswith(".dynamodb")
        ]
        stack = Stack.of(network.vpc)
        for subnet in network.subnets:
            table = References(stack, [subnet.route_table.route_table_id])
            if not any(tree.mentions(ids, found.stack, table) for found, ids in tables):
                yield (
                    f"{subnet.node.path} has a route table that the gateway endpoint of DynamoDB "
                    "is not in, so functions there reach no table; add it to the endpoint, or "
                    "leave dynamodb_endpoint out"
                )

    @cached_property
    def _own_paths(self) -> set[str]:
        """Where the parts of the network are that nobody else may make for it."""
        network = self._network
        path = network.node.path
        own = {f"{path}/DnsFirewall/Association"}
        if network._options.dns_query_log_group is not None:
            own.add(f"{path}/QueryLogAssociation")
        if self._in_app:
            subnets = network.vpc.isolated_subnets
            own.update(f"{subnet.node.path}/RouteTableAssociation" for subnet in subnets)
        else:
            own.update(f"{path}/Subnet{number + 1}Routes" for number in range(len(network.subnets)))
        return own

    def _is_own(self, found: Found) -> bool:
        """Whether a resource is a part of the network, or of the VPC that it was made from."""
        return found.node.node.path in self._own_paths

    def _is_about_groups(self, found: Found, tree: AppTree) -> bool:
        """Whether somebody has added a rule to a group that all functions share."""
        groups = self._network._groups
        shared = References(Stack.of(self._network), groups.ids)
        return (
            tree.mentions(found.properties.get("groupId"), found.stack, shared)
            and found.node.node.path != groups.own_rule_path
        )

    def _reasons(self, found: Found, tree: AppTree, is_placed: bool) -> Iterator[str]:
        """Why a resource, which refers to the network or is below it, cannot stay, if so."""
        properties = found.properties
        if found.kind in WAYS_OUT and (is_placed or found.kind not in ONLY_BY_REFERENCE):
            yield WAYS_OUT[found.kind]
        match found.kind:
            case "aws_ec2.CfnVPCEndpoint":
                yield from _endpoint_reasons(
                    properties,
                    tree.account(found.stack),
                    tree.region(found.stack),
                    found.stack.resolve(self._network.organization_id),
                )
            case "aws_ec2.CfnSubnet":
                if _any(properties, "mapPublicIpOnLaunch", "ipv6CidrBlock", "ipv6IpamPoolId"):
                    yield "is a subnet with public or IPv6 addresses; all subnets must be isolated"
            case "aws_ec2.CfnFlowLog":
                reason = flow_log_reason(found, tree) if is_placed else None
                if reason is not None:
                    yield reason
            case "aws_ec2.CfnSubnetCidrBlock":
                yield "gives a subnet IPv6 addresses; an IsolatedNetwork is IPv4 only"
            case "aws_ec2.CfnVPCCidrBlock":
                if _any(
                    properties, "amazonProvidedIpv6CidrBlock", "ipv6CidrBlock", "ipv6IpamPoolId"
                ):
                    yield "gives the VPC IPv6 addresses; an IsolatedNetwork is IPv4 only"
            case "aws_ec2.CfnSubnetRouteTableAssociation" if is_placed and not self._is_own(found):
                yield (
                    "gives a subnet of the network another route table, or another subnet the "
                    "network's; remove it: the network's subnets have the one without routes"
                )
            case "aws_ec2.CfnSecurityGroupEgress" if self._is_about_groups(found, tree):
                yield (
                    "opens the group of all functions of the network; connect it to the one "
                    "function that needs it: other.connections.allow_default_port_from(fn)"
                )
            case "aws_ec2.CfnSecurityGroupIngress" if self._is_about_groups(found, tree):
                yield (
                    "lets others than the functions of the network in; remove it: what else "
                    "needs the endpoints belongs into a network of its own"
                )
            case "aws_route53resolver.CfnFirewallRuleGroupAssociation" if not self._is_own(found):
                yield (
                    "puts DNS rules beside those of the network, which may answer names that "
                    "leave it; remove it"
                )
            case "aws_route53resolver.CfnResolverQueryLoggingConfigAssociation":
                if is_placed and not self._is_own(found):
                    yield (
                        "logs what functions ask for, and who reads it is not known; remove it, "
                        "and write dns_query_log_group=logs.LogGroup(self, 'Queries') at the "
                        "network"
                    )


def _any(properties: dict[str, Any], *names: str) -> bool:
    """Whether one of some properties is set."""
    return any(properties.get(name) for name in names)


def _endpoint_reasons(
    found: dict[str, Any], account: Any, region: Any, organization_id: Any
) -> Iterator[str]:
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
    elif kind == "Interface" and (refused := refusal(service)) is not None:
        yield f"leads to {service}, and {refused.reason}; {refused.instead}"
    elif not is_bound(found.get("policyDocument"), account, organization_id):
        yield (
            "carries calls with anybody's keys or to anybody's resources; add to each Allow of "
            "its policy the condition StringEquals aws:PrincipalAccount and aws:ResourceAccount, "
            "both the account of the stack"
        )
    elif len(json.dumps(found["policyDocument"])) > _LARGEST_POLICY:
        yield (
            f"has a policy of more than {_LARGEST_POLICY:,} characters, which is as many as an "
            "endpoint takes; name fewer buckets or resources, or a pattern for several"
        )


def _service(name: str, here: str) -> str | None:
    """The AWS service that an endpoint service's name means in a region, or `None`."""
    match = _AWS_SERVICE.fullmatch(name)
    if match is None or (here != _ANY_REGION and match["region"] not in (here, _ANY_REGION)):
        return None
    return match["service"]
