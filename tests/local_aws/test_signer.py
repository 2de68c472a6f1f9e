"""Signer: profiles and jobs, lenient in nothing that the signing command relies on."""

import io
import secrets
import time
import zipfile

import pytest
from botocore.config import Config

from local_aws import LocalAws

from .support import SIGNATURE_ENTRY, Signing, make_zip, refused, unique, wait_for

pytestmark = pytest.mark.local_aws

PLATFORM = "AWSLambda-SHA384-ECDSA"
OTHER_ACCOUNT = "222222222222"


@pytest.mark.parametrize("name", ["a", "has-hyphen", "has.dot", "x" * 65, "ünicode"])
def test_profile_name_is_checked(aws: LocalAws, name: str) -> None:
    signer = aws.client("signer", config=Config(parameter_validation=False))
    with refused("ValidationException", match="profileName"):
        signer.put_signing_profile(profileName=name, platformId=PLATFORM)


def test_profile_has_arns_in_signers_form(aws: LocalAws) -> None:
    signer, name = aws.client("signer"), unique("P")
    made = signer.put_signing_profile(
        profileName=name,
        platformId=PLATFORM,
        signatureValidityPeriod={"value": 12, "type": "MONTHS"},
        tags={"team": "a"},
    )
    arn = f"arn:aws:signer:us-east-1:000000000000:/signing-profiles/{name}"
    assert made["arn"] == arn
    assert len(made["profileVersion"]) == 10
    assert made["profileVersionArn"] == f"{arn}/{made['profileVersion']}"
    found = signer.get_signing_profile(profileName=name)
    assert found["status"] == "Active"
    assert found["signatureValidityPeriod"] == {"value": 12, "type": "MONTHS"}
    assert found["tags"] == {"team": "a"}


def test_profile_is_unknown_in_another_account_and_region(signing: Signing) -> None:
    for where in ({"account": OTHER_ACCOUNT}, {"region": "eu-west-1"}):
        with refused("ResourceNotFoundException"):
            signing.aws.client("signer", **where).get_signing_profile(profileName=signing.profile)


def test_putting_a_profile_again_makes_a_version(signing: Signing) -> None:
    again = signing.signer.put_signing_profile(profileName=signing.profile, platformId=PLATFORM)
    assert again["profileVersionArn"] != signing.version_arn
    job = signing.describe(signing.start(make_zip()))
    assert job["profileVersion"] == again["profileVersion"]


def test_cancelled_profile_signs_nothing_and_blocks_its_name(signing: Signing) -> None:
    signing.signer.cancel_signing_profile(profileName=signing.profile)
    found = signing.signer.get_signing_profile(profileName=signing.profile)
    assert found["status"] == "Canceled"
    with refused("ValidationException", match="not active"):
        signing.start(make_zip())
    with refused("ValidationException", match="cannot be used again"):
        signing.signer.put_signing_profile(profileName=signing.profile, platformId=PLATFORM)


def test_cancelled_profiles_are_listed_on_request(signing: Signing) -> None:
    def names(**options: bool) -> set[str]:
        pages = signing.signer.get_paginator("list_signing_profiles").paginate(**options)
        return {each["profileName"] for page in pages for each in page["profiles"]}

    signing.signer.cancel_signing_profile(profileName=signing.profile)
    assert signing.profile not in names()
    assert signing.profile in names(includeCanceled=True)


def test_tags_change(signing: Signing) -> None:
    arn = signing.signer.get_signing_profile(profileName=signing.profile)["arn"]
    signing.signer.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
    signing.signer.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert signing.signer.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "2"}


def test_job_signs_and_keeps_the_entries(signing: Signing) -> None:
    archive = make_zip(("index.py", "x = 1"), ("lib/ü.txt", "text"))
    job = signing.finish(signing.start(archive))
    assert job["signedObject"]["s3"] == {
        "bucketName": signing.bucket,
        "key": f"signed/{job['jobId']}.zip",
    }
    with zipfile.ZipFile(io.BytesIO(signing.read(job))) as signed:
        assert signed.namelist() == ["index.py", "lib/ü.txt", "META_INF/", SIGNATURE_ENTRY]
        assert signed.read("lib/ü.txt") == b"text"


