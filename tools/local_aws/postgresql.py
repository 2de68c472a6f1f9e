"""Finds PostgreSQL's server on this machine, for the stand-in's databases."""

from __future__ import annotations

import shutil
from pathlib import Path

__all__ = ["NO_POSTGRESQL", "postgresql_programs"]

NO_POSTGRESQL = (
    "PostgreSQL's server is not installed on this machine (Debian and Ubuntu: "
    "apt-get install postgresql)"
)
"""Why there is nothing behind the endpoints of databases, where there is nothing."""

# Debian puts each version into a folder of its own, and none of them on the PATH.
_DEBIAN = Path("/usr/lib/postgresql")


def postgresql_programs() -> Path | None:
    """The folder of ``initdb`` and ``postgres``, of the newest version.

    Returns:
        None where they are not installed.
    """
    versions = (path.parent for path in _DEBIAN.glob("*/bin/postgres"))
    newest = max(versions, key=lambda path: float(path.parent.name), default=None)
    if newest is not None:
        return newest
    found = shutil.which("postgres")
    folder = Path(found).resolve().parent if found else None
    return folder if folder is not None and (folder / "initdb").exists() else None
