"""N01-N10: ways out through the network itself."""

import re
from collections.abc import Iterator
from typing import Any

from ...model.values import Unknown, as_list, strings, unknowns
from ...model.views import Function, security_group_rules
from ...model.world import Resource
from ..case import Case
from ..egress import PLACES
from ..register import path
from .databases import groups_of_databases, is_of_closed_proxies
from .requests import reads_data

__all__ = ["PREFIX_LISTS", "egress_rules"]

# No attribute in CloudFormation tells these; they are regional, and the same id means another
# service elsewhere (docs.aws.amazon.com/vpc, "AWS-managed prefix lists").
PREFIX_LISTS = {
    ("us-east-1", "pl-02cd2c6b"): "dynamodb",
    ("us-east-1", "pl-63a5400a"): "s3",
    ("eu-west-1", "pl-6fa54006"): "dynamodb",
    ("eu-west-1", "pl-6da54004"): "s3",
}

# The rule by which the CDK says "no egress": it reaches no address.
_NOWHERE = {"CidrIp": "255.255.255.255/32", "IpProtocol": "icmp"}

_EVERYWHERE = {"0.0.0.0/0", "::/0"}

# Route property: the path it belongs to. Every other target is N04's.
_ROUTE_TARGETS = {
    "EgressOnlyInternetGatewayId": "N05",
    "CoreNetworkArn": "N06",
    "OdbNetworkArn": "N06",
    "TransitGatewayId": "N06",
    "VpcPeeringConnectionId": "N06",
    "VpcEndpointId": "N07",
}

# What may name our VPC or subnets without being a host that could forward for the function.
_NO_HOST = {
    "AWS::CloudFormation::Stack",
    "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::Table",
    "AWS::EC2::CarrierGateway",
    "AWS::EC2::EgressOnlyInternetGateway",
    "AWS::EC2::FlowLog",
    "AWS::EC2::LocalGatewayRouteTableVPCAssociation",
    "AWS::EC2::NatGateway",
    "AWS::EC2::NetworkAcl",
    "AWS::EC2::Route",
    "AWS::EC2::RouteTable",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::Subnet",
    "AWS::EC2::SubnetNetworkAclAssociation",
    "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::EC2::VPC",
    "AWS::EC2::VPCBlockPublicAccessExclusion",
    "AWS::EC2::VPCCidrBlock",
    "AWS::EC2::VPCDHCPOptionsAssociation",
    "AWS::EC2::VPCEndpoint",
    "AWS::EC2::VPCGatewayAttachment",
    "AWS::EC2::VPNGatewayRoutePropagation",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::IAM::RolePolicy",
    "AWS::KMS::Key",
    "AWS::Lambda::Function",
    # It speaks the database's protocol with its database, and nothing else with anybody.
    "AWS::RDS::DBProxy",
    "AWS::RDS::DBSubnetGroup",
    "AWS::Route53::HostedZone",
    "AWS::Route53Profiles::ProfileAssociation",
    "AWS::Route53Resolver::FirewallConfig",
    "AWS::Route53Resolver::FirewallRuleGroupAssociation",
    "AWS::Route53Resolver::ResolverEndpoint",
    "AWS::Route53Resolver::ResolverQueryLoggingConfigAssociation",
    "AWS::Route53Resolver::ResolverRuleAssociation",
    "AWS::S3::BucketPolicy",
    "AWS::SSM::Parameter",
}

# What joins a VPC to another network; N06 looks for them, N08 leaves them to it.
_JOINING = {
    "AWS::EC2::ClientVpnTargetNetworkAssociation",
    "AWS::EC2::TransitGatewayAttachment",
    "AWS::EC2::TransitGatewayVpcAttachment",
    "AWS::EC2::VPCPeeringConnection",
    "AWS::NetworkManager::VpcAttachment",
    "AWS::RAM::ResourceShare",
    "AWS::VpcLattice::ServiceNetworkVpcAssociation",
    "AWS::EC2::ClientVpnEndpoint",
}


@path("N01", "a function that reads data is outside the VPC")
def _n01(case: Case) -> list[str]:
    reasons = [
        f"{function.path} reads data and is outside"
        for function in case.outside
        if reads_data(case, function.documents)
    ]
    roles = {f.role.path for f in case.isolated if f.role is not None}
    reasons += [
        f"{role.path} reads data and is not the role of a function in the VPC"
        for role in case.world.of("AWS::IAM::Role")
        if role.path not in roles
        and reads_data(case, case.documents_of(role))
        and not is_of_closed_proxies(case, role)
    ]
    return reasons


