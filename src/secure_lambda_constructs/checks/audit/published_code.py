"""The hash of the code that an assembly published, as Lambda reports it of what it runs.

Lambda's `CodeSha256` is the SHA-256 of the package that was uploaded, in Base64
(<https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html>), which is the
object that the CDK has published. The assembly holds that object where it was signed from it: the
zip in `signed-assets`. Otherwise the object is read from the bucket that the template names. Where
neither is to be had, nobody can tell.
"""

import base64
import hashlib
import re
from contextlib import closing
from pathlib import Path
from typing import Any

from ...signing.command.aws import DeclinedError
from .calls import Account, UnreadError
from .deployed import DeployedStack

__all__ = ["PublishedCode"]

_CHUNK = 1 << 20
_IDENTITY = re.compile("(?:.*/)?([0-9a-f]{64})(?:[.]zip)?")
_GONE = {"AccessDenied", "NoSuchBucket", "NoSuchKey", "NotFound"}


class PublishedCode:
    """Finds the hashes of published code, each once."""

    def __init__(self, account: Account) -> None:
        """Set up.

        Args:
            account: The connection.
        """
        self._account = account

    def compare(
        self, stack: DeployedStack, code: dict[str, Any], live: str
    ) -> tuple[str | None, str]:
        """Return the hash that a function's code should have.

        The same code that is signed twice has two hashes. So a zip in the assembly that has
        another hash than Lambda's may not be the one that was published, and the object decides.

        Args:
            stack: The stack of the function.
            code: The property `Code` of the template.
            live: The hash that Lambda reports.

        Returns:
            The hash, and nothing; or `None`, and why it cannot be told.
        """
        bucket, key = code.get("S3Bucket"), code.get("S3Key")
        if not isinstance(bucket, str) or not isinstance(key, str):
            return None, "the template names no object"
        signed = _in_assembly(stack.folder, key)
        if signed == live:
            return signed, ""
        digest, why = self._of_object(stack.region, bucket, key)
        return (digest, why) if digest or not signed else (signed, "")

    def _of_object(self, region: str, bucket: str, key: str) -> tuple[str | None, str]:
        about = f"the code s3://{bucket}/{key}"
        try:
            answer = self._account.ask(
                region,
                "s3",
                "GetObject",
                about,
                declined=_GONE,
                read=_of_body,
                Bucket=bucket,
                Key=key,
                ChecksumMode="ENABLED",
                ExpectedBucketOwner=self._account.number,
            )
        except DeclinedError as error:
            if error.code == "AccessDenied":
                return None, f"{about} is gone, or cannot be read: it takes s3:GetObject there"
            return None, f"{about} is gone"
        except UnreadError as error:
            return None, str(error)
        return str(answer["sha256"]), ""


def _in_assembly(folder: Path, key: str) -> str | None:
    """Return the hash of the zip that was signed for an object, if the assembly has it."""
    match = _IDENTITY.fullmatch(key)
    # A stage's assembly lies within that of the app, which has the zips.
    for place in (folder, folder.parent):
        path = place / "signed-assets" / f"{match[1] if match else ''}.zip"
        if match and path.is_file():
            return _of_file(path)
    return None


def _of_file(path: Path) -> str:
    with path.open("rb") as file:
        return base64.b64encode(hashlib.file_digest(file, "sha256").digest()).decode()


def _of_body(answer: dict[str, Any]) -> dict[str, Any]:
    digest = hashlib.sha256()
    with closing(answer["Body"]) as body:
        # The CDK CLI uploads with this checksum, which S3 verifies; that of parts is another one.
        whole = answer.get("ChecksumType", "FULL_OBJECT") == "FULL_OBJECT"
        if whole and "-" not in answer.get("ChecksumSHA256", "-"):
            return {"sha256": answer["ChecksumSHA256"]}
        for chunk in body.iter_chunks(_CHUNK):
            digest.update(chunk)
    return {"sha256": base64.b64encode(digest.digest()).decode()}
