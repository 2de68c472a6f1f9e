"""N02-N08: ways out through the network."""

from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_ssm as ssm

from .base import ACCOUNT, INSIDE, WAYS, Network, isolated_vpc, stack_of
from .plain import Plain, denies_of, relay_of, role_of

__all__: list[str] = []

_INSIDE_AND_OUTSIDE = [
    ec2.SubnetConfiguration(name="inside", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
    ec2.SubnetConfiguration(name="outside", subnet_type=ec2.SubnetType.PUBLIC),
]
# All that is not known of a VPC that no template creates. What the role and the security group
# say is known.
_UNSEEN = (
    *("D01", "D02", "D03", "D04"),
    *("N03", "N04", "N05", "N06", "N07", "N08", "N10"),
    *("P01", "P03", "P04", "P06", "P08", "P09", "P10", "P11"),
)


@WAYS.way("N02", *_UNSEEN)
def _imported_vpc(app: cdk.App, is_open: bool) -> None:
    """The VPC is named by its attributes: those of somebody else's, or of the app's own."""
    stack = stack_of(app)
    zones = ["us-east-1a"]
    vpc_id, subnets, tables = "vpc-0a1b2c3d4e5f60718", ["subnet-0a1b2c3d"], ["rtb-0a1b2c3d"]
    if not is_open:
        vpc = isolated_vpc(stack_of(app, "Platform"))
        vpc_id = vpc.vpc_id
        subnets = [subnet.subnet_id for subnet in vpc.isolated_subnets]
        tables = [subnet.route_table.route_table_id for subnet in vpc.isolated_subnets]
    imported = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id=vpc_id,
        availability_zones=zones,
        isolated_subnet_ids=subnets,
        isolated_subnet_route_table_ids=tables,
    )
    Plain(stack, network=Network(stack, vpc=imported))


# Which VPC the Denies of the role name is not known either.
@WAYS.way("N02", "I01", "I02", *_UNSEEN)
def _values_of_parameters(app: cdk.App, is_open: bool) -> None:
    """What the platform has made is looked up by names: in SSM at deployment, or as exports."""
    stack = stack_of(app)
    if is_open:
        vpc_id, subnet, table = (
            ssm.StringParameter.value_for_string_parameter(stack, f"/platform/{name}")
            for name in ("vpc", "subnet", "routes")
        )
    else:
        platform = stack_of(app, "Platform")
        made = isolated_vpc(platform)
        (inside,) = made.isolated_subnets
        vpc_id = platform.export_value(made.vpc_id, name="platform-vpc")
        subnet = platform.export_value(inside.subnet_id, name="platform-subnet")
        table = platform.export_value(inside.route_table.route_table_id, name="platform-routes")
    imported = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id=vpc_id,
        availability_zones=["us-east-1a"],
        isolated_subnet_ids=[subnet],
        isolated_subnet_route_table_ids=[table],
    )
    Plain(stack, network=Network(stack, vpc=imported))


@WAYS.way("N03")
def _public_subnets_beside(app: cdk.App, is_open: bool) -> None:
    """The VPC has public subnets too, so that it gets an internet gateway by default."""
    stack = stack_of(app)
    vpc = isolated_vpc(
        stack, create_internet_gateway=is_open, subnet_configuration=_INSIDE_AND_OUTSIDE
    )
    Plain(stack, network=Network(stack, vpc=vpc))


@WAYS.way("N03")
def _gateway_of_the_platform(app: cdk.App, is_open: bool) -> None:
    """Another stack attaches a gateway: to the VPC of the functions, or to one that is public."""
    platform, stack = stack_of(app, "Platform"), stack_of(app)
    vpc = isolated_vpc(platform)
    other = isolated_vpc(platform, "Public")
    gateway = ec2.CfnInternetGateway(platform, "Gateway")
    ec2.CfnVPCGatewayAttachment(
        platform,
        "Attached",
        internet_gateway_id=gateway.attr_internet_gateway_id,
        vpc_id=(vpc if is_open else other).vpc_id,
    )
    Plain(stack, network=Network(stack, vpc=vpc))


