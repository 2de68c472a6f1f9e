"""What a function says to linters: only of what it was not given."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs

from secure_lambda_constructs import SignedVpcFunction

from .conftest import World

_RULES = cdk.Validations.ACKNOWLEDGED_RULES_METADATA_KEY


def _metadata(world: World, kind: str) -> dict[str, Any]:
    [found] = [
        resource.get("Metadata", {})
        for resource in world.template().resources.values()
        if resource["Type"] == kind
    ]
    return dict(found)


def _skipped(metadata: dict[str, Any]) -> list[str]:
    return [skip["id"] for skip in metadata.get("checkov", {}).get("skip", [])]


def test_defaults_are_answered_for(world: World) -> None:
    world.function()
    function = _metadata(world, "AWS::Lambda::Function")
    assert _skipped(function) == ["CKV_AWS_115", "CKV_AWS_116", "CKV_AWS_173"]
    assert function["cfn-lint"]["config"] == {"ignore_checks": ["W3005"]}
    assert _skipped(_metadata(world, "AWS::Logs::LogGroup")) == ["CKV_AWS_158"]


@pytest.mark.parametrize(
    ("given", "answered"),
    [
        ("reserved_concurrent_executions", "CKV_AWS_115"),
        ("dead_letter_queue", "CKV_AWS_116"),
        ("environment_encryption", "CKV_AWS_173"),
    ],
)
def test_what_was_given_is_not_answered_for(world: World, given: str, answered: str) -> None:
    values: dict[str, Any] = {
        "reserved_concurrent_executions": 1,
        "dead_letter_queue": sqs.Queue(
            world.stack, "Failed", encryption=sqs.QueueEncryption.KMS_MANAGED, enforce_ssl=True
        ),
        "environment_encryption": kms.Key(world.stack, "Key"),
    }
    world.function(**{given: values[given]})
    skipped = _skipped(_metadata(world, "AWS::Lambda::Function"))
    assert answered not in skipped
    assert len(skipped) == 2


def test_log_with_a_key_is_not_answered_for(world: World) -> None:
    world.function(log_encryption_key=kms.Key(world.stack, "Key"))
    assert _skipped(_metadata(world, "AWS::Logs::LogGroup")) == []


def test_wildcards_of_the_role_are_answered_for_at_the_role_alone(world: World) -> None:
    """Whatever else is in the stack stays visible to cdk-nag."""
    function: SignedVpcFunction = world.function()
    [answers] = [entry.data for entry in function.role.node.metadata if entry.type == _RULES]
    assert sorted(answers) == [
        f"AwsSolutions::AwsSolutions-IAM5[{wildcard}]"
        for wildcard in ("Action::kms:GenerateDataKey*", "Action::kms:ReEncrypt*", "Resource::*")
    ]
    for around in (world.app, world.stack, function):
        assert [entry for entry in around.node.metadata if entry.type == _RULES] == []
