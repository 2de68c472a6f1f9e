"""`secure-lambda revoke` against the stand-in: what it lists, what it changes, what it refuses."""

import io
import json
import secrets
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws
from secure_lambda_constructs.cli.main import main
from secure_lambda_constructs.signing.command.revocation_calls import ACTIONS_BY_OPERATION

pytestmark = pytest.mark.local_aws

_REASON = ["--reason", "the key of a laptop was stolen"]


def _zip(text: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("index.py", f"def handler(event, context):\n    return {text!r}\n")
    return made.getvalue()


@dataclass
class Place:
    """A profile to sign with, and functions that bear its signatures."""

    aws: LocalAws
    role: str
    profile: str = field(default_factory=lambda: f"Profile{secrets.token_hex(6)}")
    bucket: str = field(default_factory=lambda: f"code-{secrets.token_hex(6)}")
    version_arn: str = ""
    names: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.signer, self.s3 = self.aws.client("signer"), self.aws.client("s3")
        self.functions = self.aws.client("lambda")
        self.s3.create_bucket(Bucket=self.bucket)
        self.s3.put_bucket_versioning(
            Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"}
        )
        self.version_arn = self.renew()

    def renew(self) -> str:
        """Make a new version of the profile."""
        made = self.signer.put_signing_profile(
            profileName=self.profile, platformId="AWSLambda-SHA384-ECDSA"
        )
        return str(made["profileVersionArn"])

    def finish(self, text: str) -> dict[str, Any]:
        """Let a job sign code that returns a text, and describe the job when it has ended."""
        version = self.s3.put_object(Bucket=self.bucket, Key="code.zip", Body=_zip(text))
        source = {"bucketName": self.bucket, "key": "code.zip", "version": version["VersionId"]}
        job = self.signer.start_signing_job(
            source={"s3": source},
            destination={"s3": {"bucketName": self.bucket, "prefix": "signed/"}},
            profileName=self.profile,
        )["jobId"]
        for _ in range(200):
            answer = self.signer.describe_signing_job(jobId=job)
            if answer["status"] != "InProgress":
                return dict(answer)
            time.sleep(0.05)
        raise AssertionError(f"the job {job} does not end")

    def sign(self, text: str) -> tuple[str, bytes]:
        """Sign code that returns a text; return the job's id and the result."""
        job = self.finish(text)
        key = job["signedObject"]["s3"]["key"]
        return job["jobId"], self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def config(self, policy: str = "Enforce", version_arn: str | None = None) -> str:
        made = self.functions.create_code_signing_config(
            AllowedPublishers={"SigningProfileVersionArns": [version_arn or self.version_arn]},
            CodeSigningPolicies={"UntrustedArtifactOnDeployment": policy},
        )
        return str(made["CodeSigningConfig"]["CodeSigningConfigArn"])

    def deploy(self, code: bytes, config: str, **options: Any) -> str:
        """Make a function and return its name."""
        name = f"function{secrets.token_hex(6)}"
        self.functions.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=self.role,
            Handler="index.handler",
            Code={"ZipFile": code},
            CodeSigningConfigArn=config,
            **options,
        )
        self.names.append(name)
        return name

    def publish_layer(self, code: bytes) -> str:
        made = self.functions.publish_layer_version(
            LayerName=f"layer{secrets.token_hex(6)}", Content={"ZipFile": code}
        )
        return str(made["LayerVersionArn"])

    def arn(self, name: str) -> str:
        return f"arn:aws:lambda:{self.aws.region}:{self.aws.account}:function:{name}"

    def record(self, job: str) -> Any:
        return self.signer.describe_signing_job(jobId=job).get("revocationRecord")

    def changes(self) -> list[str]:
        """The calls that revoked something."""
        return [call["operation"] for call in self.aws.calls() if "Revoke" in call["operation"]]


@pytest.fixture(scope="module")
def role(local_aws: LocalAws) -> str:
    made = local_aws.client("iam").create_role(
        RoleName=f"role{secrets.token_hex(6)}", AssumeRolePolicyDocument="{}"
    )
    return str(made["Role"]["Arn"])


