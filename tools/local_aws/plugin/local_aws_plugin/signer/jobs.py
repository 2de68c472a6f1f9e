"""Signing jobs: they read the versioned source, sign it and write the result."""

from __future__ import annotations

import io
import logging
import tempfile
import threading
import time
import zipfile
from typing import IO, Any

from localstack.aws.api import ServiceException

from ..control import CONTROL
from .envelope import EnvelopeError, Signature, add_signature
from .objects import Objects
from .store import AUTHORITY, LOCK, Job, now

__all__ = ["start"]

_LOG = logging.getLogger(__name__)
_IN_MEMORY = 1 << 20
# More at a time would only take turns.
_WORKERS = threading.Semaphore(2)


def start(job: Job, region: str) -> None:
    """Runs a job in the background, for as long and to the end that the test asked for."""
    outcome = CONTROL.take_outcome()
    if outcome == "endless":
        return
    latency = CONTROL.latency_seconds
    threading.Thread(target=_run, args=(job, region, outcome, latency), daemon=True).start()


def _run(job: Job, region: str, outcome: str, latency: float) -> None:
    end = time.monotonic() + latency
    key, reason = None, "Signing job failed: an internal error occurred"
    try:
        # The work is done half-way: many callers start their jobs at once, and later fetch all the
        # results at once, and neither shall wait for the stand-in.
        time.sleep(latency / 2)
        key = None if outcome == "fail" else _sign(job, region, outcome, end)
    except EnvelopeError as error:
        reason = f"Unable to sign the source object: {error}"
    except ServiceException as error:
        reason = f"Unable to read the source or write the result: {error.message}"
    except Exception as error:
        _LOG.exception("signing job %s", job.id)
        reason = f"Internal error: {error}"
    _sleep_until(end)
    with LOCK:
        job.completed_at = now()
        job.signed_key = key
        job.status = "Succeeded" if key else "Failed"
        job.status_reason = "Signing Succeeded" if key else reason


def _sign(job: Job, region: str, outcome: str, end: float) -> str:
    objects = Objects(job.invoker, region)
    source = job.source["s3"]
    target: dict[str, Any] = job.destination["s3"]
    # The Lambda platform keeps the extension; the prefix is taken as it is, without a slash.
    key = f"{target.get('prefix') or ''}{job.id}.zip"
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as archive:
        with _WORKERS:
            objects.read(source["bucketName"], source["key"], source["version"], archive)
            if outcome == "foreign_content":
                _add_foreign_entry(archive)
            elif outcome == "changed_content":
                _change_entry(archive)
            if outcome != "unsigned":
                signature = Signature(job.arn, job.profile_version_arn, job.signature_expires_at)
                add_signature(archive, signature, AUTHORITY)
        _sleep_until(end)
        with _WORKERS:
            archive.seek(0)
            objects.write(target["bucketName"], key, archive)
    return key


def _sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))


def _add_foreign_entry(archive: IO[bytes]) -> None:
    with zipfile.ZipFile(archive, "a") as target:
        target.writestr("sitecustomize.py", "# not part of what was sent for signing\n")


def _change_entry(archive: IO[bytes]) -> None:
    archive.seek(0)
    original = io.BytesIO(archive.read())
    archive.seek(0)
    archive.truncate()
    with zipfile.ZipFile(original) as source, zipfile.ZipFile(archive, "w") as target:
        done = False
        for entry in source.infolist():
            body = source.read(entry)
            if body and not done:
                body, done = body + b"\n", True
            target.writestr(entry, body)
