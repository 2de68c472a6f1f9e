"""Signing one asset, from the code to the verified zip in the assembly's cache."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import SigningError
from .archive import refuse_signed, write_archive
from .arguments import Request
from .assembly import Asset
from .content import Entry, read_content
from .verification import MismatchError, verify_signed
from .workspace import Workspace

if TYPE_CHECKING:
    from .aws import Aws
    from .staging import SignedObject, Staging
    from .traffic import Traffic

__all__ = ["cached_result", "sign_asset"]


def cached_result(request: Request, asset: Asset, workspace: Workspace) -> Path | None:
    """Find the signed zip of an asset in the assembly's cache, without any call to AWS.

    Args:
        request: What is to be signed.
        asset: The code and its assembly.
        workspace: The cache.

    Returns:
        The zip, or `None` where there is none that is the code with a signature.

    Raises:
        SigningError: Where the code cannot be signed, or not be read.
    """
    result = workspace.result(request.identity)
    with system_errors_explained(workspace), read_content(asset.source) as entries:
        refuse_signed(entries)
        try:
            verify_signed(result, entries)
        except (FileNotFoundError, MismatchError):
            return None  # what is damaged or stale is signed again and replaced
    return result


def sign_asset(
    request: Request, asset: Asset, workspace: Workspace, aws: "Aws", traffic: "Traffic"
) -> Path:
    """Have an asset signed by Signer, and put the verified result into the assembly's cache.

    Args:
        request: What is to be signed.
        asset: The code and its assembly.
        workspace: The cache, opened.
        aws: The connection.
        traffic: What the assets of one run share.

    Returns:
        The absolute path of the signed zip.

    Raises:
        SigningError: Where it cannot be signed; nothing is left behind then.
        StoppedError: The run was stopped; nothing is left behind then either.
    """
    from .jobs import FailedJobError, start_job, wait_for_job
    from .staging import Staging

    staging = Staging(aws, request.identity)
    with system_errors_explained(workspace):
        for _ in range(2):
            with traffic.transfer(), _packed(asset.source, workspace) as archive:
                version = staging.ensure_source(archive)
                identifier = start_job(aws, request, staging, version)
            try:
                job = wait_for_job(aws, identifier, request.timeout_seconds, traffic=traffic)
            except FailedJobError as error:
                raise _discarded(staging, version, error) from error
            with traffic.transfer():
                result = _fetched(request, asset, workspace, staging, job.signed, version)
            if result is not None:
                return result
            # The job is one of long ago, and the bucket's lifecycle has taken its result since.
            staging.discard_source(version)
    raise SigningError(
        f"what Signer made is gone from the staging bucket {aws.target.bucket} at once: "
        "check its lifecycle rules and what else deletes there"
    )


@contextmanager
def system_errors_explained(workspace: Workspace) -> Iterator[None]:
    """Say in a sentence what the operating system refused inside the block.

    Args:
        workspace: The cache, for the sentence.

    Raises:
        SigningError: In place of an `OSError`.
    """
    try:
        yield
    except OSError as error:
        from .failures import explain_system

        raise explain_system(error, workspace.folder) from error


@contextmanager
def _packed(source: Path, workspace: Workspace) -> Iterator[Path]:
    """Yield the zip to send, which is gone afterwards where it was made for that."""
    if not source.is_dir():
        yield source
        return
    with workspace.temporary() as archive, read_content(source) as entries:
        write_archive(entries, archive.file)
        archive.file.flush()
        yield archive.path


def _fetched(
    request: Request,
    asset: Asset,
    workspace: Workspace,
    staging: "Staging",
    signed: "SignedObject",
    version: str,
) -> Path | None:
    """Fetch the result of a job, and keep it where it is the code with a signature."""
    result = workspace.result(request.identity)
    with workspace.temporary() as output:
        if not staging.fetch_signed(signed, output.file):
            return None
        output.file.flush()
        with read_content(asset.source) as entries:
            _verify(output.path, entries, staging, signed, version)
        output.publish(result)
    return result


def _verify(
    path: Path, entries: Sequence[Entry], staging: "Staging", signed: "SignedObject", version: str
) -> None:
    try:
        verify_signed(path, entries)
    except MismatchError as error:
        refused = SigningError(
            f"the signed object s3://{signed.bucket}/{signed.key} is not the code that "
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