@WAYS.way("N04", "N03")
def _default_vpc(app: cdk.App, is_open: bool) -> None:
    """The VPC is as the CDK makes it, with NAT: the function is in it, or its relay alone."""
    stack = stack_of(app, region="eu-west-1")
    vpc = ec2.Vpc(
        stack,
        "Default",
        availability_zones=["eu-west-1a"],
        restrict_default_security_group=False,
    )
    if not is_open:
        plain = Plain(stack)
        of_relay = role_of(stack, "RelayRole", denies=denies_of(vpc.vpc_id)[:1])
        plain.caller_of(relay_of(plain, role=of_relay, vpc=vpc))
        return
    network = Network(stack, vpc=vpc)
    plain = Plain(stack, network=network, has_table_endpoint=False, vpc_subnets=None)
    private = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)
    plain.table_endpoint(subnets=[private])


@WAYS.way("N04")
def _route_to_an_appliance(app: cdk.App, is_open: bool) -> None:
    """A subnet has a default route to the interface of a firewall; the function is in it or not."""
    stack = stack_of(app)
    kind = ec2.SubnetType.PRIVATE_ISOLATED
    vpc = isolated_vpc(
        stack,
        subnet_configuration=[
            ec2.SubnetConfiguration(name=name, subnet_type=kind) for name in ("inside", "scanned")
        ],
    )
    (scanned,) = vpc.select_subnets(subnet_group_name="scanned").subnets
    cast(ec2.Subnet, scanned).add_route(
        "Out",
        router_id="eni-0a1b2c3d4e5f60718",
        router_type=ec2.RouterType.NETWORK_INTERFACE,
        destination_cidr_block="0.0.0.0/0",
    )
    subnets = INSIDE if is_open else ec2.SubnetSelection(subnet_group_name="inside")
    Plain(stack, network=Network(stack, vpc=vpc), vpc_subnets=subnets)


@WAYS.way("N05")
def _dual_stack(app: cdk.App, is_open: bool) -> None:
    """The VPC has IPv6, for which the CDK makes a gateway, though all subnets are isolated."""
    stack = stack_of(app, region="eu-west-1")
    vpc = isolated_vpc(stack, ip_protocol=ec2.IpProtocol.DUAL_STACK)
    if not is_open:
        vpc.node.try_remove_child("EIGW6")
    Plain(stack, network=Network(stack, vpc=vpc))


@WAYS.way("N05")
def _egress_only_gateway(app: cdk.App, is_open: bool) -> None:
    """The subnets have a route to the egress-only gateway: the function's, or others' elsewhere."""
    stack = stack_of(app)
    egress = ec2.SubnetType.PRIVATE_WITH_EGRESS
    dual = isolated_vpc(
        stack,
        "Dual",
        ip_protocol=ec2.IpProtocol.DUAL_STACK,
        subnet_configuration=[ec2.SubnetConfiguration(name="inside", subnet_type=egress)],
    )
    if not is_open:
        Plain(stack)
        return
    subnets = ec2.SubnetSelection(subnet_type=egress)
    network = Network(stack, vpc=dual)
    plain = Plain(stack, network=network, has_table_endpoint=False, vpc_subnets=subnets)
    plain.table_endpoint(subnets=[subnets])


@WAYS.way("N05")
def _function_with_ipv6(app: cdk.App, is_open: bool) -> None:
    """The function asks for IPv6, in a VPC to which somebody may give a gateway later."""
    stack = stack_of(app)
    vpc = isolated_vpc(stack)
    ec2.CfnVPCCidrBlock(stack, "Ipv6", vpc_id=vpc.vpc_id, amazon_provided_ipv6_cidr_block=True)
    Plain(stack, network=Network(stack, vpc=vpc), ipv6_allowed_for_dual_stack=is_open)


@WAYS.way("N06")
def _vpn_gateway(app: cdk.App, is_open: bool) -> None:
    """A convenience property attaches a VPN gateway: to this VPC, or to that of the offices."""
    stack = stack_of(app)
    vpc = isolated_vpc(stack, vpn_gateway=is_open)
    isolated_vpc(stack, "Offices", vpn_gateway=True)
    Plain(stack, network=Network(stack, vpc=vpc))


