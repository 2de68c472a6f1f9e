"""N03-N08: ways out through the network itself."""

from collections.abc import Iterator

from ...model.values import Unknown, unknowns
from ...model.world import Resource
from ..case import Case
from ..egress import is_somewhere, names
from ..reasons import Reason, told
from ..register import path
from .security_groups import PREFIX_LISTS
from .unseen import unseen

__all__ = ["PREFIX_LISTS"]

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
    # Databases, caches and file systems open no connection to where they are told.
    "AWS::DAX::SubnetGroup",
    "AWS::DocDB::DBSubnetGroup",
    "AWS::EFS::MountTarget",
    "AWS::ElastiCache::ServerlessCache",
    "AWS::ElastiCache::SubnetGroup",
    "AWS::MemoryDB::SubnetGroup",
    "AWS::Neptune::DBSubnetGroup",
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

# What a route may lead to, as a reason says it.
_TARGETS = (
    *_ROUTE_TARGETS,
    "CarrierGatewayId",
    "GatewayId",
    "InstanceId",
    "LocalGatewayId",
    "NatGatewayId",
    "NetworkInterfaceId",
)


@path(
    "N03",
    "internet, carrier or local gateway",
    attack="The VPC has a gateway: one route or one public address later, the code sends the rows "
    "straight to the internet.",
    mend="Use an IsolatedNetwork, which has none. With the CDK's own classes: "
    "ec2.Vpc(create_internet_gateway=False, nat_gateways=0) with PRIVATE_ISOLATED subnets only, "
    "and a second VPC for what has to be public.",
)
def _n03(case: Case) -> Iterator[Reason]:
    for attachment in case.world.of("AWS::EC2::VPCGatewayAttachment"):
        gateway = attachment.get("InternetGatewayId")
        if gateway is not None and case.is_ours(attachment.get("VpcId"), case.vpc_ids):
            yield Reason(attachment, "attaches an internet gateway to the VPC", told(gateway))
    subnet_ids = {subnet.id for subnet in case.subnets}
    for found in case.world.of(
        "AWS::EC2::CarrierGateway",
        "AWS::EC2::LocalGatewayRouteTableVPCAssociation",
        "AWS::EC2::VPCBlockPublicAccessExclusion",
    ):
        if case.is_ours(found.get("VpcId"), case.vpc_ids) or case.is_ours(
            found.get("SubnetId"), subnet_ids
        ):
            yield Reason(found, f"is an {found.type} of the VPC")
    yield from unseen(case, "which gateways it has")


@path(
    "N04",
    "NAT, NAT instance or public route",
    attack="The code opens a connection to a host of the attacker, and the NAT gateway or the "
    "route carries the rows there.",
    mend="Use an IsolatedNetwork, whose route tables have no route but those of gateway endpoints, "
    "and an EgressRelayFunction for calls to the internet. With the CDK's own classes: "
    "ec2.Vpc(nat_gateways=0), the function in PRIVATE_ISOLATED subnets, and no ec2.CfnRoute in "
    "their route tables.",
)
def _n04(case: Case) -> Iterator[Reason]:
    for gateway in case.world.of("AWS::EC2::NatGateway"):
        subnet_id = gateway.get("SubnetId")
        subnet = case.world.find(subnet_id, "AWS::EC2::Subnet")
        if subnet is None:
            text = "is a NAT gateway in a subnet that no template creates, and so maybe in the VPC"
            yield Reason(gateway, text, told(subnet_id))
        elif case.is_ours(subnet.get("VpcId"), case.vpc_ids):
            yield Reason(gateway, "is a NAT gateway in the VPC")
    yield from _routes(case, "N04")
    for association in _associations(case):
        table = association.get("RouteTableId")
        if case.world.find(table, "AWS::EC2::RouteTable") is None:
            text = "gives a subnet of a function a route table that no template creates"
            yield Reason(association, text, told(table))
    yield from unseen(case, "where its routes lead")


@path(
    "N05",
    "IPv6",
    attack="The code takes IPv6, where no NAT is needed: the egress-only gateway carries the rows "
    "to any host.",
    mend="Use an IsolatedNetwork, which is IPv4 only. With the CDK's own classes: no "
    "ip_protocol=ec2.IpProtocol.DUAL_STACK, no ec2.CfnEgressOnlyInternetGateway, no route to ::/0, "
    "and no ipv6_allowed_for_dual_stack at the function.",
)
def _n05(case: Case) -> Iterator[Reason]:
    for gateway in case.world.of("AWS::EC2::EgressOnlyInternetGateway"):
        if case.is_ours(gateway.get("VpcId"), case.vpc_ids):
            yield Reason(gateway, "is an egress-only gateway of the VPC")
    for function in case.isolated:
        wanted = function.resource.get("VpcConfig", "Ipv6AllowedForDualStack", default=False)
        if isinstance(wanted, Unknown) and function.subnet_ids == [wanted]:
            # Nothing of its VpcConfig is known; N02 says so.
            continue
        if wanted not in (False, "false"):
            yield Reason(function.resource, "may use IPv6")
    yield from _routes(case, "N05")
    yield from unseen(case, "whether it leads out by IPv6")


