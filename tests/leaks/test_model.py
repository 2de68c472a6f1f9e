"""The model under the checks: intrinsic functions, nested stacks, policies, the evaluator."""

import json
from pathlib import Path
from typing import Any

import pytest

from secure_lambda_constructs.checks.leaks.questions import Decision, Question
from secure_lambda_constructs.checks.model.assembly import StackTemplate
from secure_lambda_constructs.checks.model.policies import pessimistic
from secure_lambda_constructs.checks.model.values import Unknown
from secure_lambda_constructs.checks.model.world import World

from .simulator import Simulator

MALLORY = "arn:aws:iam::999988887777:user/mallory"


def _stack(name: str, **template: Any) -> StackTemplate:
    return StackTemplate(name=name, account="444455556666", region="us-east-1", template=template)


def _value(written: Any, **template: Any) -> Any:
    resources = {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
        "Table": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "users"}},
        "Probe": {"Type": "AWS::SSM::Parameter", "Properties": {"Value": written}},
    }
    (probe,) = World([_stack("Probe", Resources=resources, **template)]).of("AWS::SSM::Parameter")
    return probe.get("Value")


@pytest.mark.parametrize(
    ("written", "resolved"),
    [
        ({"Ref": "AWS::Region"}, "us-east-1"),
        ({"Ref": "Table"}, "users"),
        (
            {"Fn::GetAtt": ["Table", "Arn"]},
            "arn:aws:dynamodb:us-east-1:444455556666:table/users",
        ),
        ({"Fn::GetAtt": "Vpc.CidrBlock"}, "10.0.0.0/16"),
        ({"Fn::Join": ["-", ["a", {"Ref": "AWS::AccountId"}]]}, "a-444455556666"),
        ({"Fn::Sub": "${Table}/${Table.Arn}/${!x}"}, None),
        ({"Fn::Sub": ["${a}.${AWS::URLSuffix}", {"a": {"Ref": "Table"}}]}, "users.amazonaws.com"),
        ({"Fn::Select": ["1", {"Fn::GetAZs": ""}]}, "us-east-1b"),
        ({"Fn::Select": [2, {"Fn::Split": ["/", "a/b/c"]}]}, "c"),
        ({"Fn::FindInMap": ["Ids", {"Ref": "AWS::Region"}, "dynamodb"]}, "pl-1"),
        ({"Fn::If": ["Yes", "yes", "no"]}, "yes"),
        ({"Fn::If": ["No", "yes", "no"]}, "no"),
        ([{"Ref": "AWS::NoValue"}, "kept"], ["kept"]),
        ({"Fn::Base64": "x"}, "eA=="),
    ],
)
def test_an_intrinsic_function_is_resolved(written: Any, resolved: Any) -> None:
    if resolved is None:
        resolved = "users/arn:aws:dynamodb:us-east-1:444455556666:table/users/${x}"
    yes = {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}
    conditions = {"Yes": yes, "No": {"Fn::Not": [{"Condition": "Yes"}]}}
    mappings = {"Ids": {"us-east-1": {"dynamodb": "pl-1"}}}
    assert _value(written, Conditions=conditions, Mappings=mappings) == resolved


@pytest.mark.parametrize(
    "written",
    [
        {"Ref": "Absent"},
        {"Ref": "Given"},
        {"Fn::GetAtt": ["Vpc", "Unheard"]},
        {"Fn::ImportValue": "nowhere"},
        {"Fn::FindInMap": ["Ids", "eu-west-1", "dynamodb"]},
        {"Fn::Join": ["", ["a", {"Ref": "Absent"}]]},
        {"Fn::Sub": "a${Absent}"},
        {"Fn::Select": [9, ["a"]]},
        {"Fn::Split": [",", {"Ref": "Absent"}]},
        {"Fn::If": ["Absent", "yes", "no"]},
        {"Fn::Transform": {"Name": "macro"}},
        "{{resolve:ssm:/name}}",
    ],
)
def test_what_cannot_be_told_is_unknown(written: Any) -> None:
    parameters = {"Given": {"Type": "String"}}
    assert isinstance(_value(written, Parameters=parameters), Unknown)


