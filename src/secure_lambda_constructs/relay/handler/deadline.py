"""One moment by which everything has to be done."""

import time
from collections.abc import Callable

from .refusals import Code, Refusal

__all__ = ["Deadline"]


class Deadline:
    """A moment that each step of an exchange measures its patience by.

    A timeout for each step would let a host that sends one byte in each hold the relay without end.

    Example:
        ```python
        import time

        from secure_lambda_constructs.relay.handler.deadline import Deadline

        deadline = Deadline(time.monotonic() + 10)
        assert 9 < deadline.remaining() <= 10
        ```
    """

    def __init__(self, at: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Set it.

        Args:
            at: The moment, in seconds of the clock.
            clock: What tells the time.
        """
        self._at = at
        self._clock = clock

    def remaining(self) -> float:
        """Tell how much time is left.

        Returns:
            Seconds, more than none.

        Raises:
            Refusal: There are none left.
        """
        seconds = self._at - self._clock()
        if seconds <= 0:
            raise Refusal(
                Code.UPSTREAM_TIMEOUT, "there was no complete response in the route's time"
            )
        return seconds

    def share(self, parts: int) -> "Deadline":
        """Give a step a part of what is left, so that others get theirs.

        Args:
            parts: Among how many steps the time is divided.

        Returns:
            The moment by which this step has to be done.

        Raises:
            Refusal: There is no time left.
        """
        seconds = self.remaining()
        return self if parts <= 1 else Deadline(self._clock() + seconds / parts, self._clock)
