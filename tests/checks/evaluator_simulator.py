"""Asks a simulator of IAM, in one Node.js process, what it says of cases."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..leaks.synthesis import REPOSITORY
from ..node_process import NodeProcess

__all__ = ["Peer"]


class Peer(NodeProcess):
    """The Node.js process with the simulator; use it as a context manager."""

    def __init__(self) -> None:
        """Start the process."""
        super().__init__(Path(__file__).with_name("evaluator_simulate.mjs"), REPOSITORY)

    def ask(self, cases: Sequence[dict[str, Any]]) -> list[str]:
        """Return what the simulator says of each: `Allowed`, `ExplicitlyDenied`, ...

        Raises:
            ValueError: It did not decide one, or left something of it out.
        """
        answers = self.exchange(cases)
        for case, answer in zip(cases, answers, strict=True):
            if "error" in answer or answer["ignored"]:
                raise ValueError(f"{answer}: {json.dumps(case)}")
        return [answer["result"] for answer in answers]