def test_values_cross_stacks_and_nested_stacks(tmp_path: Path) -> None:
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "Name"}}}
    nested = {
        "Parameters": {"Name": {"Type": "String"}},
        "Resources": {"Queue": queue},
        "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Queue", "Arn"]}}},
    }
    parent = {
        "Resources": {
            "Inner": {
                "Type": "AWS::CloudFormation::Stack",
                "Metadata": {"aws:asset:path": "inner.json"},
                "Properties": {"Parameters": {"Name": {"Fn::ImportValue": "the-name"}}},
            },
            "Probe": {
                "Type": "AWS::SSM::Parameter",
                "Properties": {"Value": {"Fn::GetAtt": ["Inner", "Outputs.Arn"]}},
            },
        }
    }
    other = {"Outputs": {"Name": {"Value": "jobs", "Export": {"Name": "the-name"}}}}
    files = {"inner.json": nested, "parent.json": parent, "other.json": other}
    for name, template in files.items():
        (tmp_path / name).write_text(json.dumps(template))
    artifacts = {
        name: {
            "type": "aws:cloudformation:stack",
            "environment": "aws://unknown-account/eu-west-1",
            "properties": {"templateFile": f"{name}.json"},
        }
        for name in ("other", "parent")
    }
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    (probe,) = World.of_assembly(tmp_path).of("AWS::SSM::Parameter")
    assert probe.get("Value") == "arn:aws:sqs:eu-west-1:111122223333:jobs"


def test_a_resource_is_left_out_only_if_its_condition_surely_fails() -> None:
    conditions = {
        "No": {"Fn::Equals": ["a", "b"]},
        "Maybe": {"Fn::Equals": [{"Ref": "Given"}, "b"]},
    }
    resources = {
        name: {"Type": "AWS::EC2::InternetGateway", "Condition": name} for name in conditions
    }
    parameters = {"Given": {"Type": "String"}}
    world = World([_stack("S", Conditions=conditions, Parameters=parameters, Resources=resources)])
    assert [resource.logical_id for resource in world.resources] == ["Maybe"]


def test_an_unknown_in_a_policy_helps_the_attacker() -> None:
    unknown = Unknown("x")
    written = {
        "Statement": [
            {"Effect": "Deny", "Action": "*", "Resource": unknown},
            {
                "Effect": "Allow",
                "Action": "a:B",
                "Resource": ["arn", unknown],
                "Condition": {"StringEquals": {"k": unknown, "l": "m"}},
            },
        ]
    }
    assert pessimistic(written)["Statement"] == [
        {
            "Effect": "Allow",
            "Action": "a:B",
            "Resource": "*",
            "Condition": {"StringEquals": {"l": "m"}},
        }
    ]
    assert pessimistic(unknown, of_resource=True)["Statement"][0]["Principal"] == "*"


def _gate(action: str, resource: str, principal: Any = "*", **conditions: Any) -> Question:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "*", "Resource": "*"}
    if conditions:
        statement["Condition"] = conditions
    return Question(
        label="probe",
        action=action,
        resource=resource,
        context={"aws:PrincipalAccount": "999988887777"},
        principal=MALLORY,
        endpoint_policy={"Version": "2012-10-17", "Statement": [statement]},
    )


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("dynamodb:PutItem", "arn:aws:dynamodb:us-east-1:999988887777:table/loot"),
        ("dynamodb:ListTables", "*"),
        ("sts:GetCallerIdentity", "*"),
    ],
)
def test_an_endpoint_policy_is_a_gate_of_its_own(
    action: str, resource: str, simulator: Simulator
) -> None:
    ours = {"aws:PrincipalAccount": "444455556666"}
    theirs = {"aws:PrincipalAccount": "999988887777"}
    questions = [
        _gate(action, resource),
        _gate(action, resource, StringEquals=theirs),
        _gate(action, resource, StringEquals=ours),
    ]
    allowed, denied = Decision.ALLOWED, Decision.DENIED
    assert simulator.decide(questions) == [allowed, allowed, denied]


@pytest.mark.parametrize(
    ("actions", "decision"),
    [
        ("sts:Get*Identity", Decision.ALLOWED),
        (["sts:AssumeRole", "STS:getcalleridentity"], Decision.ALLOWED),
        (["sts:AssumeRole", "sts:GetSessionToken"], Decision.DENIED),
    ],
)
def test_an_endpoint_policy_holds_back_the_identity_call(
    actions: Any, decision: Decision, simulator: Simulator
) -> None:
    question = _gate("sts:GetCallerIdentity", "*")
    assert question.endpoint_policy is not None
    question.endpoint_policy["Statement"][0]["Action"] = actions
    assert simulator.decide([question]) == [decision]


def test_what_the_evaluator_cannot_decide_is_open(simulator: Simulator) -> None:
    unheard = _gate("dynamodb:Unheard", "*")
    assert simulator.decide([unheard]) == [Decision.UNKNOWN]
    assert simulator.open([unheard]) == [
        f"probe: dynamodb:Unheard on {unheard.resource}, on which nobody can tell what the "
        "policies say"
    ]


def test_the_principal_of_an_endpoint_policy_counts(simulator: Simulator) -> None:
    table = "arn:aws:dynamodb:us-east-1:999988887777:table/loot"
    someone = _gate("dynamodb:PutItem", table, {"AWS": "arn:aws:iam::444455556666:role/own"})
    assert simulator.decide([someone]) == [Decision.DENIED]
