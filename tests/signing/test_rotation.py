"""What changes with a new profile, a new version or a new revision, and what must not."""

import datetime
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from secure_lambda_constructs import SigningBaseline
from secure_lambda_constructs.signing import publishers

from .support import Assembly, function, new_app, only, resources_of, synthesize, warnings_of

OLD = "arn:aws:signer:us-east-1:111122223333:/signing-profiles/users/1a2B3c4D5e"
OWN = {"Fn::GetAtt": ["Profile6F32097C", "ProfileVersionArn"]}
DAY = datetime.date(2026, 12, 31)
ENVIRONMENT = cdk.Environment(account="111122223333", region="us-east-1")


def app_with(directory: Path, code: Path, **keywords: Any) -> Assembly:
    stack = cdk.Stack(new_app(directory), "App", env=ENVIRONMENT)
    function(stack, SigningBaseline(stack, "Signing", **keywords), code)
    return synthesize(stack)


def trusted(assembly: Assembly) -> list[Any]:
    config = only(assembly.template("App-Signing"), "AWS::Lambda::CodeSigningConfig")
    arns: list[Any] = config["Properties"]["AllowedPublishers"]["SigningProfileVersionArns"]
    return arns


def ids(assembly: Assembly) -> dict[str, str]:
    resources = assembly.template("App-Signing")["Resources"]
    return {name: resource["Type"] for name, resource in resources.items()}


def set_today(monkeypatch: pytest.MonkeyPatch, day: datetime.date) -> None:
    monkeypatch.setattr(publishers, "today", lambda: day)


@pytest.mark.parametrize("day", [DAY - datetime.timedelta(365), DAY], ids=["before", "last day"])
def test_a_retiring_publisher_is_trusted_through_its_day(
    stack: cdk.Stack, monkeypatch: pytest.MonkeyPatch, day: datetime.date
) -> None:
    set_today(monkeypatch, day)
    signing = SigningBaseline(stack, "Signing", retiring_publishers={OLD: DAY})
    assert trusted(synthesize(stack)) == [OWN, OLD]
    assert signing._signer.trusted_publishers == (OLD,)
    assert warnings_of(stack, "App-Signing") == []


def test_afterwards_it_is_left_out_with_a_warning(
    stack: cdk.Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_today(monkeypatch, DAY + datetime.timedelta(1))
    signing = SigningBaseline(stack, "Signing", retiring_publishers={OLD: DAY})
    assert trusted(synthesize(stack)) == [OWN]
    assert signing._signer.trusted_publishers == ()
    [warning] = warnings_of(stack, "App-Signing")
    assert f"their time is over: {OLD} (through 2026-12-31); delete their entries" in warning
    assert "[ack: secure-lambda-constructs:retiredPublisher]" in warning


def test_expired_ones_do_not_count(stack: cdk.Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    set_today(monkeypatch, DAY + datetime.timedelta(1))
    others = [f"{OLD[:-10]}{number:010}" for number in range(19)]
    SigningBaseline(stack, "Signing", trusted_publishers=others, retiring_publishers={OLD: DAY})
    assert len(trusted(synthesize(stack))) == 20


def test_the_day_is_that_of_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> "Clock":
            assert tz is datetime.UTC
            return cls(2026, 12, 31, 23, 59, tzinfo=tz)

    monkeypatch.setattr(datetime, "datetime", Clock)
    assert publishers.today() == DAY


def test_a_new_profile_replaces_the_old_one_which_stays(tmp_path: Path, code: Path) -> None:
    before = app_with(tmp_path / "1", code, profile_name="users")
    after = app_with(tmp_path / "2", code, profile_name="users_2", retiring_publishers={OLD: DAY})
    # The name is the only change of a property that forces a replacement; the ids are the same,
    # so the configuration, and with it every function's reference to it, is updated in place.
    assert ids(before) == ids(after)
    for assembly, name in ((before, "users"), (after, "users_2")):
        profile = only(assembly.template("App-Signing"), "AWS::Signer::SigningProfile")
        assert profile["Properties"]["ProfileName"] == name
        assert (profile["UpdateReplacePolicy"], profile["DeletionPolicy"]) == ("Retain", "Retain")
    assert before.request("App").identity != after.request("App").identity
    assert before.request("App").bucket_template == after.request("App").bucket_template


def test_a_new_revision_signs_anew_with_the_same_profile(tmp_path: Path, code: Path) -> None:
    before = app_with(tmp_path / "1", code, profile_name="users")
    after = app_with(tmp_path / "2", code, profile_name="users", signing_revision="2")
    assert before.template("App-Signing") == after.template("App-Signing")
    assert before.request("App").identity != after.request("App").identity


def test_other_publishers_sign_nothing_anew(tmp_path: Path, code: Path) -> None:
    before = app_with(tmp_path / "1", code)
    after = app_with(tmp_path / "2", code, retiring_publishers={OLD: datetime.date(9999, 1, 1)})
    assert before.request("App").identity == after.request("App").identity
    function_of = [
        resources_of(assembly.template("App"), "AWS::Lambda::Function")
        for assembly in (before, after)
    ]
    assert function_of[0] == function_of[1]


def test_a_new_version_of_a_profile_that_exists_signs_anew(tmp_path: Path, code: Path) -> None:
    requests = [
        app_with(
            tmp_path / version, code, signing_profile_version_arn=f"{OLD[:-10]}{version}"
        ).request("App")
        for version in ("1a2B3c4D5e", "6f7G8h9I0j")
    ]
    assert requests[0].identity != requests[1].identity
    assert requests[0].profile_name == requests[1].profile_name == "users"


def test_a_new_version_of_an_imported_profile_signs_anew(tmp_path: Path, code: Path) -> None:
    config = "arn:aws:lambda:us-east-1:111122223333:code-signing-config:csc-0123456789abcdef0"
    identities = []
    for number, version in enumerate((OLD, f"{OLD[:-10]}6f7G8h9I0j", None)):
        stack = cdk.Stack(new_app(tmp_path / str(number)), "App", env=ENVIRONMENT)
        signing = SigningBaseline.from_attributes(
            stack,
            "Signing",
            code_signing_config_arn=config,
            signing_profile_name="users",
            staging_bucket_name="users-code",
            signing_profile_version_arn=version,
        )
        function(stack, signing, code)
        identities.append(synthesize(stack).request("App").identity)
    assert len(set(identities)) == 3
