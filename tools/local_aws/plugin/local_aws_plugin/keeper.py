"""Kills what LocalStack started, when LocalStack is gone; run as a process of its own.

    python -I -S keeper.py

Standard input names the sessions to answer for, ``+<id>`` and ``-<id>`` in lines; when it ends,
what is left of them is killed. By session, because the runtime interface emulator puts the runtime
into a process group of its own. Standard library only, and few modules of it: it starts with the
first function.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time

__all__ = ["kill_session", "main"]


def kill_session(session: int, seconds: float = 5.0) -> None:
    """Kills every process of a session, and waits until they have ended.

    Args:
        session: Its id, which is that of the process that began it.
        seconds: Bound on the wait.
    """
    deadline = time.monotonic() + seconds
    while members := _members(session):
        for member in members:
            with contextlib.suppress(ProcessLookupError):
                os.kill(member, signal.SIGKILL)
        if time.monotonic() > deadline:
            return
        time.sleep(0.005)


def _members(session: int) -> list[int]:
    """The processes of a session that have not ended."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat") as stat:
                # After the name, which may hold anything: state, parent, group, session.
                fields = stat.read().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] not in "ZX":
            found.append(int(name))
    return found


def main() -> None:
    """Reads until the pipe ends, then kills."""
    sessions: set[int] = set()
    for line in sys.stdin:
        (sessions.add if line[0] == "+" else sessions.discard)(int(line[1:]))
    for session in sessions:
        kill_session(session)


if __name__ == "__main__":
    main()