@path("N02", "the function's subnets are somebody else's")
def _n02(case: Case) -> list[str]:
    reasons: list[str] = []
    for function in case.isolated:
        for subnet_id, subnet in zip(function.subnet_ids, function.subnets, strict=True):
            if subnet is None:
                reasons.append(f"{function.path}: no template creates the subnet {subnet_id}")
            elif case.world.find(subnet.get("VpcId"), "AWS::EC2::VPC") is None:
                reasons.append(f"{subnet.path}: no template creates its VPC")
    return reasons


@path("N03", "internet, carrier or local gateway")
def _n03(case: Case) -> list[str]:
    reasons = [
        f"{attachment.path} attaches {attachment.get('InternetGatewayId')}"
        for attachment in case.world.of("AWS::EC2::VPCGatewayAttachment")
        if attachment.get("InternetGatewayId") is not None
        and case.is_ours(attachment.get("VpcId"), case.vpc_ids)
    ]
    reasons += [
        f"{found.path} is a {found.type}"
        for found in case.world.of(
            "AWS::EC2::CarrierGateway",
            "AWS::EC2::LocalGatewayRouteTableVPCAssociation",
            "AWS::EC2::VPCBlockPublicAccessExclusion",
        )
        if case.is_ours(found.get("VpcId"), case.vpc_ids)
        or case.is_ours(found.get("SubnetId"), [subnet.id for subnet in case.subnets])
    ]
    return reasons


@path("N04", "NAT, NAT instance or public route")
def _n04(case: Case) -> list[str]:
    reasons = [
        f"{gateway.path} is a NAT gateway in the VPC"
        for gateway in case.world.of("AWS::EC2::NatGateway")
        if _in_vpc(case, gateway)
    ]
    return reasons + list(_routes(case, "N04"))


@path("N05", "IPv6")
def _n05(case: Case) -> list[str]:
    reasons = [
        f"{gateway.path} is an egress-only gateway in the VPC"
        for gateway in case.world.of("AWS::EC2::EgressOnlyInternetGateway")
        if case.is_ours(gateway.get("VpcId"), case.vpc_ids)
    ]
    reasons += [
        f"{function.path} may use IPv6"
        for function in case.isolated
        if function.resource.get("VpcConfig", "Ipv6AllowedForDualStack", default=False) is not False
    ]
    return reasons + list(_routes(case, "N05"))


@path("N06", "the VPC is joined to another network")
def _n06(case: Case) -> list[str]:
    ours = {*case.vpc_ids, *(subnet.id for subnet in case.subnets)}
    reasons = [
        f"{found.path} is a {found.type} of the VPC"
        for found in case.world.of(*_JOINING)
        if ours & _names(found)
    ]
    reasons += [
        f"{attachment.path} attaches a VPN gateway"
        for attachment in case.world.of("AWS::EC2::VPCGatewayAttachment")
        if attachment.get("VpnGatewayId") is not None
        and case.is_ours(attachment.get("VpcId"), case.vpc_ids)
    ]
    return reasons + list(_routes(case, "N06"))


@path("N07", "an endpoint to somebody else's service")
def _n07(case: Case) -> list[str]:
    reasons = [
        f"{endpoint.resource.path} leads to {endpoint.resource.get('ServiceName')}"
        for endpoint in case.endpoints
        if endpoint.service is None or endpoint.service.startswith("vpce")
    ]
    return reasons + list(_routes(case, "N07"))


@path("N08", "a host in the same VPC forwards")
def _n08(case: Case) -> list[str]:
    ours = {*case.vpc_ids, *(subnet.id for subnet in case.subnets)}
    return [
        f"{found.path} ({found.type}) is in the VPC"
        for found in case.world.resources
        if found.type not in _NO_HOST | _JOINING and (ours & _names(found) or _is_somewhere(found))
    ]


@path("N09", "the function's security group lets everything out")
def _n09(case: Case) -> list[str]:
    reasons: list[str] = []
    for function, group, rules in egress_rules(case):
        if group is None:
            reasons.append(f"{function.path} has a security group that no template creates")
        elif not rules:
            reasons.append(f"{group.path} has no egress rule, so EC2 adds one to everywhere")
        for rule in rules:
            if {rule.get("CidrIp"), rule.get("CidrIpv6")} & _EVERYWHERE or "Unknown" in rule:
                reasons.append(f"{group.path if group else '?'} lets out to everywhere")
    return reasons


