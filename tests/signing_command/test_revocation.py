"""Revoking, where only a made-up Signer or Lambda answers as it must for the test."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from secure_lambda_constructs.errors import RevocationError
from secure_lambda_constructs.signing.command.revocation import (
    look_up,
    parse_job,
    parse_profile_version,
    revoke,
)
from secure_lambda_constructs.signing.command.revocation_calls import Calls, connect
from secure_lambda_constructs.signing.command.signed_functions import (
    find_signed_functions,
    signed_at,
)

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
OWN, FOREIGN = "111111111111", "222222222222"
PROFILE = f"arn:aws:signer:eu-west-1:{OWN}:/signing-profiles/Release"
VERSION = f"{PROFILE}/AbCdEfGhIj"


def _error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "Any")


class Service:
    """Answers each operation with what is listed for it, the last answer again and again."""

    def __init__(self, **answers: list[Any]) -> None:
        self.answers = answers
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**parameters: Any) -> Any:
            self.calls.append((name, parameters))
            answers = self.answers[name]
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def _calls(signer: Service | None = None, functions: Service | None = None) -> Calls:
    return Calls(signer or Service(), functions or Service(), OWN, "eu-west-1", NOW)


def _job(**changes: Any) -> dict[str, Any]:
    return {"status": "Succeeded", "jobOwner": OWN, "profileName": "Release"} | changes


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_arns_of_every_partition_are_read(partition: str) -> None:
    place = f"arn:{partition}:signer:cn-north-1:{OWN}:"
    version = parse_profile_version(f"{place}/signing-profiles/A_1/0123456789")
    assert version[1:] == ("cn-north-1", OWN, "A_1", "0123456789")
    assert parse_job(f"{place}/signing-jobs/0a-1b") == ("0a-1b", "cn-north-1")
    assert parse_job("0a-1b") == ("0a-1b", None)


@pytest.mark.parametrize(
    "text",
    [
        "Release",
        PROFILE,
        f"{PROFILE}/short",
        f"{VERSION}1",
        VERSION.replace(OWN, "1"),
        VERSION.replace("signing-profiles", "signing-jobs"),
        f"{VERSION}\n",
    ],
)
def test_what_names_no_version_is_refused(text: str) -> None:
    with pytest.raises(RevocationError, match="the ARN of a profile version expected"):
        parse_profile_version(text)


@pytest.mark.parametrize("text", ["", "a b", VERSION, "../a", "0a1b\n"])
def test_what_names_no_job_is_refused(text: str) -> None:
    with pytest.raises(RevocationError, match="the id or the ARN of a signing job expected"):
        parse_job(text)


def test_a_signature_is_told_by_the_whole_id() -> None:
    job_arn = f"arn:aws:signer:eu-west-1:{OWN}:/signing-jobs/0a1b"
    assert parse_job("0a1b").signed(job_arn, VERSION)
    assert not parse_job("a1b").signed(job_arn, VERSION)
    assert parse_profile_version(VERSION).signed(job_arn, VERSION)
    assert not parse_profile_version(VERSION).signed(job_arn, f"{PROFILE}/AbCdEfGhIk")


def test_the_job_of_another_accounts_profile_is_revoked_in_its_name() -> None:
    record = {"revocationRecord": {"reason": "r"}}
    signer = Service(
        describe_signing_job=[_job(jobOwner=FOREIGN), _job(jobOwner=FOREIGN, **record)],
        revoke_signature=[{}],
    )
    calls, job = _calls(signer), parse_job("0a1b")
    after = revoke(calls, job, look_up(calls, job), "r", NOW)
    assert after.revoked is True
    assert ("revoke_signature", {"jobId": "0a1b", "reason": "r", "jobOwner": FOREIGN}) in (
        signer.calls
    )


def test_a_revocation_is_waited_for() -> None:
    pauses: list[float] = []
    revoked = _job(revocationRecord={"reason": "r"})
    signer = Service(describe_signing_job=[_job(), _job(), _job(), revoked], revoke_signature=[{}])
    calls, job = _calls(signer), parse_job("0a1b")
    after = revoke(calls, job, look_up(calls, job), "r", NOW, pause=pauses.append)
    assert after.revoked is True
    assert pauses == [1, 1]


def test_a_revocation_that_is_not_reported_is_told() -> None:
    pauses: list[float] = []
    signer = Service(describe_signing_job=[_job()], revoke_signature=[{}])
    calls, job = _calls(signer), parse_job("0a1b")
    with pytest.raises(RevocationError, match="does not report it after 10 seconds: repeat"):
        revoke(calls, job, look_up(calls, job), "r", NOW, pause=pauses.append)
    assert pauses == [1] * 10


def test_a_version_that_is_still_revoked_from_a_later_time_on_is_waited_for() -> None:
    def profile(effective: datetime) -> dict[str, Any]:
        return {
            "profileVersion": "AbCdEfGhIj",
            "status": "Revoked",
            "revocationRecord": {"revocationEffectiveFrom": effective},
        }

    pauses: list[float] = []
    earlier = NOW - timedelta(days=1)
    signer = Service(
        get_signing_profile=[profile(NOW), profile(NOW), profile(earlier)],
        revoke_signing_profile=[{}],
    )
    calls, version = _calls(signer), parse_profile_version(VERSION)
    after = revoke(calls, version, look_up(calls, version), "r", earlier, pause=pauses.append)
    assert after.effective == earlier
    assert pauses == [1]


def test_a_job_that_vanished_is_told() -> None:
    signer = Service(
        describe_signing_job=[_job()], revoke_signature=[_error("ResourceNotFoundException")]
    )
    calls, job = _calls(signer), parse_job("0a1b")
    with pytest.raises(RevocationError, match="the signing job 0a1b does not exist in account"):
        revoke(calls, job, look_up(calls, job), "r", NOW)


@pytest.mark.parametrize("answer", [_error("AccessDeniedException"), {"profileVersion": "other"}])
def test_what_signer_does_not_tell_of_a_foreign_profile_stays_open(answer: Any) -> None:
    signer = Service(get_signing_profile=[answer])
    state = look_up(_calls(signer), parse_profile_version(VERSION.replace(OWN, FOREIGN)))
    assert state.revoked is None
    assert state.owner == FOREIGN
    assert signer.calls[0][1]["profileOwner"] == FOREIGN


def test_a_missing_right_on_an_own_profile_is_not_passed_over() -> None:
    signer = Service(get_signing_profile=[_error("AccessDeniedException")])
    with pytest.raises(RevocationError, match="needs signer:GetSigningProfile"):
        look_up(_calls(signer), parse_profile_version(VERSION))


def _function(name: str, **changes: Any) -> dict[str, Any]:
    arn = f"arn:aws:lambda:eu-west-1:{OWN}:function:{name}:$LATEST"
    return {"FunctionName": name, "FunctionArn": arn, "Version": "$LATEST"} | changes


def _job_arn(job: str, account: str = OWN) -> str:
    return f"arn:aws:signer:eu-west-1:{account}:/signing-jobs/{job}"


def test_all_pages_and_all_versions_are_read_and_each_config_once() -> None:
    signed = {"SigningJobArn": _job_arn("0a1b"), "SigningProfileVersionArn": VERSION}
    functions = Service(
        list_functions=[
            {"Functions": [_function("a", **signed), _function("b")], "NextMarker": "2"},
            {"Functions": [_function("a", **signed, Version="7")], "NextMarker": "3"},
            {"Functions": [_function("c", **signed)]},
        ],
        get_function_code_signing_config=[{"CodeSigningConfigArn": "csc"}],
        get_code_signing_config=[
            {
                "CodeSigningConfig": {
                    "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "Warn"}
                }
            }
        ],
    )
    found = find_signed_functions(_calls(functions=functions), parse_job("0a1b").signed)
    assert [(each.name, each.version, each.enforcement) for each in found] == [
        ("a", "$LATEST", "Warn"),
        ("a", "7", "Warn"),
        ("c", "$LATEST", "Warn"),
    ]
    assert functions.calls == [
        ("list_functions", {"FunctionVersion": "ALL"}),
        ("get_function_code_signing_config", {"FunctionName": "a"}),
        ("get_code_signing_config", {"CodeSigningConfigArn": "csc"}),
        ("list_functions", {"FunctionVersion": "ALL", "Marker": "2"}),
        ("list_functions", {"FunctionVersion": "ALL", "Marker": "3"}),
        ("get_function_code_signing_config", {"FunctionName": "c"}),
    ]


def test_code_and_layers_are_told_apart() -> None:
    mine, other = {"SigningJobArn": _job_arn("0a1b")}, {"SigningJobArn": _job_arn("ffff")}
    layers = [{"Arn": "layer:1", **mine}, {"Arn": "layer:2", **other}, {"Arn": "layer:3"}]
    functions = Service(
        list_functions=[{"Functions": [_function("a", **mine, Layers=layers)]}],
        # Deleted since it was listed.
        get_function_code_signing_config=[_error("ResourceNotFoundException")],
    )
    found = find_signed_functions(_calls(functions=functions), parse_job("0a1b").signed)
    assert [(each.layer, each.enforcement) for each in found] == [("", None), ("layer:1", None)]


@pytest.mark.parametrize(
    ("account", "code", "told"),
    [
        (OWN, "ResourceNotFoundException", True),
        (FOREIGN, "AccessDeniedException", True),
        (OWN, "AccessDeniedException", False),
    ],
)
def test_the_time_of_a_signature_may_be_unknown(account: str, code: str, told: bool) -> None:
    calls = _calls(Service(describe_signing_job=[_error(code)]))
    if told:
        assert signed_at(calls, _job_arn("0a1b", account)) is None
    else:
        with pytest.raises(RevocationError, match="needs signer:DescribeSigningJob"):
            signed_at(calls, _job_arn("0a1b", account))


def test_a_signature_is_as_old_as_the_end_of_its_job() -> None:
    created = NOW - timedelta(seconds=9)
    signer = Service(
        describe_signing_job=[_job(createdAt=created, completedAt=NOW), _job(createdAt=created)]
    )
    calls = _calls(signer)
    assert signed_at(calls, _job_arn("0a1b")) == NOW
    assert signed_at(calls, _job_arn("0a1b")) == created


def test_a_broken_configuration_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("[default\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    with pytest.raises(RevocationError, match="the AWS configuration cannot be read"):
        connect("eu-west-1")


@pytest.mark.parametrize(
    ("headers", "clock"),
    [({"date": "Wed, 04 Mar 2026 05:06:07 GMT"}, "aws"), ({}, "own"), ({"date": "now"}, "own")],
)
def test_the_clock_is_that_of_aws(
    monkeypatch: pytest.MonkeyPatch, headers: dict[str, str], clock: str
) -> None:
    identity = {"Account": OWN, "ResponseMetadata": {"HTTPHeaders": headers}}
    sts = Service(get_caller_identity=[identity])
    monkeypatch.setattr("botocore.session.Session.create_client", lambda session, name: sts)
    before = datetime.now(UTC).replace(microsecond=0)
    calls = connect("eu-west-1")
    assert (calls.account, calls.region) == (OWN, "eu-west-1")
    assert (calls.time == NOW) if clock == "aws" else (calls.time >= before)
