"""What is refused on a network wherever in the app it was made, and what beside it is not."""

from collections.abc import Callable
from importlib import import_module
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_dms as dms
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticache as elasticache
from aws_cdk import aws_elasticbeanstalk as elasticbeanstalk
from aws_cdk import aws_elasticloadbalancing as elb
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_networkmanager as networkmanager
from aws_cdk import aws_ram as ram
from aws_cdk import aws_rds as rds
from aws_cdk import aws_route53profiles as route53profiles
from aws_cdk import aws_route53resolver as resolver
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_vpclattice as vpclattice

from secure_lambda_constructs import IsolatedNetwork
from secure_lambda_constructs.network.ways_out import WAYS_OUT

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
        "/Extra attaches a gateway, which an IsolatedNetwork does not allow; remove it",
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
    "IPv6 block of a subnet": (
        lambda s, n: ec2.CfnSubnetCidrBlock(
            s, "Extra", subnet_id=n.subnets[0].subnet_id, ipv6_cidr_block="2001:db8::/64"
        ),
        "/Extra gives a subnet IPv6 addresses; an IsolatedNetwork is IPv4 only",
    ),
    "service network of VPC Lattice": (
        lambda s, n: vpclattice.CfnServiceNetworkVpcAssociation(
            s, "Extra", vpc_identifier=n.vpc_id, service_network_identifier="sn-1"
        ),
        "/Extra is a way to whatever is in a service network of VPC Lattice, which an IsolatedNet",
    ),
    "resource gateway of VPC Lattice": (
        lambda s, n: vpclattice.CfnResourceGateway(
            s, "Extra", name="in", vpc_identifier=n.vpc_id, subnet_ids=[n.subnets[0].subnet_id]
        ),
        "/Extra lets others in, which an IsolatedNetwork does not allow",
    ),
    "Cloud WAN": (
        lambda s, n: networkmanager.CfnVpcAttachment(
            s,
            "Extra",
            core_network_id="core-network-1",
            vpc_arn=n.vpc.vpc_arn,
            subnet_arns=[subnet_arn(s, n)],
        ),
        "/Extra is a way to other networks",
    ),
    "shared subnet": (
        lambda s, n: ram.CfnResourceShare(
            s, "Extra", name="share", resource_arns=[subnet_arn(s, n)], principals=["999988887777"]
        ),
        "/Extra lets other accounts put hosts into the network",
    ),
    "load balancer": (
        lambda s, n: elbv2.ApplicationLoadBalancer(
            s, "Extra", vpc=n.vpc, vpc_subnets=ec2.SubnetSelection(subnets=n.subnets)
        ),
        "/Extra/Resource is a load balancer, a host that could pass traffic on, and only security "
        "groups would keep functions from it; put it into another VPC: it can call a function",
    ),
    "classic load balancer": (
        lambda s, n: elb.CfnLoadBalancer(
            s,
            "Extra",
            listeners=[
                elb.CfnLoadBalancer.ListenersProperty(
                    instance_port="443", load_balancer_port="443", protocol="TCP"
                )
            ],
            subnets=[n.subnets[0].subnet_id],
        ),
        "/Extra is a load balancer, a host that could pass traffic on",
    ),
    "container service": (
        lambda s, n: ecs.CfnService(
            s,
            "Extra",
            network_configuration=ecs.CfnService.NetworkConfigurationProperty(
                awsvpc_configuration=ecs.CfnService.AwsVpcConfigurationProperty(
                    subnets=[n.subnets[0].subnet_id]
                )
            ),
        ),
        "/Extra is a host that could pass traffic on",
    ),
    "task on a schedule": (
        lambda s, n: events.CfnRule(
            s,
            "Extra",
            schedule_expression="rate(1 day)",
            targets=[
                events.CfnRule.TargetProperty(
                    id="Task",
                    arn="arn:aws:ecs:eu-west-1:111122223333:cluster/c",
                    ecs_parameters=events.CfnRule.EcsParametersProperty(
                        task_definition_arn="arn:aws:ecs:eu-west-1:111122223333:task-definition/t",
                        network_configuration=events.CfnRule.NetworkConfigurationProperty(
                            aws_vpc_configuration=events.CfnRule.AwsVpcConfigurationProperty(
                                subnets=[n.subnets[0].subnet_id]
                            )
                        ),
                    ),
                )
            ],
        ),
        "/Extra starts tasks in the network, which could pass traffic on",
    ),
    "group of instances": (
        lambda s, n: autoscaling.CfnAutoScalingGroup(
            s,
            "Extra",
            min_size="1",
            max_size="1",
            vpc_zone_identifier=[n.subnets[0].subnet_id],
        ),
        "/Extra is a host that could pass traffic on",
    ),
    "launch template": (
        lambda s, n: ec2.CfnLaunchTemplate(
            s,
            "Extra",
            launch_template_data=ec2.CfnLaunchTemplate.LaunchTemplateDataProperty(
                network_interfaces=[
                    ec2.CfnLaunchTemplate.NetworkInterfaceProperty(
                        device_index=0, subnet_id=n.subnets[0].subnet_id
                    )
                ]
            ),
        ),
        "/Extra is a host that could pass traffic on",
    ),
    "network interface": (
        lambda s, n: ec2.CfnNetworkInterface(s, "Extra", subnet_id=n.subnets[0].subnet_id),
        "/Extra is a host that could pass traffic on",
    ),
    "connections to instances": (
        lambda s, n: ec2.CfnInstanceConnectEndpoint(s, "Extra", subnet_id=n.subnets[0].subnet_id),
        "/Extra lets others in, which an IsolatedNetwork does not allow",
    ),
    "data migration": (
        lambda s, n: dms.CfnReplicationSubnetGroup(
            s,
            "Extra",
            replication_subnet_group_description="Out",
            subnet_ids=[subnet.subnet_id for subnet in n.subnets],
        ),
        "/Extra moves data out of the network's databases and file systems",
    ),
    "public access": (
        lambda s, n: ec2.CfnVPCBlockPublicAccessExclusion(
            s, "Extra", vpc_id=n.vpc_id, internet_gateway_exclusion_mode="allow-bidirectional"
        ),
        "/Extra exempts the network from the account's block of public access",
    ),
    "DNS profile": (
        lambda s, n: route53profiles.CfnProfileAssociation(
            s, "Extra", name="profile", profile_id="rp-1", resource_id=n.vpc_id
        ),
        "/Extra applies a Route 53 Profile, which can send DNS queries elsewhere",
    ),
    "query log": (
        lambda s, n: resolver.CfnResolverQueryLoggingConfigAssociation(
            s, "Extra", resolver_query_log_config_id="rqlc-1", resource_id=n.vpc_id
        ),
        "/Extra logs what functions ask for, and who reads it is not known; remove it, and write",
    ),
    "flow log in somebody's bucket": (
        lambda s, n: flow_log(s, n, log_destination="arn:aws:s3:::loot"),
        "/Extra sends flow logs of the network to arn:aws:s3:::loot, and who reads them there is",
    ),
    "rule of a class of its own": (
        lambda s, n: type("Gateway", (ec2.CfnVPCGatewayAttachment,), {})(
            s, "Extra", vpc_id=n.vpc_id
        ),
        "/Extra attaches a gateway",
    ),
}