@WAYS.way("N06")
def _peering(app: cdk.App, is_open: bool) -> None:
    """The VPC is peered with that of the tools, or only those of tools and tests are."""
    stack = stack_of(app, "Functions")
    vpc = isolated_vpc(stack)
    Plain(stack, network=Network(stack, vpc=vpc))
    shared = stack_of(app, "Shared")
    tools, tests = (isolated_vpc(shared, id) for id in ("Tools", "Tests"))
    peer = vpc if is_open else tests
    ec2.CfnVPCPeeringConnection(
        shared, "Peering", vpc_id=tools.vpc_id, peer_vpc_id=peer.vpc_id, peer_region="us-east-1"
    )


@WAYS.way("N06")
def _client_vpn(app: cdk.App, is_open: bool) -> None:
    """The developers dial in to the VPC of the functions, or to that of the offices."""
    stack = stack_of(app, region="eu-west-1")
    vpc, offices = isolated_vpc(stack), isolated_vpc(stack, "Offices")
    Plain(stack, network=Network(stack, vpc=vpc))
    arn = f"arn:aws:acm:eu-west-1:{ACCOUNT}:certificate/11111111-2222-3333-4444-555555555555"
    (vpc if is_open else offices).add_client_vpn_endpoint(
        "Vpn",
        cidr="10.100.0.0/16",
        client_certificate_arn=arn,
        server_certificate_arn=arn,
        logging=False,
        vpc_subnets=INSIDE,
    )


@WAYS.way("N07")
def _partner_service(app: cdk.App, is_open: bool) -> None:
    """An endpoint leads to a partner's service, or by the same class to one of AWS."""
    stack = stack_of(app)
    plain = Plain(stack)
    name = "com.amazonaws.us-east-1.sqs"
    if is_open:
        name = "com.amazonaws.vpce.us-east-1.vpce-svc-0a1b2c3d4e5f60718"
    service = ec2.InterfaceVpcEndpointService(name)
    statement = plain.network.own(["sqs:SendMessage"], ["*"])
    plain.network.interface("Partner", service, *([] if is_open else [statement]))


@WAYS.way("N07")
def _endpoint_to_another_region(app: cdk.App, is_open: bool) -> None:
    """The endpoint leads to the service in another region."""
    stack = stack_of(app)
    plain = Plain(stack)
    plain.network.interface(
        "Parameters",
        ec2.InterfaceVpcEndpointAwsService.SSM,
        plain.network.own(["ssm:GetParameter"], ["*"]),
        service_region="eu-west-1" if is_open else "us-east-1",
    )


@WAYS.way("N08")
def _load_balancer(app: cdk.App, is_open: bool) -> None:
    """A load balancer is in the VPC of the functions, or in its own."""
    stack = stack_of(app)
    vpc = isolated_vpc(stack)
    Plain(stack, network=Network(stack, vpc=vpc))
    place = vpc if is_open else isolated_vpc(stack, "Public")
    balancer = elbv2.NetworkLoadBalancer(
        stack, "Balancer", vpc=place, vpc_subnets=INSIDE, internet_facing=False
    )
    balancer.add_listener("Listener", port=443).add_targets("Targets", port=443)


@WAYS.way("N08")
def _bastion(app: cdk.App, is_open: bool) -> None:
    """A host for the operators, beside the functions or in a VPC of its own."""
    stack = stack_of(app, region="eu-west-1")
    vpc = isolated_vpc(stack)
    Plain(stack, network=Network(stack, vpc=vpc))
    ec2.Instance(
        stack,
        "Bastion",
        vpc=vpc if is_open else isolated_vpc(stack, "Operators"),
        vpc_subnets=INSIDE,
        allow_all_outbound=False,
        instance_type=ec2.InstanceType("t4g.nano"),
        machine_image=ec2.MachineImage.latest_amazon_linux2023(),
    )
