"""What a `SigningBaseline` makes, and where."""

import re
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from secure_lambda_constructs import InvalidInputError, SigningBaseline
from secure_lambda_constructs.signing.naming import PROFILE_NAME_PATTERN

from .support import function, new_app, only, recommended_flags, synthesize

ENVIRONMENT = cdk.Environment(account="111122223333", region="eu-central-1")


@pytest.fixture(params=[False, True], ids=["no flags", "recommended flags"])
def companion(request: pytest.FixtureRequest, tmp_path: Path, code: Path) -> dict[str, Any]:
    """The companion stack's template, for an app without and with feature flags."""
    app = new_app(tmp_path, **(recommended_flags() if request.param else {}))
    stack = cdk.Stack(app, "App", env=ENVIRONMENT)
    function(stack, SigningBaseline(stack, "Signing"), code)
    return synthesize(app).template("App-Signing")


def test_logical_ids_are_an_interface(stack: cdk.Stack) -> None:
    """A changed id replaces the resource, and a profile's name cannot be used twice."""
    SigningBaseline(stack, "Signing")
    assembly = synthesize(stack)
    assert {
        (name, resource["Type"])
        for name, resource in assembly.template("App-Signing")["Resources"].items()
    } == {
        ("CodeSigningConfigD8D41C10", "AWS::Lambda::CodeSigningConfig"),
        ("Profile6F32097C", "AWS::Signer::SigningProfile"),
        ("StagingBucket9644C37C", "AWS::S3::Bucket"),
        ("StagingBucketPolicy83BEDEEE", "AWS::S3::BucketPolicy"),
    }
    assert "Resources" not in assembly.template("App")


def test_default_names_are_an_interface(stack: cdk.Stack) -> None:
    signing = SigningBaseline(stack, "Signing")
    assert signing.signing_profile_name == "App_Signing_14120d7993"
    bucket = only(synthesize(stack).template("App-Signing"), "AWS::S3::Bucket")["Properties"]
    assert bucket["BucketName"]["Fn::Join"][1][0] == "app-signing-074483a5-"


