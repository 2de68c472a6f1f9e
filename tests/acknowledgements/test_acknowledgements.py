"""What is said to linters, and where they read it."""

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_s3 as s3
from constructs import Construct

from secure_lambda_constructs.acknowledgements import acknowledge_cdk_nag, acknowledge_in_template

_RULE = "AwsSolutions-S1"


@pytest.fixture
def bucket() -> s3.CfnBucket:
    return s3.CfnBucket(cdk.Stack(cdk.App(), "Stack"), "Bucket")


def _acknowledged(construct: Construct) -> list[object]:
    key = cdk.Validations.ACKNOWLEDGED_RULES_METADATA_KEY
    return [entry.data for entry in construct.node.metadata if entry.type == key]


def test_cdk_nag_is_told_as_the_cdk_itself_would(bucket: s3.CfnBucket) -> None:
    acknowledge_cdk_nag(bucket, {_RULE: "why"})
    other = s3.CfnBucket(cdk.Stack.of(bucket), "Other")
    rule = cdk.Acknowledgment(id=f"AwsSolutions::{_RULE}", reason="why")
    cdk.Validations.of(other).acknowledge(rule)
    assert _acknowledged(bucket) == _acknowledged(other) == [{f"AwsSolutions::{_RULE}": "why"}]


def test_several_findings_are_told_at_once(bucket: s3.CfnBucket) -> None:
    acknowledge_cdk_nag(bucket, {"AwsSolutions-IAM5[Resource::*]": "all", _RULE: "why"})
    assert _acknowledged(bucket) == [
        {"AwsSolutions::AwsSolutions-IAM5[Resource::*]": "all", f"AwsSolutions::{_RULE}": "why"}
    ]


def test_linters_of_templates_are_told_in_the_metadata(bucket: s3.CfnBucket) -> None:
    bucket.add_metadata("owner", "us")
    acknowledge_in_template(
        bucket,
        checkov={"CKV_AWS_18": "no logs", "CKV_AWS_21": "one version"},
        cfn_lint={"W3005": "twice"},
    )
    template = assertions.Template.from_stack(cdk.Stack.of(bucket))
    [resource] = template.find_resources("AWS::S3::Bucket").values()
    assert resource["Metadata"] == {
        "owner": "us",
        "checkov": {
            "skip": [
                {"id": "CKV_AWS_18", "comment": "no logs"},
                {"id": "CKV_AWS_21", "comment": "one version"},
            ]
        },
        "cfn-lint": {"config": {"ignore_checks": ["W3005"]}, "reasons": {"W3005": "twice"}},
    }


def test_nothing_acknowledged_is_nothing_written(bucket: s3.CfnBucket) -> None:
    acknowledge_in_template(bucket, checkov={})
    template = assertions.Template.from_stack(cdk.Stack.of(bucket))
    template.all_resources("AWS::S3::Bucket", {"Metadata": assertions.Match.absent()})
