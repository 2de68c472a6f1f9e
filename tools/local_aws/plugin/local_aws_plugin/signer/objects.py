"""The objects that signing jobs read and write, in S3's own store and not by calls to it.

A call among LocalStack's services goes over the network like any other and takes as long; a job
would make eight of them. What a benchmark measures would then be the stand-in.
"""

from __future__ import annotations

import shutil
from typing import IO

from localstack.aws.api import RequestContext
from localstack.http import Request

from ..buckets import find_bucket, provider

__all__ = ["Objects"]

_CHUNK = 1 << 20


class Objects:
    """S3's objects, as one account sees them.

    Every method raises S3's own exceptions, subclasses of ``ServiceException``.
    """

    def __init__(self, account: str, region: str, partition: str = "aws") -> None:
        """Takes the account whose calls these would be."""
        self._context = RequestContext(Request())
        self._context.account_id = account
        self._context.region = region
        self._context.partition = partition

    def region_of(self, bucket: str) -> str | None:
        """The region of a bucket of any account; None where there is none of that name."""
        found = find_bucket(bucket)
        return None if found is None else str(found.bucket_region)

    def is_versioned(self, bucket: str) -> bool:
        """Whether a bucket keeps the versions of its objects."""
        found = find_bucket(bucket)
        return found is not None and found.versioning_status == "Enabled"

    def check_exists(self, bucket: str, key: str, version: str) -> None:
        """Raises S3's exception where a version of an object is not there."""
        request = {"Bucket": bucket, "Key": key, "VersionId": version}
        provider().head_object(self._context, request)

    def read(self, bucket: str, key: str, version: str, output: IO[bytes]) -> None:
        """Appends a version of an object to a file."""
        request = {"Bucket": bucket, "Key": key, "VersionId": version}
        body = provider().get_object(self._context, request)["Body"]
        try:
            shutil.copyfileobj(body, output, _CHUNK)
        finally:
            body.close()

    def write(self, bucket: str, key: str, source: IO[bytes]) -> None:
        """Puts what is left of a file as an object."""
        provider().put_object(self._context, {"Bucket": bucket, "Key": key, "Body": source})
