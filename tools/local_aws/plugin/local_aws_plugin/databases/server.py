"""A PostgreSQL server of one database, which nobody reaches but through an endpoint of ours."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path

from ..processes import KEEPER

__all__ = ["ADMINISTRATOR", "Server", "ServerError", "programs"]

_START_SECONDS = 30.0
_STOP_SECONDS = 5.0
ADMINISTRATOR = "rdsadmin"
"""RDS's own user; nobody logs in as this one."""

# Members of `rds_iam` have shown a token before they come here; nobody has a password.
_ACCESS = f"""\
local all {ADMINISTRATOR} trust
local all +rds_iam trust
local all all reject
"""
_SETTINGS = """\
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 50
shared_buffers = 16MB
# In the folder, so that nothing stays behind when the server is killed.
dynamic_shared_memory_type = mmap
# Nothing outlives this process.
fsync = off
full_page_writes = off
synchronous_commit = off
autovacuum = off
"""


class ServerError(Exception):
    """PostgreSQL did not start."""


def programs() -> Path | None:
    """The folder of PostgreSQL's programs, or None where this machine has none."""
    named = os.environ.get("LOCAL_AWS_POSTGRES")
    return Path(named) if named else None


class Server:
    """A running server.

    Args:
        programs: Folder of PostgreSQL's programs.
        folder: Where its data goes; made, and removed when it stops.
        master: The user that owns everything.
        database: A database to make, besides ``postgres``.

    Raises:
        ServerError: It did not start; the message has its log.
    """

    def __init__(self, programs: Path, folder: Path, master: str, database: str | None) -> None:
        self._folder = folder
        self._programs = programs
        folder.mkdir(mode=0o700)
        self._user = _user(folder)
        self._run("initdb", "--no-sync", "--encoding=UTF8", "--locale=C", "--auth=reject",
                  f"--username={ADMINISTRATOR}", "-D", str(self._data))  # fmt: skip
        (self._data / "pg_hba.conf").write_text(_ACCESS)
        with (self._data / "postgresql.conf").open("a") as settings:
            settings.write(f"{_SETTINGS}unix_socket_directories = '{folder}'\n")
        self._run("postgres", "--single", "-D", str(self._data), "postgres",
                  statements=_statements(master, database))  # fmt: skip
        with self._log.open("wb") as log:
            self._process = KEEPER.start(
                [*self._as_user(), str(programs / "postgres"), "-D", str(self._data)],
                env=_environment(), cwd=folder, stdout=log, stderr=log,
            )  # fmt: skip
        self._wait()

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self._folder / ".s.PGSQL.5432"

    def stop(self) -> None:
        """Ends it, and removes its data."""
        # A fast shutdown: sessions are broken off, shared memory is given back.
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_SECONDS)
        KEEPER.end(self._process)
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    @property
    def _log(self) -> Path:
        return self._folder / "postgresql.log"

    def _run(self, program: str, *arguments: str, statements: str = "") -> None:
        done = subprocess.run(
            [*self._as_user(), str(self._programs / program), *arguments],
            env=_environment(), cwd=self._folder, input=statements, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        if done.returncode != 0 or "ERROR:" in done.stderr:
            raise ServerError(f"{program} failed: {done.stdout}{done.stderr}")

    def _as_user(self) -> list[str]:
        """What comes before a program that refuses to run as root."""
        if self._user is None:
            return []
        # The folders above the data are root's alone; hence the one capability.
        capability = "+dac_override"
        return ["setpriv", f"--reuid={self._user}", f"--regid={self._user}", "--clear-groups",
                f"--inh-caps={capability}", f"--ambient-caps={capability}", "--"]  # fmt: skip

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self.socket.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                KEEPER.end(self._process)
                log = self._log.read_text(errors="replace")
                raise ServerError(f"PostgreSQL did not start: {log}")
            time.sleep(0.02)


def _user(folder: Path) -> int | None:
    """The user that a server of root's runs as; the folder is given to it."""
    if os.geteuid() != 0:
        return None
    user = pwd.getpwnam("nobody").pw_uid
    os.chown(folder, user, user)
    return user


def _environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TZ": "UTC"}


def _statements(master: str, database: str | None) -> str:
    """What RDS has prepared when a database is handed over; one line for each."""
    owner = _quoted(master)
    lines = [
        "CREATE ROLE rds_iam",
        "CREATE ROLE rds_superuser CREATEROLE CREATEDB",
        f"CREATE ROLE {owner} LOGIN CREATEROLE CREATEDB IN ROLE rds_superuser",
        f"GRANT rds_iam TO {owner} WITH ADMIN OPTION",
    ]
    if database and database != "postgres":
        lines.append(f"CREATE DATABASE {_quoted(database)} OWNER {owner}")
    return "".join(f"{line}\n" for line in lines)


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'
