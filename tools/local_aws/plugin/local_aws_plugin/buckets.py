"""LocalStack's S3 with its files in our own folder and the expected owner checked everywhere."""

from __future__ import annotations

import os

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response
from localstack.services.s3.models import S3Bucket, s3_stores
from localstack.services.s3.provider import S3Provider
from localstack.services.s3.storage.ephemeral import EphemeralS3ObjectStore

__all__ = ["check_expected_owner", "find_bucket", "provider", "s3_provider"]

_providers: list[S3Provider] = []


def s3_provider() -> S3Provider:
    """S3 whose objects lie in this run's folder; LocalStack's own is one for all runs."""
    folder = os.path.join(os.environ["LOCAL_AWS_STATE"], "s3")
    _providers.append(S3Provider(storage_backend=EphemeralS3ObjectStore(folder)))
    return provider()


def provider() -> S3Provider:
    """The provider that answers S3's calls; there is one as soon as there is a bucket."""
    return _providers[-1]


def find_bucket(name: str) -> S3Bucket | None:
    """The bucket of a name, in whatever account and region."""
    owner = _owner(name)
    # A store's buckets are those of all regions of its account.
    return None if owner is None else s3_stores[owner]["us-east-1"].buckets.get(name)


def check_expected_owner(chain: HandlerChain, context: RequestContext, response: Response) -> None:
    """Refuses a call that expects another owner of its bucket; LocalStack does it in places only.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
    """
    if context.service is None or context.service.service_name != "s3":
        return
    request = context.service_request or {}
    source = str(request.get("CopySource") or "").lstrip("/").split("/")[0]
    for bucket, expected in (
        (request.get("Bucket"), request.get("ExpectedBucketOwner")),
        (source, request.get("ExpectedSourceBucketOwner")),
    ):
        if bucket and expected and _owner(str(bucket)) not in (None, expected):
            raise CommonServiceException("AccessDenied", "Access Denied", 403, sender_fault=True)


def _owner(bucket: str) -> str | None:
    # The map of all buckets to their accounts is shared by all accounts' stores.
    stores = s3_stores["000000000000"]["us-east-1"]
    owner: str | None = stores.global_bucket_map.get(bucket)
    return owner
