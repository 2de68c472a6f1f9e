"""Tables: what a template says can be read back."""

import json
from typing import Any

import pytest

from local_aws import LocalAws

from .stacks import Stack, check, resource
from .support import refused

pytestmark = pytest.mark.local_aws

Resources = dict[str, Any]


_KEY = {
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}


def _table_state(aws: LocalAws, name: str) -> Any:
    client = aws.client("dynamodb")
    table = client.describe_table(TableName=name)["Table"]
    backups = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    recovery = backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus")
    live = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    tags = client.list_tags_of_resource(ResourceArn=table["TableArn"]).get("Tags", [])
    return (
        table["BillingModeSummary"]["BillingMode"],
        table["DeletionProtectionEnabled"],
        recovery == "ENABLED",
        live.get("TimeToLiveStatus") == "ENABLED",
        {each["Key"]: each["Value"] for each in tags},
    )


def test_table(aws: LocalAws) -> None:
    def table(**more: Any) -> Resources:
        return {"A": resource("AWS::DynamoDB::Table", **_KEY, **more)}

    check(
        aws,
        table(
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
            Tags=[{"Key": "a", "Value": "1"}],
        ),
        table(TimeToLiveSpecification={"AttributeName": "ttl", "Enabled": True}),
        lambda ids: _table_state(aws, ids["A"]),
        (
            ("PAY_PER_REQUEST", False, True, False, {"a": "1"}),
            ("PAY_PER_REQUEST", False, False, True, {}),
        ),
    )


def test_global_table_as_the_cdk_renders_it(aws: LocalAws) -> None:
    def table(ttl: bool, **replica: Any) -> Resources:
        replicas = [{"Region": "us-east-1", **replica}]
        live = {"TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True}} if ttl else {}
        return {"A": resource("AWS::DynamoDB::GlobalTable", **_KEY, Replicas=replicas, **live)}

    check(
        aws,
        table(
            False,
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
            Tags=[{"Key": "a", "Value": "1"}],
            TableClass="STANDARD",
        ),
        table(True, Tags=[{"Key": "a", "Value": "2"}]),
        lambda ids: _table_state(aws, ids["A"]),
        (
            ("PAY_PER_REQUEST", False, True, False, {"a": "1"}),
            ("PAY_PER_REQUEST", False, False, True, {"a": "2"}),
        ),
    )


@pytest.mark.parametrize("kind", ["Table", "GlobalTable"])
def test_protected_table_is_not_deleted(aws: LocalAws, kind: str) -> None:
    def table(protected: bool) -> Resources:
        guard = {"DeletionProtectionEnabled": protected}
        where = guard if kind == "Table" else {"Replicas": [{"Region": "us-east-1", **guard}]}
        return {"A": resource(f"AWS::DynamoDB::{kind}", **_KEY, **where)}

    stack = Stack(aws)
    assert stack.deploy(table(True)) == "CREATE_COMPLETE", stack.reasons()
    assert _table_state(aws, stack.ids()["A"])[1] is True
    assert stack.delete() == "DELETE_FAILED"
    assert "protected against deletion" in stack.reasons()
    assert stack.deploy(table(False)) == "UPDATE_COMPLETE", stack.reasons()
    assert stack.delete() == "DELETE_COMPLETE"


def test_second_replica_is_refused(aws: LocalAws) -> None:
    stack = Stack(aws)
    replicas = [{"Region": "us-east-1"}, {"Region": "eu-west-1"}]
    table = resource("AWS::DynamoDB::GlobalTable", **_KEY, Replicas=replicas)
    assert stack.deploy({"A": table}) == "ROLLBACK_COMPLETE"
    assert "supports one replica" in stack.reasons()


def _policy_of(aws: LocalAws, name: str) -> Any:
    client = aws.client("dynamodb")
    arn = client.describe_table(TableName=name)["Table"]["TableArn"]
    try:
        return json.loads(client.get_resource_policy(ResourceArn=arn)["Policy"])
    except client.exceptions.PolicyNotFoundException:
        return None


@pytest.mark.parametrize("kind", ["Table", "GlobalTable"])
def test_resource_policy(aws: LocalAws, kind: str) -> None:
    def table(*actions: str) -> Resources:
        policy = {"ResourcePolicy": {"PolicyDocument": _deny(*actions)}} if actions else {}
        where = policy if kind == "Table" else {"Replicas": [{"Region": "us-east-1", **policy}]}
        return {"A": resource(f"AWS::DynamoDB::{kind}", **_KEY, **where)}

    check(
        aws,
        table("dynamodb:GetItem", "dynamodb:Scan"),
        table(),
        lambda ids: _policy_of(aws, ids["A"]),
        (_deny("dynamodb:GetItem", "dynamodb:Scan"), None),
    )


@pytest.mark.parametrize("action", ["dynamodb:GetRecords", "dynamodb:StartAwsBackupJob"])
def test_resource_policy_with_an_action_that_it_cannot_have_is_refused(
    aws: LocalAws, action: str
) -> None:
    stack = Stack(aws)
    policy = {"PolicyDocument": _deny("dynamodb:GetItem", action)}
    table = resource("AWS::DynamoDB::Table", **_KEY, ResourcePolicy=policy)
    assert stack.deploy({"A": table}) == "ROLLBACK_COMPLETE"
    assert f'The following action names are invalid: "{action}"' in stack.reasons()


def test_policy_of_no_table_is_refused(aws: LocalAws) -> None:
    arn = f"arn:aws:dynamodb:us-east-1:{aws.account}:table/nowhere"
    with refused("ResourceNotFoundException"):
        aws.client("dynamodb").put_resource_policy(
            ResourceArn=arn, Policy=json.dumps(_deny("dynamodb:Scan"))
        )


def _deny(*actions: str) -> dict[str, Any]:
    statement = {"Effect": "Deny", "Principal": "*", "Action": [*actions], "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}
