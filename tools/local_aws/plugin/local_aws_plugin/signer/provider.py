"""Signer's API: signing profiles and signing jobs.

https://docs.aws.amazon.com/signer/latest/api/ - what is not here answers 501, loudly.
"""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from localstack.aws.api import RequestContext, ServiceException, handler

from . import jobs, views
from .errors import access_denied, conflict, invalid, not_found
from .objects import Objects
from .store import LOCK, PLATFORM_ID, STORES, Job, Permission, Profile, find_job, now

__all__ = ["SignerProvider"]

_NAME = re.compile(r"[a-zA-Z0-9_]{2,64}")
_DEFAULT_VALIDITY = {"value": 135, "type": "MONTHS"}
_DAYS = {"DAYS": 1, "MONTHS": 30, "YEARS": 365}

Request = dict[str, Any]


class SignerProvider:
    """Answers the calls; the methods bear the names of Signer's operations."""

    service = "signer"
    version = "2017-08-25"

    @handler("PutSigningProfile", expand=False)
    def put_signing_profile(self, context: RequestContext, request: Request) -> Request:
        """Makes a profile, or a new version of one that is there."""
        name = _checked_name(request["profileName"])
        if request["platformId"] != PLATFORM_ID:
            raise invalid(f"the stand-in has the platform {PLATFORM_ID} only")
        with LOCK:
            store = STORES[context.account_id][context.region]
            profile = store.profiles.get(name)
            if profile is not None and profile.cancelled:
                # https://docs.aws.amazon.com/signer/latest/api/API_CancelSigningProfile.html:
                # a cancelled profile is there for two years, and so is its name.
                raise invalid(f"Signing profile {name} is canceled, its name cannot be used again")
            if profile is None:
                partition = context.partition
                profile = store.profiles[name] = Profile(
                    name=name,
                    account=context.account_id,
                    arn=f"arn:{partition}:signer:{context.region}:{context.account_id}"
                    f":/signing-profiles/{name}",
                    platform_id=request["platformId"],
                    validity=dict(request.get("signatureValidityPeriod") or _DEFAULT_VALIDITY),
                    parameters=dict(request.get("signingParameters") or {}),
                    overrides=dict(request.get("overrides") or {}),
                    tags=dict(request.get("tags") or {}),
                )
            version = profile.add_version()
            return {
                "arn": profile.arn,
                "profileVersion": version.id,
                "profileVersionArn": version.arn,
            }

    @handler("GetSigningProfile", expand=False)
    def get_signing_profile(self, context: RequestContext, request: Request) -> Request:
        """Describes a profile, also one of another account that permits it."""
        owner = request.get("profileOwner") or context.account_id
        profile = _profile(owner, context.region, request["profileName"])
        _require_permission(context, profile, "signer:GetSigningProfile")
        return views.profile(profile)

    @handler("ListSigningProfiles", expand=False)
    def list_signing_profiles(self, context: RequestContext, request: Request) -> Request:
        """Lists profiles, by default the active ones."""
        statuses = request.get("statuses") or (
            ["Active", "Canceled", "Revoked"] if request.get("includeCanceled") else ["Active"]
        )
        found = [
            views.profile_summary(profile)
            for profile in STORES[context.account_id][context.region].profiles.values()
            if profile.status in statuses
            and request.get("platformId") in (None, profile.platform_id)
        ]
        return views.page("profiles", found, request)

    @handler("CancelSigningProfile", expand=False)
    def cancel_signing_profile(self, context: RequestContext, request: Request) -> None:
        """Cancels a profile for good."""
        with LOCK:
            _profile(context.account_id, context.region, request["profileName"]).cancelled = True

    @handler("RevokeSigningProfile", expand=False)
    def revoke_signing_profile(self, context: RequestContext, request: Request) -> None:
        """Revokes what a profile version signs from a time on."""
        profile = _profile(context.account_id, context.region, request["profileName"])
        # https://docs.aws.amazon.com/signer/latest/developerguide/revocation.html
        effective = request["effectiveTime"]
        effective = effective if effective.tzinfo else effective.replace(tzinfo=UTC)
        if effective > now():
            raise invalid("The effective time of a revocation cannot be in the future")
        with LOCK:
            for version in profile.versions:
                if version.id == request["profileVersion"]:
                    before = (version.revocation or {}).get("revocationEffectiveFrom")
                    if before is not None and effective > before:
                        raise invalid("The effective time of a revocation cannot become later")
                    version.revocation = {
                        "revocationEffectiveFrom": effective,
                        "revokedAt": now(),
                        "revokedBy": _caller(context),
                    }
                    return
        raise not_found(f"Signing profile version {request['profileVersion']} not found")

    @handler("StartSigningJob", expand=False)
    def start_signing_job(self, context: RequestContext, request: Request) -> Request:
        """Starts a job; the same token returns the first one's id again."""
        token = request["clientRequestToken"]
        store = STORES[context.account_id][context.region]
        first = find_job(job_id=store.tokens.get(token))
        if first is not None:
            return {"jobId": first.id, "jobOwner": first.owner}
        owner = request.get("profileOwner") or context.account_id
        profile = _profile(owner, context.region, _checked_name(request["profileName"]))
        _require_permission(context, profile, "signer:StartSigningJob")
        if profile.status != "Active":
            raise invalid(f"Signing profile {profile.name} is not active: {profile.status}")
        _check_source(context, request)
        _check_destination(context, request)
        with LOCK:
            # Asked again, because a call with the same token may have come between.
            first = find_job(job_id=store.tokens.get(token))
            if first is not None:
                return {"jobId": first.id, "jobOwner": first.owner}
            job = _new_job(context, profile, request)
            STORES[owner][context.region].jobs[job.id] = job
            store.tokens[token] = job.id
        jobs.start(job, context.region)
        return {"jobId": job.id, "jobOwner": job.owner}

    @handler("DescribeSigningJob", expand=False)
    def describe_signing_job(self, context: RequestContext, request: Request) -> Request:
        """Describes a job of this account: one that it owns or started."""
        return views.job(_job(context, request["jobId"]))

    @handler("ListSigningJobs", expand=False)
    def list_signing_jobs(self, context: RequestContext, request: Request) -> Request:
        """Lists jobs, newest first."""
        found = [
            views.job_summary(job)
            for job in STORES[context.account_id][context.region].jobs.values()
            if views.selected(job, request)
        ]
        return views.page("jobs", found[::-1], request)

    @handler("RevokeSignature", expand=False)
    def revoke_signature(self, context: RequestContext, request: Request) -> None:
        """Revokes what one job signed."""
        job = _job(context, request["jobId"])
        with LOCK:
            job.revocation = {
                "reason": request["reason"],
                "revokedAt": now(),
                "revokedBy": _caller(context),
            }

    @handler("AddProfilePermission", expand=False)
    def add_profile_permission(self, context: RequestContext, request: Request) -> Request:
        """Lets another account use a profile."""
        profile = _profile(context.account_id, context.region, request["profileName"])
        with LOCK:
            _check_revision(profile, request)
            if any(each.statement_id == request["statementId"] for each in profile.permissions):
                raise conflict(f"Statement {request['statementId']} exists already")
            profile.permissions.append(
                Permission(
                    request["action"],
                    request["principal"],
                    request["statementId"],
                    request.get("profileVersion"),
                )
            )
            profile.permissions_revision = str(uuid.uuid4())
            return {"revisionId": profile.permissions_revision}

    @handler("RemoveProfilePermission", expand=False)
    def remove_profile_permission(self, context: RequestContext, request: Request) -> Request:
        """Takes a permission back."""
        profile = _profile(context.account_id, context.region, request["profileName"])
        with LOCK:
            _check_revision(profile, request)
            left = [
                each for each in profile.permissions if each.statement_id != request["statementId"]
            ]
            if len(left) == len(profile.permissions):
                raise not_found(f"Statement {request['statementId']} not found")
            profile.permissions = left
            profile.permissions_revision = str(uuid.uuid4())
            return {"revisionId": profile.permissions_revision}

    @handler("ListProfilePermissions", expand=False)
    def list_profile_permissions(self, context: RequestContext, request: Request) -> Request:
        """Lists what other accounts may do with a profile."""
        profile = _profile(context.account_id, context.region, request["profileName"])
        if not profile.permissions:
            raise not_found(f"Signing profile {profile.name} has no permissions")
        return views.permissions(profile)

    @handler("TagResource", expand=False)
    def tag_resource(self, context: RequestContext, request: Request) -> None:
        """Adds tags to a profile."""
        with LOCK:
            _tagged(context, request).tags.update(request["tags"])

    @handler("UntagResource", expand=False)
    def untag_resource(self, context: RequestContext, request: Request) -> None:
        """Removes tags from a profile."""
        with LOCK:
            tags = _tagged(context, request).tags
            for key in request["tagKeys"]:
                tags.pop(key, None)

    @handler("ListTagsForResource", expand=False)
    def list_tags_for_resource(self, context: RequestContext, request: Request) -> Request:
        """Lists a profile's tags."""
        return {"tags": dict(_tagged(context, request).tags)}


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise invalid(
            f"1 validation error detected: Value '{name}' at 'profileName' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9_]{2,64}$"
        )
    return name


