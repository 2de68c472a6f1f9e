"""What the code consists of, be it a directory or a zip: names, modes and bytes, in order."""

import os
import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from ...errors import SigningError

__all__ = ["Entry", "read_content", "zip_entries"]

_REGULAR = stat.S_IFREG | 0o644
_EXECUTABLE = stat.S_IFREG | 0o755
_ENCRYPTED = 0x1
# Lambda unpacks these two; https://docs.aws.amazon.com/lambda/latest/dg/configuration-function-zip.html
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Entry(NamedTuple):
    """One file of the code.

    Attributes:
        name: Path inside the code, with forward slashes; a directory's ends with one.
        mode: Unix file type and permissions, or 0 where a zip does not tell.
        size: Number of bytes, as far as known before reading.
        open: Opens the content for reading.
    """

    name: str
    mode: int
    size: int
    open: Callable[[], AbstractContextManager[IO[bytes]]]


@contextmanager
def read_content(path: Path) -> Iterator[list[Entry]]:
    """Read what a directory or a zip consists of.

    A directory is read as `cdk-assets` does: files only (so no empty directories), symbolic links
    followed, links that lead nowhere left out. The entries are sorted by name. The mode is 0755
    for a file that its owner may execute, else 0644, whatever the umask of the machine was:
    Lambda needs files that everybody can read
    (<https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-deployment.html>).

    Args:
        path: The directory or the zip.

    Yields:
        The entries, in order; their content can be read inside the `with` block.

    Raises:
        SigningError: Where it is empty, not a zip, encrypted, or a link leads back into itself.

    Example:
        ```python
        from pathlib import Path
        from secure_lambda_constructs.signing.command.content import read_content

        with read_content(Path("lambda")) as entries:
            assert [entry.name for entry in entries] == ["index.py"]
        ```
    """
    if path.is_dir():
        entries = sorted(_walk(path, "", ()), key=lambda entry: entry.name)
        _refuse_empty(entries, path)
        yield entries
        return
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise SigningError(
            f"{path} is not a readable zip ({error}): give a directory or a zip"
        ) from error
    with archive:
        for info in archive.infolist():
            if info.flag_bits & _ENCRYPTED or info.compress_type not in _METHODS:
                raise SigningError(
                    f"{info.filename} in {path} is encrypted or compressed in a way that Lambda "
                    "cannot read: use a zip without encryption, stored or deflated"
                )
        entries = zip_entries(archive)
        _refuse_empty(entries, path)
        yield entries


def zip_entries(archive: zipfile.ZipFile) -> list[Entry]:
    """Read what an open zip consists of, in the order of its directory.

    Args:
        archive: The zip, open for reading.

    Returns:
        The entries; a name that occurs twice is there twice.
    """

    def opener(info: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
        return lambda: archive.open(info)

    return [
        Entry(info.filename, info.external_attr >> 16, info.file_size, opener(info))
        for info in archive.infolist()
    ]


def _refuse_empty(entries: list[Entry], path: Path) -> None:
    if not any(not entry.name.endswith("/") for entry in entries):
        raise SigningError(f"{path} holds no file, and Signer refuses empty code: add the code")


def _walk(folder: Path, prefix: str, parents: tuple[tuple[int, int], ...]) -> Iterator[Entry]:
    status = os.stat(folder)
    here = (status.st_dev, status.st_ino)
    if here in parents:
        raise SigningError(
            f"the symbolic link {prefix.rstrip('/')} of the code leads back into itself: remove it"
        )
    with os.scandir(folder) as items:
        for item in items:
            name = prefix + item.name
            try:
                details = item.stat()
            except OSError:
                if item.is_symlink():
                    continue  # a link that leads nowhere: cdk-assets leaves it out as well
                raise
            if stat.S_ISDIR(details.st_mode):
                yield from _walk(folder / item.name, f"{name}/", (*parents, here))
            elif stat.S_ISREG(details.st_mode):
                yield Entry(
                    _checked(name),
                    _EXECUTABLE if details.st_mode & stat.S_IXUSR else _REGULAR,
                    details.st_size,
                    _file_opener(folder / item.name),
                )


def _file_opener(path: Path) -> Callable[[], IO[bytes]]:
    return lambda: open(path, "rb")


def _checked(name: str) -> str:
    try:
        name.encode()
    except UnicodeEncodeError:
        raise SigningError(
            f"the file name {name!r} of the code is not UTF-8: rename the file"
        ) from None
    return name
