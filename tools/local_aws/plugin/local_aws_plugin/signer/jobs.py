"""Signing jobs: they read the versioned source, sign it and write the result."""

from __future__ import annotations

import io
import logging
import threading
import zipfile
from typing import Any

from botocore.exceptions import ClientError
from localstack.aws.connect import connect_to

from ..control import CONTROL
from .envelope import EnvelopeError, Signature, add_signature
from .store import AUTHORITY, LOCK, Job, now

__all__ = ["start"]

_LOG = logging.getLogger(__name__)


def start(job: Job, region: str) -> None:
    """Runs a job in the background, for as long and to the end that the test asked for."""
    outcome = CONTROL.take_outcome()
    if outcome == "endless":
        return
    timer = threading.Timer(CONTROL.latency_seconds, _run, args=(job, region, outcome))
    timer.daemon = True
    timer.start()


def _run(job: Job, region: str, outcome: str) -> None:
    try:
        key = None if outcome == "fail" else _sign(job, region, outcome)
        reason = "Signing job failed: an internal error occurred" if key is None else ""
    except EnvelopeError as error:
        key, reason = None, f"Unable to sign the source object: {error}"
    except ClientError as error:
        key, reason = None, f"Unable to read the source or write the result: {error}"
    except Exception as error:
        _LOG.exception("signing job %s", job.id)
        key, reason = None, f"Internal error: {error}"
    with LOCK:
        job.completed_at = now()
        job.signed_key = key
        job.status = "Succeeded" if key else "Failed"
        job.status_reason = "Signing Succeeded" if key else reason


def _sign(job: Job, region: str, outcome: str) -> str:
    s3 = connect_to(aws_access_key_id=job.invoker, region_name=region).s3
    source = job.source["s3"]
    archive = s3.get_object(
        Bucket=source["bucketName"], Key=source["key"], VersionId=source["version"]
    )["Body"].read()
    if outcome == "foreign_content":
        archive = _with_foreign_entry(archive)
    elif outcome == "changed_content":
        archive = _with_changed_entry(archive)
    if outcome != "unsigned":
        signature = Signature(job.arn, job.profile_version_arn, job.signature_expires_at)
        archive = add_signature(archive, signature, AUTHORITY)
    target: dict[str, Any] = job.destination["s3"]
    # The Lambda platform keeps the extension; the prefix is taken as it is, without a slash.
    key = f"{target.get('prefix') or ''}{job.id}.zip"
    s3.put_object(Bucket=target["bucketName"], Key=key, Body=archive)
    return key


def _with_foreign_entry(archive: bytes) -> bytes:
    changed = io.BytesIO(archive)
    with zipfile.ZipFile(changed, "a") as target:
        target.writestr("sitecustomize.py", "# not part of what was sent for signing\n")
    return changed.getvalue()


def _with_changed_entry(archive: bytes) -> bytes:
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(changed, "w") as target:
        done = False
        for entry in source.infolist():
            body = source.read(entry)
            if body and not done:
                body, done = body + b"\n", True
            target.writestr(entry, body)
    return changed.getvalue()