def test_profile(companion: dict[str, Any]) -> None:
    profile = only(companion, "AWS::Signer::SigningProfile")
    assert profile["Properties"] == {
        "PlatformId": "AWSLambda-SHA384-ECDSA",
        "ProfileName": "App_Signing_14120d7993",
        "SignatureValidityPeriod": {"Type": "MONTHS", "Value": 135},
    }
    assert (profile["DeletionPolicy"], profile["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert "StagingBucket9644C37C" in profile["DependsOn"]  # what can fail comes first


def test_code_signing_config_enforces_and_trusts_only_the_profile(
    companion: dict[str, Any],
) -> None:
    config = only(companion, "AWS::Lambda::CodeSigningConfig")["Properties"]
    assert config["CodeSigningPolicies"] == {"UntrustedArtifactOnDeployment": "Enforce"}
    assert config["AllowedPublishers"] == {
        "SigningProfileVersionArns": [{"Fn::GetAtt": ["Profile6F32097C", "ProfileVersionArn"]}]
    }


def test_staging_bucket(companion: dict[str, Any]) -> None:
    bucket = only(companion, "AWS::S3::Bucket")
    properties = bucket["Properties"]
    assert properties["BucketName"] == "app-signing-074483a5-111122223333-eu-central-1"
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(properties["PublicAccessBlockConfiguration"]) == 4
    assert properties["OwnershipControls"] == {
        "Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]
    }
    [encryption] = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    [rule] = properties["LifecycleConfiguration"]["Rules"]
    assert rule["Status"] == "Enabled"
    assert rule["ExpirationInDays"] == 1
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert bucket["DeletionPolicy"] == "RetainExceptOnCreate"
    assert bucket["UpdateReplacePolicy"] == "Retain"


def test_staging_bucket_is_for_tls_only(companion: dict[str, Any]) -> None:
    policy = only(companion, "AWS::S3::BucketPolicy")
    [statement] = policy["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Principal"] == {"AWS": "*"}
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert len(statement["Resource"]) == 2
    assert policy["DeletionPolicy"] == "RetainExceptOnCreate"


def test_nothing_runs_code_in_the_account(companion: dict[str, Any]) -> None:
    kinds = {resource["Type"] for resource in companion["Resources"].values()}
    assert not {kind for kind in kinds if kind.startswith(("Custom::", "AWS::IAM"))}
    assert "AWS::Lambda::Function" not in kinds
    assert "AWS::CloudFormation::CustomResource" not in kinds


def test_linter_findings_are_answered(companion: dict[str, Any]) -> None:
    [answer] = only(companion, "AWS::S3::Bucket")["Metadata"]["checkov"]["skip"]
    assert answer["id"] == "CKV_AWS_18"
    assert answer["comment"]


def test_answers_go_into_no_report(stack: cdk.Stack) -> None:
    SigningBaseline(stack, "Signing")
    assembly = synthesize(stack)
    report = assembly.directory / "validation-report.json"
    # The empty stack App is what the CDK's own rules remark on. Old releases have no such rules.
    assert not report.exists() or "App-Signing" not in report.read_text()


def test_resources_can_be_in_the_stack_around(app: cdk.App, code: Path) -> None:
    platform = cdk.Stack(app, "Platform")
    signing = SigningBaseline(platform, "Signing", companion_stack=False)
    assert signing.stack is platform
    function(cdk.Stack(app, "App"), signing, code)
    assembly = synthesize(app)
    assert {
        (name, resource["Type"])
        for name, resource in assembly.template("Platform")["Resources"].items()
    } == {
        ("SigningCodeSigningConfig05FCD814", "AWS::Lambda::CodeSigningConfig"),
        ("SigningProfile7B1552DC", "AWS::Signer::SigningProfile"),
        ("SigningStagingBucket2FF85CD6", "AWS::S3::Bucket"),
        ("SigningStagingBucketPolicy96F62D56", "AWS::S3::BucketPolicy"),
    }
    assert "Platform" in assembly.artifact("App")["dependencies"]
    assert assembly.request("App").baseline_stack == "Platform"


def test_own_stack_needs_one(app: cdk.App) -> None:
    with pytest.raises(InvalidInputError, match="companion_stack=False needs a stack around"):
        SigningBaseline(app, "Signing", companion_stack=False)


def test_own_stack_has_its_environment(stack: cdk.Stack) -> None:
    with pytest.raises(InvalidInputError, match="env and synthesizer are for the companion"):
        SigningBaseline(stack, "Signing", companion_stack=False, env=ENVIRONMENT)


def test_parts_are_l2_constructs(stack: cdk.Stack) -> None:
    signing = SigningBaseline(stack, "Signing")
    assert isinstance(signing.code_signing_config, lambda_.CodeSigningConfig)
    assert isinstance(signing.staging_bucket, s3.Bucket)
    assert cdk.Token.is_unresolved(signing.signing_profile_version_arn)


def test_default_names_are_accepted_and_stable(tmp_path: Path) -> None:
    def names(path: list[str]) -> tuple[str, str]:
        scope: Construct = new_app(tmp_path)
        for id in path[:-1]:
            scope = cdk.Stack(scope, id) if isinstance(scope, cdk.App) else Construct(scope, id)
        signing = SigningBaseline(scope, path[-1])
        template = synthesize(signing).template(signing.stack.artifact_id)
        bucket = only(template, "AWS::S3::Bucket")["Properties"]["BucketName"]
        return signing.signing_profile_name, bucket["Fn::Join"][1][0]

    long = ["AStackOfAVeryLongNameIndeed", *["AConstructOfAVeryLongName"] * 3, "Signing"]
    assert names(long) == names(long)
    for path in (long, ["A", "B"], ["A", "B", "C"], ["A-B", "C"]):
        profile, bucket = names(path)
        assert cdk.Token.is_unresolved(profile) is False
        assert re.fullmatch(PROFILE_NAME_PATTERN, profile)
        assert re.fullmatch(r"[a-z0-9][a-z0-9-]{1,31}-", bucket)
    assert len({names(path) for path in (["A", "B", "C"], ["A-B", "C"], ["A", "B-C"])}) == 3
