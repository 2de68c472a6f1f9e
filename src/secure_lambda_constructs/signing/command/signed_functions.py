"""The functions whose code or layers bear a signature."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from .aws import DeclinedError
from .revocation_calls import Calls

__all__ = ["SignedFunction", "find_signed_functions", "signed_at"]


class SignedFunction(NamedTuple):
    """A version of a function that bears a signature.

    Attributes:
        name: Name of the function.
        arn: ARN of the function with the version.
        version: The version, `$LATEST` for the unpublished one.
        layer: ARN of the layer version that bears the signature; empty where the function's own
            code does.
        job_arn: ARN of the job that signed.
        enforcement: `Enforce` or `Warn`, as in the code signing config of the function; `None`
            where it has none.
    """

    name: str
    arn: str
    version: str
    layer: str
    job_arn: str
    enforcement: str | None


def find_signed_functions(calls: Calls, signed: Callable[[str, str], bool]) -> list[SignedFunction]:
    """Look through all functions of the account and region, with all their versions.

    Args:
        calls: The connection.
        signed: Tells by the ARNs of a job and of a profile version whether a signature is meant.

    Returns:
        One entry for each version of a function and each of its parts that bears the signature.

    Raises:
        RevocationError: Where Lambda does not answer.
    """
    found: list[SignedFunction] = []
    enforcements: dict[str, str | None] = {}
    policies: dict[str, str] = {}
    page: dict[str, Any] = {}
    while True:
        answer = calls.call(
            "ListFunctions",
            calls.functions.list_functions,
            "the functions of the account",
            FunctionVersion="ALL",
            **page,
        )
        for function in answer["Functions"]:
            name = function["FunctionName"]
            for layer, job_arn in _parts(function, signed):
                if name not in enforcements:
                    enforcements[name] = _enforcement(calls, name, policies)
                found.append(
                    SignedFunction(
                        name,
                        function["FunctionArn"],
                        function["Version"],
                        layer,
                        job_arn,
                        enforcements[name],
                    )
                )
        if not answer.get("NextMarker"):
            return found
        page = {"Marker": answer["NextMarker"]}


def _parts(function: dict[str, Any], signed: Callable[[str, str], bool]) -> list[tuple[str, str]]:
    parts = [("", function), *((layer["Arn"], layer) for layer in function.get("Layers") or ())]
    return [
        (layer, part["SigningJobArn"])
        for layer, part in parts
        if part.get("SigningJobArn")
        and signed(part["SigningJobArn"], part.get("SigningProfileVersionArn", ""))
    ]


def _enforcement(calls: Calls, name: str, policies: dict[str, str]) -> str | None:
    try:
        answer = calls.call(
            "GetFunctionCodeSigningConfig",
            calls.functions.get_function_code_signing_config,
            f"the function {name}",
            # Deleted since it was listed.
            declined={"ResourceNotFoundException"},
            FunctionName=name,
        )
    except DeclinedError:
        return None
    arn = answer.get("CodeSigningConfigArn")
    if not arn:
        return None
    if arn not in policies:
        config = calls.call(
            "GetCodeSigningConfig",
            calls.functions.get_code_signing_config,
            f"the code signing config {arn}",
            CodeSigningConfigArn=arn,
        )["CodeSigningConfig"]
        policies[arn] = str(config["CodeSigningPolicies"]["UntrustedArtifactOnDeployment"])
    return policies[arn]


def signed_at(calls: Calls, job_arn: str) -> datetime | None:
    """Tell when a job signed.

    Args:
        calls: The connection.
        job_arn: ARN of the job.

    Returns:
        The time; `None` where Signer does not tell: about a job of another account, or one older
        than the two years for which it keeps them
        (<https://docs.aws.amazon.com/signer/latest/api/API_StartSigningJob.html>).

    Raises:
        RevocationError: Where Signer does not answer.
    """
    foreign = job_arn.split(":")[4] != calls.account
    declined = {"ResourceNotFoundException"} | ({"AccessDeniedException"} if foreign else set())
    identifier = job_arn.rsplit("/", 1)[-1]
    try:
        answer = calls.call(
            "DescribeSigningJob",
            calls.signer.describe_signing_job,
            f"the signing job {identifier}",
            declined=declined,
            jobId=identifier,
        )
    except DeclinedError:
        return None
    time: datetime | None = answer.get("completedAt") or answer.get("createdAt")
    return time
