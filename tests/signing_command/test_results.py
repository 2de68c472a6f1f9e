"""A job fails or its result is not ours: one sentence, and nothing is left behind.

`Site.refuses` checks the exit code, that there is one sentence and nothing on stdout, and that the
cache folder is gone with everything in it.
"""

import time
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.local_aws

Site = Any  # the class in conftest.py
MakeZip = Callable[..., bytes]


def test_a_failed_job(site: Site) -> None:
    site.aws.set_job_outcome("fail", times=1)
    sentence = site.refuses()
    (job,) = site.jobs()
    assert f"the signing job {job['jobId']} of the profile {site.profile}" in sentence
    assert f"on the bucket {site.bucket} failed (Signing job failed: an internal error" in sentence
    assert "makes a new job" in sentence
    assert site.sources() == []
    site.signs()
    assert len(site.jobs()) == 2


def test_a_failed_job_whose_source_cannot_be_deleted(site: Site) -> None:
    site.aws.set_job_outcome("fail", times=1)
    site.aws.add_fault(service="s3", operation="DeleteObject", kind="access_denied", times=None)
    sentence = site.refuses()
    assert "failed (Signing job failed" in sentence
    assert "its source object must be deleted by hand, as AWS denied DeleteObject" in sentence
    assert "s3:DeleteObjectVersion" in sentence


def test_code_that_signer_cannot_read(site: Site, make_zip: MakeZip) -> None:
    """The zip's directory is whole, its content is not: only reading it tells."""
    code = site.assembly / "asset.code"
    damaged = make_zip(("a.py", b"a" * 100), compression=0).replace(b"a" * 100, b"b" * 100)
    for path in sorted(code.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    code.rmdir()
    code.write_bytes(damaged)
    sentence = site.refuses()
    assert "failed (" in sentence or "a.py of the code is damaged" in sentence


def test_an_endless_job(site: Site) -> None:
    site.aws.set_job_outcome("endless")
    began = time.monotonic()
    sentence = site.refuses(timeout="2")
    assert time.monotonic() - began < 8
    (job,) = site.jobs()
    assert f"the signing job {job['jobId']} of the profile {site.profile} has not ended" in sentence
    assert "after 2 seconds: repeat the command, which waits for the same job" in sentence
    site.refuses(timeout="1")
    assert len(site.jobs()) == 1


@pytest.mark.parametrize(
    ("outcome", "part"),
    [
        ("foreign_content", "(the entry sitecustomize.py was added)"),
        ("changed_content", "(the content of index.py differs)"),
        ("unsigned", "(it carries no signature)"),
    ],
)
def test_a_result_that_is_not_what_was_sent(site: Site, outcome: str, part: str) -> None:
    site.aws.set_job_outcome(outcome, times=1)
    sentence = site.refuses()
    assert f"the signed object s3://{site.bucket}/signed/{site.identity}/" in sentence
    assert f"is not the code that was sent {part}, so it was not published" in sentence
    site.signs()
    assert len(site.jobs()) == 2


def test_a_result_that_was_replaced_in_the_bucket(site: Site, make_zip: MakeZip) -> None:
    site.signs()
    site.result.unlink()
    s3 = site.aws.client("s3")
    (item,) = s3.list_objects_v2(Bucket=site.bucket, Prefix="signed/")["Contents"]
    evil = make_zip(("index.py", b"evil"), signature=b"PKCS7")
    s3.put_object(Bucket=site.bucket, Key=item["Key"], Body=evil)
    assert "is not the code that was sent" in site.refuses()
