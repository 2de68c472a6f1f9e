"""Policies as text, effects that nobody can tell, names and ids of resources."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from secure_lambda_constructs.checks import model
from secure_lambda_constructs.checks.known_actions import KnownActions
from secure_lambda_constructs.checks.model import StackTemplate, Unknown, World
from secure_lambda_constructs.checks.model.managed_policies import managed_actions
from secure_lambda_constructs.checks.model.policies import (
    pessimistic,
    principal_documents,
    statements,
)
from secure_lambda_constructs.checks.model.serverless.policy_templates import policy_of_template
from secure_lambda_constructs.checks.model.values import as_list, strings, unknowns
from secure_lambda_constructs.checks.model.views import Function

_FOLDER = Path(model.__file__).parent
_MANAGED = _FOLDER / "managed_policies.txt"
_TEMPLATES = _FOLDER / "serverless" / "policy_templates.txt"

_ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
_DENY = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
_EITHER = {"Effect": {"Ref": "Given"}, "Action": "s3:PutObject", "Resource": "*"}


def _world(resources: dict[str, Any], **sections: Any) -> World:
    parameters = {"Given": {"Type": "String"}}
    template = {"Parameters": parameters, "Resources": resources, **sections}
    return World(
        [StackTemplate(name="App", account="444455556666", region="us-east-1", template=template)]
    )


def _text(*entries: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(entries)})


def test_a_policy_that_is_text_is_read() -> None:
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": f"\n {_text(trust)}",
            "Policies": [
                {"PolicyName": "A", "PolicyDocument": {"Fn::Sub": _text(_ALLOW)}},
                {"PolicyName": "B", "PolicyDocument": _text(_DENY)},
            ],
        },
    }
    world = _world({"Role": role})
    (found,) = world.of("AWS::IAM::Role")
    assert statements(found.get("AssumeRolePolicyDocument")) == [trust]
    documents = principal_documents(world, found)
    assert [entry for each in documents for entry in statements(each)] == [_ALLOW, _DENY]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("PolicyDocument", "no policy", Unknown("the text of PolicyDocument is no policy")),
        ("PolicyDocument", "[]", Unknown("the text of PolicyDocument is no policy")),
        ("PolicyDocument", "[" * 100_000, Unknown("the text of PolicyDocument is no policy")),
        ("Policy", '{"Statement": []}', {"Statement": []}),
        ("Policy", "TLSv1.2", "TLSv1.2"),
        ("Description", '{"Statement": []}', '{"Statement": []}'),
    ],
    ids=range(6),
)
def test_what_is_no_policy_is_not_taken_for_one(name: str, text: str, value: Any) -> None:
    (found,) = _world({"It": {"Type": "AWS::S3::BucketPolicy", "Properties": {name: text}}}).of(
        "AWS::S3::BucketPolicy"
    )
    assert found.get(name) == value


def test_a_policy_of_text_that_may_not_be_there_denies_nothing() -> None:
    policy = {
        "Type": "AWS::SQS::QueuePolicy",
        "Condition": "Maybe",
        "Properties": {"PolicyDocument": _text(_ALLOW, _DENY), "Queues": ["queue"]},
    }
    conditions = {"Maybe": {"Fn::Equals": [{"Ref": "Given"}, "a"]}}
    (found,) = _world({"It": policy}, Conditions=conditions).of("AWS::SQS::QueuePolicy")
    assert statements(found.get("PolicyDocument")) == [_ALLOW]


def test_what_may_be_an_allow_is_one() -> None:
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {"Policies": [{"PolicyDocument": {"Statement": [_EITHER, _DENY]}}]},
    }
    world = _world({"Role": role})
    (document,) = principal_documents(world, world.of("AWS::IAM::Role")[0])
    assert statements(document) == [{**_EITHER, "Effect": "Allow"}, _DENY]


def test_what_may_be_an_allow_is_one_where_the_policy_may_not_be_there() -> None:
    policy = {
        "Type": "AWS::IAM::Policy",
        "Condition": "Maybe",
        "Properties": {"PolicyDocument": {"Statement": [_EITHER, _DENY]}, "Roles": ["other"]},
    }
    conditions = {"Maybe": {"Fn::Equals": [{"Ref": "Given"}, "a"]}}
    (found,) = _world({"It": policy}, Conditions=conditions).of("AWS::IAM::Policy")
    (kept,) = statements(pessimistic(found.get("PolicyDocument")))
    assert kept == {**_EITHER, "Effect": "Allow"}


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ({"Version": "2012-10-17"}, {"Version": "2012-10-17"}),
        ({"Version": "2008-10-17"}, {"Version": "2008-10-17"}),
        ({}, {}),
        ({"Version": Unknown("a parameter")}, {"Version": "2012-10-17"}),
    ],
    ids=range(4),
)
def test_a_policy_stays_in_its_language(written: dict[str, Any], kept: dict[str, Any]) -> None:
    assert pessimistic({**written, "Statement": [_ALLOW]}) == {**kept, "Statement": [_ALLOW]}


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("AWS::Cognito::UserPool", "UserPoolId"),
        ("AWS::EC2::DHCPOptions", "DhcpOptionsId"),
        ("AWS::EC2::EgressOnlyInternetGateway", "Id"),
        ("AWS::EC2::InternetGateway", "InternetGatewayId"),
        ("AWS::EC2::NatGateway", "NatGatewayId"),
        ("AWS::EC2::PrefixList", "PrefixListId"),
        ("AWS::EC2::RouteTable", "RouteTableId"),
        ("AWS::EC2::SecurityGroup", "GroupId"),
        ("AWS::EC2::SecurityGroup", "Id"),
        ("AWS::EC2::Subnet", "SubnetId"),
        ("AWS::EC2::VPC", "VpcId"),
        ("AWS::EC2::VPCEndpoint", "Id"),
        ("AWS::EFS::AccessPoint", "AccessPointId"),
        ("AWS::EFS::FileSystem", "FileSystemId"),
        ("AWS::IAM::ManagedPolicy", "PolicyArn"),
        ("AWS::KMS::Key", "KeyId"),
        ("AWS::Lambda::Alias", "AliasArn"),
        ("AWS::Route53Resolver::FirewallRuleGroup", "Id"),
        ("AWS::Route53Resolver::ResolverRule", "ResolverRuleId"),
        ("AWS::SNS::Topic", "TopicArn"),
        ("AWS::SQS::Queue", "QueueUrl"),
        ("AWS::SecretsManager::Secret", "Id"),
    ],
)
def test_an_attribute_repeats_the_id(kind: str, name: str) -> None:
    probe = {
        "Type": "AWS::SSM::Parameter",
        "Properties": {"Value": {"Fn::GetAtt": ["It", name]}, "Other": {"Ref": "It"}},
    }
    named = {"Type": kind, "Properties": {"Name": "live", "FunctionName": "f"}}
    (found,) = _world({"It": named, "Probe": probe}).of("AWS::SSM::Parameter")
    assert isinstance(found.get("Value"), str)
    assert found.get("Value") == found.get("Other")


@pytest.mark.parametrize(
    ("kind", "properties", "arn"),
    [
        (
            "AWS::EFS::AccessPoint",
            {},
            "elasticfilesystem:us-east-1:444455556666:access-point/fsap-",
        ),
        ("AWS::EFS::FileSystem", {}, "elasticfilesystem:us-east-1:444455556666:file-system/fs-"),
        (
            "AWS::KinesisFirehose::DeliveryStream",
            {"DeliveryStreamName": "s"},
            "firehose:us-east-1:444455556666:deliverystream/s",
        ),
        ("AWS::SSM::Parameter", {"Name": "/a/b"}, "ssm:us-east-1:444455556666:parameter/a/b"),
        ("AWS::SSM::Parameter", {"Name": "a"}, "ssm:us-east-1:444455556666:parameter/a"),
        (
            "AWS::StepFunctions::StateMachine",
            {"StateMachineName": "m"},
            "states:us-east-1:444455556666:stateMachine:m",
        ),
        (
            "AWS::Cognito::UserPool",
            {},
            "cognito-idp:us-east-1:444455556666:userpool/us-east-1_",
        ),
        (
            "AWS::ECS::TaskDefinition",
            {"Family": "f"},
            "ecs:us-east-1:444455556666:task-definition/f",
        ),
    ],
    ids=range(8),
)
def test_a_resource_has_the_arn_that_aws_gives_it(
    kind: str, properties: dict[str, Any], arn: str
) -> None:
    (found,) = _world({"It": {"Type": kind, "Properties": properties}}).resources
    assert found.arn.startswith(f"arn:aws:{arn}")


@pytest.mark.parametrize(
    ("kind", "named"),
    [("AWS::RDS::DBCluster", "rds!cluster-"), ("AWS::RDS::DBInstance", "rds!db-")],
)
def test_rds_keeps_a_password_in_a_secret_of_its_own(kind: str, named: str) -> None:
    probe = {
        "Type": "AWS::SSM::Parameter",
        "Properties": {"Value": {"Fn::GetAtt": ["It", "MasterUserSecret.SecretArn"]}},
    }
    database = {"Type": kind, "Properties": {"ManageMasterUserPassword": True}}
    (found,) = _world({"It": database, "Probe": probe}).of("AWS::SSM::Parameter")
    secret = "arn:aws:secretsmanager:us-east-1:444455556666:secret"
    assert found.get("Value").startswith(f"{secret}:{named}")


def test_a_loop_does_not_run_over_what_it_makes() -> None:
    queue = {"Q${N}": {"Type": "AWS::SQS::Queue"}}
    resources = {
        "Own": {"Type": "AWS::SQS::Queue"},
        "Fn::ForEach::A": ["N", [{"Ref": "QA"}], queue],
        "Fn::ForEach::B": ["N", {"Fn::Split": [",", {"Fn::GetAtt": ["Own", "Arn"]}]}, queue],
    }
    world = _world(resources)
    assert [each.logical_id for each in world.resources] == ["Own"]
    assert [gap.reason for gap in world.gaps] == [
        "Fn::ForEach::A runs over what nobody can tell",
        "Fn::ForEach::B runs over what nobody can tell",
    ]
    conditions = {"Fn::ForEach::C": ["N", [{"Fn::If": ["CA", "a", "b"]}], {"C${N}": "x"}]}
    made = {**queue["Q${N}"], "Condition": "CA"}
    (maybe,) = _world({"It": made}, Conditions=conditions).resources
    assert maybe.uncertain == Unknown("App has no condition CA")


@pytest.mark.parametrize("kind", [{"Fn::Sub": "AWS::SQS::Queue"}, ["AWS::SQS::Queue"], None])
def test_a_type_that_is_no_text_is_a_gap(kind: Any) -> None:
    (gap,) = _world({"It": {"Type": kind}}).gaps
    assert gap.reason == "it has no type"


@pytest.mark.parametrize("name", [["A"], {"Name": ["A"]}, {"Name": {"Ref": "Given"}}])
def test_a_transform_that_has_no_name_is_a_gap(name: Any) -> None:
    (gap,) = _world({}, Transform=[name]).gaps
    assert gap.reason.endswith("may change all that the template creates")


@pytest.mark.parametrize(
    ("properties", "name", "is_found"),
    [
        ({"FunctionName": "orders"}, "/aws/lambda/orders", True),
        ({"FunctionName": "orders"}, "/aws/lambda/orders-v2", False),
        ({}, {"Fn::Sub": "/aws/lambda/${It}"}, True),
        ({"FunctionName": {"Ref": "Given"}}, "/aws/lambda/orders", False),
        ({"FunctionName": "orders", "LoggingConfig": {"LogFormat": "JSON"}}, None, False),
        (
            {"FunctionName": "orders", "LoggingConfig": {"LogGroup": "x"}},
            "/aws/lambda/orders",
            False,
        ),
        ({"FunctionName": "orders", "LoggingConfig": {"LogGroup": {"Ref": "Logs"}}}, None, True),
    ],
    ids=range(7),
)
def test_the_log_group_of_a_function(properties: dict[str, Any], name: Any, is_found: bool) -> None:
    named = {} if name is None else {"LogGroupName": name}
    resources = {
        "It": {"Type": "AWS::Lambda::Function", "Properties": properties},
        "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": named},
    }
    world = _world(resources)
    (function,) = world.of("AWS::Lambda::Function")
    assert (Function(world, function).log_group is not None) == is_found


@pytest.mark.parametrize(
    ("name", "value", "meant"),
    [
        ("VpcId", [], Unknown("no id: []")),
        ("VpcId", {"a": "b"}, Unknown("no id: {'a': 'b'}")),
        ("VpcId", "vpc-1", "vpc-1"),
        ("SecurityGroupIds", ["sg-1", ["sg-2"]], ["sg-1", Unknown("no id: ['sg-2']")]),
        ("SecurityGroupIds", {}, Unknown("no id: {}")),
        ("VpcConfig", {"SubnetIds": [{}], "A": {}}, {"SubnetIds": [Unknown("no id: {}")], "A": {}}),
        ("Tags", [{"Id": []}], [{"Id": []}]),
    ],
    ids=range(7),
)
def test_what_is_no_id_is_unknown(name: str, value: Any, meant: Any) -> None:
    (found,) = _world({"It": {"Type": "AWS::Lambda::Function", "Properties": {name: value}}}).of(
        "AWS::Lambda::Function"
    )
    assert found.get(name) == meant


def test_a_tuple_is_gone_through_like_a_list() -> None:
    unknown = Unknown("why")
    assert as_list(("a", "b")) == ["a", "b"]
    assert list(strings(({"a": "b"}, ["c"]))) == ["b", "c"]
    assert list(unknowns(({"a": unknown},))) == [unknown]


def test_the_actions_of_managed_policies_are_actions() -> None:
    """A wrong word in the file would allow nothing."""
    known = KnownActions()
    names = [line for line in _MANAGED.read_text().splitlines() if line and line[0] not in "# "]
    assert len(names) > 60
    for name in names:
        actions = managed_actions(name)
        assert actions
        # What a service has renamed or taken back is still in some policies.
        assert any(known.expand(action) for action in actions), name


def test_a_policy_template_of_sam_allows_actions() -> None:
    known = KnownActions()
    names = [line for line in _TEMPLATES.read_text().splitlines() if line and line[0] not in "# "]
    assert len(names) > 80
    for name in names:
        anything = dict.fromkeys(set(re.findall(r"\{(\w+)\}", _TEMPLATES.read_text())), "x")
        policy = policy_of_template(name, anything)
        assert policy is not None
        actions = [action for entry in statements(policy) for action in entry["Action"]]
        assert any(known.expand(action) for action in actions), name
