"""Taking a signature or a version of a signing profile back, for good.

Signer revokes the signature of one job, or all signatures that a version of a profile makes after
a time: <https://docs.aws.amazon.com/signer/latest/developerguide/revocation.html>. Neither can be
undone. A version of a profile that is revoked signs nothing any more.
"""

import re
import time
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from ...errors import RevocationError
from .aws import DeclinedError
from .revocation_calls import Calls

__all__ = [
    "ProfileVersion",
    "SigningJob",
    "State",
    "look_up",
    "parse_job",
    "parse_profile_version",
    "revoke",
]

_JOB = re.compile(
    r"(?:arn:[a-z-]+:signer:(?P<region>[a-z0-9-]+):[0-9]{12}:/signing-jobs/)?"
    r"(?P<id>[0-9A-Za-z-]+)"
)
# Pattern of a version: https://docs.aws.amazon.com/signer/latest/api/API_RevokeSigningProfile.html
_VERSION = re.compile(
    r"arn:[a-z-]+:signer:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12}):/signing-profiles/"
    r"(?P<name>[0-9A-Za-z_]{2,64})/(?P<version>[0-9A-Za-z]{10})"
)
_NOT_FOUND = "ResourceNotFoundException"
_LOOKS = 10


class SigningJob(NamedTuple):
    """A job whose signature is to be revoked.

    Attributes:
        identifier: The id of the job.
        region: The region of the job; unknown where it is `None`.
    """

    identifier: str
    region: str | None

    @property
    def title(self) -> str:
        """What messages call it."""
        return f"the signing job {self.identifier}"

    def signed(self, job_arn: str, version_arn: str) -> bool:
        """Tell whether code is signed by this job.

        Args:
            job_arn: The job that Lambda reports for the code.
            version_arn: The profile version that Lambda reports for the code.
        """
        return job_arn.endswith(f"/signing-jobs/{self.identifier}")


class ProfileVersion(NamedTuple):
    """A version of a profile whose signatures are to be revoked.

    Attributes:
        arn: Its ARN.
        region: The region of the profile.
        account: The account that owns the profile.
        name: The name of the profile.
        version: The version, ten characters.
    """

    arn: str
    region: str
    account: str
    name: str
    version: str

    @property
    def title(self) -> str:
        """What messages call it."""
        return f"the version {self.version} of the signing profile {self.name}"

    def signed(self, job_arn: str, version_arn: str) -> bool:
        """Tell whether code is signed by this version.

        Args:
            job_arn: The job that Lambda reports for the code.
            version_arn: The profile version that Lambda reports for the code.
        """
        return version_arn == self.arn


class State(NamedTuple):
    """What Signer says about a job or a version.

    Attributes:
        revoked: Whether it is revoked; `None` where Signer does not tell.
        owner: The account that owns it.
        note: What else is to be known, a sentence; may be empty.
        effective: From when on signatures of a version are revoked; `None` for a job, and where
            nothing is revoked.
    """

    revoked: bool | None
    owner: str
    note: str = ""
    effective: datetime | None = None


def parse_job(text: str) -> SigningJob:
    """Read what names a job.

    Args:
        text: The id of the job, or its ARN as Lambda reports it.

    Returns:
        The job.

    Raises:
        RevocationError: Where it is neither.

    Example:
        ```python
        from secure_lambda_constructs.signing.command.revocation import parse_job

        job = parse_job("arn:aws:signer:eu-west-1:111122223333:/signing-jobs/0a1b-2c3d")
        assert (job.identifier, job.region) == ("0a1b-2c3d", "eu-west-1")
        ```
    """
    match = _JOB.fullmatch(text)
    if match is None:
        raise RevocationError(f"the id or the ARN of a signing job expected, got {text!r}")
    return SigningJob(match["id"], match["region"])


def parse_profile_version(text: str) -> ProfileVersion:
    """Read what names a version of a profile.

    Args:
        text: The ARN of the version, as Lambda and code signing configs report it.

    Returns:
        The version.

    Raises:
        RevocationError: Where it is none.

    Example:
        ```python
        from secure_lambda_constructs.signing.command.revocation import parse_profile_version

        profile = "arn:aws:signer:eu-west-1:111122223333:/signing-profiles/SecureLambda"
        version = parse_profile_version(f"{profile}/AbCdEfGhIj")
        assert (version.name, version.version) == ("SecureLambda", "AbCdEfGhIj")
        ```
    """
    match = _VERSION.fullmatch(text)
    if match is None:
        raise RevocationError(
            "the ARN of a profile version expected "
            f"(arn:aws:signer:REGION:ACCOUNT:/signing-profiles/NAME/VERSION), got {text!r}"
        )
    return ProfileVersion(text, **match.groupdict())


