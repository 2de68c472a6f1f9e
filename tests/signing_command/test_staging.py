"""What the stand-in cannot be made to do: conflicts, wrong places, clocks."""

import base64
import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from secure_lambda_constructs.errors import SigningError
from secure_lambda_constructs.signing.command import staging as module
from secure_lambda_constructs.signing.command.aws import Aws, Response, Target
from secure_lambda_constructs.signing.command.jobs import FailedJobError, start_job, wait_for_job
from secure_lambda_constructs.signing.command.staging import SignedObject, Staging

TARGET = Target("TestProfile", "", "code-bucket", "111122223333", "eu-west-1", "App-Signing")
IDENTITY = "ab" * 32


class Script:
    """Answers the calls of a client one after the other, and keeps what it was asked."""

    def __init__(self, **answers: list[Any]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, Response]] = []

    def __getattr__(self, name: str) -> Any:
        def call(**parameters: Any) -> Response:
            self.asked.append((name, parameters))
            answer = self.answers[name].pop(0)
            if isinstance(answer, str):
                raise ClientError({"Error": {"Code": answer, "Message": ""}}, name)
            if isinstance(answer, Exception):
                raise answer
            return dict(answer)

        return call


def _aws(**answers: list[Any]) -> tuple[Aws, Script]:
    script = Script(**answers)
    return Aws(script, script, TARGET), script


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_TRY_AGAIN_SECONDS", 0.0)
    monkeypatch.setattr(module, "_SMALL", 0)  # it asks first, as for large code


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "code.zip"
    path.write_bytes(b"zip")
    return path


OURS = base64.b64encode(hashlib.sha256(b"zip").digest()).decode()


def test_an_upload_is_conditional_and_names_the_owner(archive: Path) -> None:
    aws, script = _aws(head_object=["404"], put_object=[{"VersionId": "v1"}])
    assert Staging(aws, IDENTITY).ensure_source(archive) == "v1"
    for name, parameters in script.asked:
        assert parameters["Bucket"] == "code-bucket", name
        assert parameters["Key"] == f"unsigned/{IDENTITY}.zip"
        assert parameters["ExpectedBucketOwner"] == "111122223333"
    assert script.asked[1][1]["IfNoneMatch"] == "*"
    assert script.asked[1][1]["ChecksumSHA256"] == OURS


