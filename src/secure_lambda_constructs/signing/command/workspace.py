"""The folder of signed results inside the assembly, and the temporary files that lead to them."""

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows, which deletes no file that is open
    fcntl = None  # type: ignore[assignment]

__all__ = ["FOLDER_NAME", "TemporaryFile", "Workspace"]

FOLDER_NAME = "signed-assets"
"""Name of the folder of signed zips in a cloud assembly. Not hidden: what hands an assembly from
one job of a pipeline to the next often leaves hidden folders out."""

_SUFFIX = ".tmp"
# Where files cannot be locked, only age tells that nobody works on one: far above any time limit.
_STALE_SECONDS = 24 * 60 * 60.0


class TemporaryFile:
    """A file that is deleted unless it is published.

    Attributes:
        path: Where it lies.
        file: The open file, for reading and writing.
    """

    def __init__(self, path: Path) -> None:
        """Create the file, which must not exist."""
        self.path = path
        self.file: IO[bytes] = open(path, "x+b")  # noqa: SIM115 - closed by `discard`
        self._published = False

    def publish(self, target: Path) -> None:
        """Make the file durable, then let it appear under its final name in one step.

        Args:
            target: The final name, on the same file system. A file of that name is replaced.

        Raises:
            OSError: Where the disk is full or the folder cannot be written.
        """
        self.file.flush()
        os.fsync(self.file.fileno())
        if fcntl is None:
            self.file.close()  # Windows renames no open file
        os.replace(self.path, target)
        self._published = True
        if fcntl is not None:
            _synchronize(target.parent)

    def discard(self) -> None:
        """Close the file, and delete it unless it was published."""
        with suppress(OSError):  # what cannot be flushed to a full disk is not wanted any more
            self.file.close()
        if not self._published:
            with suppress(FileNotFoundError):
                os.unlink(self.path)


class Workspace:
    """The folder `signed-assets` of an assembly.

    Results lie in it under the identity of their asset. Temporary files carry a lock of the
    operating system while somebody works on them; what a killed process left is therefore
    recognized and removed by the next one.

    Attributes:
        folder: The folder, which exists only inside `opened`, or once it holds a result.

    Example:
        ```python
        from pathlib import Path
        from secure_lambda_constructs.signing.command.workspace import Workspace

        workspace = Workspace(Path.cwd())
        with workspace.opened(), workspace.temporary() as temporary:
            temporary.file.write(b"the signed zip")
            temporary.publish(workspace.result("1a2b"))
        assert workspace.result("1a2b").read_bytes() == b"the signed zip"
        ```
    """

    def __init__(self, assembly: Path) -> None:
        """Name the folder; nothing is created.

        Args:
            assembly: The folder of the root cloud assembly.
        """
        self.folder = assembly / FOLDER_NAME
        self._temporaries: set[TemporaryFile] = set()

    def result(self, identity: str) -> Path:
        """Return where the signed zip of an asset lies, whether it is there or not.

        Args:
            identity: The identity of the signed asset.
        """
        return self.folder / f"{identity}.zip"

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Make the folder, clear what killed processes left in it, and remove it if left empty.

        Raises:
            OSError: Where the folder cannot be made.
        """
        self.folder.mkdir(exist_ok=True)
        for path in self.folder.glob(f"*{_SUFFIX}"):
            _remove_if_stale(path)
        try:
            yield
        finally:
            # Threads that were left behind may not come to it.
            for temporary in list(self._temporaries):
                temporary.discard()
            with suppress(OSError):  # holds results, or somebody else's temporary files
                self.folder.rmdir()

    @contextmanager
    def temporary(self) -> Iterator[TemporaryFile]:
        """Make a temporary file that is gone at the end of the block, unless it was published.

        Raises:
            OSError: Where it cannot be made.
        """
        temporary = self._create()
        self._temporaries.add(temporary)
        try:
            yield temporary
        finally:
            temporary.discard()
            self._temporaries.discard(temporary)

    def _create(self) -> TemporaryFile:
        while True:
            try:
                temporary = TemporaryFile(self.folder / f"{os.urandom(8).hex()}{_SUFFIX}")
            except FileNotFoundError:
                # Another process ended and took the empty folder with it.
                self.folder.mkdir(exist_ok=True)
                continue
            try:
                if _lock(temporary.file) is not False and temporary.path.exists():
                    return temporary
            except BaseException:
                temporary.discard()
                raise
            # Another process took it for a left-over before it carried its lock.
            temporary.discard()


def _lock(file: IO[bytes]) -> bool | None:
    """Lock a file for this process: True, or False where another one has it, None if unknown."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno in (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS):
            return None  # a file system without locks
        raise
    return True


def _remove_if_stale(path: Path) -> None:
    with suppress(OSError), open(path, "rb") as file:
        locked = _lock(file)
        age = time.time() - os.fstat(file.fileno()).st_mtime
        if locked or (locked is None and age > _STALE_SECONDS):
            if fcntl is None:
                file.close()
            os.unlink(path)


def _synchronize(folder: Path) -> None:
    with suppress(OSError):  # not every file system can; the file itself is safe already
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
