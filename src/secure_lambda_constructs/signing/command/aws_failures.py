"""What botocore reports, said in one sentence. Imported only after a call failed."""

from botocore import exceptions as botocore

from ...errors import SigningError
from .aws import THROTTLED, Target, error_code
from .failures import one_line
from .permissions import ACTIONS_BY_OPERATION

__all__ = ["explain", "is_broken_transfer"]

_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
_REJECTED = {
    "AuthFailure",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "InvalidToken",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_DENIED = {"AccessDenied", "AccessDeniedException", "AllAccessDisabled", "UnauthorizedOperation"}
_SKEWED = {"RequestTimeTooSkewed", "RequestInTheFuture"}
_ELSEWHERE = {"AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "301"}
_ELSEWHERE |= {"PermanentRedirect"}
_HINT = "(set AWS_PROFILE; the option --profile of the CDK CLI does not reach the signing program)"


def is_broken_transfer(error: Exception) -> bool:
    """Tell whether a download broke off, so that it can be tried again.

    Args:
        error: What reading the body raised.
    """
    return isinstance(error, (botocore.HTTPClientError, botocore.IncompleteReadError))


def explain(error: Exception, operation: str, target: Target) -> SigningError:
    """Say in one sentence why a call failed and what to do.

    Args:
        error: What botocore raised.
        operation: The operation that was called.
        target: What the call was about.

    Returns:
        The exception to raise.

    Example:
        ```python
        from botocore.exceptions import NoCredentialsError
        from secure_lambda_constructs.signing.command.aws import Target
        from secure_lambda_constructs.signing.command.aws_failures import explain

        target = Target("SecureLambda", "", "code-bucket", "", "eu-west-1", "App-Signing")
        reason = explain(NoCredentialsError(), "GetCallerIdentity", target)
        assert "no AWS credentials were found" in str(reason)
        ```
    """
    if isinstance(error, botocore.ClientError):
        return SigningError(_declined(error, operation, target))
    return SigningError(_not_asked(error, operation, target))


def _declined(error: botocore.ClientError, operation: str, target: Target) -> str:
    code = error_code(error)
    message = one_line(str(error.response.get("Error", {}).get("Message", "")))
    details = error.response.get("ResponseMetadata", {})
    attempts = int(details.get("RetryAttempts", 0)) + 1
    status = int(details.get("HTTPStatusCode", 0))
    if code in _EXPIRED:
        return f"the AWS credentials have expired ({code}): sign in again, then repeat the command"
    if code in _SKEWED or (code in _REJECTED and "expired" in message.lower()):
        return f"AWS does not accept the clock of this machine ({code}): set the time right"
    if code in _REJECTED:
        return f"AWS does not accept the credentials ({code}): check them {_HINT}"
    if code in _DENIED:
        return _denied(operation, target)
    if code == "NoSuchBucket":
        return (
            f"the staging bucket {target.bucket} does not exist in account {target.account}: "
            f"deploy the stack {target.baseline_stack} first"
        )
    if code in _ELSEWHERE:
        return (
            f"the staging bucket {target.bucket} is not in {target.region}, and Signer signs "
            f"nothing across regions: deploy the stack {target.baseline_stack} to {target.region}"
        )
    if code in THROTTLED:
        return (
            f"AWS throttles {operation} ({code}, {attempts} attempts): "
            "wait a minute and repeat the command, which goes on where this one stopped"
        )
    if status >= 500:
        return (
            f"AWS has a fault in {operation} (HTTP {status}, {attempts} attempts): "
            "repeat the command, which goes on where this one stopped"
        )
    if operation == "StartSigningJob":
        return _not_started(code, message, target)
    return f"AWS refused {operation} in {_where(target)} ({code}: {message or 'no reason given'})"


def _not_started(code: str, message: str, target: Target) -> str:
    profile = f"the signing profile {target.profile_name}"
    if "cancel" in message.lower() or "revoked" in message.lower():
        remedy = "a profile of another name"
        if target.profile_owner:
            remedy = f"the version of another profile of account {target.profile_owner}"
        return (
            f"{profile} is canceled or revoked ({message}): give the baseline in the stack "
            f"{target.baseline_stack} {remedy} and deploy it"
        )
    if code == "ResourceNotFoundException":
        owner = target.profile_owner or target.account
        remedy = f"deploy the stack {target.baseline_stack} first"
        if target.profile_owner:
            remedy = f"have account {owner}, which owns it, deploy it there first"
        return f"{profile} does not exist in account {owner}, region {target.region}: {remedy}"
    return (
        f"Signer refused a job for the profile {target.profile_name} and the bucket "
        f"{target.bucket} ({code}: {message or 'no reason given'}): deploy the stack "
        f"{target.baseline_stack} again if it was changed by hand"
    )


def _denied(operation: str, target: Target) -> str:
    actions = ", ".join(ACTIONS_BY_OPERATION.get(operation, ())) or operation
    signer = operation.endswith("SigningJob")
    about = (
        f"the signing profile {target.profile_name}"
        if signer
        else f"the staging bucket {target.bucket}"
    )
    besides = "" if signer else ", and the bucket must belong to that account"
    if operation == "StartSigningJob" and target.profile_owner:
        besides = f", and account {target.profile_owner}, which owns the profile, must permit it"
    return (
        f"AWS denied {operation} on {about}: the caller in account {target.account} needs "
        f"{actions} (use `grant_sign` of the baseline in the stack {target.baseline_stack})"
        f"{besides}"
    )


def _not_asked(error: Exception, operation: str, target: Target) -> str:
    name = type(error).__name__
    if isinstance(error, (botocore.NoCredentialsError, botocore.PartialCredentialsError)):
        return f"no AWS credentials were found ({name}): sign in {_HINT}"
    if isinstance(error, botocore.ProfileNotFound):
        name = error.kwargs.get("profile")
        return f"the AWS configuration has no profile {name}: set AWS_PROFILE to one that it has"
    if isinstance(error, (botocore.SSOError, botocore.TokenRetrievalError)):
        return f"the AWS sign-in has expired or is missing ({name}): run `aws sso login`"
    if isinstance(error, botocore.CredentialRetrievalError):
        return f"the AWS credentials could not be got ({one_line(str(error))}): sign in again"
    if isinstance(error, botocore.ConfigParseError):
        return f"the AWS configuration cannot be read ({one_line(str(error))}): correct the file"
    if isinstance(error, botocore.InvalidRegionError):
        return f"the region {target.region!r} is malformed: correct the stack's `env` or AWS_REGION"
    if isinstance(error, botocore.SSLError):
        return (
            f"the TLS connection to AWS was refused for {operation} ({one_line(str(error))}): "
            "set AWS_CA_BUNDLE where a proxy uses its own certificates"
        )
    if isinstance(
        error, (botocore.ConnectionError, botocore.HTTPClientError, botocore.IncompleteReadError)
    ):
        return (
            f"AWS in {target.region} could not be reached for {operation} "
            f"({one_line(str(error))}): check network, proxy and region, then repeat the command"
        )
    return f"{operation} failed in {_where(target)} ({name}: {one_line(str(error))})"


def _where(target: Target) -> str:
    return f"account {target.account or 'unknown'}, region {target.region or 'unknown'}"
