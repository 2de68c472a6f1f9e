"""Profiles and jobs in the shapes of Signer's answers."""

from __future__ import annotations

import json
from typing import Any

from .errors import invalid
from .store import PLATFORM_NAME, Job, Profile

__all__ = ["job", "job_summary", "page", "permissions", "profile", "profile_summary", "selected"]

_LARGEST_PAGE = 25


def profile(item: Profile) -> dict[str, Any]:
    """The answer of GetSigningProfile."""
    answer = profile_summary(item)
    answer["overrides"] = item.overrides
    answer["statusReason"] = {"Active": ""}.get(item.status, f"The profile is {item.status}")
    if item.current.revocation:
        answer["revocationRecord"] = item.current.revocation
    return answer


def profile_summary(item: Profile) -> dict[str, Any]:
    """One profile in the answer of ListSigningProfiles."""
    return {
        "profileName": item.name,
        "profileVersion": item.current.id,
        "profileVersionArn": item.current.arn,
        "signatureValidityPeriod": item.validity,
        "platformId": item.platform_id,
        "platformDisplayName": PLATFORM_NAME,
        "signingParameters": item.parameters,
        "status": item.status,
        "arn": item.arn,
        "tags": dict(item.tags),
    }


def permissions(item: Profile) -> dict[str, Any]:
    """The answer of ListProfilePermissions."""
    listed = [
        {
            "action": each.action,
            "principal": each.principal,
            "statementId": each.statement_id,
            **({"profileVersion": each.profile_version} if each.profile_version else {}),
        }
        for each in item.permissions
    ]
    return {
        "revisionId": item.permissions_revision,
        "policySizeBytes": len(json.dumps(listed)),
        "permissions": listed,
    }


def job(item: Job) -> dict[str, Any]:
    """The answer of DescribeSigningJob."""
    answer = job_summary(item)
    del answer["isRevoked"]
    answer |= {"requestedBy": item.requested_by, "statusReason": item.status_reason}
    if item.completed_at:
        answer["completedAt"] = item.completed_at
    if item.revocation:
        answer["revocationRecord"] = item.revocation
    return answer


def job_summary(item: Job) -> dict[str, Any]:
    """One job in the answer of ListSigningJobs."""
    answer: dict[str, Any] = {
        "jobId": item.id,
        "source": item.source,
        "createdAt": item.created_at,
        "status": item.status,
        "isRevoked": item.revocation is not None,
        "profileName": item.profile_name,
        "profileVersion": item.profile_version,
        "platformId": item.platform_id,
        "platformDisplayName": PLATFORM_NAME,
        "jobOwner": item.owner,
        "jobInvoker": item.invoker,
    }
    if item.signed_key:
        target = item.destination["s3"]["bucketName"]
        answer["signedObject"] = {"s3": {"bucketName": target, "key": item.signed_key}}
        answer["signatureExpiresAt"] = item.signature_expires_at
    return answer


def selected(item: Job, request: dict[str, Any]) -> bool:
    """Whether a job passes the filters of ListSigningJobs."""
    wanted = {
        "status": item.status,
        "platformId": item.platform_id,
        "requestedBy": item.requested_by,
        "jobInvoker": item.invoker,
        "isRevoked": item.revocation is not None,
    }
    if any(request.get(key) not in (None, value) for key, value in wanted.items()):
        return False
    before, after = request.get("signatureExpiresBefore"), request.get("signatureExpiresAfter")
    expires = item.signature_expires_at
    return (before is None or expires < before) and (after is None or expires > after)


def page(key: str, items: list[Any], request: dict[str, Any]) -> dict[str, Any]:
    """One page of a list."""
    size = int(request.get("maxResults") or _LARGEST_PAGE)
    if not 1 <= size <= _LARGEST_PAGE:
        raise invalid(f"maxResults must be from 1 to {_LARGEST_PAGE}, got {size}")
    try:
        first = int(request.get("nextToken") or 0)
    except ValueError:
        raise invalid("nextToken is none that was given out") from None
    answer: dict[str, Any] = {key: items[first : first + size]}
    if first + size < len(items):
        answer["nextToken"] = str(first + size)
    return answer