@pytest.fixture
def place(local_aws: LocalAws, role: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    local_aws.clear_faults()
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    for name, value in local_aws.environment().items():
        monkeypatch.setenv(name, value)
    made = Place(local_aws, role)
    local_aws.reset_calls()
    yield made
    local_aws.clear_faults()
    for name in made.names:
        made.functions.delete_function(FunctionName=name)


Run = Callable[..., tuple[str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command, expect an exit code, and return what it printed."""

    def execute(*arguments: str, code: int = 0) -> tuple[str, str]:
        try:
            ended = main(["revoke", *arguments])
        except SystemExit as stopped:
            ended = int(stopped.code or 0)
        output = capsys.readouterr()
        assert ended == code, output
        return output.out, output.err

    return execute


def _json(outcome: tuple[str, str]) -> dict[str, Any]:
    return dict(json.loads(outcome[0]))


def _listed(functions: Sequence[dict[str, Any]]) -> list[tuple[str, str, str, str | None]]:
    return sorted(
        (each["function"], each["version"], each["layer"] or "", each["enforcement"])
        for each in functions
    )


def test_the_dry_run_lists_what_bears_the_signature_of_a_job(place: Place, run: Run) -> None:
    job, code = place.sign("one")
    _, other = place.sign("other")
    enforced = place.deploy(code, place.config())
    place.functions.publish_version(FunctionName=enforced)
    warned = place.deploy(code, place.config("Warn"))
    layer = place.publish_layer(code)
    layered = place.deploy(other, place.config(), Layers=[layer])
    place.deploy(other, place.config())
    unchecked = place.deploy(code, place.config())
    place.functions.delete_function_code_signing_config(FunctionName=unchecked)
    place.aws.reset_calls()
    found = _json(run("--job", job, "--dry-run", "--json"))
    assert _listed(found["affected"]) == sorted(
        [
            (enforced, "$LATEST", "", "Enforce"),
            (enforced, "1", "", "Enforce"),
            (warned, "$LATEST", "", "Warn"),
            (layered, "$LATEST", layer, "Enforce"),
            (unchecked, "$LATEST", "", None),
        ]
    )
    assert (found["revoked"], found["revokedNow"], found["stillValid"]) == (False, False, [])
    assert place.changes() == []
    text, errors = run("--job", job, "--dry-run")
    assert errors == ""
    assert f"the signing job {job} is not revoked" in text
    assert f"  {place.arn(enforced)}  1  by its code  Enforce: refused" in text
    assert f"  {place.arn(warned)}  $LATEST  by its code  Warn: accepted with a warning" in text
    assert f"  {place.arn(layered)}  $LATEST  by the layer {layer}  Enforce: refused" in text
    assert f"{place.arn(unchecked)}  $LATEST  by its code  no code signing config: not" in text
    assert "what is deployed keeps running" in text
    assert "--reserved-concurrent-executions 0" in text
    assert place.changes() == []
    assert place.record(job) is None


def test_a_job_is_revoked_and_lambda_refuses_its_code(place: Place, run: Run) -> None:
    job, code = place.sign("one")
    _, second = place.sign("two")
    name = place.deploy(code, place.config())
    job_arn = place.functions.get_function_configuration(FunctionName=name)["SigningJobArn"]
    text, errors = run("--job", job_arn, "--yes", *_REASON)
    assert f"the signing job {job} is revoked now" in text
    assert f"{place.arn(name)}  $LATEST  by its code  Enforce: refused" in text
    assert errors == ""
    assert place.record(job)["reason"] == _REASON[1]
    # What is deployed runs on; the same code is refused from now on, other code is not.
    answer = place.functions.invoke(FunctionName=name)
    assert json.loads(answer["Payload"].read()) == "one"
    place.functions.update_function_code(FunctionName=name, ZipFile=second)
    with pytest.raises(ClientError, match="CodeVerificationFailedException"):
        place.functions.update_function_code(FunctionName=name, ZipFile=code)


def test_a_second_revocation_calls_nothing(place: Place, run: Run) -> None:
    job, _ = place.sign("one")
    run("--job", job, "--yes", *_REASON)
    place.aws.reset_calls()
    for how in (["--yes", *_REASON], ["--dry-run"], []):
        text, errors = run("--job", job, *how)
        assert f"the signing job {job} is revoked already, nothing was called" in text
        assert errors == ""
    assert place.changes() == []


def test_without_yes_nothing_is_revoked_and_the_exit_code_says_so(place: Place, run: Run) -> None:
    job, _ = place.sign("one")
    text, errors = run("--job", job, *_REASON, code=1)
    assert f"the signing job {job} is not revoked" in text
    assert "nothing was revoked: repeat the command with --yes and --reason" in errors
    assert errors.count("\n") == 1
    assert place.changes() == []
    assert place.record(job) is None


def test_a_version_is_revoked_from_a_time_on(place: Place, run: Run) -> None:
    _, before = place.sign("before")
    config = place.config()
    old = place.deploy(before, config)
    time.sleep(1.1)  # Signer's times are whole seconds
    effective = datetime.now(UTC).replace(microsecond=0)
    _, after = place.sign("after")
    new = place.deploy(after, config)
    version = ["--profile-version", place.version_arn, "--effective-time", effective.isoformat()]
    expected = ([(new, "$LATEST", "", "Enforce")], [(old, "$LATEST", "", "Enforce")])
    for how in (["--dry-run"], ["--yes", *_REASON]):
        found = _json(run(*version, *how, "--json"))
        assert (_listed(found["affected"]), _listed(found["stillValid"])) == expected
        assert found["revoked"] is found["revokedNow"] is (how[0] == "--yes")
        assert datetime.fromisoformat(found["effectiveTime"]) == effective
    profile = place.signer.get_signing_profile(profileName=place.profile)
    assert profile["revocationRecord"]["revocationEffectiveFrom"] == effective
    place.functions.update_function_code(FunctionName=old, ZipFile=before)
    with pytest.raises(ClientError, match="CodeVerificationFailedException"):
        place.functions.update_function_code(FunctionName=new, ZipFile=after)


def test_a_version_revoked_from_now_on_keeps_what_it_signed(place: Place, run: Run) -> None:
    _, code = place.sign("one")
    name = place.deploy(code, place.config())
    time.sleep(1.1)
    text, _ = run("--profile-version", place.version_arn, "--dry-run")
    assert "the profile signs nothing any more" in text
    assert "signed by it up to now, which stays valid, in account 000000000000, region" in text
    assert "its next deployment" not in text
    assert f"  {place.arn(name)}  $LATEST  by its code\n" in text
    run("--profile-version", place.version_arn, "--yes", *_REASON)
    place.functions.update_function_code(FunctionName=name, ZipFile=code)
    with pytest.raises(ClientError, match="Revoked"):
        place.sign("two")


def test_a_revocation_can_begin_earlier_and_never_later(place: Place, run: Run) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    version = ["--profile-version", place.version_arn, "--yes", *_REASON, "--effective-time"]
    run(*version, (now - timedelta(hours=2)).isoformat())
    place.aws.reset_calls()
    text, _ = run(*version, (now - timedelta(hours=1)).isoformat())
    assert "is revoked already, nothing was called" in text
    assert place.changes() == []
    text, _ = run(*version, (now - timedelta(hours=3)).isoformat())
    assert "is revoked now" in text
    record = place.signer.get_signing_profile(profileName=place.profile)["revocationRecord"]
    assert record["revocationEffectiveFrom"] == now - timedelta(hours=3)


def test_an_older_version_is_revoked_and_the_current_one_signs_on(place: Place, run: Run) -> None:
    _, code = place.sign("one")
    old, name = place.version_arn, place.deploy(code, place.config())
    current = place.renew()
    version = ["--profile-version", old, "--effective-time", "2020-01-01T00:00:00Z"]
    text, _ = run(*version, "--dry-run")
    assert (
        f"Signer describes the current version of a profile only, which is {current[-10:]}" in text
    )
    assert f"{place.arn(name)}  $LATEST  by its code  Enforce: refused" in text
    text, _ = run(*version, "--yes", *_REASON)
    assert "was revoked: Signer accepted it" in text
    with pytest.raises(ClientError, match="CodeVerificationFailedException"):
        place.functions.update_function_code(FunctionName=name, ZipFile=code)
    assert place.sign("two")


def test_what_does_not_exist_is_named(place: Place, run: Run) -> None:
    _, errors = run("--job", "0a1b-2c3d", "--yes", *_REASON, code=1)
    assert "the signing job 0a1b-2c3d does not exist in account 000000000000, region" in errors
    arn = place.version_arn
    gone = arn.replace(place.profile, "Missing")
    _, errors = run("--profile-version", gone, "--yes", *_REASON, code=1)
    assert "the signing profile Missing does not exist in account 000000000000" in errors
    _, errors = run("--profile-version", f"{arn[:-10]}AbCdEfGhIj", "--yes", *_REASON, code=1)
    assert f"the version AbCdEfGhIj of the signing profile {place.profile} does not ex" in errors
    assert place.signer.get_signing_profile(profileName=place.profile)["status"] == "Active"


def test_a_failed_job_has_nothing_to_revoke(place: Place, run: Run) -> None:
    place.aws.set_job_outcome("fail", times=1)
    job = place.finish("one")["jobId"]
    _, errors = run("--job", job, "--yes", *_REASON, code=1)
    assert f"the signing job {job} has signed nothing (status Failed)" in errors
    assert place.changes() == []


def test_only_the_owners_account_revokes_a_version(place: Place, run: Run) -> None:
    foreign = place.aws.client("signer", account="111111111111").put_signing_profile(
        profileName=place.profile, platformId="AWSLambda-SHA384-ECDSA"
    )["profileVersionArn"]
    text, _ = run("--profile-version", foreign, "--dry-run")
    assert "only account 111111111111 can tell whether it is revoked" in text
    assert "may be revoked or not" in text
    _, errors = run("--profile-version", foreign, "--yes", *_REASON, code=1)
    assert "belongs to account 111111111111, and the credentials are of account 0000" in errors
    assert place.changes() == []


@pytest.mark.parametrize(
    ("service", "operation", "action"),
    [
        (action.split(":")[0], operation, action)
        for operation, actions in ACTIONS_BY_OPERATION.items()
        for action in actions
    ],
)
def test_a_missing_right_is_named(
    place: Place, run: Run, service: str, operation: str, action: str
) -> None:
    job, code = place.sign("one")
    place.deploy(code, place.config())
    place.aws.add_fault(service=service, operation=operation, kind="access_denied", times=None)
    of_version = operation in ("GetSigningProfile", "RevokeSigningProfile")
    subject = ["--profile-version", place.version_arn] if of_version else ["--job", job]
    _, errors = run(*subject, "--yes", *_REASON, code=1)
    assert f"AWS denied {operation} on " in errors
    assert f"the caller in account 000000000000 needs {action}" in errors
    place.aws.clear_faults()
    assert place.record(job) is None


def test_every_listed_operation_is_called_and_no_other(place: Place, run: Run) -> None:
    job, code = place.sign("one")
    place.deploy(code, place.config())
    place.aws.reset_calls()
    run("--job", job, "--yes", *_REASON)
    run("--profile-version", place.version_arn, "--yes", *_REASON)
    assert {call["operation"] for call in place.aws.calls()} == set(ACTIONS_BY_OPERATION)


@pytest.mark.parametrize("kind", ["throttle", "server_error"])
def test_a_passing_fault_is_overcome_and_a_lasting_one_is_told(
    place: Place, run: Run, monkeypatch: pytest.MonkeyPatch, kind: Any
) -> None:
    job, _ = place.sign("one")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    place.aws.add_fault(service="signer", operation="RevokeSignature", kind=kind, times=None)
    _, errors = run("--job", job, "--yes", *_REASON, code=1)
    assert ("AWS throttles" if kind == "throttle" else "AWS has a fault in") in errors
    assert place.record(job) is None
    place.aws.clear_faults()
    place.aws.add_fault(service="signer", operation="RevokeSignature", kind=kind, times=1)
    text, _ = run("--job", job, "--yes", *_REASON)
    assert "is revoked now" in text


def test_no_credentials(run: Run, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    _, errors = run("--job", "0a1b", "--dry-run", code=1)
    assert "no AWS credentials were found" in errors


def test_no_region(run: Run, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    _, errors = run("--job", "0a1b", "--dry-run", code=1)
    assert "no AWS region is known: add --region, or set AWS_REGION" in errors
    _, errors = run("--job", "0a1b", "--dry-run", "--region", "eu-west-1", code=1)
    assert "does not exist in account 000000000000, region eu-west-1" in errors


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        ([], 2, "one of the arguments --job --profile-version is required"),
        (["--job", "a b"], 2, "the id or the ARN of a signing job expected, got 'a b'"),
        (["--profile-version", "P"], 2, "the ARN of a profile version expected (arn:aws:"),
        (["--job", "0a1b", "--dry-run", "--yes"], 2, "not allowed with argument"),
        (["--job", "0a1b", "--reason", ""], 2, "1 to 500 characters expected, got 0"),
        (["--job", "0a1b", "--reason", "x" * 501], 2, "1 to 500 characters expected, got 501"),
        (["--job", "0a1b", "--region", "Paris"], 2, "a region expected, for example"),
        (["--job", "0a1b", "--effective-time", "today"], 2, "a time with a time zone expected"),
        (
            ["--job", "0a1b", "--effective-time", "2026-01-01T00:00:00"],
            2,
            "a time with a time zone expected",
        ),
        (["--job", "0a1b", "--yes"], 1, "--yes needs --reason"),
        (
            ["--job", "0a1b", "--effective-time", "2026-01-01T00:00:00Z"],
            1,
            "--effective-time goes with --profile-version only",
        ),
        (
            [
                "--job",
                "arn:aws:signer:eu-west-1:111122223333:/signing-jobs/0a1b",
                "--region",
                "us-east-1",
            ],
            1,
            "the ARN is of eu-west-1, but --region is us-east-1",
        ),
    ],
)
def test_wrong_arguments_are_told_before_anything_is_called(
    run: Run, place: Place, arguments: list[str], code: int, sentence: str
) -> None:
    text, errors = run(*arguments, code=code)
    assert text == ""
    assert sentence in errors
    assert errors.startswith("secure-lambda revoke: ")
    assert place.aws.calls() == []


def test_a_revocation_cannot_begin_in_the_future(run: Run, place: Place) -> None:
    later = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    _, errors = run(
        "--profile-version", place.version_arn, "--yes", *_REASON, "--effective-time", later, code=1
    )
    assert "is in the future (AWS has " in errors
    assert place.changes() == []