def test_job_is_described(signing: Signing) -> None:
    job = signing.finish(signing.start(make_zip()))
    assert job["status"] == "Succeeded"
    assert job["statusReason"] == "Signing Succeeded"
    assert job["profileName"] == signing.profile
    assert signing.version_arn.endswith(job["profileVersion"])
    assert job["platformId"] == PLATFORM
    assert job["jobOwner"] == job["jobInvoker"] == signing.account
    assert job["createdAt"] <= job["completedAt"] < job["signatureExpiresAt"]
    assert job["source"]["s3"]["key"] == "unsigned/code.zip"


def test_prefix_is_taken_as_it_is(signing: Signing) -> None:
    destination = {"s3": {"bucketName": signing.bucket, "prefix": "signed-"}}
    job = signing.finish(signing.start(make_zip(), destination=destination))
    assert job["signedObject"]["s3"]["key"] == f"signed-{job['jobId']}.zip"


def test_job_reads_the_version_it_was_given(signing: Signing) -> None:
    source = signing.upload(make_zip(("old.py", "")))
    signing.upload(make_zip(("new.py", "")))
    job = signing.finish(signing.start(make_zip(("newest.py", "")), source=source))
    with zipfile.ZipFile(io.BytesIO(signing.read(job))) as signed:
        assert signed.namelist()[0] == "old.py"


def test_same_token_returns_the_first_job(signing: Signing) -> None:
    first = signing.start(make_zip(), clientRequestToken="token")
    assert signing.start(make_zip(("other.py", "")), clientRequestToken="token") == first
    assert signing.start(make_zip(), clientRequestToken="another") != first


def test_unversioned_bucket_is_refused(signing: Signing) -> None:
    bucket = unique("plain")
    signing.s3.create_bucket(Bucket=bucket)
    signing.s3.put_object(Bucket=bucket, Key="k", Body=make_zip())
    source = {"s3": {"bucketName": bucket, "key": "k", "version": "null"}}
    with refused("ValidationException", match="not version enabled"):
        signing.start(make_zip(), source=source)


@pytest.mark.parametrize(
    "wrong", [{"version": "00000000000000000000000000000000"}, {"key": "missing.zip"}]
)
def test_source_that_is_not_there_is_refused(signing: Signing, wrong: dict[str, str]) -> None:
    source = {"s3": signing.upload(make_zip())["s3"] | wrong}
    with refused("ValidationException", match="not in bucket"):
        signing.start(make_zip(), source=source)


def test_bucket_that_is_not_there_is_refused(signing: Signing) -> None:
    for given in (
        {"source": {"s3": {"bucketName": unique("no"), "key": "k", "version": "v"}}},
        {"destination": {"s3": {"bucketName": unique("no")}}},
    ):
        with refused("ValidationException", match="does not exist"):
            signing.start(make_zip(), **given)


def test_bucket_in_another_region_is_refused(signing: Signing) -> None:
    bucket = unique("far")
    s3 = signing.aws.client("s3", region="eu-west-1")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    with refused("ValidationException", match="eu-west-1"):
        signing.start(make_zip(), destination={"s3": {"bucketName": bucket}})


@pytest.mark.parametrize(
    ("archive", "reason"),
    [
        pytest.param(make_zip((SIGNATURE_ENTRY, "x")), "already has a signature", id="signed"),
        pytest.param(b"no archive", "not a readable ZIP archive", id="malformed"),
        pytest.param(b"PK\5\6" + bytes(18), "empty", id="empty"),
    ],
)
def test_archive_that_cannot_be_signed_fails_the_job(
    signing: Signing, archive: bytes, reason: str
) -> None:
    job = signing.finish(signing.start(archive))
    assert job["status"] == "Failed"
    assert reason in job["statusReason"]
    assert "signedObject" not in job


def test_unknown_job_is_not_found(signing: Signing) -> None:
    with refused("ResourceNotFoundException"):
        signing.describe("00000000-0000-0000-0000-000000000000")


def test_latency_is_kept(signing: Signing) -> None:
    signing.aws.set_signer(latency_seconds=0.7)
    started = time.monotonic()
    job_id = signing.start(make_zip())
    assert signing.describe(job_id)["status"] == "InProgress"
    signing.finish(job_id)
    assert time.monotonic() - started >= 0.7


