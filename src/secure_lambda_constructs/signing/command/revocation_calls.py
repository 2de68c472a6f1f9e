"""The connection to AWS of `secure-lambda revoke`: clients, and calls that fail in a sentence."""

from collections.abc import Callable, Container
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple, Protocol

from ...errors import RevocationError
from .aws import DeclinedError, Response, Target, error_code
from .session import new_session

__all__ = ["ACTIONS_BY_OPERATION", "Calls", "LambdaClient", "RevokingClient", "connect"]

ACTIONS_BY_OPERATION: dict[str, tuple[str, ...]] = {
    "GetCallerIdentity": (),
    "DescribeSigningJob": ("signer:DescribeSigningJob",),
    "GetSigningProfile": ("signer:GetSigningProfile",),
    "RevokeSignature": ("signer:RevokeSignature",),
    "RevokeSigningProfile": ("signer:RevokeSigningProfile",),
    "ListFunctions": ("lambda:ListFunctions",),
    "GetFunctionCodeSigningConfig": ("lambda:GetFunctionCodeSigningConfig",),
    "GetCodeSigningConfig": ("lambda:GetCodeSigningConfig",),
}
"""Each operation that the command calls, with the actions that AWS checks for it.

`lambda:ListFunctions` knows no resource but `*`; the others can be held to profiles, jobs,
functions and configs. See
<https://docs.aws.amazon.com/signer/latest/developerguide/authen-apipermissions.html> and
<https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html>.
"""

_DENIED = {"AccessDenied", "AccessDeniedException"}


class RevokingClient(Protocol):
    """The calls of botocore's Signer client that the command makes."""

    def describe_signing_job(self, **parameters: Any) -> Response: ...  # noqa: D102 - botocore's
    def get_signing_profile(self, **parameters: Any) -> Response: ...  # noqa: D102 - botocore's
    def revoke_signature(self, **parameters: Any) -> Response: ...  # noqa: D102 - botocore's
    def revoke_signing_profile(self, **parameters: Any) -> Response: ...  # noqa: D102 - botocore's


class LambdaClient(Protocol):
    """The calls of botocore's Lambda client that the command makes."""

    def list_functions(self, **parameters: Any) -> Response: ...  # noqa: D102 - botocore's
    def get_function_code_signing_config(self, **parameters: Any) -> Response: ...  # noqa: D102
    def get_code_signing_config(self, **parameters: Any) -> Response: ...  # noqa: D102


class Calls(NamedTuple):
    """Clients for one account and region.

    Attributes:
        signer: The Signer client.
        functions: The Lambda client.
        account: The caller's account.
        region: The region.
        time: The time by the clock of AWS when the connection was made. A revocation must not
            begin in the future, and the clock of this machine may be ahead.
    """

    signer: RevokingClient
    functions: LambdaClient
    account: str
    region: str
    time: datetime

    @property
    def place(self) -> str:
        """The account and the region, for messages."""
        return f"account {self.account}, region {self.region}"

    def call(
        self,
        operation: str,
        method: Callable[..., Response],
        about: str,
        *,
        declined: Container[str] = (),
        **parameters: Any,
    ) -> Response:
        """Make one call, with botocore's retries.

        Args:
            operation: Name of the operation, as in AWS's documentation.
            method: The client's method.
            about: What the call is about, for messages.
            declined: Codes of AWS that the caller deals with.
            parameters: The parameters of the call.

        Returns:
            What AWS answered.

        Raises:
            DeclinedError: AWS declined with one of those codes.
            RevocationError: Anything else went wrong; the message says what to do.
        """
        try:
            return method(**parameters)
        except Exception as error:
            code = error_code(error)
            if code in declined:
                raise DeclinedError(code) from error
            if code in _DENIED:
                actions = ", ".join(ACTIONS_BY_OPERATION[operation])
                raise RevocationError(
                    f"AWS denied {operation} on {about}: the caller in account {self.account} "
                    f"needs {actions}"
                ) from error
            raise _explained(error, operation, self.account, self.region) from error


def connect(region: str | None) -> Calls:
    """Make the clients and ask who is calling.

    Args:
        region: The region; that of the environment where it is `None`.

    Returns:
        The connection.

    Raises:
        RevocationError: Where there are no credentials that AWS accepts, or no region.
    """
    # What is read here may be a broken configuration, so all of it is translated.
    try:
        session, known = new_session(region)
        if not known:
            raise RevocationError("no AWS region is known: add --region, or set AWS_REGION")
        sts, signer, functions = (
            session.create_client(name) for name in ("sts", "signer", "lambda")
        )
        identity = sts.get_caller_identity()
    except RevocationError:
        raise
    except Exception as error:
        raise _explained(error, "GetCallerIdentity", "", region or "") from error
    return Calls(signer, functions, str(identity["Account"]), known, _time(identity))


def _time(answer: Response) -> datetime:
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    try:
        return parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError):
        return datetime.now(UTC).replace(microsecond=0)


def _explained(error: Exception, operation: str, account: str, region: str) -> RevocationError:
    from .aws_failures import explain

    return RevocationError(str(explain(error, operation, Target("", "", "", account, region, ""))))