def subnet_arn(stack: cdk.Stack, network: IsolatedNetwork) -> str:
    subnet_id = network.subnets[0].subnet_id
    return stack.format_arn(service="ec2", resource="subnet", resource_name=subnet_id)


def flow_log(stack: cdk.Stack, network: IsolatedNetwork, **properties: Any) -> ec2.CfnFlowLog:
    return ec2.CfnFlowLog(
        stack,
        "Extra",
        resource_id=network.vpc_id,
        resource_type="VPC",
        traffic_type="ALL",
        **properties,
    )


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


BELOW: dict[str, tuple[Change, str]] = {
    "another DNS firewall": (
        lambda s, n: resolver.CfnFirewallRuleGroupAssociation(
            n, "Extra", firewall_rule_group_id="rslvr-frg-1", priority=102, vpc_id=n.vpc_id
        ),
        "App/Network/Extra puts DNS rules beside those of the network",
    ),
    "another query log": (
        lambda s, n: resolver.CfnResolverQueryLoggingConfigAssociation(
            n, "QueryLogAssociation", resolver_query_log_config_id="rqlc-1", resource_id=n.vpc_id
        ),
        "App/Network/QueryLogAssociation logs what functions ask for",
    ),
    "another route table": (
        lambda s, n: ec2.CfnSubnetRouteTableAssociation(
            n, "Extra", route_table_id="rtb-1", subnet_id=n.subnets[0].subnet_id
        ),
        "App/Network/Extra gives a subnet of the network another route table",
    ),
    "the VPC by its attribute": (
        lambda s, n: ec2.CfnVPCPeeringConnection(
            s,
            "Extra",
            vpc_id=cast(ec2.CfnVPC, n.node.find_child("Resource")).attr_vpc_id,
            peer_vpc_id="vpc-1",
        ),
        "App/Extra is a way to another VPC",
    ),
}


