"""The connection to AWS: clients, retries, identity, and calls that fail in a sentence."""

import gc
import sys
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

from ...errors import SigningError
from .arguments import Request
from .session import new_session
from .traffic import Traffic

__all__ = [
    "THROTTLED",
    "Aws",
    "DeclinedError",
    "Response",
    "S3Client",
    "SignerClient",
    "Target",
    "connect",
]

Response = dict[str, Any]

THROTTLED = frozenset(
    {
        "LimitExceededException",
        "RequestLimitExceeded",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""Codes with which AWS asks for patience."""

_CODES_OF_STATUS = {"403": "AccessDenied", "404": "NotFound", "412": "PreconditionFailed"}


class S3Client(Protocol):
    """The calls of botocore's S3 client that the program makes."""

    def head_object(self, **parameters: Any) -> Response: ...  # noqa: D102 - botocore's
    def put_object(self, **parameters: Any) -> Response: ...  # noqa: D102 - botocore's
    def get_object(self, **parameters: Any) -> Response: ...  # noqa: D102 - botocore's
    def delete_object(self, **parameters: Any) -> Response: ...  # noqa: D102 - botocore's


class SignerClient(Protocol):
    """The calls of botocore's Signer client that the program makes."""

    def start_signing_job(self, **parameters: Any) -> Response: ...  # noqa: D102 - botocore's
    def describe_signing_job(self, **parameters: Any) -> Response: ...  # noqa: D102 - botocore's


class Target(NamedTuple):
    """What the calls are about; messages name it.

    Attributes:
        profile_name: Name of the Signer profile.
        profile_owner: Account that owns the profile, where it is not the caller's; else empty.
        bucket: Name of the staging bucket; its template until the account is known.
        account: The caller's account; empty until it is known.
        region: The region.
        baseline_stack: The stack that makes profile and bucket.
        partition: The partition, `aws` for one.
    """

    profile_name: str
    profile_owner: str
    bucket: str
    account: str
    region: str
    baseline_stack: str
    partition: str = "aws"


class DeclinedError(Exception):
    """AWS declined a call with one of the codes that the caller can deal with.

    Attributes:
        code: The code.
    """

    def __init__(self, code: str) -> None:
        """Keep the code."""
        super().__init__(code)
        self.code = code


class Aws(NamedTuple):
    """Clients for one account and region, and what they are about.

    Attributes:
        s3: The S3 client.
        signer: The Signer client.
        target: What the calls are about.
        traffic: What the assets that are signed together share; by default there is one asset.
        session: The botocore session, for further clients.
    """

    s3: S3Client
    signer: SignerClient
    target: Target
    traffic: Traffic | None = None
    session: Any = None

    def call(
        self,
        operation: str,
        method: Callable[..., Response],
        *,
        declined: Container[str] = (),
        **parameters: Any,
    ) -> Response:
        """Make one call, with botocore's retries, and the patience of `Traffic` with throttling.

        Args:
            operation: Name of the operation, as in AWS's documentation.
            method: The client's method.
            declined: Codes of AWS that the caller deals with. The statuses of answers without a
                body count as `AccessDenied`, `NotFound` and `PreconditionFailed`.
            parameters: The parameters of the call.

        Returns:
            What AWS answered.

        Raises:
            DeclinedError: AWS declined with one of those codes.
            SigningError: Anything else went wrong; the message says what to do.
            StoppedError: The run was stopped while it waited.
        """
        while True:
            try:
                response = method(**parameters)
            except Exception as error:
                code = error_code(error)
                if code in declined:
                    raise DeclinedError(code) from error
                if code in THROTTLED and self.traffic is not None and self.traffic.may_repeat():
                    if "Body" in parameters:
                        parameters["Body"].seek(0)
                    continue
                from .aws_failures import explain

                raise explain(error, operation, self.target) from error
            if self.traffic is not None:
                self.traffic.succeeded()
            return response

    def about(self, request: Request) -> "Aws":
        """Use the same clients for another request of the same account and region.

        Args:
            request: What is to be signed.

        Returns:
            The connection for it.

        Raises:
            SigningError: The request is for another account than the caller's.
        """
        account, region = self.target.account, self.target.region
        if request.account not in (None, account):
            raise SigningError(
                f"the AWS credentials are of account {account}, but the stack is for account "
                f"{request.account}: use credentials of {request.account} (set AWS_PROFILE; the "
                "option --profile of the CDK CLI does not reach the signing program)"
            )
        bucket = request.bucket_template.replace("{account}", account).replace("{region}", region)
        target = _target(request, account, region)
        return self._replace(target=target._replace(bucket=bucket, partition=self.target.partition))


def _target(request: Request, account: str, region: str) -> Target:
    return Target(
        request.profile_name,
        request.profile_owner or "",
        request.bucket_template,
        account,
        region,
        request.baseline_stack,
    )


def error_code(error: Exception) -> str:
    """Return the code with which AWS declined a call, or an empty string for other failures.

    Args:
        error: What botocore raised.
    """
    response = getattr(error, "response", None)
    if not isinstance(response, dict):
        return ""
    code = str(response.get("Error", {}).get("Code", ""))
    return _CODES_OF_STATUS.get(code, code)


def connect(request: Request, *, traffic: Traffic | None = None, at_once: int = 1) -> Aws:
    """Make the clients and check who is calling.

    Args:
        request: What is to be signed.
        traffic: What the assets that are signed together share, where there are several.
        at_once: How many calls may be under way at the same time.

    Returns:
        The connection, with the account and the name of the bucket known.

    Raises:
        SigningError: No region, no credentials, credentials that AWS does not accept, or those of
            another account than the request's.
    """
    target = _target(request, request.account or "", request.region or "")
    # Everything below may read a broken configuration, so all of it is translated.
    try:
        with _uncollected():
            session, region = new_session(request.region, at_once=at_once)
            if not region:
                raise SigningError(
                    "no AWS region is known: give the stack's `env` a region, or set AWS_REGION"
                )
            target = target._replace(region=region)
            sts, s3, signer = (session.create_client(name) for name in ("sts", "s3", "signer"))
        caller = sts.get_caller_identity()
        account = str(caller["Account"])
    except SigningError:
        raise
    except ModuleNotFoundError as error:
        raise SigningError(
            f"the Python package {error.name} is missing beside secure-lambda-constructs in "
            f"{sys.prefix}: install boto3 there"
        ) from error
    except Exception as error:
        from .aws_failures import explain

        raise explain(error, "GetCallerIdentity", target) from error
    partition = str(caller.get("Arn") or "arn:aws").split(":")[1]
    known = target._replace(account=account, partition=partition)
    return Aws(s3, signer, known, traffic, session).about(request)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no garbage: what is loaded stays loaded, and looking is a sixth of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:  # pragma: no branch
            gc.enable()
