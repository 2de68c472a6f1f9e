"""Versions, aliases, provisioned concurrency, and the options that go with them."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as scheduler_targets
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from .conftest import Template, World

FUNCTION = "UserInfoFunctionB2C19A87"


def version_of(code: Path, **arguments: Any) -> str:
    """The logical id of the current version of a function."""
    world = World(code)
    function = world.function(**arguments)
    assert isinstance(function.current_version, lambda_.Version)
    template = world.template()
    (name,) = [n for n, r in template.resources.items() if r["Type"] == "AWS::Lambda::Version"]
    assert name.startswith("UserInfoFunctionCurrentVersion")
    return name


def test_a_version_is_made_when_something_changes_and_only_then(code: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "index.py").write_text("def handler(event, context):\n    return None\n")
    first = version_of(code)
    assert version_of(code) == first
    # How a function is granted something, or called, is no part of it.
    changed = {
        version_of(other),
        version_of(code, memory_size=256),
        version_of(code, environment={"STAGE": "prod"}),
        version_of(code, tracing=lambda_.Tracing.ACTIVE),
    }
    assert len(changed) == 4
    assert first not in changed


def test_no_version_without_asking(world: World) -> None:
    world.function(
        current_version_options=lambda_.VersionOptions(removal_policy=cdk.RemovalPolicy.RETAIN)
    )
    template = world.template()
    assert template.all("AWS::Lambda::Version") == []
    assert len(template.of("UserInfo")) == 4


def test_version_waits_for_the_firewall_and_the_role_as_the_function_does(world: World) -> None:
    function = world.function(
        current_version_options=lambda_.VersionOptions(
            removal_policy=cdk.RemovalPolicy.RETAIN, description="kept"
        )
    )
    lambda_.Alias(world.stack, "Live", alias_name="live", version=function.current_version)
    template = world.template()
    (version,) = [r for r in template.resources.values() if r["Type"] == "AWS::Lambda::Version"]
    assert version["DeletionPolicy"] == "Retain"
    assert version["Properties"]["Description"] == "kept"
    assert version["Properties"]["FunctionName"] == {"Ref": FUNCTION}
    assert "NetworkDnsFirewallAssociation37FA3BA1" in version["DependsOn"]
    assert template.one("AWS::Lambda::Alias")["Name"] == "live"
    assert template.circles() == []


def test_provisioned_concurrency_that_scales(world: World) -> None:
    function = world.function()
    live = lambda_.Alias(
        world.stack,
        "Live",
        alias_name="live",
        version=function.current_version,
        provisioned_concurrent_executions=2,
    )
    live.add_auto_scaling(min_capacity=2, max_capacity=20).scale_on_utilization(
        utilization_target=0.7
    )
    template = world.template()
    assert template.one("AWS::Lambda::Alias")["ProvisionedConcurrencyConfig"] == {
        "ProvisionedConcurrentExecutions": 2
    }
    target = template.one("AWS::ApplicationAutoScaling::ScalableTarget")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 20)
    # It scales with a role of its own service: the app's roles stay as they are.
    assert len(template.all("AWS::IAM::Role")) == 1


def test_callers_of_an_alias(code: Path) -> None:
    world = World(code, region="eu-west-1")
    function = world.function()
    live = lambda_.Alias(world.stack, "Live", alias_name="live", version=function.current_version)
    apigatewayv2.HttpApi(world.stack, "Api").add_routes(
        path="/users", integration=integrations.HttpLambdaIntegration("Users", live)
    )
    scheduler.Schedule(
        world.stack,
        "Nightly",
        schedule=scheduler.ScheduleExpression.cron(hour="3", minute="0"),
        target=scheduler_targets.LambdaInvoke(live),
    )
    template = world.template()
    permission = template.one("AWS::Lambda::Permission")
    assert permission["Principal"] == "apigateway.amazonaws.com"
    assert "execute-api" in json.dumps(permission["SourceArn"])
    # The scheduler calls with a role that may call the alias, and nothing else.
    (document,) = [p["PolicyDocument"] for p in template.all("AWS::IAM::Policy")]
    (statement,) = document["Statement"]
    assert statement["Action"] == "lambda:InvokeFunction"
    assert (
        statement["Resource"]
        == permission["FunctionName"]
        == world.stack.resolve(live.function_arn)
    )


@pytest.mark.parametrize("of", ["version", "alias"])
def test_destinations_of_a_version_and_an_alias_are_checked(world: World, of: str) -> None:
    mail = destinations.SnsDestination(sns.Topic(world.stack, "Mail"))
    options = lambda_.VersionOptions(on_failure=mail) if of == "version" else None
    function = world.function(current_version_options=options)
    alias = lambda_.Alias(world.stack, "Live", alias_name="live", version=function.current_version)
    if of == "alias":
        alias.configure_async_invoke(on_failure=mail)
    with pytest.raises(RuntimeError, match=r"\(onFailure\) to App/Mail/Resource, which is not kno"):
        world.app.synth()


def test_destinations_of_an_alias_stay(world: World) -> None:
    queue = sqs.Queue(
        world.stack, "Failed", encryption=sqs.QueueEncryption.KMS_MANAGED, enforce_ssl=True
    )
    lambda_.Alias(
        world.stack,
        "Live",
        alias_name="live",
        version=world.function().current_version,
        on_failure=destinations.SqsDestination(queue),
    )
    template = world.template()
    assert template.one("AWS::Lambda::EventInvokeConfig")["Qualifier"]
    assert template.all("AWS::IAM::Policy") == []


OPTIONS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "snap start": (
        {"snap_start": lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS},
        {"SnapStart": {"ApplyOn": "PublishedVersions"}},
    ),
    "runtime": (
        {"runtime_management_mode": lambda_.RuntimeManagementMode.FUNCTION_UPDATE},
        {"RuntimeManagementConfig": {"UpdateRuntimeOn": "FunctionUpdate"}},
    ),
    "loop": ({"recursive_loop": lambda_.RecursiveLoop.ALLOW}, {"RecursiveLoop": "Allow"}),
    "tenants": (
        {"tenancy_config": lambda_.TenancyConfig.PER_TENANT},
        {"TenancyConfig": {"TenantIsolationMode": "PER_TENANT"}},
    ),
    "no traces": ({"tracing": lambda_.Tracing.DISABLED}, {}),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_option_reaches_the_function_and_opens_nothing(
    world: World, article: Template, name: str
) -> None:
    arguments, expected = OPTIONS[name]
    world.function(**arguments)
    template = world.template()
    function = template.one("AWS::Lambda::Function")
    without = article.one("AWS::Lambda::Function")
    assert {k: v for k, v in function.items() if k not in without} == expected
    assert template.policy("Isolation") == article.policy("Isolation")
    assert template.policy("Grants") == []
