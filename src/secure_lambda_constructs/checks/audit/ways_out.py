"""What is attached to a VPC of the assembly and leads out of it, or answers its DNS queries."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from ...signing.command.aws import DeclinedError
from .calls import ELSEWHERE, Account, UnreadError
from .deployed import Resource
from .findings import Finding

__all__ = ["find_added_gateways", "find_added_resolution"]

_GONE_STATES = {
    "deleted",
    "deleting",
    "detached",
    "detaching",
    "disassociated",
    "disassociating",
    "expired",
    "failed",
    "rejected",
}
_AMAZON = "AmazonProvidedDNS"
# What every VPC has: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/
# resolver-overview-DSN-queries-to-vpc.html
_AUTODEFINED = "rslvr-autodefined-rr-"


class _Way(NamedTuple):
    """A kind of what leads out of a VPC, and how to list it."""

    service: str
    operation: str
    items: str
    identifier: str
    title: str
    call: str
    vpcs: Callable[[Mapping[str, Any]], list[Any]]


def _own(item: Mapping[str, Any]) -> list[Any]:
    return [item.get("VpcId")]


def _attached(name: str) -> Callable[[Mapping[str, Any]], list[Any]]:
    def vpcs(item: Mapping[str, Any]) -> list[Any]:
        return [
            each.get("VpcId")
            for each in item.get(name) or ()
            if str(each.get("State")).lower() not in _GONE_STATES
        ]

    return vpcs


def _peers(item: Mapping[str, Any]) -> list[Any]:
    sides = ("AccepterVpcInfo", "RequesterVpcInfo")
    return [(item.get(side) or {}).get("VpcId") for side in sides]


_WAYS = (
    _Way(
        "ec2",
        "DescribeCarrierGateways",
        "CarrierGateways",
        "CarrierGatewayId",
        "carrier gateway",
        "CreateCarrierGateway",
        _own,
    ),
    _Way(
        "ec2",
        "DescribeClientVpnEndpoints",
        "ClientVpnEndpoints",
        "ClientVpnEndpointId",
        "client VPN endpoint",
        "CreateClientVpnEndpoint",
        _own,
    ),
    _Way(
        "ec2",
        "DescribeEgressOnlyInternetGateways",
        "EgressOnlyInternetGateways",
        "EgressOnlyInternetGatewayId",
        "egress-only internet gateway",
        "CreateEgressOnlyInternetGateway",
        _attached("Attachments"),
    ),
    _Way(
        "ec2",
        "DescribeInternetGateways",
        "InternetGateways",
        "InternetGatewayId",
        "internet gateway",
        "AttachInternetGateway",
        _attached("Attachments"),
    ),
    _Way(
        "ec2",
        "DescribeLocalGatewayRouteTableVpcAssociations",
        "LocalGatewayRouteTableVpcAssociations",
        "LocalGatewayRouteTableVpcAssociationId",
        "local gateway",
        "CreateLocalGatewayRouteTableVpcAssociation",
        _own,
    ),
    _Way(
        "ec2",
        "DescribeNatGateways",
        "NatGateways",
        "NatGatewayId",
        "NAT gateway",
        "CreateNatGateway",
        _own,
    ),
    _Way(
        "ec2",
        "DescribeTransitGatewayVpcAttachments",
        "TransitGatewayVpcAttachments",
        "TransitGatewayAttachmentId",
        "transit gateway",
        "CreateTransitGatewayVpcAttachment",
        _own,
    ),
    _Way(
        "ec2",
        "DescribeVpcPeeringConnections",
        "VpcPeeringConnections",
        "VpcPeeringConnectionId",
        "peering connection",
        "*VpcPeeringConnection",
        _peers,
    ),
    _Way(
        "ec2",
        "DescribeVpnGateways",
        "VpnGateways",
        "VpnGatewayId",
        "VPN gateway",
        "AttachVpnGateway",
        _attached("VpcAttachments"),
    ),
    _Way(
        "vpc-lattice",
        "ListServiceNetworkVpcAssociations",
        "items",
        "id",
        "service network of VPC Lattice",
        "CreateServiceNetworkVpcAssociation",
        lambda item: [item.get("vpcId")],
    ),
)


def find_added_gateways(
    account: Account, region: str, vpc: Resource, resources: Sequence[Resource]
) -> Iterator[Finding]:
    """Find what leads out of a VPC and is in no template.

    A gateway without a route carries nothing yet; the route is a finding of its own.

    Args:
        account: The connection.
        region: The region.
        vpc: The VPC.
        resources: All resources of the assembly in the region.

    Yields:
        What was found. What cannot be listed is among the account's gaps.
    """
    wanted = {each.physical for each in resources if not _is_gateway(each)}
    for each in resources:
        if each.type == "AWS::EC2::VPCGatewayAttachment" and _vpc_of(each) == vpc.physical:
            named = (each.properties.get(f"{name}GatewayId") for name in ("Internet", "Vpn"))
            wanted |= {name for name in named if isinstance(name, str)}
    for way in _WAYS:
        # VPC Lattice lists by VPC alone; EC2 lists all of the region, which is asked for once.
        of_vpc: dict[str, Any] = {}
        if way.service == "vpc-lattice":
            of_vpc = {"vpcIdentifier": vpc.physical}
        about = f"each {way.title} of {vpc.physical}" if of_vpc else f"each {way.title}"
        try:
            answer = account.ask(
                region, way.service, way.operation, about, declined={ELSEWHERE}, **of_vpc
            )
        except (DeclinedError, UnreadError):
            continue
        for item in answer.get(way.items) or ():
            identifier = str(item[way.identifier])
            gone = _state(item) in _GONE_STATES
            if gone or vpc.physical not in way.vpcs(item) or identifier in wanted:
                continue
            yield Finding(
                "gateway-added",
                region,
                identifier,
                "no such way out",
                f"{way.title} in {vpc.physical}",
                vpc.path,
                (identifier, vpc.physical),
                calls=(way.call,),
            )


def _is_gateway(resource: Resource) -> bool:
    """Tell whether it belongs to a VPC by an attachment alone, so that it may be moved."""
    return resource.type in {"AWS::EC2::InternetGateway", "AWS::EC2::VPNGateway"}


def _vpc_of(resource: Resource) -> Any:
    return resource.properties.get("VpcId")


def _state(item: Mapping[str, Any]) -> str:
    status = item.get("State", item.get("status", item.get("Status")))
    code = status.get("Code") if isinstance(status, Mapping) else status
    return str(code).lower()


def find_added_resolution(
    account: Account, region: str, vpc: Resource, resources: Sequence[Resource]
) -> Iterator[Finding]:
    """Find what answers the DNS queries of a VPC, or lets them pass, and is in no template.

    Args:
        account: The connection.
        region: The region.
        vpc: The VPC.
        resources: All resources of the assembly in the region.

    Yields:
        What was found. What cannot be read is among the account's gaps.
    """
    wanted = {each.physical for each in resources}
    for look, calls in (
        (_firewall, ("AssociateFirewallRuleGroup",)),
        (_rules, ("AssociateResolverRule",)),
        (_endpoints, ("CreateResolverEndpoint",)),
        (_zones, ("AssociateVPCWithHostedZone", "CreateHostedZone")),
    ):
        with suppress(UnreadError):
            for identifier, what, names in look(account, region, vpc.physical):
                if identifier not in wanted:
                    yield Finding(
                        "dns-changed",
                        region,
                        identifier,
                        "none but those of the template",
                        f"{what} for {vpc.physical}",
                        vpc.path,
                        (identifier, *names, vpc.physical),
                        calls=calls,
                    )
    with suppress(UnreadError):
        yield from _servers(account, region, vpc, resources)


_Found = Iterator[tuple[str, str, tuple[str, ...]]]


def _firewall(account: Account, region: str, vpc: str) -> _Found:
    answer = account.ask(
        region,
        "route53resolver",
        "ListFirewallRuleGroupAssociations",
        f"the VPC {vpc}",
        VpcId=vpc,
    )
    for each in answer["FirewallRuleGroupAssociations"]:
        group = str(each["FirewallRuleGroupId"])
        if _state(each) not in _GONE_STATES:
            yield each["Id"], f"rule group {group} with priority {each['Priority']}", (group,)


def _rules(account: Account, region: str, vpc: str) -> _Found:
    answer = account.ask(
        region, "route53resolver", "ListResolverRuleAssociations", "the resolver rules"
    )
    for each in answer["ResolverRuleAssociations"]:
        rule = str(each["ResolverRuleId"])
        if each["VPCId"] == vpc and not rule.startswith(_AUTODEFINED):
            yield each["Id"], f"resolver rule {rule}", (rule,)


def _endpoints(account: Account, region: str, vpc: str) -> _Found:
    answer = account.ask(
        region, "route53resolver", "ListResolverEndpoints", "the resolver endpoints"
    )
    for each in answer["ResolverEndpoints"]:
        if each.get("HostVPCId") == vpc and _state(each) not in _GONE_STATES:
            yield each["Id"], f"resolver endpoint {each.get('Direction')}", ()


def _zones(account: Account, region: str, vpc: str) -> _Found:
    answer = account.ask(
        account.home,
        "route53",
        "ListHostedZonesByVPC",
        f"the hosted zones of {vpc}",
        VPCId=vpc,
        VPCRegion=region,
    )
    for each in answer["HostedZoneSummaries"]:
        # Endpoints with private DNS have zones that belong to their services.
        if not (each.get("Owner") or {}).get("OwningService"):
            zone = str(each["HostedZoneId"]).rsplit("/", 1)[-1]
            yield zone, f"hosted zone {each.get('Name')}", ()


def _servers(
    account: Account, region: str, vpc: Resource, resources: Sequence[Resource]
) -> Iterator[Finding]:
    """Find DHCP options that name other DNS servers than the VPC's resolver."""
    wanted = [
        each.properties.get("DhcpOptionsId")
        for each in resources
        if each.type == "AWS::EC2::VPCDHCPOptionsAssociation" and _vpc_of(each) == vpc.physical
    ]
    networks = account.ask(region, "ec2", "DescribeVpcs", "the VPCs")["Vpcs"]
    live = next((e.get("DhcpOptionsId") for e in networks if e["VpcId"] == vpc.physical), None)
    if live is None or live in wanted:
        return
    answer = account.ask(region, "ec2", "DescribeDhcpOptions", "the DHCP options")
    servers = [
        str(value.get("Value"))
        for options in answer["DhcpOptions"]
        if options["DhcpOptionsId"] == live
        for setting in options["DhcpConfigurations"]
        if setting["Key"] == "domain-name-servers"
        for value in setting["Values"]
    ]
    if wanted or any(each != _AMAZON for each in servers):
        found = f"DHCP options {live} with the DNS servers {', '.join(servers) or 'none'}"
        should = f"DHCP options {wanted[0]}" if wanted else f"the DNS servers {_AMAZON}"
        trail, calls = (vpc.physical, str(live)), ("AssociateDhcpOptions",)
        yield Finding(
            "dns-changed", region, vpc.physical, should, found, vpc.path, trail, calls=calls
        )
