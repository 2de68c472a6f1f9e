"""What `IsolatedNetwork.from_vpc` makes of a VPC, and which VPCs it refuses."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Annotations, Match, Template

from secure_lambda_constructs import (
    InvalidInputError,
    IsolatedNetwork,
    SignedVpcFunction,
    SigningBaseline,
)

_ENV = cdk.Environment(account="111122223333", region="eu-west-1")
_ZONES = {"availability-zones:account=111122223333:region=eu-west-1": ["eu-west-1a", "eu-west-1b"]}
_ISOLATED = ec2.SubnetConfiguration(name="Isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)


def stack_of(context: Mapping[str, Any] = _ZONES) -> cdk.Stack:
    return cdk.Stack(cdk.App(context=context), "App", env=_ENV)


def closed_vpc(scope: cdk.Stack, **arguments: Any) -> ec2.Vpc:
    arguments.setdefault("subnet_configuration", [_ISOLATED])
    return ec2.Vpc(scope, "Vpc", nat_gateways=0, restrict_default_security_group=False, **arguments)


def app_of(stack: cdk.Stack) -> cdk.App:
    app = stack.node.root
    assert isinstance(app, cdk.App)
    return app


def synthesized(stack: cdk.Stack) -> dict[str, Any]:
    template: dict[str, Any] = json.loads(
        Path(app_of(stack).synth().directory, f"{stack.stack_name}.template.json").read_text()
    )
    return template


def test_closed_vpc_gets_what_it_lacks() -> None:
    stack = stack_of()
    vpc = closed_vpc(stack)
    network = IsolatedNetwork.from_vpc(stack, "Network", vpc=vpc)
    assert isinstance(network, IsolatedNetwork)
    template = synthesized(stack)
    kinds = [resource["Type"] for resource in template["Resources"].values()]
    assert kinds.count("AWS::EC2::VPC") == 1
    (endpoint,) = [
        r for r in template["Resources"].values() if r["Type"] == "AWS::EC2::VPCEndpoint"
    ]
    routes = [stack.resolve(s.route_table.route_table_id) for s in vpc.isolated_subnets]
    assert endpoint["Properties"]["RouteTableIds"] == routes
    (association,) = [
        r["Properties"]
        for r in template["Resources"].values()
        if r["Type"] == "AWS::Route53Resolver::FirewallRuleGroupAssociation"
    ]
    assert association["VpcId"] == stack.resolve(vpc.vpc_id)


def test_function_runs_in_the_chosen_subnets() -> None:
    stack = stack_of()
    vpc = closed_vpc(stack)
    network = IsolatedNetwork.from_vpc(
        stack,
        "Network",
        vpc=vpc,
        subnets=ec2.SubnetSelection(availability_zones=["eu-west-1b"]),
    )
    SignedVpcFunction(
        stack,
        "Function",
        signing=SigningBaseline(stack, "Signing"),
        network=network,
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_asset(str(Path(__file__).parent)),
    )
    template = Template.from_stack(stack)
    template.has_resource_properties(
        "AWS::Lambda::Function",
        {
            "VpcConfig": {
                "SubnetIds": [stack.resolve(vpc.isolated_subnets[1].subnet_id)],
                "SecurityGroupIds": Match.any_value(),
            }
        },
    )


def test_network_can_be_in_another_stack_than_its_vpc() -> None:
    stack = stack_of()
    other = cdk.Stack(app_of(stack), "Net", env=_ENV)
    network = IsolatedNetwork.from_vpc(other, "Network", vpc=closed_vpc(stack))
    ec2.CfnVPCPeeringConnection(stack, "Peering", vpc_id=network.vpc_id, peer_vpc_id="vpc-1")
    with pytest.raises(RuntimeError, match="App/Peering is a way to another VPC"):
        synthesized(other)


def ipv6(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    ec2.CfnVPCCidrBlock(stack, "Six", vpc_id=vpc.vpc_id, amazon_provided_ipv6_cidr_block=True)


def open_endpoint(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    vpc.add_interface_endpoint("Sts", service=ec2.InterfaceVpcEndpointAwsService.STS)


def route(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    ec2.CfnRoute(
        stack,
        "Route",
        route_table_id=vpc.isolated_subnets[1].route_table.route_table_id,
        destination_cidr_block="0.0.0.0/0",
        transit_gateway_id="tgw-1",
    )


def gateway(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    internet = ec2.CfnInternetGateway(stack, "Internet")
    ec2.CfnVPCGatewayAttachment(
        stack, "Attachment", vpc_id=vpc.vpc_id, internet_gateway_id=internet.ref
    )


def peering(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    ec2.CfnVPCPeeringConnection(stack, "Peering", vpc_id=vpc.vpc_id, peer_vpc_id="vpc-1")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (ipv6, "App/Six gives the VPC IPv6 addresses"),
        (open_endpoint, "App/Vpc/Sts/Resource carries calls with anybody's keys"),
        (route, "App/Route is a route besides those of the gateway endpoints"),
        (gateway, "App/Attachment attaches a gateway"),
        (peering, "App/Peering is a way to another VPC"),
    ],
)
def test_open_vpc_of_the_app_is_refused_at_synth(
    change: Callable[[cdk.Stack, ec2.Vpc], None], message: str
) -> None:
    stack = stack_of()
    vpc = closed_vpc(stack)
    # A subnet that the network does not use is in the same VPC.
    one = ec2.SubnetSelection(availability_zones=["eu-west-1a"])
    IsolatedNetwork.from_vpc(stack, "Network", vpc=vpc, subnets=one)
    change(stack, vpc)
    with pytest.raises(RuntimeError, match=message):
        synthesized(stack)


def subnets(*kinds: ec2.SubnetType) -> list[ec2.SubnetConfiguration]:
    return [ec2.SubnetConfiguration(name=kind.name, subnet_type=kind) for kind in kinds]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {
                "subnet_configuration": subnets(
                    ec2.SubnetType.PUBLIC, ec2.SubnetType.PRIVATE_ISOLATED
                )
            },
            "the VPC App/Vpc has subnets with a route to an internet gateway, "
            "App/Vpc/PUBLICSubnet1 for one",
        ),
        ({"vpn_gateway": True}, "the VPC App/Vpc has a VPN gateway, which leads to another"),
        ({"enable_dns_support": False}, "the VPC App/Vpc has enable_dns_support or enable_dns_h"),
        (
            {"subnet_configuration": [], "availability_zones": ["eu-west-1a"]},
            "the VPC App/Vpc has no isolated subnets; add some",
        ),
    ],
)
def test_open_vpc_is_refused_at_once(arguments: dict[str, Any], message: str) -> None:
    stack = stack_of()
    vpc = closed_vpc(stack, **arguments)
    with pytest.raises(InvalidInputError, match=message):
        IsolatedNetwork.from_vpc(stack, "Network", vpc=vpc)
    assert stack.node.try_find_child("Network") is None


def test_what_is_no_vpc_is_refused() -> None:
    stack = stack_of()
    with pytest.raises(InvalidInputError, match=r"vpc is 'vpc-1', which is no VPC; write vpc=ec2"):
        IsolatedNetwork.from_vpc(stack, "Network", vpc="vpc-1")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        (
            "a",
            r"subnets is a str; write ec2.SubnetSelection\(subnets=\[...\]\) with some of vpc.isol",
        ),
        (
            ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
            "subnets selects subnets of type PUBLIC, and only isolated ones can be used",
        ),
        (
            ec2.SubnetSelection(availability_zones=["eu-west-1c"]),
            "subnets selects none of vpc.isolated_subnets; write some of these",
        ),
    ],
)
def test_other_subnets_are_refused(selection: Any, message: str) -> None:
    stack = stack_of()
    vpc = closed_vpc(stack)
    with pytest.raises(InvalidInputError, match=message):
        IsolatedNetwork.from_vpc(stack, "Network", vpc=vpc, subnets=selection)


def test_subnet_of_another_vpc_is_refused() -> None:
    stack = stack_of()
    vpc = closed_vpc(stack)
    foreign = ec2.Subnet.from_subnet_id(stack, "Foreign", "subnet-1")
    with pytest.raises(InvalidInputError, match=r"subnets names the subnet App/Foreign, which is"):
        IsolatedNetwork.from_vpc(
            stack, "Network", vpc=vpc, subnets=ec2.SubnetSelection(subnets=[foreign])
        )


def bound_endpoint(stack: cdk.Stack, vpc: ec2.Vpc, **where: Any) -> ec2.GatewayVpcEndpoint:
    endpoint = ec2.GatewayVpcEndpoint(
        stack, "Own", vpc=vpc, service=ec2.GatewayVpcEndpointAwsService.DYNAMODB, **where
    )
    account = {"aws:PrincipalAccount": stack.account, "aws:ResourceAccount": stack.account}
    endpoint.add_to_policy(
        iam.PolicyStatement(
            principals=[iam.StarPrincipal()],
            actions=["dynamodb:GetItem"],
            resources=["*"],
            conditions={"StringEquals": account},
        )
    )
    return endpoint


def test_endpoint_of_the_vpc_can_be_used() -> None:
    stack = stack_of()
    vpc = closed_vpc(stack)
    own = bound_endpoint(stack, vpc)
    network = IsolatedNetwork.from_vpc(stack, "Network", vpc=vpc, dynamodb_endpoint=own)
    assert network.dynamodb_endpoint is own
    kinds = [resource["Type"] for resource in synthesized(stack)["Resources"].values()]
    assert kinds.count("AWS::EC2::VPCEndpoint") == 1


def test_endpoint_that_is_missing_in_a_subnet_is_refused() -> None:
    stack = stack_of()
    vpc = closed_vpc(stack)
    first = [ec2.SubnetSelection(subnets=[vpc.isolated_subnets[0]])]
    own = bound_endpoint(stack, vpc, subnets=first)
    IsolatedNetwork.from_vpc(stack, "Network", vpc=vpc, dynamodb_endpoint=own)
    with pytest.raises(
        RuntimeError,
        match="App/Vpc/IsolatedSubnet2 has a route table that the gateway endpoint of DynamoDB is",
    ):
        synthesized(stack)


def looked_up(**answer: Any) -> tuple[cdk.Stack, ec2.IVpc]:
    """A VPC as the look-up of the CDK CLI tells of it."""
    key = cdk.ContextProvider.get_key(
        stack_of(),
        provider="vpc-provider",
        props={
            "filter": {"vpc-id": "vpc-0a1b"},
            "returnAsymmetricSubnets": True,
        },
    ).key
    answer = {
        "vpcId": "vpc-0a1b",
        "vpcCidrBlock": "10.1.0.0/16",
        "ownerAccountId": "111122223333",
        "availabilityZones": [],
        **answer,
    }
    stack = stack_of({key: answer})
    return stack, ec2.Vpc.from_lookup(stack, "Vpc", vpc_id="vpc-0a1b")


def group(kind: str) -> dict[str, Any]:
    zones = ("eu-west-1a", "eu-west-1b")
    return {
        "name": kind,
        "type": kind,
        "subnets": [
            {
                "subnetId": f"subnet-0{kind.lower()[0]}{number}",
                "cidr": f"10.1.{number}.0/24",
                "availabilityZone": zone,
                "routeTableId": f"rtb-0{number}",
            }
            for number, zone in enumerate(zones)
        ],
    }


def test_vpc_that_was_looked_up_is_taken_with_a_warning() -> None:
    stack, vpc = looked_up(subnetGroups=[group("Isolated")])
    network = IsolatedNetwork.from_vpc(stack, "Network", vpc=vpc)
    assert [subnet.subnet_id for subnet in network.subnets] == ["subnet-0i0", "subnet-0i1"]
    template = Template.from_stack(stack)
    template.has_resource_properties(
        "AWS::EC2::VPCEndpoint", {"RouteTableIds": ["rtb-00", "rtb-01"], "VpcId": "vpc-0a1b"}
    )
    Annotations.from_stack(stack).has_warning(
        "/App/Network",
        Match.string_like_regexp("nobody sees at synth: routes to peering connections"),
    )


def test_warning_can_be_acknowledged() -> None:
    stack, vpc = looked_up(subnetGroups=[group("Isolated")])
    network = IsolatedNetwork.from_vpc(stack, "Network", vpc=vpc)
    cdk.Annotations.of(network).acknowledge_warning("secure-lambda-constructs:existing-vpc", "seen")
    assert Annotations.from_stack(stack).find_warning("*", Match.any_value()) == []


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            {"subnetGroups": [group("Public"), group("Isolated")]},
            "has subnets with a route to an internet gateway, App/Vpc/PublicSubnet1 for one",
        ),
        (
            {"subnetGroups": [group("Private")]},
            "has subnets with a route to a NAT gateway or a transit gateway",
        ),
        (
            {"subnetGroups": [group("Isolated")], "vpnGatewayId": "vgw-1"},
            "has a VPN gateway, which leads to another network",
        ),
        ({"subnetGroups": []}, "has no isolated subnets; add some, or write IsolatedNetwork"),
    ],
)
def test_open_vpc_that_was_looked_up_is_refused(answer: dict[str, Any], message: str) -> None:
    stack, vpc = looked_up(**answer)
    with pytest.raises(InvalidInputError, match=message):
        IsolatedNetwork.from_vpc(stack, "Network", vpc=vpc)


@pytest.mark.parametrize("other", [False, True], ids=["own stack", "other stack"])
def test_opening_a_vpc_that_was_looked_up_is_refused_at_synth(other: bool) -> None:
    stack, vpc = looked_up(subnetGroups=[group("Isolated")])
    IsolatedNetwork.from_vpc(stack, "Network", vpc=vpc)
    where = cdk.Stack(app_of(stack), "Other", env=_ENV) if other else stack
    ec2.CfnVPCPeeringConnection(where, "Peering", vpc_id="vpc-0a1b", peer_vpc_id="vpc-1")
    ec2.CfnRoute(where, "Route", route_table_id="rtb-01", destination_cidr_block="0.0.0.0/0")
    with pytest.raises(RuntimeError) as caught:
        synthesized(stack)
    assert f"{where.node.path}/Peering is a way to another VPC" in str(caught.value)
    assert f"{where.node.path}/Route is a route besides" in str(caught.value)


def test_vpc_that_is_still_to_be_looked_up_stops_nothing_but_the_deployment() -> None:
    stack = stack_of()
    vpc = ec2.Vpc.from_lookup(stack, "Vpc", vpc_id="vpc-0a1b")
    IsolatedNetwork.from_vpc(stack, "Network", vpc=vpc)
    assembly = app_of(stack).synth()
    manifest = json.loads(Path(assembly.directory, "manifest.json").read_text())
    assert [missing["provider"] for missing in manifest["missing"]] == ["vpc-provider"]
    (error,) = [
        message
        for message in assembly.get_stack_by_name("App").messages
        if message.level == cdk.cx_api.SynthesisMessageLevel.ERROR
    ]
    assert "the VPC was not looked up yet, and these are dummy values" in str(error.entry.data)
