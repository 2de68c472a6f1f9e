"""Tables: what a template says can be read back."""

from typing import Any

import pytest

from local_aws import LocalAws

from .stacks import Stack, check, resource

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
