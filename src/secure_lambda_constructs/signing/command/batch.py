"""Signing many assets at the same time."""

import threading
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, NamedTuple

from ...errors import SigningError
from .arguments import Request
from .assembly import Asset
from .failures import unexpected
from .sign import cached_result, sign_asset
from .traffic import StoppedError, Traffic
from .workspace import Workspace

if TYPE_CHECKING:
    from .aws import Aws

__all__ = ["Outcome", "State", "Task", "sign_together"]

# Threads that wait for their jobs cost little, but not nothing.
_MOST_THREADS = 256
_FAREWELL_SECONDS = 3.0


class State(Enum):
    """What became of an asset."""

    SIGNED = "signed"
    CACHED = "cached"
    PUBLISHED = "published"
    FAILED = "failed"


class Task(NamedTuple):
    """One asset of many.

    Attributes:
        request: What is to be signed.
        asset: The code and its assembly.
        aws: Connects to AWS; called only where that is needed.
        is_published: Tells whether it need not be signed, because it is published already.
    """

    request: Request
    asset: Asset
    aws: "Callable[[], Aws]"
    is_published: "Callable[[], bool]"


class Outcome(NamedTuple):
    """What became of one asset.

    Attributes:
        task: The asset.
        state: What became of it.
        result: The signed zip, where there is one.
        reason: Why it failed, a sentence; empty otherwise.
    """

    task: Task
    state: State
    result: Path | None
    reason: str


def sign_together(
    tasks: Sequence[Task],
    workspace: Workspace,
    traffic: Traffic,
    on_outcome: Callable[[Outcome], bool],
    patience: Callable[[], float | None] = lambda: None,
) -> None:
    """Sign assets, each in a thread of its own that mostly waits for Signer.

    A failure of one does not concern the others.

    Args:
        tasks: The assets, each identity once.
        workspace: The cache, opened.
        traffic: What they share.
        on_outcome: Told of each asset when it is done, one at a time and in this thread; answers
            whether to go on with the others.
        patience: Says how long to wait for the next one, in seconds, before the rest is left
            undone; `None` for as long as it takes.
    """
    waiting: SimpleQueue[Task] = SimpleQueue()
    for task in tasks:
        waiting.put(task)
    done: SimpleQueue[Outcome | BaseException] = SimpleQueue()
    threads = [
        threading.Thread(target=_work, args=(waiting, done, workspace, traffic), daemon=True)
        for _ in range(min(len(tasks), _MOST_THREADS))
    ]
    try:
        for thread in threads:
            thread.start()
        for _ in tasks:
            try:
                outcome = done.get(timeout=patience())
            except Empty:
                break
            if isinstance(outcome, BaseException):
                raise outcome
            if not on_outcome(outcome):
                break
    finally:
        # A thread that is in the middle of a call cannot be ended, only left behind: what it
        # made is removed with the workspace.
        traffic.stop()
        _join(threads)


def _work(
    waiting: "SimpleQueue[Task]",
    done: "SimpleQueue[Outcome | BaseException]",
    workspace: Workspace,
    traffic: Traffic,
) -> None:
    while True:
        try:
            traffic.check()
            done.put(_outcome(waiting.get_nowait(), workspace, traffic))
        except (Empty, StoppedError):
            return
        except BaseException as error:  # the thread that collects must not wait for ever
            done.put(error)
            return


def _outcome(task: Task, workspace: Workspace, traffic: Traffic) -> Outcome:
    try:
        with traffic.transfer():
            cached = cached_result(task.request, task.asset, workspace)
            if cached is not None:
                return Outcome(task, State.CACHED, cached, "")
            if task.is_published():
                return Outcome(task, State.PUBLISHED, None, "")
            aws = task.aws()
        result = sign_asset(task.request, task.asset, workspace, aws, traffic)
    except SigningError as error:
        return Outcome(task, State.FAILED, None, str(error))
    except StoppedError:
        raise
    except Exception as error:
        if task.request.debug:
            traceback.print_exc()
        return Outcome(task, State.FAILED, None, unexpected(error))
    return Outcome(task, State.SIGNED, result, "")


def _join(threads: Iterable[threading.Thread]) -> None:
    until = time.monotonic() + _FAREWELL_SECONDS
    for thread in threads:
        if thread.is_alive():  # the run may be stopped before all of them were started
            thread.join(max(0.0, until - time.monotonic()))
