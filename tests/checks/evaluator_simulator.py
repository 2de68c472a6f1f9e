"""Asks a simulator of IAM, in one Node.js process, what it says of cases."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

__all__ = ["Peer"]

_REPOSITORY = Path(__file__).resolve().parents[2]


class Peer:
    """The Node.js process with the simulator; use it as a context manager."""

    def __init__(self) -> None:
        """Start the process."""
        script = Path(__file__).with_name("evaluator_simulate.mjs")
        self._process = subprocess.Popen(
            [shutil.which("node") or "node", str(script), str(_REPOSITORY)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "Peer":
        """Return the peer itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the process: it ends when its input does."""
        self._process.__exit__(kind, error, traceback)

    def ask(self, cases: Sequence[dict[str, Any]]) -> list[str]:
        """Return what the simulator says of each: `Allowed`, `ExplicitlyDenied`, ...

        Raises:
            ValueError: It did not decide one, or left something of it out.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(cases) + "\n")
        stdin.flush()
        answers = json.loads(stdout.readline())
        for case, answer in zip(cases, answers, strict=True):
            if "error" in answer or answer["ignored"]:
                raise ValueError(f"{answer}: {json.dumps(case)}")
        return [answer["result"] for answer in answers]
