"""Which log groups the role can write to, and how that is said where a key encrypts the log."""

import json
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs

from .conftest import Template, World


def document(template: Template, name: str) -> list[dict[str, Any]]:
    """The statements of a policy that is a resource."""
    (found,) = [item for item in template.all("AWS::IAM::Policy") if item["PolicyName"] == name]
    statements: list[dict[str, Any]] = found["PolicyDocument"]["Statement"]
    return statements


@pytest.fixture(scope="module")
def encrypted(code: Path) -> Template:
    """A function whose log is encrypted, and that reads a table."""
    world = World(code)
    function = world.function(log_encryption_key=kms.Key(world.stack, "Key"))
    world.table().grant_read_data(function)
    return world.template()


def test_granting_another_group_opens_none(world: World) -> None:
    logs.LogGroup(world.stack, "Exported").grant_write(world.function())
    template = world.template()
    (granted,) = template.policy("Grants")
    deny = template.statement("OnlyOwnLogs")
    assert set(granted["Action"]) == set(deny["Action"])
    assert deny["Effect"] == "Deny"
    assert "Condition" not in deny
    assert granted["Resource"] != deny["NotResource"]
    assert deny["NotResource"] == template.statement("OwnLogs")["Resource"]


def test_encrypted_log_takes_a_fifth_resource(encrypted: Template) -> None:
    assert sorted(encrypted.of("UserInfo").values()) == [
        "AWS::EC2::SecurityGroup",
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::Lambda::Function",
        "AWS::Logs::LogGroup",
    ]
    assert encrypted.of("UserInfoRoleOwnLogs") == {
        "UserInfoRoleOwnLogsA1951646": "AWS::IAM::Policy"
    }


def test_role_of_an_encrypted_log_does_not_name_it(encrypted: Template) -> None:
    (group,) = encrypted.of("UserInfoLogGroup")
    (role,) = encrypted.of("UserInfoRole3AFD0E8D")
    assert group not in json.dumps(encrypted.resources[role])
    assert {item["Sid"] for item in encrypted.policy("Isolation")} == {
        "NetworkInterfaces",
        "NoEniFromCode",
        "NothingFromOutsideTheVpc",
        "NothingIsShared",
    }
    assert encrypted.one("AWS::IAM::Policy")["Roles"] == [{"Ref": role}]


def test_statements_of_an_encrypted_log_are_those_of_any_log(
    encrypted: Template, article: Template
) -> None:
    assert document(encrypted, "OwnLogs") == [
        article.statement("OwnLogs"),
        article.statement("OnlyOwnLogs"),
    ]


def test_function_waits_for_the_policy_of_its_log(encrypted: Template) -> None:
    (function,) = encrypted.of("UserInfoFunction")
    (policy,) = encrypted.of("UserInfoRoleOwnLogs")
    assert policy in encrypted.resources[function]["DependsOn"]


def test_one_key_for_everything_makes_no_circle(world: World) -> None:
    key = kms.Key(world.stack, "Key")
    function = world.function(log_encryption_key=key, environment_encryption=key)
    secretsmanager.Secret(world.stack, "Secret", encryption_key=key).grant_read(function)
    table = dynamodb.Table(
        world.stack,
        "Table",
        partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
        encryption_key=key,
    )
    table.grant_read_write_data(function)
    s3.Bucket(world.stack, "Bucket", encryption_key=key).grant_read_write(function)
    sqs.Queue(world.stack, "Queue", encryption_master_key=key).grant_send_messages(function)
    key.grant_decrypt(function)
    template = world.template()
    assert "UserInfoRole" in json.dumps(template.one("AWS::KMS::Key")["KeyPolicy"])
    assert template.circles() == []


def test_circles_are_found() -> None:
    """The search that the other tests rely on."""
    template = Template(
        {
            "Resources": {
                "A": {"Type": "X", "DependsOn": "B"},
                "B": {"Type": "X", "Properties": {"List": [{"Ref": "C"}, {"Ref": "AWS::Region"}]}},
                "C": {"Type": "X", "Properties": {"Arn": {"Fn::GetAtt": ["A", "Arn"]}}},
                "D": {"Type": "X", "DependsOn": ["A"]},
            }
        }
    )
    assert template.circles() == ["A", "B", "C"]


def test_policy_of_the_log_counts_among_the_inline_policies(world: World) -> None:
    function = world.function(log_encryption_key=kms.Key(world.stack, "Key"))
    for number in range(120):
        sqs.Queue(world.stack, f"Queue{number}").grant_send_messages(function)
    with pytest.raises(RuntimeError, match="the inline policies of the role have about 1"):
        world.app.synth()


@pytest.mark.parametrize("encrypted_log", [True, False])
def test_what_isolates_a_role_leaves_most_of_the_room(
    encrypted_log: bool, encrypted: Template, article: Template
) -> None:
    template = encrypted if encrypted_log else article
    statements = template.policy("Isolation")
    if encrypted_log:
        statements += document(template, "OwnLogs")
    assert len(json.dumps(statements, separators=(",", ":"))) < 3_000
