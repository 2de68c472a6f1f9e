"""N09 and N10: ways to let the functions out by their security groups."""

from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_rds as rds

from .base import HTTPS, INSIDE, WAYS, Network, stack_of
from .plain import Plain, denies_of, table_of

__all__: list[str] = []


@WAYS.way("N09", "N10")
def _default_security_group(app: cdk.App, is_open: bool) -> None:
    """The CDK makes the security group: it lets everything out unless it is told otherwise."""
    stack = stack_of(app)
    network = Network(stack)
    plain = Plain(
        stack, network=network, security_groups=None, allow_all_outbound=None if is_open else False
    )
    if not is_open:
        plain.function.connections.allow_to(network.prefix_list("dynamodb"), HTTPS)


@WAYS.way("N09", "N10")
def _imported_security_group(app: cdk.App, is_open: bool) -> None:
    """The security group is imported by its id: somebody else's, or that of the platform."""
    platform, stack = stack_of(app, "Platform"), stack_of(app)
    network = Network(platform)
    group_id = "sg-0a1b2c3d4e5f60718" if is_open else network.group.security_group_id
    group = ec2.SecurityGroup.from_security_group_id(stack, "Group", group_id, mutable=False)
    Plain(stack, network=network, table=table_of(platform), security_groups=[group])


@WAYS.way("N09", "N10")
def _group_of_the_vpc(app: cdk.App, is_open: bool) -> None:
    """The function has the group that every VPC has, which lets everything out, beside its own."""
    stack = stack_of(app, region=None)
    network = Network(stack)
    vpc = cast(ec2.Vpc, network.vpc)
    theirs = network.new_group("Further").security_group_id
    group_id = vpc.vpc_default_security_group if is_open else theirs
    further = ec2.SecurityGroup.from_security_group_id(stack, "Group", group_id)
    Plain(stack, network=network, security_groups=[network.group, further])


@WAYS.way("N10")
def _endpoint_open_by_default(app: cdk.App, is_open: bool) -> None:
    """An interface endpoint lets the whole VPC in, unless it is told otherwise."""
    stack = stack_of(app)
    plain = Plain(stack)
    endpoint = ec2.InterfaceVpcEndpoint(
        stack,
        "Queues",
        vpc=plain.network.vpc,
        subnets=INSIDE,
        service=ec2.InterfaceVpcEndpointAwsService.SQS,
        open=None if is_open else False,
    )
    endpoint.add_to_policy(plain.network.own(["sqs:SendMessage"], ["*"]))
    endpoint.connections.allow_default_port_from(plain.function)


@WAYS.way("N10")
def _egress_to_the_whole_vpc(app: cdk.App, is_open: bool) -> None:
    """The function may talk to all addresses of the VPC, or to the endpoint in it."""
    stack = stack_of(app, region=None)
    plain = Plain(stack)
    queues = plain.network.interface(
        "Queues",
        ec2.InterfaceVpcEndpointAwsService.SQS,
        plain.network.own(["sqs:SendMessage"], ["*"]),
    )
    peer = ec2.Peer.ipv4(plain.network.vpc.vpc_cidr_block)
    plain.function.connections.allow_to(peer if is_open else queues, HTTPS)


@WAYS.way("N10")
def _database(app: cdk.App, is_open: bool) -> None:
    """The function reaches its database by its security group, or by the addresses of the VPC."""
    stack = stack_of(app)
    network = Network(stack, names=["*.a1b2c3d4e5f6.us-east-1.rds.amazonaws.com"])
    denies = denies_of(network.vpc.vpc_id, but=["rds-db:connect"])
    plain = Plain(stack, network=network, denies=denies)
    version = rds.PostgresEngineVersion.VER_16_6
    database = rds.DatabaseInstance(
        stack,
        "Database",
        engine=rds.DatabaseInstanceEngine.postgres(version=version),
        iam_authentication=True,
        publicly_accessible=False,
        storage_encrypted=True,
        vpc=network.vpc,
        vpc_subnets=INSIDE,
    )
    database.grant_connect(plain.role, "orders")
    port = ec2.Port.tcp(5432)
    plain.function.connections.allow_to(database, port)
    if is_open:
        plain.function.connections.allow_to(ec2.Peer.ipv4(network.vpc.vpc_cidr_block), port)


@WAYS.way("N10")
def _imported_endpoint(app: cdk.App, is_open: bool) -> None:
    """The function may talk to an imported endpoint: of nobody knows whom, or an own."""
    stack = stack_of(app, region="eu-west-1")
    network = Network(stack)
    plain = Plain(stack, network=network)
    queues = network.interface(
        "Queues",
        ec2.InterfaceVpcEndpointAwsService.SQS,
        network.own(["sqs:SendMessage"], ["*"]),
    )
    groups = queues.connections.security_groups
    if is_open:
        group_id = "sg-0a1b2c3d4e5f60718"
        groups = [ec2.SecurityGroup.from_security_group_id(stack, "Theirs", group_id)]
    imported = ec2.InterfaceVpcEndpoint.from_interface_vpc_endpoint_attributes(
        stack,
        "Imported",
        port=443,
        security_groups=groups,
        vpc_endpoint_id=queues.vpc_endpoint_id,
    )
    plain.function.connections.allow_to_default_port(imported)
