"""Decides whether Lambda accepts a signed or unsigned archive.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html: four checks, made when
code is deployed. A failed integrity check blocks always; mismatch, expiry and revocation block
under ``Enforce`` only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from localstack.aws.api import CommonServiceException

from ..signer.envelope import (
    ContentChangedError,
    EnvelopeError,
    NoSignatureError,
    Signature,
    read_signature,
)
from ..signer.store import AUTHORITY, find_job, find_version

__all__ = ["Policy", "verify"]


@dataclass(frozen=True)
class Policy:
    """A code signing configuration as far as it decides.

    Attributes:
        publishers: Profile version ARNs whose signatures are accepted.
        enforced: False where untrusted code is accepted with a warning.
    """

    publishers: frozenset[str]
    enforced: bool


def verify(archive: bytes, policy: Policy, name: str) -> Signature | None:
    """Checks an archive against a policy.

    Args:
        archive: The ZIP archive.
        policy: What decides.
        name: Function or layer, for the error.

    Returns:
        The signature where it is trusted; None where the archive is accepted with a warning.

    Raises:
        CommonServiceException: The archive is refused, with Lambda's own codes.
    """
    signature: Signature | None
    try:
        signature = read_signature(archive, AUTHORITY)
    except NoSignatureError:
        signature = None
    except ContentChangedError:
        # As recorded from the service, although the API reference suggests the other code.
        raise _refusal(name) from None
    except EnvelopeError as error:
        raise CommonServiceException(
            "InvalidCodeSignatureException",
            f"The code signature failed the integrity check for {name}: {error}",
            400,
            sender_fault=True,
        ) from None
    if signature is not None and _trusted(signature, policy):
        return signature
    if policy.enforced:
        raise _refusal(name)
    return None


def _trusted(signature: Signature, policy: Policy) -> bool:
    if signature.profile_version_arn not in policy.publishers:
        return False
    if signature.expires_at <= datetime.now(UTC):
        return False
    job = find_job(arn=signature.job_arn)
    version = find_version(signature.profile_version_arn)
    if job is None or version is None or job.revocation is not None:
        return False
    if version.revocation is None:
        return True
    return bool(job.created_at < _aware(version.revocation["revocationEffectiveFrom"]))


def _aware(time: datetime) -> datetime:
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _refusal(name: str) -> CommonServiceException:
    return CommonServiceException(
        "CodeVerificationFailedException",
        "Lambda cannot deploy the function. The function or layer might be signed using a "
        "signature that the client is not configured to accept. Check the provided signature "
        f"for {name}.",
        400,
        sender_fault=True,
    )