@path("N10", "egress is wider than the endpoints")
def _n10(case: Case) -> list[str]:
    reasons: list[str] = []
    for function, group, rules in egress_rules(case):
        name = function.path if group is None else group.path
        if not rules:
            reasons.append(f"{name} has no egress rule that can be read")
        reasons += [f"{name}: {why}" for rule in rules if (why := _too_wide(case, rule))]
    for endpoint in case.endpoints:
        reasons += _endpoint_ingress(case, endpoint.resource)
    return reasons


def egress_rules(
    case: Case,
) -> Iterator[tuple[Function, Resource | None, list[dict[str, Any]]]]:
    """Yield each isolated function with each of its security groups and the egress rules of it."""
    for function in case.isolated:
        # Without a security group Lambda takes the VPC's default one, which lets everything out.
        for group in function.security_groups or [None]:
            if group is None:
                yield function, None, []
            else:
                yield function, group, security_group_rules(case.world, group, "Egress")


def _too_wide(case: Case, rule: dict[str, Any]) -> str | None:
    if rule.items() >= _NOWHERE.items():
        return None
    port = rule.get("FromPort")
    if rule.get("DestinationSecurityGroupId") in groups_of_databases(case) and (
        (rule.get("IpProtocol"), rule.get("ToPort")) == ("tcp", port)
    ):
        return f"a rule's port is not known: {rule}" if isinstance(port, Unknown) else None
    if (rule.get("IpProtocol"), rule.get("FromPort"), rule.get("ToPort")) != ("tcp", 443, 443):
        return f"a rule is not tcp 443 only: {rule}"
    group_id = rule.get("DestinationSecurityGroupId")
    if group_id is not None:
        of_endpoints = [
            item for e in case.endpoints for item in as_list(e.resource.get("SecurityGroupIds"))
        ]
        return None if group_id in of_endpoints else f"{group_id} is not an endpoint's group"
    prefix_list = rule.get("DestinationPrefixListId")
    service = _prefix_list_service(case, prefix_list)
    if service is None:
        return f"the rule's destination is not known: {rule}"
    gateways = {endpoint.service for endpoint in case.endpoints if endpoint.is_gateway}
    return None if service in gateways else f"{prefix_list} is {service}, without an endpoint"


def _prefix_list_service(case: Case, prefix_list: Any) -> str | None:
    regions = {function.resource.region for function in case.isolated}
    for region in regions:
        service = PREFIX_LISTS.get((region, str(prefix_list)))
        if service is not None and len(regions) == 1:
            return service
    return None


def _endpoint_ingress(case: Case, endpoint: Resource) -> Iterator[str]:
    ours = [group.id for f in case.isolated for group in f.security_groups if group is not None]
    for group_id in as_list(endpoint.get("SecurityGroupIds")):
        group = case.world.find(group_id, "AWS::EC2::SecurityGroup")
        if group is None:
            yield f"{endpoint.path} has a security group that no template creates"
            continue
        for rule in security_group_rules(case.world, group, "Ingress"):
            if rule.get("SourceSecurityGroupId") not in ours:
                yield f"{group.path} lets others in than the function: {rule}"


def _routes(case: Case, wanted: str) -> Iterator[str]:
    for route in case.world.of("AWS::EC2::Route"):
        if not case.is_ours(route.get("RouteTableId"), case.route_table_ids):
            continue
        named = [_ROUTE_TARGETS[key] for key in _ROUTE_TARGETS if route.get(key) is not None]
        belongs_to = set(named or ["N04"])
        if route.get("DestinationIpv6CidrBlock") is not None:
            belongs_to.add("N05")
        if re.match(r"vgw-", str(route.get("GatewayId"))):
            belongs_to = {"N06"}
        if wanted in belongs_to:
            yield f"{route.path} is a route out of the function's subnets"


def _in_vpc(case: Case, resource: Resource) -> bool:
    subnet_id = resource.get("SubnetId")
    subnet = case.world.find(subnet_id, "AWS::EC2::Subnet")
    if subnet is not None:
        return case.is_ours(subnet.get("VpcId"), case.vpc_ids)
    return isinstance(subnet_id, Unknown) or subnet_id is not None


def _is_somewhere(resource: Resource) -> bool:
    """Tell whether it is in a network that nobody can tell, which may be ours."""
    return any(any(unknowns(resource.get(name))) for name in PLACES)


def _names(resource: Resource) -> set[str]:
    """Return every string in the properties, and in the last part of every ARN there."""
    found = set(strings(resource.properties))
    return found | {text.rsplit("/", 1)[-1] for text in found if text.startswith("arn:")}
