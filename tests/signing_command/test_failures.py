"""Whatever goes wrong, the user reads one sentence that says what to do."""

import errno
from pathlib import Path

import pytest
from botocore import exceptions as botocore

from secure_lambda_constructs.signing.command.aws import Target, error_code
from secure_lambda_constructs.signing.command.aws_failures import explain, is_broken_transfer
from secure_lambda_constructs.signing.command.failures import explain_system, one_line
from secure_lambda_constructs.signing.command.permissions import ACTIONS_BY_OPERATION

TARGET = Target("TestProfile", "", "code-bucket", "111122223333", "eu-west-1", "App-Signing")


def _client_error(
    code: str, message: str = "", operation: str = "HeadObject", status: int = 400, retries: int = 0
) -> botocore.ClientError:
    return botocore.ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {
                "HTTPStatusCode": status,
                "RetryAttempts": retries,
            },
        },
        operation,
    )


def _explain(error: Exception, operation: str = "HeadObject") -> str:
    sentence = str(explain(error, operation, TARGET))
    assert "\n" not in sentence
    assert not sentence.endswith(".")
    assert sentence[0].islower() or sentence.startswith(("AWS", "Signer", "HeadObject"))
    return sentence


@pytest.mark.parametrize("code", ["ExpiredToken", "ExpiredTokenException", "RequestExpired"])
def test_expired_credentials(code: str) -> None:
    assert f"the AWS credentials have expired ({code}): sign in again" in _explain(
        _client_error(code)
    )


@pytest.mark.parametrize("code", ["InvalidClientTokenId", "SignatureDoesNotMatch"])
def test_rejected_credentials(code: str) -> None:
    sentence = _explain(_client_error(code, "The security token is invalid."))
    assert f"AWS does not accept the credentials ({code})" in sentence
    assert "set AWS_PROFILE" in sentence


@pytest.mark.parametrize(
    "error",
    [
        _client_error("RequestTimeTooSkewed"),
        _client_error("SignatureDoesNotMatch", "Signature expired: 2024 is now earlier than 2025"),
        _client_error("InvalidSignatureException", "Signature expired"),
    ],
)
def test_a_wrong_clock(error: botocore.ClientError) -> None:
    assert "does not accept the clock of this machine" in _explain(error)


@pytest.mark.parametrize("operation", sorted(set(ACTIONS_BY_OPERATION) - {"GetCallerIdentity"}))
def test_denied_names_the_missing_rights(operation: str) -> None:
    sentence = _explain(_client_error("AccessDenied", "arn:aws:sts::1:x is not"), operation)
    for action in ACTIONS_BY_OPERATION[operation]:
        assert action in sentence
    assert "`grant_sign` of the baseline in the stack App-Signing" in sentence
    about = "TestProfile" if operation.endswith("Job") else "code-bucket"
    assert about in sentence


def test_denied_by_the_account_that_owns_the_profile() -> None:
    target = TARGET._replace(profile_owner="444455556666")
    error = _client_error("AccessDeniedException")
    assert "account 444455556666, which owns the profile, must permit it" in str(
        explain(error, "StartSigningJob", target)
    )
    missing = _client_error("ResourceNotFoundException")
    assert (
        "does not exist in account 444455556666, region eu-west-1: have account 444455556666, "
        "which owns it, deploy it there first"
    ) in str(explain(missing, "StartSigningJob", target))
    cancelled = _client_error("ValidationException", "the profile is Canceled")
    assert "the version of another profile of account 444455556666" in str(
        explain(cancelled, "StartSigningJob", target)
    )


def test_denied_without_a_body() -> None:
    assert error_code(_client_error("403")) == "AccessDenied"
    assert "AWS denied HeadObject" in _explain(_client_error("403", "Forbidden", status=403))


def test_no_bucket() -> None:
    assert _explain(_client_error("NoSuchBucket"), "PutObject") == (
        "the staging bucket code-bucket does not exist in account 111122223333: "
        "deploy the stack App-Signing first"
    )


@pytest.mark.parametrize("code", ["PermanentRedirect", "AuthorizationHeaderMalformed", "301"])
def test_a_bucket_of_another_region(code: str) -> None:
    assert "is not in eu-west-1" in _explain(_client_error(code, status=301))


def test_no_profile() -> None:
    assert _explain(_client_error("ResourceNotFoundException"), "StartSigningJob") == (
        "the signing profile TestProfile does not exist in account 111122223333, "
        "region eu-west-1: deploy the stack App-Signing first"
    )


@pytest.mark.parametrize("word", ["Canceled", "Cancelled", "Revoked"])
def test_a_canceled_profile(word: str) -> None:
    error = _client_error("ValidationException", f"profile is not active: {word}")
    sentence = _explain(error, "StartSigningJob")
    assert "the signing profile TestProfile is canceled or revoked" in sentence
    assert "a profile of another name" in sentence


def test_another_refusal_of_signer() -> None:
    error = _client_error("ValidationException", "The source bucket\nhas no versions.")
    assert "(ValidationException: The source bucket has no versions)" in _explain(
        error, "StartSigningJob"
    )
    assert "no reason given" in _explain(_client_error("ValidationException"), "StartSigningJob")


