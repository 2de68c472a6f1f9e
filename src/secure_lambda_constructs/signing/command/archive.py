"""The zip that is sent to Signer."""

import shutil
import zipfile
from collections.abc import Sequence
from typing import IO

from ...errors import SigningError
from .content import Entry

__all__ = [
    "SIGNATURE_FOLDER",
    "SIGNATURE_NAME",
    "refuse_signed",
    "write_archive",
]

SIGNATURE_FOLDER = "META_INF/"
"""Name of the directory entry that Signer adds (with an underscore, unlike Java's)."""

SIGNATURE_NAME = "META_INF/aws_signer_signature_v1.0.SF"
"""Name of the entry that holds Signer's signature."""

_SIGNER_ENTRIES = "META_INF/aws_signer"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_CHUNK = 1 << 20


def write_archive(entries: Sequence[Entry], output: IO[bytes]) -> None:
    """Write the entries as a zip that depends on nothing but them.

    Times are 1980-01-01, as `cdk-assets` writes them, and nothing of the machine goes in. The
    content is streamed, so a large file needs no memory. Where two machines have different zlib
    libraries the compressed bytes may still differ; what is compared later is the content.

    Args:
        entries: The files, in the order in which they are to be written.
        output: A new file, open for writing, that can seek.

    Example:
        ```python
        from pathlib import Path
        from secure_lambda_constructs.signing.command.archive import write_archive
        from secure_lambda_constructs.signing.command.content import read_content

        with read_content(Path("lambda")) as entries, open("code.zip", "xb") as output:
            write_archive(entries, output)
        ```
    """
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for entry in entries:
            info = zipfile.ZipInfo(entry.name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = _UNIX
            info.external_attr = entry.mode << 16
            info.file_size = entry.size  # tells zipfile where it needs the zip64 form
            with entry.open() as content, archive.open(info, "w") as target:
                shutil.copyfileobj(content, target, _CHUNK)


def refuse_signed(entries: Sequence[Entry]) -> None:
    """Refuse code that carries a signature of Signer already, because a job on it would fail.

    See <https://docs.aws.amazon.com/signer/latest/developerguide/signing-jobs-lambda.html>.

    Args:
        entries: The files of the code.

    Raises:
        SigningError: Where one of them is Signer's.

    Example:
        ```python
        from pathlib import Path
        from secure_lambda_constructs.signing.command.archive import refuse_signed
        from secure_lambda_constructs.signing.command.content import read_content

        with read_content(Path("lambda")) as entries:
            refuse_signed(entries)
        ```
    """
    for entry in entries:
        if entry.name.startswith(_SIGNER_ENTRIES):
            raise SigningError(
                f"the code is signed already (it holds {entry.name}): give the code as it was "
                "before it was signed, or use it without `signed`"
            )
