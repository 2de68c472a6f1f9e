"""Showing how far a run has come: a bar on a terminal, plain lines everywhere else."""

import sys
import time
from types import TracebackType
from typing import Any, TextIO

__all__ = ["Progress"]

# In a log of a pipeline, a line for each asset up to this many, then for each tenth of them.
_FEW = 20


class Progress:
    """Counts assets on the standard error stream.

    Example:
        ```python
        from secure_lambda_constructs.cli.progress import Progress

        with Progress() as progress:
            progress.begin(2)
            progress.step("Orders", "signed")
            progress.step("Users", "published")
        ```
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        """Set up.

        Args:
            stream: Where to show it; the standard error stream by default.
        """
        self._stream = stream or sys.stderr
        self._total = 0
        self._done = 0
        self._began = time.monotonic()
        self._bar: Any = None

    def begin(self, total: int) -> None:
        """Take notice of how many there are.

        Args:
            total: The number of assets.
        """
        self._total = total
        if not total:
            return
        if self._stream.isatty():
            from tqdm import tqdm

            self._bar = tqdm(
                total=total, file=self._stream, desc="signing", unit="asset", leave=False
            )
        else:
            self.say(f"{total} {'asset' if total == 1 else 'assets'} with code to sign")

    def step(self, name: str, what: str) -> None:
        """Take notice of one that is done.

        Args:
            name: What it is called.
            what: What became of it.
        """
        self._done += 1
        if self._bar is not None:
            self._bar.set_postfix_str(name, refresh=False)
            self._bar.update()
        elif self._is_worth_a_line():
            seconds = time.monotonic() - self._began
            self.say(f"{self._done}/{self._total} {what}: {name} ({seconds:.1f} s)")

    def say(self, line: str) -> None:
        """Show a line.

        Args:
            line: The line.
        """
        if self._bar is not None:
            self._bar.write(line, file=self._stream)
        else:
            # At once: an interrupt must not come between a line and its end.
            self._stream.write(f"{line}\n")
            self._stream.flush()

    def __enter__(self) -> "Progress":
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()

    def _is_worth_a_line(self) -> bool:
        if self._total <= _FEW or self._done == self._total:
            return True
        return self._done * 10 // self._total != (self._done - 1) * 10 // self._total
