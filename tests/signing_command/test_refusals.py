"""What the user or the stack has wrong is said in one sentence, and nothing is left behind.

`Site.refuses` checks the exit code, that there is one sentence and nothing on stdout, and that the
cache folder is gone with everything in it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.local_aws

Site = Any  # the class in conftest.py
MakeZip = Callable[..., bytes]

FEW_ATTEMPTS = {"AWS_MAX_ATTEMPTS": "2"}


# --- credentials, account, region -----------------------------------------------------------------


def test_no_credentials(site: Site) -> None:
    none = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
    sentence = site.refuses(environment=none)
    assert "no AWS credentials were found" in sentence
    assert "AWS_PROFILE" in sentence
    assert site.aws.calls() == []


def test_expired_credentials(site: Site) -> None:
    site.aws.add_fault(service="sts", operation="GetCallerIdentity", kind="expired_token")
    assert "the AWS credentials have expired (ExpiredToken" in site.refuses()
    assert site.sources() == []


def test_credentials_that_expire_during_the_wait(site: Site) -> None:
    site.aws.add_fault(service="signer", operation="DescribeSigningJob", kind="expired_token")
    assert "the AWS credentials have expired" in site.refuses()
    site.signs()
    assert len(site.jobs()) == 1


def test_a_credential_profile_that_does_not_exist(site: Site) -> None:
    sentence = site.refuses(environment={"AWS_PROFILE": "nobody"})
    assert "the AWS configuration has no profile nobody: set AWS_PROFILE" in sentence


def test_an_sso_sign_in_that_has_expired(site: Site, tmp_path: Path) -> None:
    configuration = tmp_path / "config"
    configuration.write_text(
        "[profile dev]\nsso_session = s\nsso_account_id = 111122223333\nsso_role_name = r\n"
        "[sso-session s]\nsso_region = us-east-1\nsso_start_url = https://example.test/start\n"
    )
    sentence = site.refuses(
        environment={
            "AWS_CONFIG_FILE": str(configuration),
            "AWS_PROFILE": "dev",
            "AWS_ACCESS_KEY_ID": None,
            "AWS_SECRET_ACCESS_KEY": None,
            "HOME": str(tmp_path),
        }
    )
    assert "run `aws sso login`" in sentence


def test_an_unreadable_configuration(site: Site, tmp_path: Path) -> None:
    configuration = tmp_path / "config"
    configuration.write_text("[default\n")
    sentence = site.refuses(environment={"AWS_CONFIG_FILE": str(configuration)})
    assert (
        f"the AWS configuration cannot be read (Unable to parse config file: {configuration}"
        in (sentence)
    )


def test_the_wrong_account(site: Site) -> None:
    sentence = site.refuses(account="111122223333")
    assert (
        f"are of account {site.aws.account}, but the stack is for account 111122223333" in sentence
    )
    assert "AWS_PROFILE" in sentence
    assert [call["operation"] for call in site.aws.calls()] == ["GetCallerIdentity"]


def test_no_region(site: Site) -> None:
    sentence = site.refuses(environment={"AWS_REGION": None, "AWS_DEFAULT_REGION": None})
    assert "no AWS region is known" in sentence


def test_a_malformed_region(site: Site) -> None:
    assert "the region 'no region!' is malformed" in site.refuses(region="no region!")


def test_nobody_answers(site: Site) -> None:
    sentence = site.refuses(environment={"AWS_ENDPOINT_URL": "http://127.0.0.1:9", **FEW_ATTEMPTS})
    assert "AWS in us-east-1 could not be reached for GetCallerIdentity" in sentence


# --- what the baseline should have made -----------------------------------------------------------


def test_an_unknown_bucket(site: Site) -> None:
    sentence = site.refuses(bucket="code-of-nobody-at-all")
    assert "the staging bucket code-of-nobody-at-all does not exist" in sentence
    assert "deploy the stack App-Signing first" in sentence


def test_a_bucket_name_that_cannot_be(site: Site) -> None:
    assert "ParamValidationError" in site.refuses(bucket="No Bucket")


def test_a_bucket_without_versions(site: Site) -> None:
    name = f"{site.bucket}-plain"
    site.aws.client("s3").create_bucket(Bucket=name)
    assert f"the staging bucket {name} keeps no versions" in site.refuses(bucket=name)


def test_an_unknown_profile(site: Site) -> None:
    sentence = site.refuses(profile_name="NobodysProfile")
    assert "the signing profile NobodysProfile does not exist" in sentence
    assert "deploy the stack App-Signing first" in sentence


def test_a_canceled_profile(site: Site) -> None:
    site.aws.client("signer").cancel_signing_profile(profileName=site.profile)
    sentence = site.refuses()
    assert f"the signing profile {site.profile} is canceled or revoked" in sentence
    assert "a profile of another name" in sentence


def test_a_revoked_job_is_not_signed_anew_by_itself(site: Site) -> None:
    site.signs()
    (job,) = site.jobs()
    site.aws.client("signer").revoke_signature(jobId=job["jobId"], reason="leaked")
    site.result.unlink()
    sentence = site.refuses()
    assert f"the signing job {job['jobId']} of the profile {site.profile} was revoked" in sentence
    assert len(site.jobs()) == 1


# --- the code -------------------------------------------------------------------------------------


def test_code_that_is_signed_already(site: Site, make_zip: MakeZip) -> None:
    code = site.assembly / "asset.code" / "META_INF"
    code.mkdir()
    (code / "aws_signer_signature_v1.0.SF").write_text("PKCS7")
    assert "the code is signed already" in site.refuses()
    assert site.aws.calls() == []


def test_code_that_is_nowhere(site: Site) -> None:
    (site.assembly / "asset.code").rename(site.assembly / "asset.other")
    assert "the cloud assembly with asset.code was not found (looked in " in site.refuses()
