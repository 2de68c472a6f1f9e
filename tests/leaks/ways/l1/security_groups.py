"""N09 and N10: what the security groups let out, and to endpoints in."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_lambda as lambda_

from .base import AGNOSTIC, EU, US, WAYS, Base
from .parts import Endpoints

__all__: list[str] = []


@WAYS.way("N09", "N10")
def _the_default_group_by_its_attribute(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    default = base.vpc.attr_default_security_group
    base.function.add_property_override(
        "VpcConfig.SecurityGroupIds",
        [base.stack.resolve(default if is_open else base.group.attr_group_id)],
    )


@WAYS.way("N09", "N10")
def _the_only_rule_is_on_a_condition(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=AGNOSTIC)
    base.group.add_property_deletion_override("SecurityGroupEgress")
    cdk.CfnParameter(base.stack, "Endpoints", default="0" if is_open else "1", type="Number")
    wanted = cdk.CfnCondition(
        base.stack,
        "HasEndpoints",
        expression=cdk.Fn.condition_not(
            cdk.Fn.condition_equals({"Ref": "Endpoints"}, "0"),
        ),
    )
    rule = ec2.CfnSecurityGroupEgress(
        base.stack,
        "ToTables",
        group_id=base.group.attr_group_id,
        ip_protocol="tcp",
        from_port=443,
        to_port=443,
        destination_prefix_list_id=base.prefix_lists.find_in_map(base.region, "dynamodb"),
    )
    rule.cfn_options.condition = wanted


@WAYS.way("N09", "N10")
def _a_second_group_that_all_have(app: cdk.App, is_open: bool) -> None:
    base = Base(app, is_apart=True)
    # Without a rule EC2 adds one to everywhere.
    common = ec2.CfnSecurityGroup(
        base.shared,
        "Common",
        group_description="Common",
        security_group_egress=None if is_open else base.egress,
        vpc_id=base.vpc.ref,
    )
    base.function.vpc_config = lambda_.CfnFunction.VpcConfigProperty(
        security_group_ids=[base.group.attr_group_id, common.attr_group_id],
        subnet_ids=[each.ref for each in base.subnets],
    )


@WAYS.way("N09", "N10")
def _a_prefix_list_of_all_addresses(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    anywhere = _prefix_list(base, "0.0.0.0/0")
    base.let_out(
        base.https(destination_prefix_list_id=anywhere.attr_prefix_list_id)
        if is_open
        else base.to_gateway("dynamodb")
    )


@WAYS.way("N09", "N10")
def _two_halves_of_all_addresses(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=EU)
    halves = ["0.0.0.0/1", "128.0.0.0/1"] if is_open else []
    base.let_out(*(base.https(cidr_ip=half) for half in halves))


@WAYS.way("N10")
def _a_prefix_list_of_our_own(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    partners = _prefix_list(base, "10.0.0.0/8")
    base.let_out(
        base.https(destination_prefix_list_id=partners.attr_prefix_list_id)
        if is_open
        else base.to_gateway("dynamodb")
    )


def _prefix_list(base: Base, network: str) -> ec2.CfnPrefixList:
    return ec2.CfnPrefixList(
        base.stack,
        "Partners",
        address_family="IPv4",
        entries=[ec2.CfnPrefixList.EntryProperty(cidr=network)],
        max_entries=5,
        prefix_list_name="partners",
    )


@WAYS.way("N10")
def _a_door_for_another_group(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=AGNOSTIC)
    endpoints = Endpoints(base)
    endpoints.add("Streams", "kinesis-streams", base.through("kinesis:PutRecord", "*"))
    tools = ec2.CfnSecurityGroup(
        base.stack,
        "Tools",
        group_description="Tools",
        security_group_egress=base.egress,
        vpc_id=base.vpc.ref,
    )
    # An administrator adds it from a stack of his own.
    ec2.CfnSecurityGroupIngress(
        cdk.Stack(app, "Tooling"),
        "Door",
        group_id=endpoints.group.attr_group_id,
        # TCP by its number.
        ip_protocol="6",
        from_port=443,
        to_port=443,
        source_security_group_id=(tools if is_open else base.group).attr_group_id,
    )


@WAYS.way("N10")
def _a_prefix_list_of_the_other_region(app: cdk.App, is_open: bool) -> None:
    for env in (US, EU):
        base = Base(app, env=env, name=f"App-{env.region}")
        if is_open:
            # In Ireland it is none, or somebody else's.
            base.group.security_group_egress = [
                base.https(destination_prefix_list_id="pl-02cd2c6b")
            ]
