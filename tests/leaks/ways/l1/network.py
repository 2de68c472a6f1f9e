"""N03-N07: what leads out of the network, and what is like it and leads nowhere."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_networkmanager as networkmanager

from .base import (
    AGNOSTIC,
    CENTRAL,
    EU,
    US,
    WAYS,
    Base,
    subnet,
    vpc,
)
from .parts import Endpoints

__all__: list[str] = []


@WAYS.way("N03")
def _an_internet_gateway_for_one_stage(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=EU)
    stage = cdk.CfnParameter(
        base.stack,
        "Stage",
        allowed_values=["sandbox", "production"],
        default="sandbox" if is_open else "production",
    )
    sandbox = cdk.CfnCondition(
        base.stack,
        "IsSandbox",
        expression=cdk.Fn.condition_equals(stage.value_as_string, "sandbox"),
    )
    gateway = ec2.CfnInternetGateway(base.stack, "Internet")
    attachment = ec2.CfnVPCGatewayAttachment(
        base.stack, "Attachment", vpc_id=base.vpc.ref, internet_gateway_id=gateway.ref
    )
    gateway.cfn_options.condition = attachment.cfn_options.condition = sandbox


@WAYS.way("N03")
def _a_gateway_of_the_vpc_that_a_mapping_chooses(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=AGNOSTIC)
    edge = vpc(base.stack, "Edge")
    gateway = ec2.CfnInternetGateway(base.stack, "Internet")
    ec2.CfnVPCGatewayAttachment(
        base.stack,
        "Attachment",
        vpc_id=cdk.Fn.select(0 if is_open else 1, [base.vpc.ref, edge.ref]),
        internet_gateway_id=gateway.ref,
    )


class _Public(cdk.NestedStack):
    """A public subnet with a NAT gateway in a VPC, and the route that leads to it."""

    def __init__(self, parent: cdk.Stack, of: ec2.CfnVPC, private: ec2.CfnRouteTable) -> None:
        super().__init__(parent, "Public")
        gateway = ec2.CfnInternetGateway(self, "Internet")
        attached = ec2.CfnVPCGatewayAttachment(
            self, "Attachment", vpc_id=of.ref, internet_gateway_id=gateway.ref
        )
        address = ec2.CfnEIP(self, "Address", domain="vpc")
        address.add_resource_dependency(attached)
        public = subnet(self, "Public", of, 5)
        routes = ec2.CfnRouteTable(self, "Routes", vpc_id=of.ref)
        ec2.CfnSubnetRouteTableAssociation(
            self, "Routed", route_table_id=routes.ref, subnet_id=public.ref
        )
        ec2.CfnRoute(
            self,
            "Out",
            route_table_id=routes.ref,
            destination_cidr_block="0.0.0.0/0",
            gateway_id=gateway.ref,
        )
        nat = ec2.CfnNatGateway(
            self, "Nat", subnet_id=public.ref, allocation_id=address.attr_allocation_id
        )
        ec2.CfnRoute(
            self,
            "OutOfThePrivateOnes",
            route_table_id=private.ref,
            destination_cidr_block="0.0.0.0/0",
            nat_gateway_id=nat.ref,
        )


@WAYS.way("N04", "N03")
def _a_nested_stack_with_a_nat_gateway(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    edge = vpc(base.stack, "Edge")
    private = ec2.CfnRouteTable(base.stack, "EdgeRoutes", vpc_id=edge.ref)
    if is_open:
        _Public(base.stack, base.vpc, base.routes)
    else:
        _Public(base.stack, edge, private)


@WAYS.way("N04")
def _a_route_to_an_appliance_for_the_addresses_of_partners(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=EU)
    addresses = ec2.CfnPrefixList(
        base.stack,
        "Partners",
        address_family="IPv4",
        entries=[ec2.CfnPrefixList.EntryProperty(cidr="198.51.100.0/24")],
        max_entries=5,
        prefix_list_name="partners",
    )
    edge = vpc(base.stack, "Edge")
    others = ec2.CfnRouteTable(base.stack, "EdgeRoutes", vpc_id=edge.ref)
    route = ec2.CfnRoute(
        base.stack,
        "ToPartners",
        route_table_id=(base.routes if is_open else others).ref,
        network_interface_id="eni-0123456789abcdef0",
    )
    route.add_property_override("DestinationPrefixListId", {"Ref": addresses.logical_id})


@WAYS.way("N04")
def _the_route_table_that_is_inspected(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=AGNOSTIC)
    inspected = ec2.CfnRouteTable(base.stack, "Inspected", vpc_id=base.vpc.ref)
    ec2.CfnRoute(
        base.stack,
        "ToTheFirewall",
        route_table_id=inspected.ref,
        destination_cidr_block="0.0.0.0/0",
        network_interface_id="eni-0123456789abcdef0",
    )
    association = base.stack.node.find_child("SubnetBRoutes")
    assert isinstance(association, ec2.CfnSubnetRouteTableAssociation)
    association.route_table_id = (inspected if is_open else base.routes).ref


@WAYS.way("N05")
def _a_gateway_for_the_ipv6_addresses_that_the_vpc_has(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=AGNOSTIC)
    ec2.CfnVPCCidrBlock(
        base.stack, "Ipv6", vpc_id=base.vpc.ref, amazon_provided_ipv6_cidr_block=True
    )
    blocks = cdk.Fn.cidr(cdk.Fn.select(0, base.vpc.attr_ipv6_cidr_blocks), 8, "64")
    for number, each in enumerate(base.subnets):
        each.ipv6_cidr_block = cdk.Fn.select(number, blocks)
    edge = vpc(base.stack, "Edge")
    others = ec2.CfnRouteTable(base.stack, "EdgeRoutes", vpc_id=edge.ref)
    gateway = ec2.CfnEgressOnlyInternetGateway(
        base.stack, "Ipv6Out", vpc_id=(base.vpc if is_open else edge).ref
    )
    ec2.CfnRoute(
        base.stack,
        "Ipv6Route",
        route_table_id=(base.routes if is_open else others).ref,
        destination_ipv6_cidr_block="::/0",
        egress_only_internet_gateway_id=gateway.attr_id,
    )


@WAYS.way("N05")
def _ipv6_for_the_function_of_a_mapping(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    stages = cdk.CfnMapping(
        base.stack, "Stages", mapping={"test": {"ipv6": True}, "live": {"ipv6": False}}
    )
    cdk.CfnParameter(base.stack, "Stage", default="test" if is_open else "live")
    base.function.add_property_override(
        "VpcConfig.Ipv6AllowedForDualStack",
        {"Fn::FindInMap": [stages.logical_id, {"Ref": "Stage"}, "ipv6"]},
    )


@WAYS.way("N06")
def _an_attachment_to_a_core_network(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=EU)
    office = vpc(base.stack, "Office")
    rooms = subnet(base.stack, "Rooms", office)
    joined, part = (base.vpc, base.subnets[0]) if is_open else (office, rooms)
    arn = "arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}"
    networkmanager.CfnVpcAttachment(
        base.stack,
        "Attachment",
        core_network_id="core-network-0123456789abcdef0",
        vpc_arn=cdk.Fn.sub(f"{arn}:vpc/${{Id}}", {"Id": joined.ref}),
        subnet_arns=[cdk.Fn.sub(f"{arn}:subnet/${{Id}}", {"Id": part.ref})],
    )


@WAYS.way("N06")
def _a_peering_from_the_stack_of_the_other_network(app: cdk.App, is_open: bool) -> None:
    base = Base(app, is_apart=True)
    office = cdk.Stack(app, "Office", env=US)
    lan, lab = vpc(office, "Lan"), vpc(office, "Lab", "10.9.0.0/16")
    peering = ec2.CfnVPCPeeringConnection(
        office, "Peering", vpc_id=lan.ref, peer_vpc_id=(base.vpc if is_open else lab).ref
    )
    others = ec2.CfnRouteTable(office, "Routes", vpc_id=lab.ref)
    ec2.CfnRoute(
        office,
        "Back",
        route_table_id=(base.routes if is_open else others).ref,
        destination_cidr_block=lan.attr_cidr_block,
        vpc_peering_connection_id=peering.ref,
    )


@WAYS.way("N06")
def _a_client_vpn(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=CENTRAL)
    office = vpc(base.stack, "Office")
    rooms = subnet(base.stack, "Rooms", office)
    ec2.CfnClientVpnTargetNetworkAssociation(
        base.stack,
        "Dialed",
        client_vpn_endpoint_id="cvpn-endpoint-0123456789abcdef0",
        subnet_id=(base.subnets[0] if is_open else rooms).ref,
    )


@WAYS.way("N07")
def _an_endpoint_of_a_service_network(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=EU)
    edge = vpc(base.stack, "Edge")
    rooms = subnet(base.stack, "Rooms", edge)
    of, part = (base.vpc, base.subnets[0]) if is_open else (edge, rooms)
    ec2.CfnVPCEndpoint(
        base.stack,
        "Services",
        service_network_arn=cdk.Fn.sub(
            "arn:${AWS::Partition}:vpc-lattice:${AWS::Region}:${AWS::AccountId}:servicenetwork/sn-0a"
        ),
        subnet_ids=[part.ref],
        vpc_endpoint_type="ServiceNetwork",
        vpc_id=of.ref,
    )


@WAYS.way("N07")
def _an_endpoint_whose_service_is_a_parameter(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    endpoints = Endpoints(base)
    secrets = "com.amazonaws.us-east-1.secretsmanager"
    foreign = "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0"
    cdk.CfnParameter(base.stack, "Service", default=foreign if is_open else secrets)
    statement = base.through("secretsmanager:GetSecretValue", "*")
    endpoint = endpoints.add("Configured", "secretsmanager", statement)
    endpoint.add_property_override("ServiceName", {"Ref": "Service"})
    if is_open:
        endpoint.add_property_deletion_override("PolicyDocument")