@pytest.mark.parametrize("name", BELOW)
def test_what_passes_for_a_part_of_the_network_is_refused(
    synthesize: Synthesize, name: str
) -> None:
    change, message = BELOW[name]
    with pytest.raises(RuntimeError) as caught:
        synthesize(change, region="eu-west-1")
    assert message in str(caught.value)


def test_own_query_log_stays() -> None:
    app = cdk.App()
    stack = cdk.Stack(app, "App")
    IsolatedNetwork(stack, "Network", dns_query_log_group=logs.LogGroup(stack, "Queries"))
    resources = app.synth().get_stack_by_name("App").template["Resources"]
    kinds = [resource["Type"] for resource in resources.values()]
    assert kinds.count("AWS::Route53Resolver::ResolverQueryLoggingConfigAssociation") == 1


def test_what_is_no_way_out_stays(synthesize: Synthesize) -> None:
    def change(stack: cdk.Stack, network: IsolatedNetwork) -> None:
        ids = [subnet.subnet_id for subnet in network.subnets]
        rds.CfnDBSubnetGroup(stack, "Database", db_subnet_group_description="D", subnet_ids=ids)
        elasticache.CfnSubnetGroup(stack, "Cache", description="C", subnet_ids=ids)
        # These tell of the network, and are elsewhere.
        ec2.CfnLaunchTemplate(
            stack,
            "Template",
            launch_template_data=ec2.CfnLaunchTemplate.LaunchTemplateDataProperty(
                user_data=cdk.Fn.base64(f"VPC={network.vpc_id}")
            ),
        )
        events.CfnRule(stack, "Watch", event_pattern={"detail": {"vpcId": [network.vpc_id]}})
        # These are below the network, and about something else.
        events.CfnRule(network, "Daily", schedule_expression="rate(1 day)")
        scheduler.CfnSchedule(
            network,
            "Nightly",
            schedule_expression="rate(1 day)",
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn="arn:aws:lambda:eu-west-1:111122223333:function:f",
                role_arn="arn:aws:iam::111122223333:role/r",
            ),
        )
        ram.CfnResourceShare(network, "Share", name="share", resource_arns=["arn:aws:ec2:::other"])

    kinds = [r["Type"] for r in synthesize(change, region="eu-west-1")["Resources"].values()]
    assert kinds.count("AWS::RDS::DBSubnetGroup") == 1
    assert kinds.count("AWS::Events::Rule") == 2


def test_vpc_that_is_not_of_the_app_is_known_in_arns_and_lists() -> None:
    app = cdk.App()
    stack = cdk.Stack(app, "App", env=cdk.Environment(account="111122223333", region="eu-west-1"))
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-0a1b",
        availability_zones=["eu-west-1a", "eu-west-1b"],
        isolated_subnet_ids=["subnet-0a", "subnet-0b"],
        isolated_subnet_route_table_ids=["rtb-0a", "rtb-0b"],
    )
    IsolatedNetwork.from_vpc(stack, "Network", vpc=vpc)
    arn = "arn:aws:ec2:eu-west-1:111122223333:subnet/subnet-0b"
    ram.CfnResourceShare(stack, "Share", name="share", resource_arns=[arn])
    networkmanager.CfnVpcAttachment(
        stack, "Attachment", core_network_id="core-1", vpc_arn=vpc.vpc_arn, subnet_arns=["other"]
    )
    elasticbeanstalk.CfnEnvironment(
        stack,
        "Environment",
        application_name="application",
        option_settings=[
            elasticbeanstalk.CfnEnvironment.OptionSettingProperty(
                namespace="aws:ec2:vpc", option_name="Subnets", value="subnet-0a,subnet-0b"
            )
        ],
    )
    ram.CfnResourceShare(stack, "Other", name="other", resource_arns=[f"{arn}1"])
    with pytest.raises(RuntimeError) as caught:
        app.synth()
    assert "App/Share lets other accounts put hosts into the network" in str(caught.value)
    assert "App/Attachment is a way to other networks" in str(caught.value)
    assert "App/Environment is a host that could pass traffic on" in str(caught.value)
    assert "App/Other" not in str(caught.value)


def test_classes_that_are_refused_exist() -> None:
    # A class is found by its name, so that a misspelt one would never be.
    for kind in WAYS_OUT:
        module, _, name = kind.partition(".")
        found = getattr(import_module(f"aws_cdk.{module}"), name)
        assert issubclass(found, cdk.CfnResource)


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
