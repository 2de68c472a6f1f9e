"""A baseline that another app has made."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from secure_lambda_constructs import InvalidInputError, ISigningBaseline, SigningBaseline

from .support import function, only, synthesize

CONFIG = "arn:aws:lambda:eu-central-1:111122223333:code-signing-config:csc-0123456789abcdef0"
VERSION = "arn:aws:signer:eu-central-1:111122223333:/signing-profiles/users/1a2B3c4D5e"


def imported(stack: cdk.Stack, **attributes: Any) -> ISigningBaseline:
    defaults = {
        "code_signing_config_arn": CONFIG,
        "signing_profile_name": "users",
        "staging_bucket_name": "users-{account}-{region}",
    }
    return SigningBaseline.from_attributes(stack, "Signing", **{**defaults, **attributes})


def test_signs_like_the_one_that_was_made(stack: cdk.Stack, code: Path) -> None:
    signing = imported(stack, signing_profile_version_arn=VERSION)
    function(stack, signing, code)
    assembly = synthesize(stack)
    request = assembly.request("App")
    assert request.profile_name == "users"
    assert request.profile_owner is None
    assert request.bucket_template == "users-{account}-{region}"
    assert request.baseline_stack == "of the signing baseline"
    properties = only(assembly.template("App"), "AWS::Lambda::Function")["Properties"]
    assert properties["CodeSigningConfigArn"] == CONFIG
    assert signing.signing_profile_name == "users"
    assert signing.signing_profile_version_arn == VERSION
    bucket = stack.resolve(signing.staging_bucket.bucket_name)
    assert bucket == "users-111122223333-eu-central-1"
    assert assembly.artifact("App")["dependencies"] == ["App.assets"]


def test_has_the_identity_of_the_one_that_was_made(app: cdk.App, code: Path) -> None:
    env = cdk.Environment(account="111122223333", region="eu-central-1")
    made, other = cdk.Stack(app, "Made", env=env), cdk.Stack(app, "Imported", env=env)
    baseline = SigningBaseline(made, "Signing", profile_name="users", signing_revision="2")
    function(made, baseline, code)
    function(other, imported(other, signing_revision="2"), code)
    assembly = synthesize(app)
    assert assembly.request("Made").identity == assembly.request("Imported").identity


def test_profile_of_another_account(stack: cdk.Stack, code: Path) -> None:
    own = imported(stack)
    owner = "444455556666"
    central = SigningBaseline.from_attributes(
        stack,
        "Central",
        code_signing_config_arn=CONFIG,
        signing_profile_name="users",
        staging_bucket_name="central-{account}-{region}",
        profile_owner=owner,
        signing_profile_version_arn=VERSION.replace("111122223333", owner),
    )
    function(stack, own, code, "Own")
    function(stack, central, code, "Central function")
    one, two = synthesize(stack).requests("App")
    assert two.profile_owner == owner
    # The staging bucket is of the functions' account, as `ExpectedBucketOwner` wants it.
    bucket = stack.resolve(central.staging_bucket.bucket_name)
    assert bucket == "central-111122223333-eu-central-1"
    assert one.identity != two.identity


def test_one_baseline_for_several_stages(app: cdk.App, code: Path) -> None:
    signing = imported(cdk.Stack(app, "App"))
    for name in ("Dev", "Prod"):
        function(cdk.Stack(cdk.Stage(app, name), "App"), signing, code)
    synthesize(app)


def test_tokens_are_taken_where_they_can_be(stack: cdk.Stack, code: Path) -> None:
    signing = imported(
        stack,
        code_signing_config_arn=cdk.Fn.import_value("config"),
        signing_profile_version_arn=cdk.Fn.import_value("version"),
    )
    function(stack, signing, code)
    properties = only(synthesize(stack).template("App"), "AWS::Lambda::Function")["Properties"]
    assert properties["CodeSigningConfigArn"] == {"Fn::ImportValue": "config"}


def test_version_that_was_not_given(stack: cdk.Stack) -> None:
    with pytest.raises(InvalidInputError, match=r"SigningBaseline\.from_attributes its"):
        _ = imported(stack).signing_profile_version_arn


def test_grants_the_other_accounts_profile(stack: cdk.Stack) -> None:
    role = iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())
    imported(stack, profile_owner="444455556666").grant_sign(role)
    statements = only(synthesize(stack).template("App"), "AWS::IAM::Policy")["Properties"]
    text = str(statements)
    assert ":signer:eu-central-1:444455556666:/signing-profiles/users" in text
    assert ":signer:eu-central-1:111122223333:/signing-jobs/*" in text
    assert ":s3:::users-111122223333-eu-central-1/unsigned/*" in text


@pytest.mark.parametrize(
    ("attributes", "sentence"),
    [
        (
            {"code_signing_config_arn": CONFIG.replace("csc-", "")},
            "code_signing_config_arn must be arn:…:lambda:REGION:ACCOUNT:code-signing-config:csc-…",
        ),
        (
            {"signing_profile_version_arn": VERSION.rsplit("/", 1)[0]},
            "signing_profile_version_arn must be arn:…:signer:REGION:ACCOUNT:/signing-profiles/",
        ),
        (
            {"signing_profile_version_arn": VERSION.replace("eu-central-1", "us-east-1")},
            "must be of the region eu-central-1, as the other attributes say, got us-east-1",
        ),
        (
            {"signing_profile_version_arn": VERSION.replace("users", "others")},
            "must be of the name users, as the other attributes say, got others",
        ),
        (
            {"signing_profile_version_arn": VERSION.replace("111122223333", "444455556666")},
            "must be of the account 111122223333.*got 444455556666; say profile_owner=",
        ),
        ({"signing_profile_name": "no-hyphens"}, "profile_name must be 2 to 64 letters"),
        ({"signing_profile_name": cdk.Aws.STACK_NAME}, "profile_name must be a literal"),
        ({"staging_bucket_name": "Users"}, "staging_bucket_name must be the name of an S3 bucket"),
        ({"staging_bucket_name": "{stack}-code"}, "staging_bucket_name must be the name of an S3"),
        ({"staging_bucket_name": cdk.Aws.STACK_NAME}, "staging_bucket_name must be a literal"),
        ({"profile_owner": "1234"}, "profile_owner must be an account id of 12 digits, got '1234'"),
        ({"profile_owner": cdk.Aws.ACCOUNT_ID}, "profile_owner must be a literal"),
        ({"signing_revision": cdk.Aws.STACK_ID}, "signing_revision must be a literal"),
        ({"profile_owner": 444455556666}, "profile_owner must be text, got 444455556666: write"),
        ({"staging_bucket_name": 5}, "staging_bucket_name must be text, got 5"),
        ({"code_signing_config_arn": 5}, "code_signing_config_arn must be text, arn:.*, got 5"),
        ({"python": ""}, "must be a Python interpreter"),
    ],
)
def test_attributes_that_cannot_be(
    stack: cdk.Stack, attributes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidInputError, match=sentence):
        imported(stack, **attributes)


@pytest.mark.parametrize(
    ("env", "sentence"),
    [
        (cdk.Environment(region="us-east-1"), "same region, got us-east-1 and eu-central-1"),
        (cdk.Environment(account="444455556666"), "same account, got 444455556666 and 1111"),
    ],
)
def test_another_environment(app: cdk.App, code: Path, env: cdk.Environment, sentence: str) -> None:
    stack = cdk.Stack(app, "App", env=env)
    with pytest.raises(RuntimeError, match=sentence):
        function(stack, imported(stack), code)
