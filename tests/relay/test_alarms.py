"""Alarms of a relay: on what, from how much on, and who may publish them."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns

from secure_lambda_constructs import InvalidInputError
from secure_lambda_constructs.relay.alarms import add_relay_alarms, relay_metric

ENVIRONMENT = cdk.Environment(account="111122223333", region="eu-central-1")
ARN = "arn:aws:sns:eu-central-1:111122223333:alerts"
SIZE = cdk.Size.kibibytes(64)


@pytest.fixture
def stack() -> cdk.Stack:
    return cdk.Stack(cdk.App(), "App", env=ENVIRONMENT)


def _add(scope: cdk.Stack, topic: sns.ITopic, **arguments: Any) -> None:
    given: dict[str, Any] = {
        "relay_name": "payments",
        "routes": ["charge", "refund"],
        "max_bytes_out": SIZE,
    }
    add_relay_alarms(scope, topic, **(given | arguments))


def _resources(stack: cdk.Stack, name: str = "App") -> dict[str, dict[str, Any]]:
    root = stack.node.root
    assert isinstance(root, cdk.App)
    template = json.loads((Path(root.synth().directory) / f"{name}.template.json").read_text())
    resources: dict[str, dict[str, Any]] = template["Resources"]
    return resources


def _of(resources: Mapping[str, dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    return {
        name: resource["Properties"]
        for name, resource in resources.items()
        if resource["Type"] == kind
    }


def _publishers(resources: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    [policy] = _of(resources, "AWS::SNS::TopicPolicy").values()
    return [s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"]


def test_alarms(stack: cdk.Stack) -> None:
    topic = sns.Topic(stack, "Alerts")
    _add(stack, topic, max_bytes_out={"refund": cdk.Size.kibibytes(1), "charge": SIZE})
    found = {
        name: (
            alarm["MetricName"],
            {d["Name"]: d["Value"] for d in alarm["Dimensions"]},
            alarm["ComparisonOperator"],
            alarm["Threshold"],
        )
        for name, alarm in _of(_resources(stack), "AWS::CloudWatch::Alarm").items()
    }
    more = "GreaterThanThreshold"
    assert found == {
        "AlarmsRefused39F8EBC8": (
            "Refused",
            {"Relay": "payments"},
            "GreaterThanOrEqualToThreshold",
            1,
        ),
        "AlarmsBytesOutchargeB8D552A8": (
            "BytesOut",
            {"Relay": "payments", "Route": "charge"},
            more,
            65536,
        ),
        "AlarmsBytesOutrefund355A329E": (
            "BytesOut",
            {"Relay": "payments", "Route": "refund"},
            more,
            1024,
        ),
    }


def test_what_all_alarms_have(stack: cdk.Stack) -> None:
    topic = sns.Topic(stack, "Alerts")
    _add(stack, topic)
    alarms = _of(_resources(stack), "AWS::CloudWatch::Alarm").values()
    assert len(alarms) == 3
    for alarm in alarms:
        assert alarm["Namespace"] == "SecureLambdaConstructs/EgressRelay"
        assert (alarm["Statistic"], alarm["Period"], alarm["EvaluationPeriods"]) == ("Sum", 300, 1)
        assert alarm["TreatMissingData"] == "notBreaching"
        assert alarm["AlarmActions"] == [stack.resolve(topic.topic_arn)]


def test_another_period(stack: cdk.Stack) -> None:
    _add(stack, sns.Topic(stack, "Alerts"), period=cdk.Duration.minutes(1))
    alarms = _of(_resources(stack), "AWS::CloudWatch::Alarm").values()
    assert {alarm["Period"] for alarm in alarms} == {60}


def test_a_name_that_is_known_at_deployment(stack: cdk.Stack) -> None:
    function = lambda_.CfnFunction(
        stack, "Relay", code=lambda_.CfnFunction.CodeProperty(zip_file=""), role="role"
    )
    _add(stack, sns.Topic(stack, "Alerts"), relay_name=function.ref)
    for alarm in _of(_resources(stack), "AWS::CloudWatch::Alarm").values():
        assert {"Name": "Relay", "Value": {"Ref": "Relay"}} in alarm["Dimensions"]


def test_cloudwatch_of_the_account_may_publish(stack: cdk.Stack) -> None:
    """Also where the topic has a policy already, which takes the default right away."""
    _add(stack, sns.Topic(stack, "Alerts", enforce_ssl=True))
    [statement] = _publishers(_resources(stack))
    assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert statement["Action"] == "sns:Publish"
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "111122223333"}}


def test_cloudwatch_may_use_the_topics_key(stack: cdk.Stack) -> None:
    _add(stack, sns.Topic(stack, "Alerts", master_key=kms.Key(stack, "Key")))
    [key] = _of(_resources(stack), "AWS::KMS::Key").values()
    allowed = {
        action
        for statement in key["KeyPolicy"]["Statement"]
        if statement["Principal"].get("Service") == "cloudwatch.amazonaws.com"
        for action in statement["Action"]
    }
    assert {"kms:Decrypt", "kms:GenerateDataKey*"} <= allowed


def test_two_relays_and_one_topic_of_another_stack() -> None:
    app = cdk.App()
    operations, relays = (
        cdk.Stack(app, name, env=ENVIRONMENT) for name in ("Operations", "Relays")
    )
    topic = sns.Topic(operations, "Alerts")
    for name in ("payments", "letters"):
        scope = cdk.NestedStack(relays, name)
        _add(scope, topic, relay_name=name)
    [statement] = _publishers(_resources(relays, "Operations"))
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "111122223333"}}
    manifest = json.loads((Path(app.synth().directory) / "manifest.json").read_text())
    assert "Operations" in manifest["artifacts"]["Relays"]["dependencies"]


def test_an_imported_topic(stack: cdk.Stack) -> None:
    _add(stack, sns.Topic.from_topic_arn(stack, "Alerts", ARN))
    resources = _resources(stack)
    alarms = _of(resources, "AWS::CloudWatch::Alarm").values()
    assert {str(alarm["AlarmActions"]) for alarm in alarms} == {str([ARN])}
    assert _of(resources, "AWS::SNS::TopicPolicy") == {}


@pytest.mark.parametrize(
    ("arn", "sentence"),
    [
        (ARN.replace("eu-central-1", "us-east-1"), "region of its relay, eu-central-1, got us-"),
        (ARN.replace("1111", "9999"), "account of its relay, 111122223333, got 9999"),
    ],
    ids=["region", "account"],
)
def test_a_topic_elsewhere(stack: cdk.Stack, arn: str, sentence: str) -> None:
    topic = sns.Topic.from_topic_arn(stack, "Alerts", arn)
    with pytest.raises(InvalidInputError, match=sentence):
        _add(stack, topic)


def test_a_relay_that_is_bound_to_nothing() -> None:
    stack = cdk.Stack(cdk.App(), "App")
    _add(stack, sns.Topic.from_topic_arn(stack, "Alerts", ARN))
    assert len(_of(_resources(stack), "AWS::CloudWatch::Alarm")) == 3


@pytest.mark.parametrize("value", [None, ARN, 5])
def test_no_topic(stack: cdk.Stack, value: Any) -> None:
    with pytest.raises(InvalidInputError, match="alarms go to an SNS topic, got"):
        _add(stack, value)


def test_one_topic_for_a_relay(stack: cdk.Stack) -> None:
    topic = sns.Topic(stack, "Alerts")
    _add(stack, topic)
    with pytest.raises(InvalidInputError, match="go to one topic, got another one for App"):
        _add(stack, topic)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"charge": SIZE}, "no size for the route 'refund'; write a cdk.Size for each of charge"),
        ({"charge": SIZE, "refund": SIZE, "other": SIZE}, "'other', which is no route"),
        ({"charge": SIZE, "refund": 5}, "5 for the route refund; write cdk.Size"),
        (65536, "max_bytes_out is 65536; write cdk.Size"),
    ],
    ids=["missing", "stranger", "number", "one number"],
)
def test_sizes_that_are_none(stack: cdk.Stack, given: Any, sentence: str) -> None:
    with pytest.raises(InvalidInputError, match=sentence):
        _add(stack, sns.Topic(stack, "Alerts"), max_bytes_out=given)
    assert stack.node.try_find_child("Alarms") is None


def test_metric_of_all_routes_and_of_one() -> None:
    together = relay_metric("payments", "Failed")
    assert together.namespace == "SecureLambdaConstructs/EgressRelay"
    assert together.metric_name == "Failed"
    assert together.dimensions == {"Relay": "payments"}
    one = relay_metric(
        "payments", "Duration", "charge", statistic="p99", period=cdk.Duration.minutes(1)
    )
    assert one.dimensions == {"Relay": "payments", "Route": "charge"}
    assert one.statistic == "p99"
    assert one.period.to_seconds() == 60


def test_what_few_need_is_not_imported_by_all() -> None:
    code = "import secure_lambda_constructs.relay.alarms, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "secure_lambda_constructs.relay.alarms" in loaded
    # Of the CDK's packages, Python makes a stub when the names are listed; it is a module only
    # when it was used.
    assert "aws_cdk.aws_cloudwatch_actions" not in loaded
    assert "aws_cdk.aws_cloudwatch" not in loaded
