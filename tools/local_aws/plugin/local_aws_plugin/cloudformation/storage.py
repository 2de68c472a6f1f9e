"""``AWS::S3::Bucket`` and ``AWS::S3::BucketPolicy``: every supported property can be read back."""

from __future__ import annotations

import json
import uuid
from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceRequest

from .base import Model, OurProvider

__all__ = ["BucketPolicyProvider", "BucketProvider"]


class BucketProvider(OurProvider):
    """A bucket; one that is not empty is not deleted."""

    TYPE = "AWS::S3::Bucket"
    SUPPORTED = frozenset(
        {
            "AccessControl",
            "BucketEncryption",
            "BucketName",
            "LifecycleConfiguration",
            "LoggingConfiguration",
            "OwnershipControls",
            "PublicAccessBlockConfiguration",
            "Tags",
            "VersioningConfiguration",
        }
    )

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        s3 = request.aws_client_factory.s3
        name = wanted.get("BucketName") or self._name(request, 63).lower().strip("-")
        if wanted.get("AccessControl", "Private") != "Private":
            raise RuntimeError("the local AWS stand-in supports AccessControl Private only")
        place = (
            {}
            if request.region_name == "us-east-1"
            else {"CreateBucketConfiguration": {"LocationConstraint": request.region_name}}
        )
        s3.create_bucket(Bucket=name, **place)
        try:
            _configure(s3, name, {}, wanted)
        except Exception:
            s3.delete_bucket(Bucket=name)
            raise
        return wanted | _described(request, name)

    def _change(self, request: ResourceRequest, before: Model, wanted: Model) -> Model:
        _configure(request.aws_client_factory.s3, before["BucketName"], before, wanted)
        return wanted | _described(request, before["BucketName"])

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        request.aws_client_factory.s3.delete_bucket(Bucket=before["BucketName"])


class BucketPolicyProvider(OurProvider):
    """A bucket's policy; it is stored, not enforced."""

    TYPE = "AWS::S3::BucketPolicy"
    SUPPORTED = frozenset({"Bucket", "PolicyDocument"})

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        request.aws_client_factory.s3.put_bucket_policy(
            Bucket=wanted["Bucket"], Policy=json.dumps(wanted["PolicyDocument"])
        )
        return wanted

    def _change(self, request: ResourceRequest, before: Model, wanted: Model) -> Model:
        return self._make(request, wanted)

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        request.aws_client_factory.s3.delete_bucket_policy(Bucket=before["Bucket"])


def _described(request: ResourceRequest, name: str) -> Model:
    region = request.region_name
    return {
        "BucketName": name,
        "Arn": f"arn:aws:s3:::{name}",
        "DomainName": f"{name}.s3.amazonaws.com",
        "DualStackDomainName": f"{name}.s3.dualstack.{region}.amazonaws.com",
        "RegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
        "WebsiteURL": f"http://{name}.s3-website-{region}.amazonaws.com",
    }


def _configure(s3: Any, name: str, before: Model, wanted: Model) -> None:
    def changed(key: str) -> bool:
        return bool(wanted.get(key) != before.get(key))

    if changed("VersioningConfiguration"):
        status = (wanted.get("VersioningConfiguration") or {}).get("Status", "Suspended")
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": status})
    if changed("OwnershipControls"):
        if "OwnershipControls" in wanted:
            rules = wanted["OwnershipControls"]["Rules"]
            s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls={"Rules": rules})
        else:
            s3.delete_bucket_ownership_controls(Bucket=name)
    if changed("PublicAccessBlockConfiguration"):
        if "PublicAccessBlockConfiguration" in wanted:
            block = wanted["PublicAccessBlockConfiguration"]
            s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=block)
        else:
            s3.delete_public_access_block(Bucket=name)
    if changed("BucketEncryption"):
        if "BucketEncryption" in wanted:
            s3.put_bucket_encryption(
                Bucket=name, ServerSideEncryptionConfiguration=_encryption(wanted)
            )
        else:
            s3.delete_bucket_encryption(Bucket=name)
    if changed("LifecycleConfiguration"):
        if "LifecycleConfiguration" in wanted:
            rules = [_rule(each) for each in wanted["LifecycleConfiguration"]["Rules"]]
            s3.put_bucket_lifecycle_configuration(
                Bucket=name, LifecycleConfiguration={"Rules": rules}
            )
        else:
            s3.delete_bucket_lifecycle(Bucket=name)
    if changed("LoggingConfiguration"):
        s3.put_bucket_logging(Bucket=name, BucketLoggingStatus=_logging(name, wanted))
    if changed("Tags"):
        if wanted.get("Tags"):
            s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": wanted["Tags"]})
        else:
            s3.delete_bucket_tagging(Bucket=name)


def _encryption(wanted: Model) -> Model:
    rules = []
    for rule in wanted["BucketEncryption"]["ServerSideEncryptionConfiguration"]:
        given: Model = {}
        default = rule.get("ServerSideEncryptionByDefault")
        if default:
            given["ApplyServerSideEncryptionByDefault"] = default
        if "BucketKeyEnabled" in rule:
            given["BucketKeyEnabled"] = str(rule["BucketKeyEnabled"]).lower() == "true"
        rules.append(given)
    return {"Rules": rules}


def _logging(name: str, wanted: Model) -> Model:
    given = wanted.get("LoggingConfiguration")
    if not given:
        return {}
    return {
        "LoggingEnabled": {
            "TargetBucket": given.get("DestinationBucketName", name),
            "TargetPrefix": given.get("LogFilePrefix", ""),
        }
    }


_RULE_KEYS = {
    "AbortIncompleteMultipartUpload", "ExpirationDate", "ExpirationInDays",
    "ExpiredObjectDeleteMarker", "Id", "NoncurrentVersionExpiration",
    "NoncurrentVersionExpirationInDays", "Prefix", "Status",
}  # fmt: skip


def _rule(rule: Model) -> Model:
    """A lifecycle rule of a template as one of S3's API, which names most parts otherwise."""
    unknown = rule.keys() - _RULE_KEYS
    if unknown:
        raise RuntimeError(
            f"the local AWS stand-in does not support {', '.join(sorted(unknown))} "
            "of a lifecycle rule"
        )
    made: Model = {
        "ID": rule.get("Id") or str(uuid.uuid4()),
        "Status": rule["Status"],
        "Filter": {"Prefix": rule.get("Prefix", "")},
    }
    expiration: Model = {}
    if "ExpirationInDays" in rule:
        expiration["Days"] = int(rule["ExpirationInDays"])
    if "ExpirationDate" in rule:
        expiration["Date"] = rule["ExpirationDate"]
    if "ExpiredObjectDeleteMarker" in rule:
        marker = str(rule["ExpiredObjectDeleteMarker"]).lower() == "true"
        expiration["ExpiredObjectDeleteMarker"] = marker
    if expiration:
        made["Expiration"] = expiration
    old: Model = dict(rule.get("NoncurrentVersionExpiration") or {})
    if "NoncurrentVersionExpirationInDays" in rule:
        old["NoncurrentDays"] = rule["NoncurrentVersionExpirationInDays"]
    if old:
        made["NoncurrentVersionExpiration"] = {key: int(value) for key, value in old.items()}
    abort = rule.get("AbortIncompleteMultipartUpload")
    if abort:
        days = int(abort["DaysAfterInitiation"])
        made["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": days}
    return made
