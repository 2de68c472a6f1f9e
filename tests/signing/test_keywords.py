"""What can be said about a `SigningBaseline`."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
import pytest

from secure_lambda_constructs import InvalidInputError, SigningBaseline

from .support import function, new_app, only, request_of, synthesize


@jsii.implements(cdk.IStableNumberProducer)
class Three:
    def produce(self) -> float:
        return 3


def test_profile_name(stack: cdk.Stack, code: Path) -> None:
    signing = SigningBaseline(stack, "Signing", profile_name="users_prod")
    function(stack, signing, code)
    assert signing.signing_profile_name == "users_prod"
    assembly = synthesize(stack)
    assert assembly.request("App").profile_name == "users_prod"
    profile = only(assembly.template("App-Signing"), "AWS::Signer::SigningProfile")
    assert profile["Properties"]["ProfileName"] == "users_prod"


@pytest.mark.parametrize("name", ["a", "users-prod", "users prod", "x" * 65, "", "ü2"])
def test_profile_name_that_signer_refuses(stack: cdk.Stack, name: str) -> None:
    with pytest.raises(InvalidInputError, match="profile_name must be 2 to 64 letters"):
        SigningBaseline(stack, "Signing", profile_name=name)


def test_profile_name_must_be_known(stack: cdk.Stack) -> None:
    with pytest.raises(InvalidInputError, match="profile_name must be a literal"):
        SigningBaseline(stack, "Signing", profile_name=cdk.Aws.STACK_NAME)


def test_staging_bucket_prefix(stack: cdk.Stack, code: Path) -> None:
    signing = SigningBaseline(stack, "Signing", staging_bucket_prefix="users-code")
    function(stack, signing, code)
    request = synthesize(stack).request("App")
    assert request.bucket_template == "users-code-{account}-{region}"


def test_longest_bucket_name_fits(app: cdk.App) -> None:
    env = cdk.Environment(account="111122223333", region="us-isof-south-1")
    stack = cdk.Stack(app, "App", env=env)
    SigningBaseline(stack, "Signing", staging_bucket_prefix="x" * 32)
    template = synthesize(app).template("App-Signing")
    assert len(only(template, "AWS::S3::Bucket")["Properties"]["BucketName"]) <= 63


@pytest.mark.parametrize("prefix", ["x" * 33, "Users", "a", "-users", "users-", "a_b", "a.b"])
def test_prefix_that_s3_refuses(stack: cdk.Stack, prefix: str) -> None:
    with pytest.raises(InvalidInputError, match="staging_bucket_prefix must be 2 to 32 lower"):
        SigningBaseline(stack, "Signing", staging_bucket_prefix=prefix)


def test_prefix_that_s3_reserves(stack: cdk.Stack) -> None:
    with pytest.raises(InvalidInputError, match="staging_bucket_prefix must not begin with"):
        SigningBaseline(stack, "Signing", staging_bucket_prefix="xn--users")


def test_signature_validity(app: cdk.App) -> None:
    long, short = cdk.Stack(app, "Long"), cdk.Stack(app, "Short")
    SigningBaseline(long, "Signing", signature_validity=cdk.Duration.days(4106))
    SigningBaseline(short, "Signing", signature_validity=cdk.Duration.hours(24))
    assembly = synthesize(app)
    for stack, days in (("Long", 4106), ("Short", 1)):
        profile = only(assembly.template(f"{stack}-Signing"), "AWS::Signer::SigningProfile")
        period = profile["Properties"]["SignatureValidityPeriod"]
        assert period == {"Type": "DAYS", "Value": days}


def test_another_validity_is_another_profile(tmp_path: Path) -> None:
    """CloudFormation replaces the profile, and there can be no two of one name."""
    names = {
        SigningBaseline(
            cdk.Stack(new_app(tmp_path), "App"), "Signing", signature_validity=validity
        ).signing_profile_name
        for validity in (None, cdk.Duration.days(30), cdk.Duration.days(31))
    }
    assert len(names) == 3


@pytest.mark.parametrize(
    "validity",
    [cdk.Duration.days(0), cdk.Duration.hours(36), cdk.Duration.days(4107)],
    ids=["none", "a part of a day", "too long"],
)
def test_validity_out_of_bounds(stack: cdk.Stack, validity: cdk.Duration) -> None:
    with pytest.raises(InvalidInputError, match="signature_validity must be 1 to 4106 whole"):
        SigningBaseline(stack, "Signing", signature_validity=validity)


def test_validity_must_be_known(stack: cdk.Stack) -> None:
    days = cdk.Duration.days(cdk.Lazy.number(Three()))
    with pytest.raises(InvalidInputError, match="signature_validity must be a literal"):
        SigningBaseline(stack, "Signing", signature_validity=days)


def test_signing_revision_must_be_known(stack: cdk.Stack) -> None:
    with pytest.raises(InvalidInputError, match="signing_revision must be a literal"):
        SigningBaseline(stack, "Signing", signing_revision=cdk.Aws.STACK_ID)


@pytest.mark.parametrize(
    ("keyword", "context", "used"),
    [("python3.12", "python3.13", "python3.12"), (None, "python3.13", "python3.13")],
)
def test_interpreter(
    tmp_path: Path, code: Path, keyword: str | None, context: str, used: str
) -> None:
    app = new_app(tmp_path, **{"secure-lambda-constructs:python": context})
    stack = cdk.Stack(app, "App")
    function(stack, SigningBaseline(stack, "Signing", python=keyword), code)
    [source] = synthesize(app).sources("App").values()
    assert used in source["executable"]
    request_of(source["executable"])


@pytest.mark.parametrize("python", ["", " "])
def test_interpreter_without_a_name(stack: cdk.Stack, python: str) -> None:
    with pytest.raises(InvalidInputError, match="must be a Python interpreter, got"):
        SigningBaseline(stack, "Signing", python=python)


def test_unknown_keywords_are_refused(stack: cdk.Stack) -> None:
    with pytest.raises(TypeError):
        SigningBaseline(stack, "Signing", profil_name="typo")  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("keywords", "sentence"),
    [
        ({"profile_name": 5}, "profile_name must be text, got 5: write it as a str"),
        ({"staging_bucket_prefix": 5}, "staging_bucket_prefix must be text, got 5"),
        ({"signing_revision": 2}, "signing_revision must be text, got 2"),
        ({"signing_revision": None}, "signing_revision must be text, got None"),
        (
            {"signature_validity": 365},
            r"must be a Duration, got 365: write cdk.Duration.days\(\.\.\.\)",
        ),
    ],
)
def test_wrong_types(stack: cdk.Stack, keywords: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidInputError, match=sentence):
        SigningBaseline(stack, "Signing", **keywords)