@path(
    "N06",
    "the VPC is joined to another network",
    attack="The code sends the rows through the peering, the transit gateway or the VPN to a host "
    "of the other network, and from there to the internet.",
    mend="Leave the VPC of the functions alone: an IsolatedNetwork refuses what joins it to "
    "another one. With the CDK's own classes: remove the attachment and its routes, and put what "
    "needs the other network into a second VPC.",
)
def _n06(case: Case) -> Iterator[Reason]:
    ours = _ids(case)
    for found in case.world.of(*_JOINING):
        if not ours.isdisjoint(case.once(names)[found.path]):
            yield Reason(found, f"joins the VPC to another network ({found.type})")
        elif _may_join(case, found):
            text = "may join the VPC to another network, because nobody can tell what this"
            yield Reason(found, f"{text} {found.type} joins")
    for attachment in case.world.of("AWS::EC2::VPCGatewayAttachment"):
        gateway = attachment.get("VpnGatewayId")
        if gateway is not None and case.is_ours(attachment.get("VpcId"), case.vpc_ids):
            yield Reason(attachment, "attaches a VPN gateway to the VPC", told(gateway))
    yield from _routes(case, "N06")
    yield from unseen(case, "which networks it is joined to")


@path(
    "N07",
    "an endpoint to somebody else's service",
    attack="The endpoint leads to a service that the attacker runs behind AWS PrivateLink, and the "
    "code sends the rows there; such an endpoint can have no policy.",
    mend="Use IsolatedNetwork.add_interface_endpoint(), which takes services of AWS in the "
    "network's region only. With the CDK's own classes: ec2.InterfaceVpcEndpointAwsService "
    "instead of ec2.InterfaceVpcEndpointService or a service name of your own.",
)
def _n07(case: Case) -> Iterator[Reason]:
    for endpoint in case.endpoints:
        if endpoint.service is None or endpoint.service.startswith("vpce"):
            service = told(endpoint.resource.get("ServiceName"))
            service += f", judged for {endpoint.resource.region}"
            text = "is an endpoint to what is no service of AWS in this region"
            yield Reason(endpoint.resource, text, service)
    yield from _routes(case, "N07")
    yield from unseen(case, "which endpoints it has")


@path(
    "N08",
    "a host in the same VPC forwards",
    attack="The code hands the rows to the host, the container or the load balancer beside it, "
    "which has a way out and passes them on.",
    mend="Keep the VPC for the functions: an IsolatedNetwork refuses hosts in its subnets. With "
    "the CDK's own classes: give instances, containers, load balancers and endpoints of services "
    "that move data a VPC of their own.",
)
def _n08(case: Case) -> Iterator[Reason]:
    ours, named = _ids(case), case.once(names)
    for found in case.world.resources:
        if found.type in _NO_HOST or found.type in _JOINING:
            continue
        if not ours.isdisjoint(named[found.path]):
            yield Reason(found, f"is in the VPC and may forward ({found.type})")
        elif is_somewhere(found):
            text = f"may be in the VPC and forward, because nobody can tell where this {found.type}"
            yield Reason(found, f"{text} is")
    yield from unseen(case, "what else is in it")


def _may_join(case: Case, found: Resource) -> bool:
    """Tell whether it joins VPCs or subnets that nobody can tell, which may be any."""
    joined = [found.get(name) for name in ("VpcArn", "VpcId", "VpcIdentifier")]
    if case.is_ours(found.get("PeerOwnerId", default=found.account), case.accounts):
        joined.append(found.get("PeerVpcId"))
    if not any(each is not None for each in joined):
        joined = [found.get(name) for name in ("ResourceArns", "SubnetArns", "SubnetId")]
        joined.append(found.get("SubnetIds"))
    return any(any(unknowns(each)) for each in joined)


def _ids(case: Case) -> set[str]:
    return {*case.vpc_ids, *(str(subnet.id) for subnet in case.subnets)}


def _associations(case: Case) -> list[Resource]:
    """The associations that give subnets of the functions their route tables."""
    ours = {subnet.id for subnet in case.subnets}
    kind = "AWS::EC2::SubnetRouteTableAssociation"
    return [each for each in case.world.of(kind) if case.is_ours(each.get("SubnetId"), ours)]


def _has_main_table(case: Case) -> bool:
    """Tell whether a subnet may have the main route table of its VPC, as it has no other."""
    associated = {each.get("SubnetId") for each in _associations(case)}
    return any(subnet.id not in associated for subnet in case.subnets)


def _routes(case: Case, wanted: str) -> Iterator[Reason]:
    tables = {table for table in case.route_table_ids if isinstance(table, str)}
    main = case.once(_has_main_table)
    for route in case.world.of("AWS::EC2::Route"):
        table = route.get("RouteTableId")
        # No template creates a main table, so that it may be that of any other name.
        unnamed = main and case.world.find(table, "AWS::EC2::RouteTable") is None
        if not unnamed and not case.is_ours(table, tables):
            continue
        named = [_ROUTE_TARGETS[key] for key in _ROUTE_TARGETS if route.get(key) is not None]
        belongs_to = set(named or ["N04"])
        if route.get("DestinationIpv6CidrBlock") is not None:
            belongs_to.add("N05")
        if str(route.get("GatewayId")).startswith("vgw-"):
            belongs_to = {"N06"}
        if wanted in belongs_to:
            target = next((route.get(key) for key in _TARGETS if route.get(key) is not None), None)
            text = "is a route out of the subnets of a function"
            yield Reason(route, text, "" if target is None else told(target))
