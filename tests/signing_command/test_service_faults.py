"""AWS fails: what passes is overcome, what lasts is one sentence, and nothing is left behind.

`Site.refuses` checks the exit code, that there is one sentence and nothing on stdout, and that the
cache folder is gone with everything in it.
"""

import os
from typing import Any

import pytest

pytestmark = pytest.mark.local_aws

Site = Any  # the class in conftest.py

FEW_ATTEMPTS = {"AWS_MAX_ATTEMPTS": "2"}


@pytest.fixture(autouse=True)
def _large_code(site: Site) -> None:
    """Of small code nothing is asked before the upload."""
    (site.assembly / "asset.code" / "noise.bin").write_bytes(os.urandom(1_200_000))


OPERATIONS = [
    ("sts", "GetCallerIdentity"),
    ("s3", "HeadObject"),
    ("s3", "PutObject"),
    ("signer", "StartSigningJob"),
    ("signer", "DescribeSigningJob"),
    ("s3", "GetObject"),
]
KINDS = ["throttle", "server_error"] * 3


@pytest.mark.parametrize(
    ("service", "operation", "kind"),
    [(*operation, kind) for operation, kind in zip(OPERATIONS, KINDS, strict=True)],
)
def test_a_passing_fault_is_overcome(site: Site, service: str, operation: str, kind: str) -> None:
    site.aws.add_fault(service=service, operation=operation, kind=kind, times=2)
    site.signs()
    assert len(site.aws.calls(service, operation)) >= 3
    assert len(site.jobs()) == 1
    assert len(site.sources()) == 1


@pytest.mark.parametrize(
    ("service", "operation", "kind"),
    [(*operation, kind) for operation, kind in zip(OPERATIONS, KINDS[1:] + KINDS[:1], strict=True)],
)
def test_a_lasting_fault_is_told_and_the_next_run_goes_on(
    site: Site, service: str, operation: str, kind: str
) -> None:
    site.aws.add_fault(service=service, operation=operation, kind=kind, times=None)
    sentence = site.refuses(environment=FEW_ATTEMPTS)
    # The answer to a HEAD has no body that could name the reason.
    throttled = kind == "throttle" and operation != "HeadObject"
    assert ("AWS throttles " if throttled else "AWS has a fault in ") + operation in sentence
    assert "2 attempts" in sentence
    site.aws.clear_faults()
    site.signs()
    assert len(site.jobs()) == 1
    assert len(site.sources()) == 1


@pytest.mark.parametrize(("service", "operation"), OPERATIONS[1:])
def test_a_missing_right_is_named(site: Site, service: str, operation: str) -> None:
    site.aws.add_fault(service=service, operation=operation, kind="access_denied", times=None)
    sentence = site.refuses()
    assert f"AWS denied {operation} on the " in sentence
    assert "use `grant_sign` of the baseline in the stack App-Signing" in sentence
    assert (site.profile if service == "signer" else site.bucket) in sentence


def test_a_download_that_breaks_off_is_repeated(site: Site) -> None:
    site.aws.add_fault(service="s3", operation="GetObject", kind="truncate_body", times=2)
    site.signs()
    assert len(site.aws.calls("s3", "GetObject")) == 3


def test_a_download_that_keeps_breaking_off(site: Site) -> None:
    site.aws.add_fault(service="s3", operation="GetObject", kind="truncate_body", times=None)
    assert "AWS in us-east-1 could not be reached for GetObject" in site.refuses()
    site.aws.clear_faults()
    site.signs()
    assert len(site.jobs()) == 1
