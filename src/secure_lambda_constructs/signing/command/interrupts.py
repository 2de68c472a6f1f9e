"""Ending cleanly when somebody stops the program."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["Interrupted", "interruptible"]

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # the last two not on every system


class Interrupted(BaseException):
    """The program was told to stop; the message is the name of the signal.

    Not an `Exception`, so that no library takes it for a failure and tries again.
    """


@contextmanager
def interruptible() -> Iterator[None]:
    """Turn the signals that stop a program into `Interrupted` inside the block.

    Only the first counts: a second Ctrl-C must not stop the cleaning up. A signal that the caller
    set to be ignored stays ignored (`nohup`, a background job).

    Raises:
        Interrupted: When a signal arrives.

    Example:
        ```python
        from secure_lambda_constructs.signing.command.interrupts import interruptible

        with interruptible():
            print("work that cleans up after itself")
        ```
    """
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    watched = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]

    def stop(number: int, frame: FrameType | None) -> None:
        for each in watched:
            signal.signal(each, signal.SIG_IGN)
        raise Interrupted(signal.Signals(number).name)

    before = {number: signal.signal(number, stop) for number in watched}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
