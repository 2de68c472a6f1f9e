"""Publishers that a baseline trusts besides its own profile."""

import datetime
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from secure_lambda_constructs import InvalidInputError, SigningBaseline

from .support import new_app, only, synthesize, warnings_of

ARN = "arn:aws:signer:us-east-1:444455556666:/signing-profiles/layers/"
FIRST, SECOND = f"{ARN}1a2B3c4D5e", f"{ARN}6f7G8h9I0j"
CONFIG = "arn:aws:lambda:us-east-1:111122223333:code-signing-config:csc-0123456789abcdef0"
OWN = {"Fn::GetAtt": ["Profile6F32097C", "ProfileVersionArn"]}


def many(count: int) -> list[str]:
    return [f"{ARN}{number:010}" for number in range(count)]


def publishers(stack: cdk.Stack, **keywords: Any) -> tuple[list[Any], SigningBaseline]:
    signing = SigningBaseline(stack, "Signing", **keywords)
    template = synthesize(stack).template("App-Signing")
    config = only(template, "AWS::Lambda::CodeSigningConfig")["Properties"]
    return config["AllowedPublishers"]["SigningProfileVersionArns"], signing


def imported(stack: cdk.Stack, **keywords: Any) -> Any:
    return SigningBaseline.from_attributes(
        stack,
        "Imported",
        code_signing_config_arn=CONFIG,
        signing_profile_name="layers",
        staging_bucket_name="layers-{account}-{region}",
        **keywords,
    )


def test_they_come_after_the_own_profile(stack: cdk.Stack) -> None:
    found, signing = publishers(stack, trusted_publishers=[FIRST, SECOND])
    assert found == [OWN, FIRST, SECOND]
    assert signing._signer.trusted_publishers == (FIRST, SECOND)
    version = stack.resolve(signing._signer.profile_version_arn)
    assert version == stack.resolve(signing.signing_profile_version_arn)


def test_the_description_does_not_claim_what_is_not_so(stack: cdk.Stack) -> None:
    SigningBaseline(stack, "Signing", profile_name="users", trusted_publishers=[FIRST, SECOND])
    config = only(synthesize(stack).template("App-Signing"), "AWS::Lambda::CodeSigningConfig")
    description = "Only code signed by the profile users or by 2 more publishers"
    assert config["Properties"]["Description"] == description


def test_another_region_and_account_than_the_stacks(app: cdk.App) -> None:
    """Vendors sign the layers of all regions with a profile of one."""
    env = cdk.Environment(account="111122223333", region="eu-central-1")
    found, _ = publishers(cdk.Stack(app, "App", env=env), trusted_publishers=[FIRST])
    assert found == [OWN, FIRST]


def test_tokens(stack: cdk.Stack) -> None:
    token = cdk.Fn.import_value("version")
    found, _ = publishers(stack, trusted_publishers=[token])
    assert found == [OWN, {"Fn::ImportValue": "version"}]


def test_twenty_with_the_own_one(stack: cdk.Stack) -> None:
    found, _ = publishers(stack, trusted_publishers=many(19))
    assert len(found) == 20


@pytest.mark.parametrize(
    ("keywords", "sentence"),
    [
        ({"trusted_publishers": many(20)}, "takes 20 publishers at most, got 21"),
        (
            {
                "trusted_publishers": many(19),
                "retiring_publishers": {FIRST: datetime.date(9999, 1, 1)},
            },
            "takes 20 publishers at most, got 21",
        ),
        ({"trusted_publishers": FIRST}, "must be a list of profile version ARNs, got 'arn:.*squ"),
        ({"trusted_publishers": 5}, "trusted_publishers must be a list.*got 5"),
        (
            {"trusted_publishers": [FIRST.rsplit("/", 1)[0]]},
            "each of trusted_publishers must be arn:…:signer:REGION:ACCOUNT:/signing-profiles/",
        ),
        ({"trusted_publishers": [5]}, "each of trusted_publishers must be text, .*, got 5"),
        ({"trusted_publishers": [FIRST, FIRST]}, "must be named once, got arn:.*3c4D5e twice"),
        (
            {
                "trusted_publishers": [FIRST],
                "retiring_publishers": {FIRST: datetime.date(9999, 1, 1)},
            },
            "named once, got .* twice, the second time in retiring_publishers",
        ),
        (
            {"signing_profile_version_arn": FIRST, "trusted_publishers": [FIRST]},
            "named once, got .* a baseline trusts its own profile anyway",
        ),
        ({"retiring_publishers": [FIRST]}, r"must map profile version ARNs to days, got \['arn"),
        ({"retiring_publishers": {"x": 1}}, "each of retiring_publishers must be arn:"),
        (
            {"retiring_publishers": {FIRST: "2027-01-31"}},
            r"must be a datetime.date, got '2027-01-31' for arn:.*: write datetime.date\(2027",
        ),
        (
            {"retiring_publishers": {FIRST: datetime.datetime(2027, 1, 31)}},
            "must be a datetime.date, got datetime.datetime",
        ),
    ],
)
def test_refused(app: cdk.App, keywords: dict[str, Any], sentence: str) -> None:
    stack = cdk.Stack(app, "App", env=cdk.Environment(region="us-east-1"))
    with pytest.raises(InvalidInputError, match=sentence):
        SigningBaseline(stack, "Signing", **keywords)
    assert stack.node.try_find_child("Signing") is None


def test_of_an_imported_baseline(stack: cdk.Stack) -> None:
    signing = imported(
        stack,
        trusted_publishers=[SECOND],
        signing_profile_version_arn=FIRST,
        profile_owner="444455556666",
    )
    assert signing._signer.trusted_publishers == (SECOND,)
    assert signing._signer.profile_version_arn == FIRST
    assert "Resources" not in synthesize(stack).template("App")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (many(20), "takes 20 publishers at most, got 21"),
        (["layers"], "each of trusted_publishers must be arn:"),
        ([FIRST], "named once, got .* twice"),
    ],
)
def test_refused_for_an_imported_baseline(
    stack: cdk.Stack, given: list[str], sentence: str
) -> None:
    with pytest.raises(InvalidInputError, match=sentence):
        imported(
            stack,
            trusted_publishers=given,
            signing_profile_version_arn=FIRST,
            profile_owner="444455556666",
        )


def test_no_warning_without_retired_ones(tmp_path: Path) -> None:
    stack = cdk.Stack(new_app(tmp_path), "App")
    SigningBaseline(stack, "Signing", trusted_publishers=[FIRST])
    assert warnings_of(stack, "App-Signing") == []
