"""Comparing what Signer returned with what it was sent, byte for byte."""

import struct
import zipfile
import zlib
from collections.abc import Generator, Sequence
from contextlib import closing
from itertools import zip_longest
from pathlib import Path

from ...errors import SigningError
from .archive import SIGNATURE_FOLDER, SIGNATURE_NAME
from .content import Entry, zip_entries

__all__ = ["MismatchError", "verify_signed"]

_CHUNK = 1 << 20
# What zipfile raises for archives that are damaged, truncated or forged.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
)


class MismatchError(Exception):
    """The signed zip is not the code that was sent plus a signature; the message says why."""


def verify_signed(signed: Path, entries: Sequence[Entry]) -> None:
    """Check that a signed zip is the given code and a signature, and nothing else.

    The same names in the same order, the same modes (or none), the same bytes; besides them
    exactly one signature entry and at most the directory entry above it. Times and compression
    may differ: Lambda accepts that too. Whether the signature is genuine is for Lambda to say.

    Args:
        signed: The zip to check.
        entries: The code, as it was sent.

    Raises:
        MismatchError: Where it is anything else.
        SigningError: Where the code itself cannot be read.

    Example:
        ```python
        import zipfile
        from pathlib import Path
        from secure_lambda_constructs.signing.command.archive import SIGNATURE_NAME, write_archive
        from secure_lambda_constructs.signing.command.content import read_content
        from secure_lambda_constructs.signing.command.verification import verify_signed

        with read_content(Path("lambda")) as entries:
            with open("signed.zip", "xb") as output:
                write_archive(entries, output)
            with zipfile.ZipFile("signed.zip", "a") as archive:
                archive.writestr(SIGNATURE_NAME, "what Signer writes")
            verify_signed(Path("signed.zip"), entries)
        ```
    """
    try:
        archive = zipfile.ZipFile(signed)
    except _DAMAGE as error:
        raise MismatchError(f"it is not a readable zip ({error})") from error
    with archive:
        found = _without_signature(zip_entries(archive), entries)
        for expected, actual in zip_longest(entries, found):
            if expected is None:
                raise MismatchError(f"the entry {actual.name} was added")
            if actual is None:
                raise MismatchError(f"the entry {expected.name} is missing")
            if actual.name != expected.name:
                raise MismatchError(f"the entry {actual.name} stands where {expected.name} should")
            # AWS does not say whether Signer keeps modes: none is accepted, another one is not.
            if actual.mode and expected.mode not in (0, actual.mode):
                raise MismatchError(
                    f"the mode of {expected.name} is {actual.mode:o} instead of {expected.mode:o}"
                )
        for expected, actual in zip(entries, found, strict=True):
            _compare(expected, actual)


def _without_signature(found: list[Entry], entries: Sequence[Entry]) -> list[Entry]:
    signatures = [entry for entry in found if entry.name == SIGNATURE_NAME]
    if not signatures or not signatures[0].size:
        raise MismatchError("it carries no signature")
    if len(signatures) > 1:
        raise MismatchError("it carries more than one signature")
    rest = [entry for entry in found if entry.name != SIGNATURE_NAME]
    if len(rest) > len(entries):
        for position in range(len(rest) - 1, -1, -1):
            if rest[position].name == SIGNATURE_FOLDER and not rest[position].size:
                del rest[position]
                break
    return rest


def _compare(expected: Entry, actual: Entry) -> None:
    # Closed at once: an open entry would keep the whole zip open, which Windows cannot delete.
    with (
        closing(_chunks(expected, SigningError, "of the code")) as sent,
        closing(_chunks(actual, MismatchError, "of the signed zip")) as returned,
    ):
        # Both are read in chunks of one size, so equal content gives equal chunks.
        for left, right in zip_longest(sent, returned):
            if left != right:
                raise MismatchError(f"the content of {expected.name} differs")


def _chunks(entry: Entry, failure: type[Exception], whose: str) -> Generator[bytes, None, None]:
    try:
        with entry.open() as content:
            while chunk := content.read(_CHUNK):
                yield chunk
    except _DAMAGE as error:
        raise failure(f"the entry {entry.name} {whose} is damaged ({error})") from error