def _profile(account: str, region: str, name: str) -> Profile:
    profile = STORES[account][region].profiles.get(name)
    if profile is None:
        raise not_found(f"Signing profile {name} not found")
    return profile


def _job(context: RequestContext, job_id: str) -> Job:
    job = find_job(job_id=job_id)
    if job is None or context.account_id not in (job.owner, job.invoker):
        raise not_found(f"Signing job {job_id} not found")
    return job


def _tagged(context: RequestContext, request: Request) -> Profile:
    for profile in STORES[context.account_id][context.region].profiles.values():
        if profile.arn == request["resourceArn"]:
            return profile
    raise not_found(f"Resource {request['resourceArn']} not found", code="NotFoundException")


def _caller(context: RequestContext) -> str:
    return f"arn:{context.partition}:iam::{context.account_id}:root"


def _require_permission(context: RequestContext, profile: Profile, action: str) -> None:
    caller = context.account_id
    if caller == profile.account:
        return
    for each in profile.permissions:
        principal_fits = each.principal == caller or f"::{caller}:" in each.principal
        version_fits = each.profile_version in (None, profile.current.id)
        if each.action == action and principal_fits and version_fits:
            return
    raise access_denied(f"Account {caller} is not authorized to perform {action} on {profile.arn}")


def _check_revision(profile: Profile, request: Request) -> None:
    if request.get("revisionId") not in (None, profile.permissions_revision):
        raise conflict("The revision id does not match the current one")


