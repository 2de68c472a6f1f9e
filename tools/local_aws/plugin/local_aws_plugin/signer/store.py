"""Profiles and jobs as Signer keeps them, for each account and region."""

from __future__ import annotations

import secrets
import string
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from localstack.services.stores import AccountRegionBundle, BaseStore, LocalAttribute

from .authority import Authority

__all__ = [
    "AUTHORITY",
    "LOCK",
    "PLATFORM_ID",
    "PLATFORM_NAME",
    "STORES",
    "Job",
    "Permission",
    "Profile",
    "ProfileVersion",
    "find_job",
    "find_version",
    "now",
]

PLATFORM_ID = "AWSLambda-SHA384-ECDSA"
PLATFORM_NAME = "AWS Lambda"

AUTHORITY = Authority()
"""The root of this run: a signature from another run is a foreign one."""

LOCK = threading.RLock()
"""Held while profiles or jobs change."""


def now() -> datetime:
    """The time, in whole seconds as Signer reports it."""
    return datetime.now(UTC).replace(microsecond=0)


@dataclass
class ProfileVersion:
    """One version of a profile.

    Attributes:
        id: Ten characters.
        arn: What code signing configurations name.
        revocation: Reason, time and caller of a revocation; None where there is none.
    """

    id: str
    arn: str
    created_at: datetime = field(default_factory=now)
    revocation: dict[str, Any] | None = None


@dataclass
class Permission:
    """What another account may do with a profile."""

    action: str
    principal: str
    statement_id: str
    profile_version: str | None


@dataclass
class Profile:
    """A signing profile; a cancelled one stays, so that its name stays blocked."""

    name: str
    account: str
    arn: str
    platform_id: str
    validity: dict[str, Any]
    parameters: dict[str, str]
    overrides: dict[str, Any]
    tags: dict[str, str]
    versions: list[ProfileVersion] = field(default_factory=list)
    permissions: list[Permission] = field(default_factory=list)
    permissions_revision: str = ""
    cancelled: bool = False

    @property
    def current(self) -> ProfileVersion:
        """The version that new jobs use."""
        return self.versions[-1]

    @property
    def status(self) -> str:
        """``Active``, ``Canceled`` or ``Revoked``."""
        if self.cancelled:
            return "Canceled"
        return "Revoked" if self.current.revocation else "Active"

    def add_version(self) -> ProfileVersion:
        """Adds a version and makes it the current one."""
        identity = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(10))
        self.versions.append(ProfileVersion(identity, f"{self.arn}/{identity}"))
        return self.current


@dataclass
class Job:
    """A signing job."""

    id: str
    arn: str
    owner: str
    invoker: str
    requested_by: str
    profile_name: str
    profile_version: str
    profile_version_arn: str
    platform_id: str
    source: dict[str, Any]
    destination: dict[str, Any]
    signature_expires_at: datetime
    created_at: datetime = field(default_factory=now)
    completed_at: datetime | None = None
    status: str = "InProgress"
    status_reason: str = "Signing job in progress"
    signed_key: str | None = None
    revocation: dict[str, Any] | None = None


class _Store(BaseStore):
    profiles: dict[str, Profile] = LocalAttribute(default=dict)
    jobs: dict[str, Job] = LocalAttribute(default=dict)
    tokens: dict[str, str] = LocalAttribute(default=dict)


# Regions are not checked against botocore's list for Signer: it trails behind.
STORES = AccountRegionBundle("signer", _Store, validate=False)
"""``STORES[account][region]`` holds ``profiles``, ``jobs`` and ``tokens``."""


def find_version(version_arn: str) -> ProfileVersion | None:
    """The profile version that an ARN names, in whatever account."""
    for store in _stores():
        for profile in list(store.profiles.values()):
            for version in profile.versions:
                if version.arn == version_arn:
                    return version
    return None


def find_job(*, job_id: str | None = None, arn: str | None = None) -> Job | None:
    """The job with an id or an ARN, in whatever account."""
    # The id is the end of the ARN. A look at every job would make many jobs slow.
    key = job_id if arn is None else arn.rpartition("/")[2]
    if key is None:
        return None
    for store in _stores():
        job = store.jobs.get(key)
        if job is not None and arn in (None, job.arn):
            return job
    return None


def _stores() -> list[_Store]:
    with LOCK:
        return [store for regions in list(STORES.values()) for store in list(regions.values())]
