"""CloudFormation fails loudly, rolls back, and honours its policies."""

import json
from typing import Any

import pytest

from local_aws import LocalAws

from .stacks import Stack
from .support import HANDLER, Signing, unique, wait_for

pytestmark = pytest.mark.local_aws


@pytest.fixture
def stack(aws: LocalAws) -> Stack:
    return Stack(aws)


def _group(name: str, **more: Any) -> dict[str, Any]:
    return {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": name}} | more


def _groups(aws: LocalAws, prefix: str) -> list[str]:
    found = aws.client("logs").describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
    return [each["logGroupName"] for each in found]


def _failing(after: str) -> dict[str, Any]:
    """A resource that fails once another one is there."""
    return {"Type": "AWS::Nothing::AtAll", "DependsOn": after}


def test_unknown_type_fails_and_what_was_made_is_removed(aws: LocalAws, stack: Stack) -> None:
    name = unique("group")
    assert stack.deploy({"A": _group(name), "B": _failing("A")}) == "ROLLBACK_COMPLETE"
    assert "AWS::Nothing::AtAll not supported" in stack.reasons()
    assert _groups(aws, name) == []


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"NoSuchProperty": 1}, "has no such property"),
        ({"FieldIndexPolicies": []}, "stand-in does not support FieldIndexPolicies"),
    ],
)
def test_property_that_would_be_dropped_fails(
    stack: Stack, properties: dict[str, Any], reason: str
) -> None:
    resource = {"Type": "AWS::Logs::LogGroup", "Properties": properties}
    assert stack.deploy({"A": resource}) == "ROLLBACK_COMPLETE"
    assert reason in stack.reasons()


def test_required_property_is_asked_for(stack: Stack) -> None:
    assert stack.deploy({"A": {"Type": "AWS::Signer::SigningProfile"}}) == "ROLLBACK_COMPLETE"
    assert "required key [PlatformId] not found" in stack.reasons()


def test_failed_update_is_put_back(aws: LocalAws, stack: Stack) -> None:
    kept, gone, new = unique("kept"), unique("gone"), unique("new")
    before = {"Kept": _group(kept), "Gone": _group(gone)}
    assert stack.deploy(before) == "CREATE_COMPLETE"
    changed = _group(kept)
    changed["Properties"]["RetentionInDays"] = 7
    after = {"Kept": changed, "New": _group(new) | {"DependsOn": "Kept"}, "Bad": _failing("New")}
    assert stack.deploy(after) == "UPDATE_ROLLBACK_COMPLETE"
    logs = aws.client("logs")
    (found,) = logs.describe_log_groups(logGroupNamePrefix=kept)["logGroups"]
    assert "retentionInDays" not in found
    assert _groups(aws, gone) == [gone]
    assert _groups(aws, new) == []
    # The stack is as it was: nothing to do, and the next update works.
    assert stack.deploy(before) == "NO_CHANGE"
    assert stack.deploy({"Kept": changed}) == "UPDATE_COMPLETE"
    assert _groups(aws, gone) == []


def test_replacement_removes_the_old_one(aws: LocalAws, stack: Stack) -> None:
    old, new = unique("old"), unique("new")
    stack.deploy({"A": _group(old)})
    assert stack.deploy({"A": _group(new)}) == "UPDATE_COMPLETE"
    assert _groups(aws, old) == []
    assert _groups(aws, new) == [new]


def test_failed_update_removes_the_replacement(aws: LocalAws, stack: Stack) -> None:
    old, new = unique("old"), unique("new")
    stack.deploy({"A": _group(old)})
    after = {"A": _group(new), "B": _failing("A")}
    assert stack.deploy(after) == "UPDATE_ROLLBACK_COMPLETE"
    assert _groups(aws, old) == [old]
    assert _groups(aws, new) == []


@pytest.mark.parametrize(
    ("policy", "kept"),
    [("Retain", True), ("RetainExceptOnCreate", True), ("Delete", False)],
)
def test_deletion_policy_decides(aws: LocalAws, stack: Stack, policy: str, kept: bool) -> None:
    name, other = unique("group"), unique("other")
    resources = {"A": _group(name, DeletionPolicy=policy), "B": _group(other)}
    assert stack.deploy(resources) == "CREATE_COMPLETE"
    assert stack.deploy({"B": _group(other)}) == "UPDATE_COMPLETE"
    assert bool(_groups(aws, name)) == kept
    assert stack.delete() == "DELETE_COMPLETE"
    assert _groups(aws, other) == []


@pytest.mark.parametrize(
    ("policy", "kept"), [("Retain", True), ("RetainExceptOnCreate", False), ("Delete", False)]
)
def test_deletion_policy_decides_when_creation_fails(
    aws: LocalAws, stack: Stack, policy: str, kept: bool
) -> None:
    name = unique("group")
    stack.deploy({"A": _group(name, DeletionPolicy=policy), "B": _failing("A")})
    assert bool(_groups(aws, name)) == kept


