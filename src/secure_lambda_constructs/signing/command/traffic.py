"""What the assets that are signed together share: how much happens at once, and how fast."""

import random
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

__all__ = ["StoppedError", "Traffic"]

_FIRST_POLL_SECONDS = 0.2
_SLOWEST_POLL_SECONDS = 3.0
_GROWTH = 1.1  # a pause is then about a tenth of the time that has passed
# Those that wait for the scout ask by themselves after this time, should its job be a slow one.
_CALM_POLL_SECONDS = 6.0
_PATIENCE_SECONDS = 120.0
_BACK_OFF_SECONDS = (0.5, 2.0)


class StoppedError(Exception):
    """The run was stopped while an asset was at work."""


class Traffic:
    """Bounds what happens at once, tells when to ask again, and ends it all when told to.

    A single asset asks Signer quickly at first and then more and more slowly. Of many that started
    together one asks like that, the *scout*; the others ask when they can expect the answer, which
    is after as long as the first one took. Signer has quotas for calls per second
    (<https://docs.aws.amazon.com/signer/latest/developerguide/whatis-limits.html>); a call that
    it throttles beyond botocore's own retries is made again as long as other calls get through.

    Example:
        ```python
        from secure_lambda_constructs.signing.command.traffic import Traffic

        traffic = Traffic(16)
        with traffic.transfer():
            print("at most 16 assets are here at once")
        ```
    """

    def __init__(self, at_once: int = 1, *, patient: bool = False) -> None:
        """Set up.

        Args:
            at_once: How many assets may be packed or transferred at the same time.
            patient: Whether throttled calls are made again beyond botocore's own retries. By
                default they are not: of a single asset the user is told.
        """
        self._transfers = threading.Semaphore(at_once)
        self._patience = _PATIENCE_SECONDS if patient else 0.0
        self._stopped = threading.Event()
        self._progress = time.monotonic()
        self._known = threading.Condition()
        self._typical: float | None = None
        self._scout: object | None = None

    @contextmanager
    def transfer(self) -> Iterator[None]:
        """Wait for a place among those that transfer.

        Raises:
            StoppedError: The run was stopped.
        """
        self.check()
        with self._transfers:
            self.check()
            yield

    def stop(self) -> None:
        """Let everything end at its next step."""
        self._stopped.set()
        with self._known:
            self._known.notify_all()

    def check(self) -> None:
        """Go on, unless the run was stopped.

        Raises:
            StoppedError: The run was stopped.
        """
        if self._stopped.is_set():
            raise StoppedError

    def pause(self, seconds: float) -> None:
        """Wait for a number of seconds.

        Raises:
            StoppedError: The run was stopped, before or meanwhile.
        """
        if self._stopped.wait(seconds):
            raise StoppedError

    def succeeded(self) -> None:
        """Take notice of a call that got through."""
        self._progress = time.monotonic()

    def may_repeat(self) -> bool:
        """Wait before a throttled call is made again, or tell that it is of no use.

        Returns:
            Whether to make it again: for two minutes after the last call that got through.

        Raises:
            StoppedError: The run was stopped.
        """
        if time.monotonic() - self._progress > self._patience:
            return False
        self.pause(random.uniform(*_BACK_OFF_SECONDS))  # noqa: S311 - spreads the calls
        return True

    def poll(
        self,
        deadline: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], object] | None = None,
    ) -> Generator[float, None, None]:
        """Pace the questions after one job; ends with the loop that uses it.

        Args:
            deadline: When the last question is asked, as `clock` tells the time.
            clock: Tells the time, in seconds.
            pause: Waits for a number of seconds.

        Yields:
            The time that has passed, in seconds, each time a question is due.

        Raises:
            StoppedError: The run was stopped.
        """
        began = clock()
        me = object()
        interval = _FIRST_POLL_SECONDS
        try:
            while True:
                # The spread keeps the many programs of one deployment from asking in step.
                spread = interval * random.uniform(0.8, 1.2)  # noqa: S311
                left = max(0.0, deadline - clock())
                if self._is_scout(me) or not self._await_scout(began, left, clock):
                    (pause or self.pause)(min(spread, left))
                    interval = min(interval * _GROWTH, _SLOWEST_POLL_SECONDS)
                yield clock() - began
        finally:
            # It asked until its job had ended: now the others know how long that takes.
            with self._known:
                if self._typical is None:
                    self._typical = clock() - began
                    self._known.notify_all()

    def _is_scout(self, who: object) -> bool:
        with self._known:
            if self._scout is None:
                self._scout = who
            return self._scout is who

    def _await_scout(self, began: float, left: float, clock: Callable[[], float]) -> bool:
        """Wait until an answer can be expected; tells whether there was something to wait for."""
        passed = clock() - began
        with self._known:
            if self._typical is None:
                self._known.wait(min(left, max(_CALM_POLL_SECONDS, passed / 2)))
            typical = self._typical
        self.check()
        if typical is None:
            return True
        remaining = min(left, typical - (clock() - began))
        if remaining <= 0:
            return clock() - began - passed > 0.01  # just woken up: ask at once
        self.pause(remaining)
        return True