def look_up(calls: Calls, subject: SigningJob | ProfileVersion) -> State:
    """Ask Signer whether a job or a version is there, and revoked.

    Args:
        calls: The connection.
        subject: The job or the version.

    Returns:
        What Signer says.

    Raises:
        RevocationError: Where it is not there or signed nothing, or Signer does not answer.
    """
    if isinstance(subject, SigningJob):
        return _look_up_job(calls, subject)
    return _look_up_version(calls, subject)


def _look_up_job(calls: Calls, job: SigningJob) -> State:
    try:
        answer = calls.call(
            "DescribeSigningJob",
            calls.signer.describe_signing_job,
            job.title,
            declined={_NOT_FOUND},
            jobId=job.identifier,
        )
    except DeclinedError as error:
        raise RevocationError(
            f"{job.title} does not exist in {calls.place}: check the id, the account and the "
            "region (`aws signer list-signing-jobs` lists the jobs)"
        ) from error
    status = str(answer.get("status"))
    if status != "Succeeded":
        raise RevocationError(
            f"{job.title} has signed nothing (status {status}): there is nothing to revoke"
        )
    record = answer.get("revocationRecord")
    owner = str(answer.get("jobOwner") or calls.account)
    return State(
        bool(record),
        owner,
        f"it signed with the version {answer.get('profileVersion')} of the signing profile "
        f"{answer.get('profileName')}",
    )


def _look_up_version(calls: Calls, version: ProfileVersion) -> State:
    foreign = version.account != calls.account
    declined = {_NOT_FOUND, "AccessDeniedException"} if foreign else {_NOT_FOUND}
    try:
        answer = calls.call(
            "GetSigningProfile",
            calls.signer.get_signing_profile,
            f"the signing profile {version.name}",
            declined=declined,
            profileName=version.name,
            **({"profileOwner": version.account} if foreign else {}),
        )
    except DeclinedError as error:
        if error.code == _NOT_FOUND:
            raise RevocationError(
                f"the signing profile {version.name} does not exist in account "
                f"{version.account}, region {calls.region}: check the ARN"
            ) from error
        return State(
            None, version.account, f"only account {version.account} can tell whether it is revoked"
        )
    current = str(answer.get("profileVersion"))
    if current != version.version:
        # GetSigningProfile takes no version, and no other call of Signer describes one.
        return State(
            None,
            version.account,
            f"Signer describes the current version of a profile only, which is {current}",
        )
    record = answer.get("revocationRecord") or {}
    return State(
        bool(record) or answer.get("status") == "Revoked",
        version.account,
        "it is the current version: once it is revoked, the profile signs nothing any more",
        record.get("revocationEffectiveFrom"),
    )


def revoke(
    calls: Calls,
    subject: SigningJob | ProfileVersion,
    state: State,
    reason: str,
    effective: datetime,
    *,
    pause: Callable[[float], object] = time.sleep,
) -> State:
    """Revoke a job or a version, and read back that Signer did.

    Args:
        calls: The connection.
        subject: The job or the version.
        state: What `look_up` told about it.
        reason: Why; Signer keeps it, at most 500 characters.
        effective: From when on signatures of a version are revoked; of no meaning for a job.
        pause: Waits for a number of seconds.

    Returns:
        What Signer says afterwards. `revoked` is `None` for a version that is not the current
        one: Signer accepted the revocation and cannot be asked about it.

    Raises:
        RevocationError: Where Signer refuses, or does not report the revocation within ten
            seconds.
    """
    if isinstance(subject, ProfileVersion) and subject.account != calls.account:
        raise RevocationError(
            f"{subject.title} belongs to account {subject.account}, and the credentials are of "
            f"account {calls.account}: use credentials of {subject.account}, the only account "
            "that can revoke it"
        )
    try:
        if isinstance(subject, SigningJob):
            calls.call(
                "RevokeSignature",
                calls.signer.revoke_signature,
                subject.title,
                declined={_NOT_FOUND},
                jobId=subject.identifier,
                reason=reason,
                **({"jobOwner": state.owner} if state.owner != calls.account else {}),
            )
        else:
            calls.call(
                "RevokeSigningProfile",
                calls.signer.revoke_signing_profile,
                subject.title,
                declined={_NOT_FOUND},
                profileName=subject.name,
                profileVersion=subject.version,
                reason=reason,
                effectiveTime=effective,
            )
    except DeclinedError as error:
        raise RevocationError(
            f"{subject.title} does not exist in {calls.place}: check what you named"
        ) from error
    for _ in range(_LOOKS):
        after = look_up(calls, subject)
        if after.revoked is None or _took_effect(after, effective):
            return after
        pause(1)
    raise RevocationError(
        f"Signer accepted to revoke {subject.title}, but does not report it after {_LOOKS} "
        "seconds: repeat the command, which says whether it is revoked by then"
    )


def _took_effect(state: State, effective: datetime) -> bool:
    # A version may have been revoked before, from a later time on.
    return bool(state.revoked) and (state.effective is None or state.effective <= effective)
