"""CloudTrail's event history of the stand-in."""

import json

import pytest

from local_aws import LocalAws

from .support import refused, unique

pytestmark = pytest.mark.local_aws


def _names(aws: LocalAws, resource: str, region: str = "us-east-1") -> list[str]:
    cloudtrail = aws.client("cloudtrail", region=region)
    pages = cloudtrail.get_paginator("lookup_events").paginate(
        LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": resource}]
    )
    return [event["EventName"] for page in pages for event in page["Events"]]


def test_changes_are_recorded_where_they_are_made_the_latest_first(aws: LocalAws) -> None:
    iam, name = aws.client("iam", region="eu-west-1"), unique("role")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    iam.get_role(RoleName=name)
    for _ in range(60):
        iam.tag_role(RoleName=name, Tags=[{"Key": "k", "Value": "v"}])
    iam.delete_role(RoleName=name)
    assert _names(aws, name) == ["DeleteRole", *["TagRole"] * 60, "CreateRole"]
    assert _names(aws, name, "eu-west-1") == []


def test_an_event_says_who_and_whether_it_failed(aws: LocalAws) -> None:
    functions, name = aws.client("lambda"), unique("function")
    with refused("ResourceNotFoundException"):
        functions.update_function_configuration(FunctionName=name, Timeout=4)
    [event] = aws.client("cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": name}]
    )["Events"]
    assert event["EventName"] == "UpdateFunctionConfiguration20150331v2"
    record = json.loads(event["CloudTrailEvent"])
    assert record["errorCode"] == "ResourceNotFoundException"
    assert record["userIdentity"]["arn"] == f"arn:aws:iam::{aws.account}:root"
    with refused("InvalidLookupAttributesException"):
        aws.client("cloudtrail").lookup_events()
