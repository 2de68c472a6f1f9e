"""Faults, the record of calls, and who the caller is."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, IncompleteReadError, ResponseStreamingError

from local_aws import LocalAws, LocalAwsError

from .support import Signing, make_zip, refused, unique

pytestmark = pytest.mark.local_aws

ONCE = Config(retries={"max_attempts": 0})


@pytest.mark.parametrize(
    ("service", "kind", "code", "status"),
    [
        ("signer", "throttle", "ThrottlingException", 400),
        ("signer", "server_error", "InternalServiceErrorException", 500),
        ("signer", "expired_token", "ExpiredTokenException", 403),
        ("signer", "access_denied", "AccessDeniedException", 403),
        ("signer", "clock_skew", "InvalidSignatureException", 403),
        ("s3", "throttle", "SlowDown", 503),
        ("s3", "server_error", "InternalError", 500),
        ("s3", "expired_token", "ExpiredToken", 400),
        ("s3", "access_denied", "AccessDenied", 403),
        ("s3", "clock_skew", "RequestTimeTooSkewed", 403),
        ("sts", "throttle", "Throttling", 400),
        ("sts", "expired_token", "ExpiredToken", 403),
        ("sts", "clock_skew", "SignatureDoesNotMatch", 403),
        ("lambda", "throttle", "TooManyRequestsException", 429),
    ],
)
def test_fault_is_worded_as_the_service_words_it(
    aws: LocalAws, service: str, kind: Any, code: str, status: int
) -> None:
    calls = {
        "signer": "list_signing_jobs",
        "s3": "list_buckets",
        "sts": "get_caller_identity",
        "lambda": "list_functions",
    }
    call = getattr(aws.client(service, config=ONCE), calls[service])
    aws.add_fault(service=service, kind=kind)
    with pytest.raises(ClientError) as caught:
        call()
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    call()


def test_fault_hits_one_operation_after_some_and_as_often_as_asked(aws: LocalAws) -> None:
    sts, s3 = aws.client("sts", config=ONCE), aws.client("s3", config=ONCE)
    aws.add_fault(
        service="sts", operation="GetCallerIdentity", kind="server_error", times=2, skip=1
    )
    s3.list_buckets()
    sts.get_caller_identity()
    for _ in range(2):
        with pytest.raises(ClientError):
            sts.get_caller_identity()
    sts.get_caller_identity()


def test_clock_that_is_slow_is_told_by_how_much(aws: LocalAws) -> None:
    aws.add_fault(service="sts", kind="clock_skew")
    with refused("SignatureDoesNotMatch", match=r"Signature expired: \w+ is now earlier than \w+ "):
        aws.client("sts", config=ONCE).get_caller_identity()


def test_quota_throttles_what_is_above_its_rate(aws: LocalAws) -> None:
    sts = aws.client("sts", config=ONCE)
    aws.add_fault(service="sts", kind="throttle", times=None, per_second=2)
    for _ in range(2):
        sts.get_caller_identity()
    with refused("Throttling"):
        sts.get_caller_identity()
    time.sleep(0.6)
    sts.get_caller_identity()


def test_quota_is_kept_over_a_storm(aws: LocalAws) -> None:
    sts = aws.client("sts", config=ONCE)
    aws.add_fault(service="sts", kind="throttle", times=None, per_second=5)

    def until_it_passes(_: int) -> None:
        while True:
            try:
                sts.get_caller_identity()
                return
            except ClientError:
                time.sleep(0.05)

    started = time.monotonic()
    with ThreadPoolExecutor(10) as callers:
        list(callers.map(until_it_passes, range(10)))
    # Five at once, the other five one by one.
    assert time.monotonic() - started >= 0.9
    assert [call["status"] for call in aws.calls("sts")].count(200) == 10


def test_faults_are_cleared(aws: LocalAws) -> None:
    aws.add_fault(service="sts", kind="access_denied", times=None)
    with refused("AccessDenied"):
        aws.client("sts", config=ONCE).get_caller_identity()
    aws.clear_faults()
    aws.client("sts", config=ONCE).get_caller_identity()


def test_own_calls_of_the_stand_in_have_no_faults(signing: Signing) -> None:
    signing.aws.add_fault(service="s3", operation="GetObject", kind="access_denied")
    job = signing.finish(signing.start(make_zip()))
    assert job["status"] == "Succeeded"
    with refused("AccessDenied"):
        signing.read(job)


def test_truncated_body_promises_more_than_it_sends(aws: LocalAws) -> None:
    s3, bucket, body = aws.client("s3", config=ONCE), unique("bucket"), b"x" * 100_000
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=body)
    aws.add_fault(service="s3", operation="GetObject", kind="truncate_body")
    started = time.monotonic()
    answer = s3.get_object(Bucket=bucket, Key="k")
    assert answer["ContentLength"] == len(body)
    with pytest.raises((IncompleteReadError, ResponseStreamingError)):
        answer["Body"].read()
    assert time.monotonic() - started < 10
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == body


def test_slow_call_is_late_and_blocks_no_other(aws: LocalAws) -> None:
    aws.add_fault(service="sts", kind="slow", seconds=1.5)
    took: list[float] = []

    def call() -> None:
        started = time.monotonic()
        aws.client("sts").get_caller_identity()
        took.append(time.monotonic() - started)

    slow = threading.Thread(target=call)
    slow.start()
    time.sleep(0.3)
    call()
    slow.join()
    assert took[0] < 1.0
    assert took[1] >= 1.5


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda aws: aws.add_fault(service="s3", kind="nonsense"), "kind must be one of"),
        (lambda aws: aws.add_fault(service="s3", kind="slow", times=-1), "times must be"),
        (lambda aws: aws.add_fault(service="s3", kind="slow", per_second=0), "per_second must be"),
        (lambda aws: aws.set_job_outcome("nonsense"), "outcome must be one of"),
        (lambda aws: aws.set_signer(latency_seconds=-1), "latency_seconds must be"),
    ],
)
def test_what_does_not_exist_is_refused(aws: LocalAws, call: Any, words: str) -> None:
    with pytest.raises(LocalAwsError, match=words):
        call(aws)


def test_calls_are_recorded_with_their_outcome(aws: LocalAws) -> None:
    before = time.time()
    aws.client("sts").get_caller_identity()
    with refused("ResourceNotFoundException"):
        aws.client("signer", account="222222222222").get_signing_profile(profileName="unknown")
    calls = aws.calls()
    times = [call.pop("time") for call in calls]
    assert before < times[0] < times[1] < time.time()
    assert calls == [
        {
            "service": "sts",
            "operation": "GetCallerIdentity",
            "status": 200,
            "error": None,
            "account": "000000000000",
        },
        {
            "service": "signer",
            "operation": "GetSigningProfile",
            "status": 404,
            "error": "ResourceNotFoundException",
            "account": "222222222222",
        },
    ]
    assert len(aws.calls("sts")) == len(aws.calls("signer", "GetSigningProfile")) == 1
    assert aws.calls("sts", "AssumeRole") == []
    aws.reset_calls()
    assert aws.calls() == []


def test_faulty_calls_are_recorded(aws: LocalAws) -> None:
    aws.add_fault(service="sts", kind="throttle")
    aws.client("sts").get_caller_identity()
    assert [call["status"] for call in aws.calls("sts")] == [400, 200]


def test_account_follows_the_key(aws: LocalAws) -> None:
    for account in ("000000000000", "444455556666"):
        assert aws.client("sts", account=account).get_caller_identity()["Account"] == account


@pytest.mark.parametrize(
    "call",
    [
        lambda s3, given: s3.head_bucket(**given),
        lambda s3, given: s3.get_bucket_versioning(**given),
        lambda s3, given: s3.put_object(Key="k", Body=b"", **given),
        lambda s3, given: s3.get_object(Key="k", **given),
        lambda s3, given: s3.head_object(Key="k", **given),
        lambda s3, given: s3.list_objects_v2(**given),
        lambda s3, given: s3.delete_object(Key="k", **given),
    ],
)
def test_expected_bucket_owner_is_checked(aws: LocalAws, call: Any) -> None:
    s3, bucket = aws.client("s3"), unique("bucket")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    with pytest.raises(ClientError) as caught:
        call(s3, {"Bucket": bucket, "ExpectedBucketOwner": "222222222222"})
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    call(s3, {"Bucket": bucket, "ExpectedBucketOwner": "000000000000"})
