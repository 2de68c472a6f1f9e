"""A `ChangeAlarm`: which changes it reports, to whom, and what it refuses to be made of."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns

from secure_lambda_constructs import ChangeAlarm, InvalidInputError, SigningBaseline
from secure_lambda_constructs.governance.changes.events import AREAS, LONGEST_PATTERN

from .cloudtrail.engine import matches
from .cloudtrail.events import BREAK_GLASS, EVENTS, FREEZE_ROLE, PIPELINE_ROLES, ROLES, TOOLING
from .cloudtrail.shapes import ACCOUNT, REGION, lambda_arn

ENVIRONMENT = cdk.Environment(account=ACCOUNT, region=REGION)
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:security"


@dataclass(frozen=True)
class Made:
    """A template with an alarm in it, and what it comes to when it is deployed."""

    resources: Mapping[str, dict[str, Any]]

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        found = self.resources.items()
        return {name: each.get("Properties", {}) for name, each in found if each["Type"] == kind}

    def rules(self) -> dict[str, dict[str, Any]]:
        """The rules by their area, with all that is known at the deployment filled in."""
        found: dict[str, dict[str, Any]] = {}
        for name, rule in self.of("AWS::Events::Rule").items():
            match = re.fullmatch("Changes([A-Za-z]+)[0-9A-F]{8}", name)
            assert match is not None
            found[match[1]] = _deployed(rule)
        return found

    def patterns(self) -> dict[str, Any]:
        return {area: rule["EventPattern"] for area, rule in self.rules().items()}


def _deployed(value: Any) -> Any:
    if isinstance(value, list):
        return [_deployed(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "Fn::Join" in value:
        return "".join(_deployed(value["Fn::Join"][1]))
    if "Ref" in value:
        known = {"AWS::Partition": "aws", "AWS::AccountId": ACCOUNT, "AWS::Region": REGION}
        return known.get(value["Ref"], f"<{value['Ref']}>")
    if "Fn::GetAtt" in value:
        name, attribute = value["Fn::GetAtt"]
        return FREEZE_ROLE if "FreezeRole" in name else f"<{name}.{attribute}>"
    return {key: _deployed(item) for key, item in value.items()}


def _made(stack: cdk.Stack) -> Made:
    app = stack.node.root
    assert isinstance(app, cdk.App)
    path = Path(app.synth().directory) / f"{stack.stack_name}.template.json"
    return Made(json.loads(path.read_text())["Resources"])


def _stack(env: cdk.Environment | None = ENVIRONMENT) -> cdk.Stack:
    return cdk.Stack(cdk.App(), "App", env=env)


def _alarm(stack: cdk.Stack, **arguments: Any) -> ChangeAlarm:
    given: dict[str, Any] = {"pipeline_roles": PIPELINE_ROLES, **arguments}
    if "topic" not in given:
        given["topic"] = sns.Topic.from_topic_arn(stack, "Security", TOPIC)
    return ChangeAlarm(stack, "Changes", **given)


@pytest.fixture(scope="module")
def freezing() -> Made:
    """An alarm that freezes, with a topic and functions of the app."""
    stack = _stack()
    orders = lambda_.CfnFunction(
        stack,
        "Orders",
        code=lambda_.CfnFunction.CodeProperty(zip_file="-"),
        handler="index.handler",
        role=f"{ROLES}/orders",
        runtime="python3.13",
    )
    _alarm(
        stack,
        topic=sns.Topic(stack, "Topic", enforce_ssl=True),
        break_glass_roles=BREAK_GLASS,
        freeze_functions=[
            lambda_.Function.from_function_arn(stack, "Imported", orders.attr_arn),
            "prod-*",
            "billing",
        ],
        signing=SigningBaseline(stack, "Signing"),
    )
    return _made(stack)


@pytest.fixture(scope="module")
def watching() -> Made:
    """An alarm that only reports, also on developers, for a stack that is bound to nothing."""
    stack = _stack(env=None)
    roles = ["arn:*:iam::*:role/cicd/deploy-**", f"{ROLES}/nightly"]
    _alarm(stack, pipeline_roles=roles, developer_prefix=None)
    return _made(stack)


@pytest.fixture(scope="module")
def reported(
    freezing: Made, watching: Made, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, list[str]]]:
    """The areas that report each event, for both alarms, all asked for at once."""
    asked = [
        (alarm, name, area, pattern, event)
        for alarm, made in (("freezing", freezing), ("watching", watching))
        for area, pattern in made.patterns().items()
        for name, (event, _) in EVENTS.items()
    ]
    cases = [(pattern, event) for *_, pattern, event in asked]
    found: dict[str, dict[str, list[str]]] = {
        alarm: {name: [] for name in EVENTS} for alarm in ("freezing", "watching")
    }
    answers = matches(cases, tmp_path_factory.mktemp("engine"))
    for (alarm, name, area, *_), answer in zip(asked, answers, strict=True):
        if answer:
            found[alarm][name].append(area)
    return found


@pytest.mark.parametrize("name", EVENTS)
def test_reported(reported: Mapping[str, Mapping[str, list[str]]], name: str) -> None:
    wanted = EVENTS[name][1]
    assert reported["freezing"][name] == ([] if wanted is None else [wanted])


def test_reported_with_other_arguments(
    reported: Mapping[str, Mapping[str, list[str]]],
) -> None:
    """What differs where developers have nothing of their own, and few roles are known."""
    wanted = {name: [] if area is None else [area] for name, (_, area) in EVENTS.items()}
    got = reported["watching"]
    different = {name: got[name] for name in EVENTS if got[name] != wanted[name]}
    functions, roles = ["Functions"], ["Roles"]
    assert different == {
        "dev-code": functions,
        "dev-code-by-arn": functions,
        "dev-code-by-partial-arn": functions,
        "dev-log-tag": ["Detection"],
        "dev-tag": functions,
        "pipeline-of-the-tooling-account": functions,
        "the-freezing-function": functions,
        "tooling-account-becomes-the-deployment-role": roles,
        "takes-the-break-glass-role": [],
        "tooling-account-takes-the-break-glass-role": [],
    }


def test_each_area_has_a_rule(freezing: Made, watching: Made) -> None:
    names = [area.id for area in AREAS]
    assert list(freezing.rules()) == list(watching.rules()) == names
    assert {name for _, name in EVENTS.values() if name} == set(names)


def test_no_attack_is_left_out_for_quiet() -> None:
    """Of what the boundary denies, only what comes from services and rules all the time."""
    catalogue = json.loads(Path(__file__).with_name("catalogue.json").read_text())
    attacks = {call["action"] for call in catalogue if call["expected"] == "deny"}
    for area in AREAS:
        names = {f"{source}:{name}" for source in area.sources for name in area.quiet}
        assert names & attacks <= {"config:PutEvaluations", "securityhub:BatchImportFindings"}


def test_patterns_fit_into_a_rule(freezing: Made) -> None:
    for pattern in freezing.patterns().values():
        assert len(json.dumps(pattern, separators=(",", ":"))) <= LONGEST_PATTERN


def test_a_stack_that_is_bound_to_nothing(watching: Made) -> None:
    [pattern] = {
        json.dumps(rule["EventPattern"])
        for name, rule in watching.of("AWS::Events::Rule").items()
        if "Signing" in name
    }
    assert '{"Ref": "AWS::AccountId"}, ":role/cicd/deploy-*"' in pattern
    assert "${" not in pattern
    assert "Token" not in pattern


def test_the_message(freezing: Made) -> None:
    for area, rule in freezing.rules().items():
        transformer = rule["Targets"][0]["InputTransformer"]
        filled = re.sub(r"<[A-Za-z-]+>", "x", transformer["InputTemplate"])
        lines = [json.loads(line) for line in filled.splitlines()]
        assert lines[0].startswith("A change outside the pipeline: ")
        assert ("Function: x" in lines) == (area == "Functions")
        assert ("Role: x" in lines) == (area == "Roles")
        # Whatever a caller can write freely could break the message.
        fields = json.dumps(transformer["InputPathsMap"])
        for free in ("userAgent", "errorMessage", "policyDocument", "aws.events.event"):
            assert free not in fields


def test_each_message_goes_to_the_topic_or_is_kept(freezing: Made) -> None:
    [topic] = freezing.of("AWS::SNS::Topic")
    [queue] = freezing.of("AWS::SQS::Queue")
    for area, rule in freezing.rules().items():
        arns = [target["Arn"] for target in rule["Targets"]]
        assert arns[0] == f"<{topic}>"
        assert len(arns) == (2 if area == "Functions" else 1)
        for target in rule["Targets"]:
            assert target["DeadLetterConfig"] == {"Arn": f"<{queue}.Arn>"}
    [alarm] = freezing.of("AWS::CloudWatch::Alarm").values()
    assert alarm["AlarmActions"] == [{"Ref": topic}]
    assert alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
    [policy] = freezing.of("AWS::SNS::TopicPolicy").values()
    allowed = [s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"]
    publishers = sorted(statement["Principal"]["Service"] for statement in allowed)
    assert publishers == ["cloudwatch.amazonaws.com", "events.amazonaws.com"]


def test_the_freezing_function_may_do_nothing_else(freezing: Made) -> None:
    [orders] = [name for name in freezing.of("AWS::Lambda::Function") if name == "Orders"]
    [policy] = freezing.of("AWS::IAM::Policy").values()
    allowed = {
        json.dumps(statement["Action"]): _deployed(statement["Resource"])
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    }
    logs = '["logs:CreateLogStream", "logs:PutLogEvents"]'
    [group] = freezing.of("AWS::Logs::LogGroup")
    [topic] = freezing.of("AWS::SNS::Topic")
    assert allowed == {
        '"lambda:PutFunctionConcurrency"': [
            f"<{orders}.Arn>",
            lambda_arn("prod-*"),
            lambda_arn("billing"),
        ],
        logs: f"<{group}.Arn>",
        '"sns:Publish"': f"<{topic}>",
    }
    [role] = freezing.of("AWS::IAM::Role").values()
    assert "ManagedPolicyArns" not in role
    assert "Policies" not in role


def test_the_freezing_function_is_signed_and_its_failures_are_reported(freezing: Made) -> None:
    functions = freezing.of("AWS::Lambda::Function")
    [function] = [each for name, each in functions.items() if "Freeze" in name]
    assert "CodeSigningConfigArn" in function
    assert "VpcConfig" not in function
    [topic] = freezing.of("AWS::SNS::Topic")
    [invoked] = freezing.of("AWS::Lambda::EventInvokeConfig").values()
    assert invoked["DestinationConfig"] == {"OnFailure": {"Destination": {"Ref": topic}}}
    [permission] = freezing.of("AWS::Lambda::Permission").values()
    assert permission["Principal"] == "events.amazonaws.com"
    [rule] = [name for name in freezing.of("AWS::Events::Rule") if "Functions" in name]
    assert permission["SourceArn"] == {"Fn::GetAtt": [rule, "Arn"]}


def test_nothing_is_frozen_by_default(watching: Made) -> None:
    kinds = {resource["Type"] for resource in watching.resources.values()}
    assert kinds == {
        "AWS::CloudWatch::Alarm",
        "AWS::Events::Rule",
        "AWS::SQS::Queue",
        "AWS::SQS::QueuePolicy",
    }


def test_ids_are_kept(freezing: Made) -> None:
    """A new id would replace a resource, and be a new major version."""
    ours = {
        name: resource["Type"].rpartition("::")[2]
        for name, resource in freezing.resources.items()
        if name.startswith("Changes") and resource["Type"] != "AWS::Events::Rule"
    }
    assert ours == {
        "ChangesFreezeFunction3EA63A84": "Function",
        "ChangesFreezeFunctionEventInvokeConfig38D8965C": "EventInvokeConfig",
        "ChangesFreezeLogGroup8B89366C": "LogGroup",
        "ChangesFreezeRole7DE071B1": "Role",
        "ChangesFreezeRoleDefaultPolicyC8E85C65": "Policy",
        "ChangesFunctionsAllowEventRuleAppChangesFreezeFunctionE205DE679644D823": "Permission",
        "ChangesUndeliveredAlarm2EC945AA": "Alarm",
        "ChangesUndeliveredDB325D87": "Queue",
        "ChangesUndeliveredPolicy04BDEE82": "QueuePolicy",
    }


def test_its_parts() -> None:
    stack = _stack()
    alarm = _alarm(stack)
    assert list(alarm.rules) == [area.id for area in AREAS]
    assert alarm.freeze_function is None
    assert alarm.dead_letter_queue.node.path == "App/Changes/Undelivered"
    assert alarm.rules["Dns"].node.path == "App/Changes/Dns"


def _version(stack: cdk.Stack) -> lambda_.IFunction:
    arn = lambda_arn("prod-orders")
    function = lambda_.Function.from_function_arn(stack, "Function", arn)
    return lambda_.Version(stack, "Version", lambda_=function)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"topic": TOPIC}, "alarms go to an SNS topic, got"),
        ({"pipeline_roles": []}, "pipeline_roles is empty, so that every deployment would be"),
        ({"pipeline_roles": "arn:aws:iam::*:role/a"}, "pipeline_roles must be a list, got"),
        ({"pipeline_roles": ["deploy"]}, "pipeline_roles must be ARNs of roles"),
        ({"pipeline_roles": ["arn:aws:iam::*:role/a?"]}, r"must not have \? in an ARN"),
        ({"break_glass_roles": ["arn:aws:iam::*:user/a"]}, "break_glass_roles must be ARNs of"),
        ({"developer_prefix": "dev"}, "developer_prefix must be letters"),
        ({"qualifier": "not a qualifier"}, "qualifier must be one to ten letters"),
        ({"freeze_functions": "prod-*"}, "freeze_functions must be a list, got 'prod-"),
        ({"freeze_functions": ["*"]}, r"at whose end -\* may stand for the rest, got '\*'"),
        ({"freeze_functions": ["prod*"]}, r"got 'prod\*': write for example 'prod-\*'"),
        ({"freeze_functions": [5]}, "freeze_functions must be functions or their names, got 5"),
        ({"freeze_functions": [_version]}, "all versions of one are frozen at once"),
        ({"freeze_functions": ["prod-*"]}, "freeze_functions needs signing"),
        ({"freeze_functions": ["prod-*"], "signing": 5}, "signing is a int, not a signing"),
        ({"signing": 5}, "signing is for the function that freezes"),
        (
            {"pipeline_roles": [f"arn:aws:iam::*:role/{n:060}" for n in range(20)]},
            "the event pattern of the rule .* would have [0-9]+ characters",
        ),
    ],
    ids=[
        *("topic", "no-pipeline", "text", "name", "question-mark", "break-glass", "prefix"),
        *("qualifier", "functions-text", "all-functions", "no-separator", "no-function"),
        *("version", "unsigned", "no-baseline", "nothing-to-sign", "too-many-roles"),
    ],
)
def test_refused(arguments: dict[str, Any], sentence: str) -> None:
    stack = _stack()
    functions = arguments.get("freeze_functions")
    if isinstance(functions, list):
        made = [each(stack) if callable(each) else each for each in functions]
        arguments = arguments | {"freeze_functions": made}
    with pytest.raises(InvalidInputError, match=sentence):
        _alarm(stack, **arguments)
    assert stack.node.try_find_child("Changes") is None


@pytest.mark.parametrize(
    ("arn", "sentence"),
    [
        (TOPIC.replace(REGION, "us-east-1"), "region of its ChangeAlarm, eu-west-1, got us-east-1"),
        (TOPIC.replace(ACCOUNT, TOOLING), "account of its ChangeAlarm, 111122223333, got 4444"),
    ],
    ids=["region", "account"],
)
def test_a_topic_elsewhere(arn: str, sentence: str) -> None:
    stack = _stack()
    with pytest.raises(InvalidInputError, match=sentence):
        _alarm(stack, topic=sns.Topic.from_topic_arn(stack, "Elsewhere", arn))
