"""Signing one asset, from the code to the verified zip in the assembly's cache."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import SigningError
from .archive import refuse_signed, write_archive
from .arguments import Request
from .assembly import Asset, find_asset
from .content import Entry, read_content
from .verification import MismatchError, verify_signed
from .workspace import Workspace

if TYPE_CHECKING:
    from .aws import Aws
    from .staging import Staging
    from .workspace import TemporaryFile

__all__ = ["sign", "sign_asset"]


def sign(request: Request) -> Path:
    """Sign what the request names, in the assembly that is found from the working directory.

    Args:
        request: What is to be signed.

    Returns:
        The absolute path of the signed zip.

    Raises:
        SigningError: Where it cannot be signed; nothing is left behind then.

    """
    asset = find_asset(
        request.source,
        request.assembly,
        working_directory=Path.cwd(),
        environment=os.environ,
    )
    return sign_asset(request, asset, _connect)


def sign_asset(request: Request, asset: Asset, connect: "Callable[[Request], Aws]") -> Path:
    """Sign an asset, unless a signed zip of it lies in the assembly's cache already.

    A cached zip is compared with the code before it counts, without any call to AWS.

    Args:
        request: What is to be signed.
        asset: The code and its assembly.
        connect: Connects to AWS; called only where something is to be signed.

    Returns:
        The absolute path of the signed zip.

    Raises:
        SigningError: Where it cannot be signed; nothing is left behind then.
    """
    workspace = Workspace(asset.assembly)
    result = workspace.result(request.identity)
    try:
        with read_content(asset.source) as entries:
            refuse_signed(entries)
            if _is_signed(result, entries):
                return result
            with workspace.opened(), workspace.temporary() as output:
                with _packed(asset.source, entries, workspace) as (archive, packed):
                    _obtain(request, connect(request), archive, packed, output)
                output.publish(result)
    except OSError as error:
        from .failures import explain_system

        raise explain_system(error, workspace.folder) from error
    return result


def _connect(request: Request) -> "Aws":
    from .aws import connect  # botocore costs 0.2 s, for which a cached result need not wait

    return connect(request)


def _is_signed(result: Path, entries: Sequence[Entry]) -> bool:
    try:
        verify_signed(result, entries)
    except (FileNotFoundError, MismatchError):
        return False  # what is damaged or stale is signed again and replaced
    return True


@contextmanager
def _packed(
    source: Path, entries: list[Entry], workspace: Workspace
) -> Iterator[tuple[Path, list[Entry]]]:
    """Yield the zip to send and what it consists of."""
    if not source.is_dir():
        yield source, entries
        return
    with workspace.temporary() as archive:
        write_archive(entries, archive.file)
        archive.file.flush()
        # The result is compared with what was sent: the directory may change meanwhile.
        with read_content(archive.path) as packed:
            yield archive.path, packed


def _obtain(
    request: Request,
    aws: "Aws",
    archive: Path,
    entries: Sequence[Entry],
    output: "TemporaryFile",
) -> None:
    """Write the signed and verified form of an archive to a temporary file."""
    from .jobs import FailedJobError, start_job, wait_for_job
    from .staging import Staging

    staging = Staging(aws, request.identity)
    for _ in range(2):
        version = staging.ensure_source(archive)
        try:
            job = wait_for_job(
                aws, start_job(aws, request, staging, version), request.timeout_seconds
            )
        except FailedJobError as error:
            raise _discarded(staging, version, error) from error
        if staging.fetch_signed(job.signed, output.file):
            break
        # The job is one of long ago, and the bucket's lifecycle has taken its result since.
        staging.discard_source(version)
    else:
        raise SigningError(
            f"what Signer made is gone from the staging bucket {aws.target.bucket} at once: "
            "check its lifecycle rules and what else deletes there"
        )
    output.file.flush()
    try:
        verify_signed(output.path, entries)
    except MismatchError as error:
        refused = SigningError(
            f"the signed object s3://{job.signed.bucket}/{job.signed.key} is not the code that "
            f"was sent ({error}), so it was not published: check who can write to the bucket "
            "and repeat the command, which makes a new job"
        )
        raise _discarded(staging, version, refused) from error


def _discarded(staging: "Staging", version: str, reason: SigningError) -> SigningError:
    """Delete the source, without which the same job would come back, and return the reason."""
    try:
        staging.discard_source(version)
    except SigningError as error:
        return SigningError(f"{reason}; its source object must be deleted by hand, as {error}")
    return reason
