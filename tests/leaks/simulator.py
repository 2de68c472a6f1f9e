"""Decides what IAM policies allow, by asking a real evaluator in one Node.js process."""

import json
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from secure_lambda_constructs.checks.leaks.questions import (
    ALLOW_ALL,
    Decision,
    KnownAction,
    Question,
    reason_of,
)

__all__ = ["ALLOW_ALL", "Decision", "KnownAction", "Question", "Simulator"]


class Simulator:
    """The Node.js process; use it as a context manager."""

    def __init__(self, modules: Path) -> None:
        """Start the process; `modules` is the directory that has ``node_modules``.

        Raises:
            FileNotFoundError: Node.js or the evaluator is not installed.
        """
        node = shutil.which("node")
        if node is None or not (modules / "node_modules/@cloud-copilot/iam-simulate").is_dir():
            raise FileNotFoundError(
                f"node and @cloud-copilot/iam-simulate are needed in {modules}; run tools/setup.py"
            )
        self._answers: dict[str, Any] = {}
        self._process = subprocess.Popen(
            [node, str(Path(__file__).with_name("simulate.mjs")), str(modules)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "Simulator":
        """Return the simulator itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the process."""
        # It ends when its input does; leaving the block closes the pipes and waits.
        self._process.__exit__(kind, error, traceback)

    def decide(self, questions: Iterable[Question]) -> list[Decision]:
        """Return the decision on each question."""
        asked = [question.simulation() for question in questions]
        return [_decision(answer) for answer in self._ask("decide", asked)]

    def open(self, questions: Iterable[Question]) -> list[str]:
        """Return what is said of the questions that are not denied, each once."""
        asked = list(questions)
        decisions = zip(asked, self.decide(asked), strict=True)
        found = [str(reason_of(question, each)) for question, each in decisions if each.is_open]
        return list(dict.fromkeys(found))

    def guard(
        self, guardrails: Mapping[str, Any], calls: list[dict[str, Any]]
    ) -> list[bool | dict[str, str]]:
        """Return whether each call is allowed below the guardrails; see `simulate.mjs`."""
        (answers,) = self._ask("guard", [{"guardrails": dict(guardrails), "calls": calls}])
        found: list[bool | dict[str, str]] = answers
        return found

    def expand(self, pattern: str) -> list[KnownAction]:
        """Return the IAM actions that match `pattern`: ``dynamodb:Get*``, or ``*`` for all."""
        (found,) = self._ask("expand", [pattern])
        return [
            KnownAction(
                entry["action"], tuple(entry["arns"]), entry["level"], frozenset(entry["keys"])
            )
            for entry in found
        ]

    def _ask(self, kind: str, batch: list[Any]) -> list[Any]:
        keys = [kind + json.dumps(entry, sort_keys=True) for entry in batch]
        new = {
            key: entry for key, entry in zip(keys, batch, strict=True) if key not in self._answers
        }
        if new:
            self._answers.update(zip(new, self._exchange({kind: list(new.values())}), strict=True))
        return [self._answers[key] for key in keys]

    def _exchange(self, message: dict[str, Any]) -> list[Any]:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("the simulator has no pipes")
        stdin.write(json.dumps(message) + "\n")
        stdin.flush()
        answer: list[Any] = json.loads(stdout.readline())
        return answer


def _decision(answer: dict[str, str]) -> Decision:
    if "error" in answer:
        return Decision.UNKNOWN
    return Decision.ALLOWED if answer["result"] == "Allowed" else Decision.DENIED
