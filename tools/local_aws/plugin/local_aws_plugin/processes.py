"""Child processes that never outlive LocalStack, however it ends.

Linux's parent-death signal follows the *thread* that started a child, and LocalStack starts
functions from short-lived threads. So one small process of our own holds a pipe: while LocalStack
lives it is told of every child's session, and when the pipe ends it kills them.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

from .keeper import kill_session

__all__ = ["KEEPER", "Keeper", "watch_parent"]


class Keeper:
    """Starts children in sessions of their own and answers for their end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def start(
        self, command: list[str], *, env: dict[str, str], cwd: Path, stdout: IO[bytes],
        stderr: IO[bytes],
    ) -> subprocess.Popen[bytes]:  # fmt: skip
        """Starts a child that is killed with all below it when LocalStack dies."""
        with self._lock:
            if self._process is None:
                self._process = _start_keeper()
            child = subprocess.Popen(
                command, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr,
                start_new_session=True,
            )  # fmt: skip
            self._tell("+", child.pid)
        return child

    def end(self, child: subprocess.Popen[bytes], *, grace_seconds: float = 1.0) -> None:
        """Ends a child and everything that it started."""
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=grace_seconds)
        kill_session(child.pid)
        child.wait()
        with self._lock:
            self._tell("-", child.pid)

    def _tell(self, sign: str, session: int) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(f"{sign}{session}\n")
            self._process.stdin.flush()


KEEPER = Keeper()
"""The one keeper of this process."""


def watch_parent() -> None:
    """Ends this process when the one that started it is gone.

    The controller holds the other end of our standard input: it ends when the controller ends,
    also by SIGKILL. A fork of the controller may hold it too, hence the look at our parent.
    """
    parent = os.getppid()

    def wait() -> None:
        while os.getppid() == parent:
            readable, _, _ = select.select([0], [], [], 1.0)
            if readable and not os.read(0, 4096):
                break
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=wait, name="local-aws-watch-parent", daemon=True).start()


def _start_keeper() -> subprocess.Popen[str]:
    # The controller reads a pipe to know when we and the keeper, so all children, are gone.
    alive = int(os.environ["LOCAL_AWS_ALIVE"])
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(Path(__file__).with_name("keeper.py"))],
        stdin=subprocess.PIPE, text=True, start_new_session=True, pass_fds=(alive,),
    )  # fmt: skip
