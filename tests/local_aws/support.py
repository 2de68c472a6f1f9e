"""What the tests of the stand-in share: archives, roles, profiles, signed code."""

import io
import json
import secrets
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws

__all__ = [
    "HANDLER",
    "SIGNATURE_ENTRY",
    "Signing",
    "make_role",
    "make_zip",
    "refused",
    "unique",
    "wait_for",
]

SIGNATURE_ENTRY = "META_INF/aws_signer_signature_v1.0.SF"
HANDLER = "def handler(event, context):\n    return 'first'\n"


def unique(prefix: str = "t") -> str:
    """A name that no other test uses; good for profiles, buckets and functions alike."""
    return f"{prefix}{secrets.token_hex(8)}"


def make_zip(*entries: tuple[str, str | bytes], **options: Any) -> bytes:
    """An archive of these entries, by default of one handler."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", **options) as archive:
        for name, body in entries or (("index.py", HANDLER),):
            archive.writestr(name, body)
    return made.getvalue()


def make_role(aws: LocalAws) -> str:
    """A role for a function."""
    trust = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        },
    }
    role = aws.client("iam").create_role(
        RoleName=unique("role"), AssumeRolePolicyDocument=json.dumps(trust)
    )
    return str(role["Role"]["Arn"])


@contextmanager
def refused(code: str, *, match: str | None = None) -> Iterator[None]:
    """Expects a call to be refused with an error code."""
    with pytest.raises(ClientError, match=match) as caught:
        yield
    assert caught.value.response["Error"]["Code"] == code, str(caught.value)


def wait_for(condition: Callable[[], object], seconds: float = 20) -> None:
    """Waits until something holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)


@dataclass
class Signing:
    """A bucket and a profile to sign with."""

    aws: LocalAws
    account: str = LocalAws.account
    bucket: str = field(default_factory=lambda: unique("bucket"))
    profile: str = field(default_factory=lambda: unique("Profile"))
    version_arn: str = ""

    def __post_init__(self) -> None:
        self.signer = self.aws.client("signer", account=self.account)
        self.s3 = self.aws.client("s3", account=self.account)
        self.s3.create_bucket(Bucket=self.bucket)
        self.s3.put_bucket_versioning(
            Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"}
        )
        made = self.signer.put_signing_profile(
            profileName=self.profile, platformId="AWSLambda-SHA384-ECDSA"
        )
        self.version_arn = made["profileVersionArn"]

    def upload(self, archive: bytes) -> dict[str, Any]:
        """Puts an archive; returns it as a job's source."""
        put = self.s3.put_object(Bucket=self.bucket, Key="unsigned/code.zip", Body=archive)
        key = {"bucketName": self.bucket, "key": "unsigned/code.zip", "version": put["VersionId"]}
        return {"s3": key}

    def start(self, archive: bytes, **changes: Any) -> str:
        """Starts a job and returns its id."""
        given = {
            "source": self.upload(archive),
            "destination": {"s3": {"bucketName": self.bucket, "prefix": "signed/"}},
            "profileName": self.profile,
        }
        return str(self.signer.start_signing_job(**(given | changes))["jobId"])

    def finish(self, job_id: str) -> dict[str, Any]:
        """Waits until a job has ended and describes it."""
        wait_for(lambda: self.describe(job_id)["status"] != "InProgress")
        return self.describe(job_id)

    def describe(self, job_id: str) -> dict[str, Any]:
        """Describes a job."""
        return dict(self.signer.describe_signing_job(jobId=job_id))

    def sign(self, archive: bytes) -> bytes:
        """Signs an archive and returns the result."""
        job = self.finish(self.start(archive))
        assert job["status"] == "Succeeded", job["statusReason"]
        return self.read(job)

    def read(self, job: dict[str, Any]) -> bytes:
        """The object that a job made."""
        target = job["signedObject"]["s3"]
        body = self.s3.get_object(Bucket=target["bucketName"], Key=target["key"])["Body"]
        return bytes(body.read())

    def config(self, policy: str = "Enforce", *more: str) -> str:
        """A code signing configuration that accepts this profile."""
        made = self.aws.client("lambda").create_code_signing_config(
            AllowedPublishers={"SigningProfileVersionArns": [self.version_arn, *more]},
            CodeSigningPolicies={"UntrustedArtifactOnDeployment": policy},
        )
        return str(made["CodeSigningConfig"]["CodeSigningConfigArn"])