def _check_source(context: RequestContext, request: Request) -> None:
    source = (request.get("source") or {}).get("s3")
    if not source:
        raise invalid("source.s3 is required")
    objects = Objects(context.account_id, context.region, context.partition)
    bucket = source["bucketName"]
    _check_bucket(objects, context, bucket)
    if not objects.is_versioned(bucket):
        raise invalid(f"The source bucket {bucket} is not version enabled")
    try:
        objects.check_exists(bucket, source["key"], source["version"])
    except ServiceException as error:
        raise invalid(
            f"The source object {source['key']} with the version {source['version']} "
            f"is not in bucket {bucket}"
        ) from error


def _check_destination(context: RequestContext, request: Request) -> None:
    destination = (request.get("destination") or {}).get("s3") or {}
    if not destination.get("bucketName"):
        raise invalid("destination.s3.bucketName is required")
    objects = Objects(context.account_id, context.region, context.partition)
    _check_bucket(objects, context, destination["bucketName"])


def _check_bucket(objects: Objects, context: RequestContext, bucket: str) -> None:
    place = objects.region_of(bucket)
    if place is None:
        raise invalid(f"The bucket {bucket} does not exist or is not accessible")
    if place != context.region:
        raise invalid(f"The bucket {bucket} is in {place}, the signing profile in {context.region}")


def _new_job(context: RequestContext, profile: Profile, request: Request) -> Job:
    identity = str(uuid.uuid4())
    return Job(
        id=identity,
        arn=f"arn:{context.partition}:signer:{context.region}:{profile.account}"
        f":/signing-jobs/{identity}",
        owner=profile.account,
        invoker=context.account_id,
        requested_by=_caller(context),
        profile_name=profile.name,
        profile_version=profile.current.id,
        profile_version_arn=profile.current.arn,
        platform_id=profile.platform_id,
        source=request["source"],
        destination=request["destination"],
        signature_expires_at=_expiry(profile.validity),
    )


def _expiry(validity: dict[str, Any]) -> datetime:
    return now() + timedelta(days=int(validity["value"]) * _DAYS[validity["type"]])
