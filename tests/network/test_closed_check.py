"""What is refused below a network when the app synthesizes."""

from collections.abc import Callable
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_route53resolver as resolver

from secure_lambda_constructs import IsolatedNetwork

from .conftest import Synthesize

Change = Callable[[cdk.Stack, IsolatedNetwork], Any]


def bound_policy(stack: cdk.Stack, operator: str = "StringEquals") -> iam.PolicyDocument:
    return iam.PolicyDocument(
        statements=[
            iam.PolicyStatement(
                principals=[iam.StarPrincipal()],
                actions=["sqs:SendMessage"],
                resources=["*"],
                conditions={
                    operator: {
                        "aws:PrincipalAccount": stack.account,
                        "aws:ResourceAccount": stack.account,
                    }
                },
            )
        ]
    )


def endpoint(network: IsolatedNetwork, **properties: Any) -> ec2.CfnVPCEndpoint:
    return ec2.CfnVPCEndpoint(network, "Extra", vpc_id=network.vpc.vpc_id, **properties)


OPENINGS: dict[str, tuple[Change, str]] = {
    "route": (
        lambda s, n: ec2.CfnRoute(
            n, "Extra", route_table_id=n.subnets[0].route_table.route_table_id
        ),
        "App/Network/Extra is a route besides those of the gateway endpoints",
    ),
    "internet gateway": (
        lambda s, n: ec2.CfnInternetGateway(n, "Extra"),
        "App/Network/Extra is a way to the internet",
    ),
    "gateway attachment": (
        lambda s, n: ec2.CfnVPCGatewayAttachment(n, "Extra", vpc_id=n.vpc.vpc_id),
        "App/Network/Extra attaches a gateway",
    ),
    "NAT gateway": (
        lambda s, n: ec2.CfnNatGateway(n, "Extra", subnet_id=n.subnets[0].subnet_id),
        "App/Network/Extra is a way to the internet",
    ),
    "IPv6 gateway": (
        lambda s, n: ec2.CfnEgressOnlyInternetGateway(n, "Extra", vpc_id=n.vpc.vpc_id),
        "App/Network/Extra is a way to the internet",
    ),
    "VPN gateway": (
        lambda s, n: ec2.CfnVPNGateway(n, "Extra", type="ipsec.1"),
        "App/Network/Extra is a way to an on-premises network",
    ),
    "peering": (
        lambda s, n: ec2.CfnVPCPeeringConnection(
            n, "Extra", vpc_id=n.vpc.vpc_id, peer_vpc_id="vpc-1"
        ),
        "App/Network/Extra is a way to another VPC",
    ),
    "transit gateway": (
        lambda s, n: ec2.CfnTransitGatewayAttachment(
            n, "Extra", vpc_id=n.vpc.vpc_id, transit_gateway_id="tgw-1", subnet_ids=["subnet-1"]
        ),
        "App/Network/Extra is a way to other networks",
    ),
    "outbound resolver": (
        lambda s, n: resolver.CfnResolverRuleAssociation(
            n, "Extra", vpc_id=n.vpc.vpc_id, resolver_rule_id="rslvr-rr-1"
        ),
        "App/Network/Extra sends DNS queries elsewhere",
    ),
    "bastion": (
        lambda s, n: ec2.CfnInstance(n, "Extra"),
        "App/Network/Extra is a host that could pass traffic on",
    ),
    "public subnet": (
        lambda s, n: ec2.PublicSubnet(
            n,
            "Extra",
            vpc_id=n.vpc.vpc_id,
            availability_zone="eu-west-1a",
            cidr_block="10.0.9.0/24",
            map_public_ip_on_launch=True,
        ),
        "App/Network/Extra/Subnet is a subnet with public or IPv6 addresses",
    ),
    "IPv6 block": (
        lambda s, n: ec2.CfnVPCCidrBlock(
            n, "Extra", vpc_id=n.vpc.vpc_id, amazon_provided_ipv6_cidr_block=True
        ),
        "App/Network/Extra gives the VPC IPv6 addresses",
    ),
    "interface endpoint without a policy": (
        lambda s, n: n.vpc.add_interface_endpoint(
            "Extra", service=ec2.InterfaceVpcEndpointAwsService.STS
        ),
        "App/Network/Vpc/Extra/Resource carries calls with anybody's keys",
    ),
    "endpoint whose policy lets calls without an account through": (
        lambda s, n: endpoint(
            n,
            service_name=f"com.amazonaws.{s.region}.sqs",
            vpc_endpoint_type="Interface",
            policy_document=bound_policy(s, "StringEqualsIfExists"),
        ),
        "App/Network/Extra carries calls with anybody's keys",
    ),
    "gateway endpoint of S3 without a policy": (
        lambda s, n: n.vpc.add_gateway_endpoint(
            "Extra", service=ec2.GatewayVpcEndpointAwsService.S3
        ),
        "App/Network/Vpc/Extra/Resource carries calls with anybody's keys",
    ),
    "wider policy of the own endpoint": (
        lambda s, n: cast(ec2.GatewayVpcEndpoint, n.dynamodb_endpoint).add_to_policy(
            iam.PolicyStatement(
                principals=[iam.AnyPrincipal()], actions=["dynamodb:*"], resources=["*"]
            )
        ),
        "App/Network/DynamoDb/Resource carries calls with anybody's keys",
    ),
    "group of all functions": (
        lambda s, n: (
            n.add_interface_endpoint("Queues", ec2.InterfaceVpcEndpointAwsService.SQS),
            ec2.CfnSecurityGroupEgress(
                s,
                "Egress",
                group_id=cast(ec2.CfnSecurityGroup, n.node.find_child("Clients")).attr_group_id,
                ip_protocol="tcp",
                cidr_ip="10.0.0.0/16",
            ),
        ),
        "App/Egress opens the group of all functions of the network; connect it to the one",
    ),
    "group of the endpoints": (
        lambda s, n: n.add_interface_endpoint(
            "Queues", ec2.InterfaceVpcEndpointAwsService.SQS
        ).connections.allow_default_port_from(ec2.SecurityGroup(n, "Host", vpc=n.vpc)),
        "lets others than the functions of the network in; remove it",
    ),
    "endpoint bound to another account": (
        lambda s, n: endpoint(
            n,
            service_name="com.amazonaws.eu-west-1.sqs",
            policy_document={
                "Statement": {
                    "Effect": "Allow",
                    "Principal": "*",
                    "Action": "*",
                    "Resource": "*",
                    "Condition": {
                        "StringEquals": {
                            "aws:PrincipalAccount": "999999999999",
                            "aws:ResourceAccount": "999999999999",
                        }
                    },
                }
            },
        ),
        "App/Network/Extra carries calls with anybody's keys",
    ),
    "somebody's service": (
        lambda s, n: endpoint(
            n,
            service_name="com.amazonaws.vpce.eu-west-1.vpce-svc-1",
            vpc_endpoint_type="Interface",
            policy_document=bound_policy(s),
        ),
        "App/Network/Extra leads to com.amazonaws.vpce.eu-west-1.vpce-svc-1, which is not",
    ),
    "another region's service": (
        lambda s, n: endpoint(
            n,
            service_name="com.amazonaws.us-east-1.sqs",
            service_region="us-east-1",
            vpc_endpoint_type="Interface",
            policy_document=bound_policy(s),
        ),
        "App/Network/Extra leads to com.amazonaws.us-east-1.sqs in us-east-1, which is not",
    ),
    "a service that has no name of AWS": (
        lambda s, n: endpoint(
            n,
            service_name="nobody",
            vpc_endpoint_type="Interface",
            policy_document=bound_policy(s),
        ),
        "App/Network/Extra leads to nobody, which is not a service of AWS",
    ),
    "another kind of endpoint": (
        lambda s, n: endpoint(
            n,
            vpc_endpoint_type="Resource",
            resource_configuration_arn="arn:aws:vpc-lattice:eu-west-1:1:resourceconfiguration/r",
        ),
        "App/Network/Extra leads to a target of type Resource, which is not a service of AWS",
    ),
    "endpoint that ignores its policy": (
        lambda s, n: endpoint(
            n,
            service_name=f"com.amazonaws.{s.region}.acm",
            vpc_endpoint_type="Interface",
            policy_document=bound_policy(s),
        ),
        "App/Network/Extra leads to acm, and its endpoint carries every call, whatever",
    ),
    "endpoint that would serve an attacker": (
        lambda s, n: endpoint(
            n,
            service_name=f"com.amazonaws.{s.region}.ec2",
            vpc_endpoint_type="Interface",
            policy_document=bound_policy(s),
        ),
        "App/Network/Extra leads to ec2, and it would serve nobody but an attacker",
    ),
}


