"""Notice of failed signing jobs and of unsigned deployments."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns

from secure_lambda_constructs import InvalidInputError, ISigningBaseline, SigningBaseline

from .support import function, only, resources_of, synthesize

WARN = lambda_.UntrustedArtifactOnDeployment.WARN
ENVIRONMENT = cdk.Environment(account="111122223333", region="eu-central-1")
ARN = "arn:aws:sns:eu-central-1:111122223333:alerts"


@pytest.fixture
def stack(app: cdk.App) -> cdk.Stack:
    return cdk.Stack(app, "App", env=ENVIRONMENT)


def imported(stack: cdk.Stack) -> ISigningBaseline:
    return SigningBaseline.from_attributes(
        stack,
        "Signing",
        code_signing_config_arn=(
            "arn:aws:lambda:eu-central-1:111122223333:code-signing-config:csc-0123456789abcdef0"
        ),
        signing_profile_name="users",
        staging_bucket_name="users-{account}-{region}",
    )


def publishers(template: dict[str, Any]) -> dict[str, Any]:
    """Return the conditions under which each service may publish to the only topic."""
    policy = only(template, "AWS::SNS::TopicPolicy")["Properties"]["PolicyDocument"]
    return {
        statement["Principal"]["Service"]: statement.get("Condition")
        for statement in policy["Statement"]
        if "Service" in statement["Principal"] and statement["Action"] == "sns:Publish"
    }


def test_a_topic_of_the_functions_stack(stack: cdk.Stack, code: Path) -> None:
    """In the companion stack it would be a cycle: the functions' stack waits for that one."""
    topic = sns.Topic(stack, "Alerts")
    signing = SigningBaseline(stack, "Signing", enforcement=WARN)
    function(stack, signing, code)
    signing.add_alarms(topic)
    assembly = synthesize(stack)
    template = assembly.template("App")
    kinds = {
        (name, resource["Type"])
        for name, resource in template["Resources"].items()
        if resource["Type"].startswith(("AWS::Events", "AWS::CloudWatch"))
    }
    assert kinds == {
        ("SigningAlarmsFailedJobsA6468D59", "AWS::Events::Rule"),
        ("SigningAlarmsUnsignedDeploymentsC545933F", "AWS::CloudWatch::Alarm"),
    }
    assert "AWS::Events::Rule" not in str(assembly.template("App-Signing"))
    assert "App" not in assembly.artifact("App-Signing")["dependencies"]


def test_rule(stack: cdk.Stack) -> None:
    topic = sns.Topic(stack, "Alerts")
    SigningBaseline(stack, "Signing", staging_bucket_prefix="users").add_alarms(topic)
    rule = only(synthesize(stack).template("App"), "AWS::Events::Rule")["Properties"]
    assert rule["EventPattern"] == {
        "source": ["aws.signer"],
        "detail-type": ["Signer Job Status Change"],
        "detail": {
            "status": [{"anything-but": ["InProgress", "Succeeded"]}],
            "source": {"bucketName": ["users-111122223333-eu-central-1"]},
        },
    }
    [target] = rule["Targets"]
    assert target["Arn"] == stack.resolve(topic.topic_arn)


def test_alarm(stack: cdk.Stack) -> None:
    topic = sns.Topic(stack, "Alerts")
    SigningBaseline(stack, "Signing", enforcement=WARN).add_alarms(topic)
    alarm = only(synthesize(stack).template("App"), "AWS::CloudWatch::Alarm")["Properties"]
    [metric] = alarm["Metrics"]
    assert metric["Expression"] == 'SELECT SUM(SignatureValidationErrors) FROM "AWS/Lambda"'
    assert metric["Period"] == 300
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert (alarm["Threshold"], alarm["EvaluationPeriods"]) == (1, 1)
    assert alarm["TreatMissingData"] == "notBreaching"
    assert alarm["AlarmActions"] == [stack.resolve(topic.topic_arn)]


def test_no_alarm_where_lambda_refuses_the_code_anyway(stack: cdk.Stack) -> None:
    SigningBaseline(stack, "Signing").add_alarms(sns.Topic(stack, "Alerts"))
    template = synthesize(stack).template("App")
    assert resources_of(template, "AWS::CloudWatch::Alarm") == []
    assert publishers(template) == {"events.amazonaws.com": None}


def test_both_services_may_publish(stack: cdk.Stack) -> None:
    topic = sns.Topic(stack, "Alerts")
    SigningBaseline(stack, "Signing", enforcement=WARN).add_alarms(topic)
    assert publishers(synthesize(stack).template("App")) == {
        "events.amazonaws.com": None,
        "cloudwatch.amazonaws.com": {"StringEquals": {"aws:SourceAccount": "111122223333"}},
    }


def test_both_services_may_use_the_topics_key(stack: cdk.Stack) -> None:
    key = kms.Key(stack, "Key")
    topic = sns.Topic(stack, "Alerts", master_key=key)
    SigningBaseline(stack, "Signing", enforcement=WARN).add_alarms(topic)
    policy = only(synthesize(stack).template("App"), "AWS::KMS::Key")["Properties"]["KeyPolicy"]
    for service in ("events.amazonaws.com", "cloudwatch.amazonaws.com"):
        [statement] = [
            each
            for each in policy["Statement"]
            if each["Principal"].get("Service") == service and each["Effect"] == "Allow"
        ]
        assert {"kms:Decrypt", "kms:GenerateDataKey*"} <= set(statement["Action"])


