"""What is refused on a network wherever in the app it was made, and what beside it is not."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_route53resolver as resolver

from secure_lambda_constructs import IsolatedNetwork

from .conftest import Synthesize

Change = Callable[[cdk.Stack, IsolatedNetwork], Any]

OPENINGS: dict[str, tuple[Change, str]] = {
    "interface endpoint": (
        lambda s, n: ec2.InterfaceVpcEndpoint(
            s, "Extra", vpc=n.vpc, service=ec2.InterfaceVpcEndpointAwsService.STS
        ),
        "/Extra/Resource carries calls with anybody's keys or to anybody's resources",
    ),
    "gateway attachment": (
        lambda s, n: ec2.CfnVPCGatewayAttachment(s, "Extra", vpc_id=n.vpc_id),
        "/Extra attaches a gateway, which an IsolatedNetwork does not have; remove it",
    ),
    "route": (
        lambda s, n: ec2.CfnRoute(
            s, "Extra", route_table_id=n.subnets[0].route_table.route_table_id
        ),
        "/Extra is a route besides those of the gateway endpoints",
    ),
    "peering from the other side": (
        lambda s, n: ec2.CfnVPCPeeringConnection(s, "Extra", vpc_id="vpc-1", peer_vpc_id=n.vpc_id),
        "/Extra is a way to another VPC",
    ),
    "instance": (
        lambda s, n: ec2.CfnInstance(s, "Extra", subnet_id=n.subnets[1].subnet_id),
        "/Extra is a host that could pass traffic on",
    ),
    "instance with an interface": (
        lambda s, n: ec2.CfnInstance(
            s,
            "Extra",
            network_interfaces=[
                ec2.CfnInstance.NetworkInterfaceProperty(
                    device_index="0", subnet_id=n.subnets[0].subnet_id
                )
            ],
        ),
        "/Extra is a host that could pass traffic on",
    ),
    "another route table": (
        lambda s, n: ec2.CfnSubnetRouteTableAssociation(
            s, "Extra", route_table_id="rtb-1", subnet_id=n.subnets[0].subnet_id
        ),
        "/Extra gives a subnet of the network another route table",
    ),
    "another DNS firewall": (
        lambda s, n: resolver.CfnFirewallRuleGroupAssociation(
            s, "Extra", firewall_rule_group_id="rslvr-frg-1", priority=100 + 1, vpc_id=n.vpc_id
        ),
        "/Extra puts DNS rules beside those of the network",
    ),
    "public subnet": (
        lambda s, n: ec2.CfnSubnet(
            s, "Extra", vpc_id=n.vpc_id, cidr_block="10.0.9.0/24", map_public_ip_on_launch=True
        ),
        "/Extra is a subnet with public or IPv6 addresses",
    ),
    "rule of a class of its own": (
        lambda s, n: type("Gateway", (ec2.CfnVPCGatewayAttachment,), {})(
            s, "Extra", vpc_id=n.vpc_id
        ),
        "/Extra attaches a gateway",
    ),
}


def in_stack(stack: cdk.Stack, place: str) -> cdk.Stack:
    if place == "own":
        return stack
    if place == "nested":
        return cdk.NestedStack(stack, "Nested")
    env = cdk.Environment(account="111122223333", region="eu-west-1")
    root = stack.node.root
    assert isinstance(root, cdk.App)
    return cdk.Stack(root, "Other", env=env)


@pytest.mark.parametrize("name", OPENINGS)
@pytest.mark.parametrize("place", ["own", "other", "nested"])
def test_opening_elsewhere_is_refused(synthesize: Synthesize, name: str, place: str) -> None:
    change, message = OPENINGS[name]
    with pytest.raises(RuntimeError) as caught:
        synthesize(lambda s, n: change(in_stack(s, place), n), region="eu-west-1")
    assert message in str(caught.value)


def test_other_vpc_is_not_looked_at(synthesize: Synthesize) -> None:
    def change(stack: cdk.Stack, network: IsolatedNetwork) -> None:
        group = network.create_security_group(network, "Group")
        group.connections.allow_to(
            ec2.SecurityGroup(network, "Cache", vpc=network.vpc), ec2.Port.tcp(6379)
        )
        ec2.CfnVPCCidrBlock(stack, "More", vpc_id=network.vpc_id, cidr_block="10.1.0.0/16")
        for number, place in enumerate(("own", "other")):
            where = in_stack(stack, place)
            vpc = ec2.Vpc(where, "Open", max_azs=1)
            endpoint = vpc.add_interface_endpoint(
                "Sts", service=ec2.InterfaceVpcEndpointAwsService.STS
            )
            endpoint.add_to_policy(
                iam.PolicyStatement(
                    principals=[iam.StarPrincipal()],
                    actions=["sts:*"],
                    resources=["*"],
                    conditions={"StringNotEquals": {"aws:SourceVpc": network.vpc_id}},
                )
            )
            ec2.CfnInstance(
                where,
                "Host",
                subnet_id=vpc.public_subnets[0].subnet_id,
                tags=[cdk.CfnTag(key="not-in", value=network.vpc_id)],
            )
            ec2.CfnVPCPeeringConnection(
                where, "Peering", vpc_id=vpc.vpc_id, peer_vpc_id=f"vpc-{number}"
            )

    # The VPC of the other stack has a logical id of its own, and yet the network's id in a tag.
    context = {"availability-zones:account=111122223333:region=eu-west-1": ["eu-west-1a"]}
    template = synthesize(change, region="eu-west-1", context=context)
    kinds = [resource["Type"] for resource in template["Resources"].values()]
    assert kinds.count("AWS::EC2::NatGateway") == 1
    assert kinds.count("AWS::EC2::VPCEndpoint") == 2


def test_twin_with_the_same_logical_id_is_another_vpc(synthesize: Synthesize) -> None:
    def change(stack: cdk.Stack, network: IsolatedNetwork) -> None:
        other = in_stack(stack, "other")
        twin = ec2.CfnVPC(other, "Any", cidr_block="10.0.0.0/16")
        resource = network.node.find_child("Resource")
        assert isinstance(resource, ec2.CfnVPC)
        twin.override_logical_id(stack.resolve(resource.logical_id))
        ec2.CfnVPCGatewayAttachment(other, "Gateway", vpc_id=twin.ref)

    assert synthesize(change, region="eu-west-1")["Resources"]


def test_what_is_added_between_two_syntheses_is_seen() -> None:
    app = cdk.App()
    stack = cdk.Stack(app, "App")
    network = IsolatedNetwork(stack, "Network")
    app.synth()
    ec2.CfnVPCGatewayAttachment(stack, "Extra", vpc_id=network.vpc_id)
    with pytest.raises(RuntimeError, match="App/Extra attaches a gateway"):
        app.synth(force=True)
    stack.node.try_remove_child("Extra")
    later = IsolatedNetwork(cdk.Stack(app, "Aaa"), "Network")
    ec2.CfnVPCGatewayAttachment(stack, "More", vpc_id="vpc-1")
    assert app.synth(force=True).get_stack_by_name("Aaa").template["Resources"]
    assert later.node.path == "Aaa/Network"


def test_two_apps_at_once_do_not_share_what_was_found() -> None:
    stacks = [cdk.Stack(cdk.App(), "App") for _ in range(2)]
    networks = [IsolatedNetwork(stack, "Network") for stack in stacks]
    ec2.CfnVPCGatewayAttachment(stacks[1], "Extra", vpc_id=networks[1].vpc_id)
    for stack, opened in ((stacks[0], False), (stacks[1], True), (stacks[0], False)):
        root = stack.node.root
        assert isinstance(root, cdk.App)
        if opened:
            with pytest.raises(RuntimeError, match="App/Extra attaches a gateway"):
                root.synth(force=True)
        else:
            assert root.synth(force=True).stacks
