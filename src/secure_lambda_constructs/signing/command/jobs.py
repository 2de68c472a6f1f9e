"""Signing jobs: one for each version of the code, however often it is asked for."""

import hashlib
import time
from collections.abc import Callable
from contextlib import closing
from typing import NamedTuple

from ...errors import SigningError
from .arguments import Request
from .aws import Aws
from .staging import SignedObject, Staging
from .traffic import Traffic

__all__ = ["FailedJobError", "Job", "start_job", "wait_for_job"]


class Job(NamedTuple):
    """A job that has succeeded.

    Attributes:
        identifier: The id of the job.
        signed: Where its result is.
    """

    identifier: str
    signed: SignedObject


class FailedJobError(SigningError):
    """The job ended without a result, and another one with the same token would be the same."""


def start_job(aws: Aws, request: Request, staging: Staging, version: str) -> str:
    """Start the job for a version of the code, or get the one that was started for it before.

    The token follows from everything that makes up the job. Signer answers a token that it knows
    with the job that it has
    (<https://docs.aws.amazon.com/signer/latest/api/API_StartSigningJob.html>), so that a second
    attempt, a second program or a run after a killed one never makes a second job.

    Args:
        aws: The connection.
        request: What is to be signed.
        staging: The objects of the asset.
        version: The version of the code in the staging bucket.

    Returns:
        The id of the job.

    Raises:
        SigningError: Where Signer refuses.
    """
    parts = (
        request.identity,
        request.profile_name,
        request.profile_owner or "",
        aws.target.bucket,
        version,
    )
    token = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:36]  # as long as a UUID
    owner = {"profileOwner": request.profile_owner} if request.profile_owner else {}
    response = aws.call(
        "StartSigningJob",
        aws.signer.start_signing_job,
        source={
            "s3": {
                "bucketName": aws.target.bucket,
                "key": staging.source_key,
                "version": version,
            }
        },
        destination={"s3": {"bucketName": aws.target.bucket, "prefix": staging.signed_prefix}},
        profileName=request.profile_name,
        clientRequestToken=token,
        **owner,
    )
    return str(response["jobId"])


def wait_for_job(
    aws: Aws,
    identifier: str,
    timeout_seconds: float,
    *,
    traffic: Traffic | None = None,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], object] | None = None,
) -> Job:
    """Wait until a job has ended, asking as often as `Traffic.poll` says.

    Args:
        aws: The connection.
        identifier: The id of the job.
        timeout_seconds: Longest wait, in seconds.
        traffic: What the assets of one run share; by default there is this job only.
        clock: Tells the time, in seconds.
        pause: Waits for a number of seconds.

    Returns:
        The job, which has succeeded.

    Raises:
        FailedJobError: Where the job has failed.
        SigningError: Where it has not ended in time, was revoked, or Signer does not answer.
        StoppedError: The run was stopped.
    """
    job = f"the signing job {identifier} of the profile {aws.target.profile_name}"
    traffic = traffic or Traffic()
    polls = traffic.poll(clock() + timeout_seconds, clock=clock, pause=pause)
    with closing(polls):
        for passed in polls:
            with traffic.transfer():
                response = aws.call(
                    "DescribeSigningJob", aws.signer.describe_signing_job, jobId=identifier
                )
            status = response.get("status")
            if status == "Succeeded":
                break
            if status == "Failed":
                from .failures import one_line

                reason = one_line(str(response.get("statusReason") or "no reason given"))
                raise FailedJobError(
                    f"{job} on the bucket {aws.target.bucket} failed ({reason}): mend the cause "
                    "and repeat the command, which makes a new job"
                )
            if passed >= timeout_seconds:
                raise SigningError(
                    f"{job} has not ended after {timeout_seconds:g} seconds: repeat the command, "
                    "which waits for the same job"
                )
    if response.get("revocationRecord"):
        # Signing the same code anew by itself would undo the revocation.
        raise SigningError(
            f"{job} was revoked, and Lambda refuses its code: change the code, or sign it again "
            "on purpose with another `signing_revision` of the baseline"
        )
    place = response.get("signedObject", {}).get("s3", {})
    return Job(identifier, SignedObject(place.get("bucketName", ""), place.get("key", "")))