@pytest.mark.parametrize("name", OPENINGS)
@pytest.mark.parametrize("region", [None, "eu-west-1"])
def test_opening_is_refused(synthesize: Synthesize, name: str, region: str | None) -> None:
    change, message = OPENINGS[name]
    with pytest.raises(RuntimeError) as caught:
        synthesize(change, region=region)
    assert message in str(caught.value)


def test_name_of_another_region_is_refused(synthesize: Synthesize) -> None:
    def change(stack: cdk.Stack, network: IsolatedNetwork) -> None:
        endpoint(
            network,
            service_name="com.amazonaws.us-east-1.sqs",
            vpc_endpoint_type="Interface",
            policy_document=bound_policy(stack),
        )

    with pytest.raises(
        RuntimeError, match=r"leads to com\.amazonaws\.us-east-1\.sqs, which is not"
    ):
        synthesize(change, region="eu-west-1")


@pytest.mark.parametrize("region", [None, "eu-west-1"])
def test_closed_additions_stay(synthesize: Synthesize, region: str | None) -> None:
    def change(stack: cdk.Stack, network: IsolatedNetwork) -> None:
        queue = network.vpc.add_interface_endpoint(
            "Sqs", service=ec2.InterfaceVpcEndpointAwsService.SQS, open=False
        )
        for statement in bound_policy(stack).to_json()["Statement"]:
            queue.add_to_policy(iam.PolicyStatement.from_json(statement))
        cast(ec2.GatewayVpcEndpoint, network.dynamodb_endpoint).add_to_policy(
            iam.PolicyStatement(
                effect=iam.Effect.DENY,
                principals=[iam.StarPrincipal()],
                actions=["dynamodb:Scan"],
                resources=["*"],
            )
        )
        network.vpc.add_flow_log("Log")

    kinds = [item["Type"] for item in synthesize(change, region=region)["Resources"].values()]
    assert kinds.count("AWS::EC2::VPCEndpoint") == 2
    assert kinds.count("AWS::EC2::FlowLog") == 1
