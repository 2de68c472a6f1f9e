"""One program at a time signs for all: a lock on the folder of the cloud assembly."""

import errno
import os
from pathlib import Path

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]

__all__ = ["Leadership"]

_UNSUPPORTED = (errno.EBADF, errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)


class Leadership:
    """The right to sign everything that is pending in an assembly.

    It is a lock of the operating system on the assembly's folder: no file is left behind, and of a
    program that is killed it is taken away.

    Example:
        ```python
        from pathlib import Path

        from secure_lambda_constructs.signing.command.leadership import Leadership

        with Leadership(Path.cwd()) as leadership:
            assert leadership.take() is not False
        ```
    """

    def __init__(self, assembly: Path) -> None:
        """Name the assembly; nothing is locked.

        Args:
            assembly: Its folder.
        """
        self._assembly = assembly
        self._descriptor: int | None = None

    def take(self) -> bool | None:
        """Take the lead if nobody has it.

        Returns:
            Whether it is ours now; `None` where the file system has no locks.
        """
        if fcntl is None:
            return None
        if self._descriptor is None:
            self._descriptor = os.open(self._assembly, os.O_RDONLY)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno in _UNSUPPORTED:
                return None
            raise
        return True

    def __enter__(self) -> "Leadership":
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give the lead back, if it was taken."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