@pytest.mark.parametrize("code", ["ThrottlingException", "SlowDown", "TooManyRequestsException"])
def test_throttled(code: str) -> None:
    sentence = _explain(_client_error(code, status=503, retries=5), "DescribeSigningJob")
    assert f"AWS throttles DescribeSigningJob ({code}, 6 attempts)" in sentence
    assert "goes on where this one stopped" in sentence


def test_a_fault_of_aws() -> None:
    sentence = _explain(_client_error("InternalError", status=500, retries=5), "PutObject")
    assert "AWS has a fault in PutObject (HTTP 500, 6 attempts)" in sentence


def test_a_refusal_that_nobody_thought_of() -> None:
    sentence = _explain(_client_error("BadDigest", "The checksum did not match."), "PutObject")
    assert sentence == (
        "AWS refused PutObject in account 111122223333, region eu-west-1 "
        "(BadDigest: The checksum did not match)"
    )


@pytest.mark.parametrize(
    ("error", "part"),
    [
        (botocore.NoCredentialsError(), "no AWS credentials were found"),
        (
            botocore.PartialCredentialsError(provider="env", cred_var="secret"),
            "no AWS credentials were found (PartialCredentialsError)",
        ),
        (
            botocore.ProfileNotFound(profile="nobody"),
            "the AWS configuration has no profile nobody: set",
        ),
        (
            botocore.UnauthorizedSSOTokenError(),
            "the AWS sign-in has expired or is missing (UnauthorizedSSOTokenError): run `aws sso",
        ),
        (
            botocore.TokenRetrievalError(provider="sso", error_msg="Token has expired"),
            "run `aws sso login`",
        ),
        (
            botocore.CredentialRetrievalError(provider="process", error_msg="exit 3"),
            "could not be got (Error when retrieving credentials from process: exit 3)",
        ),
        (botocore.ConfigParseError(path="/home/me/.aws/config"), "/home/me/.aws/config"),
        (botocore.InvalidRegionError(region_name="mars/1"), "the region 'eu-west-1' is malformed"),
        (
            botocore.EndpointConnectionError(endpoint_url="https://s3.eu-west-1.amazonaws.com"),
            "AWS in eu-west-1 could not be reached for HeadObject",
        ),
        (
            botocore.ReadTimeoutError(endpoint_url="https://signer.eu-west-1.amazonaws.com"),
            "check network, proxy and region",
        ),
        (botocore.SSLError(endpoint_url="https://x", error="bad cert"), "set AWS_CA_BUNDLE"),
        (
            botocore.IncompleteReadError(actual_bytes=1, expected_bytes=2),
            "1 read, but total bytes expected is 2",
        ),
        (
            botocore.ParamValidationError(report="Invalid bucket name"),
            "(ParamValidationError: Parameter validation failed: Invalid bucket name)",
        ),
    ],
)
def test_calls_that_never_got_an_answer(error: Exception, part: str) -> None:
    assert part in _explain(error)


def test_which_transfers_are_worth_another_try() -> None:
    assert is_broken_transfer(botocore.ResponseStreamingError(error="cut"))
    assert is_broken_transfer(botocore.IncompleteReadError(actual_bytes=1, expected_bytes=2))
    assert not is_broken_transfer(_client_error("AccessDenied"))


@pytest.mark.parametrize(
    "secret",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "ASIAIOSFODNN7EXAMPLE",
        "Credential=AKIAEXAMPLE/20240101/us-east-1/s3/aws4_request",
        "Signature=0123456789abcdef",
        "X-Amz-Security-Token: FwoGZXIvYXdzE",
        "x" * 400,
    ],
)
def test_secrets_are_taken_out(secret: str) -> None:
    shown = one_line(f"denied for\n {secret} here.")
    assert secret.split("=")[-1].split(": ")[-1] not in shown
    assert shown == "denied for [removed] here"


def test_long_texts_are_cut() -> None:
    assert len(one_line("word " * 1000)) < 310


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk(code: int) -> None:
    sentence = str(
        explain_system(OSError(code, "No space left on device"), Path("/a/signed-assets"))
    )
    assert sentence == (
        "no space is left for /a/signed-assets (No space left on device): free some and try again"
    )


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.EPERM])
def test_a_read_only_assembly(code: int) -> None:
    error = OSError(code, "Read-only file system", "/a/signed-assets/x.tmp")
    sentence = str(explain_system(error, Path("/a/signed-assets")))
    assert "/a/signed-assets cannot be written (Read-only file system)" in sentence
    assert "SECURE_LAMBDA_ASSEMBLY" in sentence


def test_other_trouble_names_the_file() -> None:
    error = PermissionError(errno.EACCES, "Permission denied", "/a/asset.1/secret.py")
    assert str(explain_system(error, Path("/a/signed-assets"))) == (
        "/a/asset.1/secret.py cannot be used (Permission denied): check the file and its rights"
    )
    assert "/a/signed-assets cannot be used" in str(
        explain_system(OSError(), Path("/a/signed-assets"))
    )