def test_update_replace_policy_keeps_the_old_one(aws: LocalAws, stack: Stack) -> None:
    old, new = unique("old"), unique("new")
    policies = {"UpdateReplacePolicy": "Retain"}
    stack.deploy({"A": _group(old, **policies)})
    stack.deploy({"A": _group(new, **policies)})
    assert _groups(aws, old) == [old]


def test_deletion_that_fails_is_reported(aws: LocalAws, stack: Stack) -> None:
    bucket, group = unique("bucket"), unique("group")
    made = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": bucket}}
    stack.deploy({"Bucket": made, "Group": _group(group)})
    s3 = aws.client("s3")
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    assert stack.delete() == "DELETE_FAILED"
    assert "BucketNotEmpty" in stack.reasons()
    s3.delete_object(Bucket=bucket, Key="k")
    assert stack.delete() == "DELETE_COMPLETE"


def test_direct_calls_fail_as_well(aws: LocalAws) -> None:
    cloudformation, name = aws.client("cloudformation"), unique("stack")
    body = json.dumps({"Resources": {"A": {"Type": "AWS::Nothing::AtAll"}}})
    cloudformation.create_stack(StackName=name, TemplateBody=body)
    stack = Stack(aws, name)
    wait_for(lambda: stack.status().endswith("_FAILED"))


def test_protected_association_is_not_deleted_and_nothing_below_it(
    aws: LocalAws, stack: Stack
) -> None:
    def resources(protection: str) -> dict[str, Any]:
        kind = "AWS::Route53Resolver::"
        return {
            "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.9.0.0/16"}},
            "Rules": {"Type": f"{kind}FirewallRuleGroup"},
            "Association": {
                "Type": f"{kind}FirewallRuleGroupAssociation",
                "Properties": {
                    "FirewallRuleGroupId": {"Fn::GetAtt": ["Rules", "Id"]},
                    "VpcId": {"Ref": "Vpc"},
                    "Priority": 101,
                    "MutationProtection": protection,
                },
            },
        }

    assert stack.deploy(resources("ENABLED")) == "CREATE_COMPLETE"
    vpc = stack.ids()["Vpc"]
    assert stack.delete() == "DELETE_FAILED"
    assert "mutation protection" in stack.reasons()
    assert aws.client("ec2").describe_vpcs(VpcIds=[vpc])["Vpcs"]
    resolver, association = aws.client("route53resolver"), stack.ids()["Association"]
    resolver.update_firewall_rule_group_association(
        FirewallRuleGroupAssociationId=association, MutationProtection="DISABLED"
    )
    assert stack.delete() == "DELETE_COMPLETE"


def test_unsigned_function_fails_the_stack(signing: Signing, role: str) -> None:
    stack = Stack(signing.aws)
    resources = {
        "Config": {
            "Type": "AWS::Lambda::CodeSigningConfig",
            "Properties": {
                "AllowedPublishers": {"SigningProfileVersionArns": [signing.version_arn]},
                "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "Enforce"},
            },
        },
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Code": {"ZipFile": HANDLER},
                "CodeSigningConfigArn": {"Ref": "Config"},
                "Handler": "index.handler",
                "Role": role,
                "Runtime": "python3.13",
            },
        },
    }
    assert stack.deploy(resources) == "ROLLBACK_COMPLETE"
    assert "CodeVerificationFailedException" in stack.reasons()
    client = signing.aws.client("lambda")
    assert not [
        each for each in client.list_functions()["Functions"] if stack.name in each["FunctionName"]
    ]


def test_profile_is_cancelled_with_its_stack_and_its_name_stays_taken(
    aws: LocalAws, stack: Stack
) -> None:
    name, signer = unique("P"), aws.client("signer")
    profile = {
        "Type": "AWS::Signer::SigningProfile",
        "Properties": {"PlatformId": "AWSLambda-SHA384-ECDSA", "ProfileName": name},
    }
    attributes = ("Arn", "ProfileName", "ProfileVersion", "ProfileVersionArn")
    outputs = {each: {"Value": {"Fn::GetAtt": ["A", each]}} for each in attributes}
    assert stack.deploy({"A": profile}, Outputs=outputs) == "CREATE_COMPLETE"
    found = signer.get_signing_profile(profileName=name)
    assert stack.outputs() == {
        "Arn": found["arn"],
        "ProfileName": name,
        "ProfileVersion": found["profileVersion"],
        "ProfileVersionArn": found["profileVersionArn"],
    }
    assert stack.delete() == "DELETE_COMPLETE"
    assert signer.get_signing_profile(profileName=name)["status"] == "Canceled"
    again = Stack(aws)
    assert again.deploy({"A": profile}) == "ROLLBACK_COMPLETE"
    assert "already exists" in again.reasons()