def test_source_that_goes_away_fails_the_job(signing: Signing) -> None:
    signing.aws.set_signer(latency_seconds=1)
    source = signing.upload(make_zip())
    job_id = signing.start(make_zip(), source=source)
    place = source["s3"]
    signing.s3.delete_object(
        Bucket=place["bucketName"], Key=place["key"], VersionId=place["version"]
    )
    job = signing.finish(job_id)
    assert job["status"] == "Failed"
    assert "Unable to read the source" in job["statusReason"]


def test_result_can_be_replaced_before_it_is_fetched(signing: Signing) -> None:
    """What somebody with write access to the bucket can do between signing and fetching."""
    job = signing.finish(signing.start(make_zip(("index.py", "x = 1"))))
    place = job["signedObject"]["s3"]
    other = signing.sign(make_zip(("index.py", "leak()")))
    signing.s3.put_object(Bucket=place["bucketName"], Key=place["key"], Body=other)
    assert signing.read(job) == other


def test_large_archive_is_signed(signing: Signing) -> None:
    body = secrets.token_bytes(3_000_000)
    signed = signing.sign(make_zip(("data.bin", body)))
    with zipfile.ZipFile(io.BytesIO(signed)) as archive:
        assert archive.read("data.bin") == body
        assert SIGNATURE_ENTRY in archive.namelist()


def test_jobs_fail_as_often_as_asked(signing: Signing) -> None:
    signing.aws.set_job_outcome("fail", times=1)
    assert signing.finish(signing.start(make_zip()))["status"] == "Failed"
    assert signing.finish(signing.start(make_zip()))["status"] == "Succeeded"


def test_endless_job_stays_in_progress(signing: Signing) -> None:
    signing.aws.set_job_outcome("endless")
    job_id = signing.start(make_zip())
    time.sleep(0.5)
    assert signing.describe(job_id)["status"] == "InProgress"


@pytest.mark.parametrize("outcome", ["foreign_content", "changed_content", "unsigned"])
def test_result_differs_as_asked(signing: Signing, outcome: str) -> None:
    signing.aws.set_job_outcome(outcome)  # type: ignore[arg-type]
    archive = make_zip(("index.py", "x = 1"))
    signed = signing.sign(archive)
    with zipfile.ZipFile(io.BytesIO(signed)) as found:
        own = [name for name in found.namelist() if not name.startswith("META_INF/")]
        body = found.read("index.py")
        is_signed = SIGNATURE_ENTRY in found.namelist()
    assert (own == ["index.py"]) == (outcome != "foreign_content")
    assert (body == b"x = 1") == (outcome != "changed_content")
    assert is_signed == (outcome != "unsigned")


def test_jobs_are_listed_newest_first_and_in_pages(signing: Signing) -> None:
    aws = signing.aws
    signer = aws.client("signer", account="333333333333")
    other = Signing(aws, account="333333333333")
    started = [other.start(make_zip()) for _ in range(3)]
    wait_for(lambda: all(other.describe(each)["status"] == "Succeeded" for each in started))
    pages = signer.get_paginator("list_signing_jobs").paginate(PaginationConfig={"PageSize": 2})
    found = [job["jobId"] for page in pages for job in page["jobs"]]
    assert found == started[::-1]
    assert signer.list_signing_jobs(status="Failed")["jobs"] == []


def test_other_account_signs_only_where_it_is_permitted(signing: Signing) -> None:
    guest = Signing(signing.aws, account=OTHER_ACCOUNT)
    call = {"profileName": signing.profile, "profileOwner": signing.account}
    with refused("AccessDeniedException"):
        guest.start(make_zip(), **call)
    signing.signer.add_profile_permission(
        profileName=signing.profile,
        action="signer:StartSigningJob",
        principal=OTHER_ACCOUNT,
        statementId="guest",
    )
    job = guest.finish(guest.start(make_zip(), **call))
    assert (job["jobOwner"], job["jobInvoker"]) == (signing.account, OTHER_ACCOUNT)
    signing.signer.remove_profile_permission(
        profileName=signing.profile,
        statementId="guest",
        revisionId=signing.signer.list_profile_permissions(profileName=signing.profile)[
            "revisionId"
        ],
    )
    with refused("AccessDeniedException"):
        guest.start(make_zip(), **call)


def test_operation_that_is_missing_says_so(aws: LocalAws) -> None:
    with refused("InternalFailure"):
        aws.client("signer").list_signing_platforms()