def test_small_code_is_uploaded_without_asking(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SMALL", 3)
    aws, script = _aws(put_object=[{"VersionId": "v1"}])
    assert Staging(aws, IDENTITY).ensure_source(archive) == "v1"
    assert script.asked[0][1]["IfNoneMatch"] == "*"


def test_small_code_that_is_there_is_used(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SMALL", 3)
    found = {"VersionId": "v1", "ChecksumSHA256": OURS}
    aws, script = _aws(put_object=["PreconditionFailed"], head_object=[found])
    assert Staging(aws, IDENTITY).ensure_source(archive) == "v1"
    assert [name for name, _ in script.asked] == ["put_object", "head_object"]


def test_what_is_there_is_used(archive: Path) -> None:
    aws, script = _aws(head_object=[{"VersionId": "v1", "ChecksumSHA256": OURS}])
    assert Staging(aws, IDENTITY).ensure_source(archive) == "v1"
    assert script.asked[0][1]["ChecksumMode"] == "ENABLED"


@pytest.mark.parametrize("conflict", ["PreconditionFailed", "ConditionalRequestConflict", "412"])
def test_a_faster_upload_is_used(archive: Path, conflict: str) -> None:
    aws, _ = _aws(
        head_object=["404", {"VersionId": "v2", "ChecksumSHA256": OURS}], put_object=[conflict]
    )
    assert Staging(aws, IDENTITY).ensure_source(archive) == "v2"


def test_other_content_is_covered_only_while_it_is_the_same(archive: Path) -> None:
    other = {"VersionId": "v1", "ETag": '"e1"', "ChecksumSHA256": "other"}
    aws, script = _aws(head_object=[other], put_object=[{"VersionId": "v2"}])
    assert Staging(aws, IDENTITY).ensure_source(archive) == "v2"
    assert script.asked[1][1]["IfMatch"] == '"e1"'
    assert "IfNoneMatch" not in script.asked[1][1]


def test_metadata_that_claims_our_checksum_does_not_count(archive: Path) -> None:
    """Whoever writes an object writes its metadata; only S3 computes the checksum."""
    claim = {"VersionId": "v1", "ETag": '"e"', "Metadata": {"sha256": OURS}}
    aws, _ = _aws(head_object=[claim], put_object=[{"VersionId": "v2"}])
    assert Staging(aws, IDENTITY).ensure_source(archive) == "v2"


def test_a_source_that_keeps_changing(archive: Path) -> None:
    aws, _ = _aws(head_object=["404"] * 9, put_object=["PreconditionFailed"] * 9)
    with pytest.raises(SigningError, match="keeps changing under way"):
        Staging(aws, IDENTITY).ensure_source(archive)


@pytest.mark.parametrize("version", [{}, {"VersionId": "null"}])
def test_a_bucket_without_versions(archive: Path, version: dict[str, str]) -> None:
    aws, _ = _aws(head_object=["404"], put_object=[version])
    with pytest.raises(SigningError, match="keeps no versions, which Signer requires"):
        Staging(aws, IDENTITY).ensure_source(archive)


@pytest.mark.parametrize("answer", [{}, "InvalidArgument", "NoSuchVersion"])
def test_discarding_what_is_gone_is_harmless(answer: Any) -> None:
    aws, script = _aws(delete_object=[answer])
    Staging(aws, IDENTITY).discard_source("v1")
    assert script.asked[0][1]["VersionId"] == "v1"
    assert script.asked[0][1]["ExpectedBucketOwner"] == "111122223333"


@pytest.mark.parametrize(
    "place",
    [
        SignedObject("other-bucket", f"signed/{IDENTITY}/job.zip"),
        SignedObject("code-bucket", f"signed/{'cd' * 32}/job.zip"),
        SignedObject("code-bucket", f"unsigned/{IDENTITY}.zip"),
        SignedObject("", ""),
    ],
)
def test_a_result_elsewhere_is_not_fetched(place: SignedObject) -> None:
    aws, script = _aws()
    with pytest.raises(SigningError, match="nothing was taken from there"):
        Staging(aws, IDENTITY).fetch_signed(place, io.BytesIO())
    assert script.asked == []


def test_a_second_try_starts_from_an_empty_file() -> None:
    class Breaking(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            chunk = super().read(4)
            if not chunk:
                raise ReadTimeoutError(endpoint_url="http://s3")
            return chunk

    aws, _ = _aws(get_object=[{"Body": Breaking(b"long and wrong")}, {"Body": io.BytesIO(b"good")}])
    output = io.BytesIO()
    place = SignedObject("code-bucket", f"signed/{IDENTITY}/job.zip")
    assert Staging(aws, IDENTITY).fetch_signed(place, output)
    assert output.getvalue() == b"good"


def test_a_result_that_is_gone() -> None:
    aws, _ = _aws(get_object=["NoSuchKey"])
    place = SignedObject("code-bucket", f"signed/{IDENTITY}/job.zip")
    assert not Staging(aws, IDENTITY).fetch_signed(place, io.BytesIO())


def test_trouble_of_our_own_file_is_not_taken_for_the_networks() -> None:
    class Full(io.BytesIO):
        def write(self, data: Any, /) -> int:
            raise OSError(28, "No space left on device")

    aws, _ = _aws(get_object=[{"Body": io.BytesIO(b"x")}])
    place = SignedObject("code-bucket", f"signed/{IDENTITY}/job.zip")
    with pytest.raises(OSError, match="No space"):
        Staging(aws, IDENTITY).fetch_signed(place, Full())


# --- jobs -----------------------------------------------------------------------------------------


def _token(make_request: Any, version: str = "v1", **changes: Any) -> str:
    aws, script = _aws(start_signing_job=[{"jobId": "job"}])
    assert start_job(aws, make_request(**changes), Staging(aws, IDENTITY), version) == "job"
    (asked,) = script.asked
    assert ("profileOwner" in asked[1]) == bool(changes.get("profile_owner"))
    assert asked[1]["source"]["s3"]["version"] == version
    assert asked[1]["destination"]["s3"]["prefix"] == f"signed/{IDENTITY}/"
    return str(asked[1]["clientRequestToken"])


def test_the_token_follows_from_what_makes_the_job(make_request: Any) -> None:
    tokens = [
        _token(make_request),
        _token(make_request, version="v2"),
        _token(make_request, identity="cd" * 32),
        _token(make_request, profile_name="Other"),
        _token(make_request, profile_owner="444455556666"),
    ]
    assert _token(make_request) == tokens[0]
    assert len(set(tokens)) == len(tokens)
    assert all(len(token) == 36 for token in tokens)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


def _wait(answers: list[Response], timeout: float = 300.0) -> tuple[Any, Clock]:
    clock = Clock()
    aws, _ = _aws(describe_signing_job=answers)
    return wait_for_job(aws, "job", timeout, clock=clock, pause=clock.pause), clock


DONE = {"status": "Succeeded", "signedObject": {"s3": {"bucketName": "b", "key": "k"}}}


def test_a_quick_job_is_noticed_quickly() -> None:
    job, clock = _wait([DONE])
    assert job.signed == SignedObject("b", "k")
    assert clock.now < 0.3


def test_asking_slows_down_in_proportion_to_the_time_that_has_passed() -> None:
    _, clock = _wait([{"status": "InProgress"}] * 20 + [DONE])
    assert max(clock.pauses) <= 3.0 * 1.2
    assert clock.pauses[20] > clock.pauses[0] * 3
    assert len(clock.pauses) == 21
    elapsed = 0.0
    for pause in clock.pauses:
        assert pause <= 0.25 + elapsed / 2
        elapsed += pause


def test_the_wait_is_bounded_exactly() -> None:
    clock = Clock()
    aws, script = _aws(describe_signing_job=[{"status": "InProgress"}] * 99)
    with pytest.raises(SigningError, match="has not ended after 10 seconds"):
        wait_for_job(aws, "job", 10.0, clock=clock, pause=clock.pause)
    assert clock.now == pytest.approx(10.0)
    assert len(script.asked) < 25


def test_a_failed_job_tells_its_reason_in_one_line() -> None:
    with pytest.raises(FailedJobError, match=r"failed \(bad zip\): mend the cause") as caught:
        _wait([{"status": "Failed", "statusReason": "bad\nzip."}])
    assert "code-bucket" in str(caught.value)
    with pytest.raises(FailedJobError, match="no reason given"):
        _wait([{"status": "Failed"}])


def test_a_revoked_job_is_refused() -> None:
    with pytest.raises(SigningError, match="was revoked") as caught:
        _wait([{**DONE, "revocationRecord": {"reason": "leaked"}}])
    assert not isinstance(caught.value, FailedJobError)


def test_a_job_without_a_result_has_no_place() -> None:
    job, _ = _wait([{"status": "Succeeded"}])
    assert job.signed == SignedObject("", "")