def test_an_imported_topic(stack: cdk.Stack) -> None:
    topic = sns.Topic.from_topic_arn(stack, "Alerts", ARN)
    SigningBaseline(stack, "Signing", enforcement=WARN).add_alarms(topic)
    template = synthesize(stack).template("App")
    [target] = only(template, "AWS::Events::Rule")["Properties"]["Targets"]
    assert target["Arn"] == ARN
    alarm = only(template, "AWS::CloudWatch::Alarm")["Properties"]
    assert alarm["AlarmActions"] == [ARN]
    assert resources_of(template, "AWS::SNS::TopicPolicy") == []


def test_a_topic_of_another_stack(app: cdk.App, stack: cdk.Stack, code: Path) -> None:
    alerts = cdk.Stack(app, "Operations", env=ENVIRONMENT)
    topic = sns.Topic(alerts, "Alerts")
    for scope, id in ((stack, "Signing"), (app, "Platform")):
        signing = SigningBaseline(scope, id, env=ENVIRONMENT)
        signing.add_alarms(topic)
    assembly = synthesize(app)
    names = [
        name
        for name, resource in assembly.template("Operations")["Resources"].items()
        if resource["Type"] == "AWS::Events::Rule"
    ]
    assert [name.split("FailedJobs")[0] for name in names] == [
        "AppSigningAlarms",
        "PlatformAlarms",
    ]
    assert assembly.artifact("Operations")["dependencies"] == ["Operations.assets"]
    assert "Operations" not in assembly.artifact("App-Signing")["dependencies"]


def test_a_topic_of_a_nested_stack(stack: cdk.Stack) -> None:
    topic = sns.Topic(cdk.NestedStack(stack, "Nested"), "Alerts")
    SigningBaseline(stack, "Signing").add_alarms(topic)
    assembly = synthesize(stack)
    assert "AWS::Events::Rule" not in json.dumps(assembly.template("App"))
    [nested] = assembly.directory.glob("*.nested.template.json")
    assert len(resources_of(json.loads(nested.read_text()), "AWS::Events::Rule")) == 1


def test_without_account_and_region(app: cdk.App) -> None:
    stack = cdk.Stack(app, "Unbound")
    signing = SigningBaseline(stack, "Signing", staging_bucket_prefix="users")
    signing.add_alarms(sns.Topic(stack, "Alerts"))
    rule = only(synthesize(app).template("Unbound"), "AWS::Events::Rule")["Properties"]
    [name] = rule["EventPattern"]["detail"]["source"]["bucketName"]
    parts = ["users-", {"Ref": "AWS::AccountId"}, "-", {"Ref": "AWS::Region"}]
    assert name == {"Fn::Join": ["", parts]}


def test_an_imported_baseline_whose_policy_is_not_known(stack: cdk.Stack) -> None:
    imported(stack).add_alarms(sns.Topic(stack, "Alerts"))
    template = synthesize(stack).template("App")
    rule = only(template, "AWS::Events::Rule")["Properties"]
    bucket = rule["EventPattern"]["detail"]["source"]["bucketName"]
    assert bucket == ["users-111122223333-eu-central-1"]
    assert len(resources_of(template, "AWS::CloudWatch::Alarm")) == 1


@pytest.mark.parametrize("other", ["same topic", "other topic"])
def test_one_topic_for_a_baseline(stack: cdk.Stack, other: str) -> None:
    topic = sns.Topic(stack, "Alerts")
    signing = SigningBaseline(stack, "Signing")
    signing.add_alarms(topic)
    second = topic if other == "same topic" else sns.Topic(stack, "Others")
    with pytest.raises(InvalidInputError, match="go to one topic, got another one for App/Signing"):
        signing.add_alarms(second)


@pytest.mark.parametrize(
    ("arn", "sentence"),
    [
        (ARN.replace("eu-central-1", "us-east-1"), "region of its signing baseline, eu-central-1"),
        (ARN.replace("1111", "9999"), "account of its signing baseline, 111122223333, got 9999"),
    ],
)
def test_an_imported_topic_of_another_environment(
    stack: cdk.Stack, arn: str, sentence: str
) -> None:
    topic = sns.Topic.from_topic_arn(stack, "Alerts", arn)
    with pytest.raises(InvalidInputError, match=f"the topic App/Alerts must be of the {sentence}"):
        SigningBaseline(stack, "Signing").add_alarms(topic)


def test_a_topic_of_a_stack_elsewhere(app: cdk.App, stack: cdk.Stack) -> None:
    """The rule would be made there, where nothing is signed."""
    there = cdk.Stack(app, "There", env=cdk.Environment(region="us-east-1"))
    topic = sns.Topic.from_topic_arn(there, "Alerts", ARN)
    with pytest.raises(InvalidInputError, match=r"of the region .* got us-east-1: signing"):
        SigningBaseline(stack, "Signing").add_alarms(topic)


@pytest.mark.parametrize("value", [None, ARN, 5])
def test_no_topic(stack: cdk.Stack, value: object) -> None:
    with pytest.raises(InvalidInputError, match="alarms go to an SNS topic, got"):
        SigningBaseline(stack, "Signing").add_alarms(value)  # type: ignore[arg-type]
