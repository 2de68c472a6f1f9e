"""What is refused on a function when the app synthesizes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from secure_lambda_constructs import SignedVpcFunction

from .conftest import ACCOUNT, World

Change = Callable[[SignedVpcFunction], Any]

OPENINGS: dict[str, tuple[Change, str]] = {
    "URL for everybody": (
        lambda fn: fn.function.add_function_url(auth_type=lambda_.FunctionUrlAuthType.NONE),
        "App/UserInfo/Function/FunctionUrl/Resource is a URL with auth type NONE",
    ),
    "URL of an alias for everybody": (
        lambda fn: fn.function.add_alias("live").add_function_url(
            auth_type=lambda_.FunctionUrlAuthType.NONE
        ),
        "is a URL with auth type NONE, which anybody may call; write auth_type=",
    ),
    "everybody": (
        lambda fn: fn.function.add_permission("Open", principal=iam.AnyPrincipal()),
        "App/UserInfo/Function/Open lets anybody call the function",
    ),
    "organization": (
        lambda fn: fn.function.grant_invoke(iam.OrganizationPrincipal("o-1234567890")),
        "lets everybody in organization o-1234567890 call the function; name the account",
    ),
    "service for any account": (
        lambda fn: fn.function.grant_invoke(iam.ServicePrincipal("sns.amazonaws.com")),
        "lets sns.amazonaws.com call the function for any account; write source_arn or",
    ),
    "foreign account": (
        lambda fn: fn.function.grant_invoke(iam.AccountPrincipal("999988887777")),
        "lets account 999988887777 call the function, and the stack is bound to no account, so "
        "whether that is its own is not known; give it env=cdk.Environment(account=..., region",
    ),
    "foreign role": (
        lambda fn: fn.function.add_permission(
            "Open", principal=iam.ArnPrincipal("arn:aws:iam::999988887777:role/reader")
        ),
        "App/UserInfo/Function/Open lets account 999988887777 call the function",
    ),
    "nonsense": (
        lambda fn: lambda_.CfnPermission(
            fn,
            "Open",
            action="lambda:InvokeFunction",
            function_name=fn.function.function_name,
            principal="somebody",
        ),
        "App/UserInfo/Open lets 'somebody' call the function, which is no account, role or service",
    ),
    "egress to an address": (
        lambda fn: fn.connections.allow_to(
            ec2.Peer.ipv4("203.0.113.0/24"), ec2.Port.tcp(443), "out"
        ),
        "lets the function send to 203.0.113.0/24; remove it, and allow a security group instead",
    ),
    "egress to everything": (
        lambda fn: fn.connections.allow_to_any_ipv4(ec2.Port.all_traffic()),
        "lets the function send to 0.0.0.0/0; remove it",
    ),
    "IPv6 egress": (
        lambda fn: fn.security_group.add_egress_rule(ec2.Peer.any_ipv6(), ec2.Port.tcp(443)),
        "lets the function send to ::/0; remove it",
    ),
    "egress to a prefix list": (
        lambda fn: fn.connections.allow_to(ec2.Peer.prefix_list("pl-6da54004"), ec2.Port.tcp(443)),
        "lets the function send to pl-6da54004; remove it",
    ),
}


@pytest.mark.parametrize("name", OPENINGS)
def test_opening_is_refused(world: World, name: str) -> None:
    change, message = OPENINGS[name]
    change(world.function())
    with pytest.raises(RuntimeError) as caught:
        world.app.synth()
    assert message in str(caught.value)


def test_function_is_named_once_with_all_that_opens_it(world: World) -> None:
    function = world.function()
    for change, _ in (OPENINGS["everybody"], OPENINGS["egress to everything"]):
        change(function)
    with pytest.raises(RuntimeError) as caught:
        world.app.synth()
    assert "lets anybody call" in str(caught.value)
    assert "send to 0.0.0.0/0" in str(caught.value)


def test_closed_callers_stay(code: Path) -> None:
    world = World(code, region="eu-west-1")
    function = world.function()
    function.function.add_function_url(auth_type=lambda_.FunctionUrlAuthType.AWS_IAM)
    function.function.grant_invoke(iam.AccountPrincipal(world.stack.account))
    function.function.grant_invoke(
        iam.ServicePrincipal(
            "sns.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": ACCOUNT}}
        )
    )
    apigateway.LambdaRestApi(world.stack, "Api", handler=function.function)
    rule = events.Rule(world.stack, "Rule", schedule=events.Schedule.rate(cdk.Duration.hours(1)))
    rule.add_target(targets.LambdaFunction(function.function))
    other = world.function(id="Caller")
    function.function.grant_invoke(other)
    function.function.grant_invoke(
        iam.Role(world.stack, "Person", assumed_by=iam.AccountPrincipal(world.stack.account))
    )
    template = world.template()
    assert len(template.all("AWS::Lambda::Permission")) >= 4


def test_own_account_of_a_bound_stack_stays(code: Any) -> None:
    world = World(code, region="eu-west-1")
    world.function().function.add_permission(
        "Own", principal=iam.ArnPrincipal(f"arn:aws:iam::{ACCOUNT}:role/reader")
    )
    assert len(world.template().all("AWS::Lambda::Permission")) == 1


def test_security_groups_of_the_network_stay(world: World) -> None:
    function = world.function()
    group = ec2.SecurityGroup(world.stack, "Cache", vpc=world.network.vpc, allow_all_outbound=False)
    function.connections.allow_to(group, ec2.Port.tcp(6379))
    assert len(world.template().all("AWS::EC2::SecurityGroupEgress")) == 1
