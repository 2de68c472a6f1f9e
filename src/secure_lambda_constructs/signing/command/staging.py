"""The staging bucket: code goes in, signed code comes out."""

import base64
import hashlib
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, NamedTuple

from ...errors import SigningError
from .aws import Aws, DeclinedError, Response
from .permissions import SIGNED_PREFIX, SOURCE_PREFIX

__all__ = ["SignedObject", "Staging"]

_CHUNK = 1 << 20
_TRIES = 5
_TRY_AGAIN_SECONDS = 0.5
# Up to this size an upload that is not needed costs less than to ask first.
_SMALL = 1 << 20
_CONFLICTS = ("PreconditionFailed", "ConditionalRequestConflict")


class SignedObject(NamedTuple):
    """Where Signer put its result.

    Attributes:
        bucket: Name of the bucket.
        key: Key of the object.
    """

    bucket: str
    key: str


class _BrokenTransferError(Exception):
    """A download broke off, and there are attempts left."""


class Staging:
    """The objects of one asset in the staging bucket.

    Every call names the bucket's expected owner, so that a bucket that somebody else made under
    the expected name is never used
    (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html>).

    Attributes:
        source_key: Key of the code before it is signed.
        signed_prefix: Prefix of the keys of its signed forms.
    """

    def __init__(self, aws: Aws, identity: str) -> None:
        """Name the objects; nothing is called.

        Args:
            aws: The connection.
            identity: The identity of the signed asset.
        """
        self._aws = aws
        self.source_key = f"{SOURCE_PREFIX}{identity}.zip"
        self.signed_prefix = f"{SIGNED_PREFIX}{identity}/"

    def ensure_source(self, archive: Path) -> str:
        """Have the code in the bucket, uploading it only where it is not there yet.

        An object that is there is used only where the SHA-256 that S3 itself computed equals
        ours; else a new version goes on top. Uploads are conditional, so that of two programs
        with the same code one uploads and both use its version
        (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>).

        Args:
            archive: The zip.

        Returns:
            The id of the object's version.

        Raises:
            SigningError: Where the bucket is missing, denied, without versions, or keeps changing.
        """
        with archive.open("rb") as file:
            checksum = base64.b64encode(hashlib.file_digest(file, "sha256").digest()).decode()
        small = archive.stat().st_size <= _SMALL
        for attempt in range(_TRIES):
            if attempt > 1:
                time.sleep(_TRY_AGAIN_SECONDS * attempt)
            found = None if small and attempt == 0 else self._head()
            if found is not None and found.get("ChecksumSHA256") == checksum:
                return self._version(found)
            condition = {"IfNoneMatch": "*"} if found is None else {"IfMatch": found["ETag"]}
            try:
                return self._version(self._put(archive, checksum, condition))
            except DeclinedError:
                continue  # another program was faster; what it uploaded may be ours
        raise SigningError(
            f"{self.source_key} in the staging bucket {self._aws.target.bucket} keeps changing "
            "under way: find out what else writes there, then repeat the command"
        )

    def discard_source(self, version: str) -> None:
        """Delete a version of the code, so that the next run uploads it again and signs anew.

        Args:
            version: The id of the version; it may be gone already.

        Raises:
            SigningError: Where S3 declines.
        """
        # S3 answers 204 for a version that is gone, but compatible stores answer these. The id came
        # from the store itself, so it cannot be malformed.
        with suppress(DeclinedError):
            self._aws.call(
                "DeleteObject",
                self._aws.s3.delete_object,
                declined=("InvalidArgument", "NoSuchVersion", "NotFound"),
                VersionId=version,
                **self._object(self.source_key),
            )

    def fetch_signed(self, signed: SignedObject, output: IO[bytes]) -> bool:
        """Download what Signer made.

        Args:
            signed: Where Signer says it is.
            output: Receives the content; emptied first.

        Returns:
            False where the object does not exist (any more).

        Raises:
            SigningError: Where the object is not one of ours, or the download keeps breaking off.
        """
        target = self._aws.target
        if signed.bucket != target.bucket or not signed.key.startswith(self.signed_prefix):
            raise SigningError(
                f"Signer reports its result at s3://{signed.bucket}/{signed.key}, which is not "
                f"below s3://{target.bucket}/{self.signed_prefix}: nothing was taken from there"
            )
        for attempt in range(_TRIES):
            try:
                response = self._aws.call(
                    "GetObject",
                    self._aws.s3.get_object,
                    declined=("NoSuchKey", "NotFound"),
                    **self._object(signed.key),
                )
            except DeclinedError:
                return False
            output.seek(0)
            output.truncate()
            body = response["Body"]
            try:
                # Only reading is tried again: some of botocore's errors are OSErrors as well, and
                # so is the full disk that writing may meet.
                while chunk := self._read(body, last=attempt == _TRIES - 1):
                    output.write(chunk)
                return True
            except _BrokenTransferError:
                time.sleep(_TRY_AGAIN_SECONDS)
        raise AssertionError("the last attempt returns or raises")  # pragma: no cover

    def _read(self, body: Any, *, last: bool) -> bytes:
        try:
            return bytes(body.read(_CHUNK))
        except Exception as error:
            from .aws_failures import explain, is_broken_transfer

            if last or not is_broken_transfer(error):
                raise explain(error, "GetObject", self._aws.target) from error
            raise _BrokenTransferError from error

    def _head(self) -> Response | None:
        try:
            return self._aws.call(
                "HeadObject",
                self._aws.s3.head_object,
                declined=("NotFound", "NoSuchKey"),
                ChecksumMode="ENABLED",
                **self._object(self.source_key),
            )
        except DeclinedError:
            return None

    def _put(self, archive: Path, checksum: str, condition: dict[str, Any]) -> Response:
        with archive.open("rb") as body:
            return self._aws.call(
                "PutObject",
                self._aws.s3.put_object,
                declined=_CONFLICTS,
                Body=body,
                ChecksumSHA256=checksum,
                ContentType="application/zip",
                **condition,
                **self._object(self.source_key),
            )

    def _object(self, key: str) -> dict[str, Any]:
        target = self._aws.target
        return {"Bucket": target.bucket, "Key": key, "ExpectedBucketOwner": target.account}

    def _version(self, response: Response) -> str:
        version = response.get("VersionId")
        if version in (None, "", "null"):
            target = self._aws.target
            raise SigningError(
                f"the staging bucket {target.bucket} keeps no versions, which Signer requires: "
                f"deploy the stack {target.baseline_stack} again"
            )
        return str(version)
