"""Decides what IAM policies allow, by asking a real evaluator in one Node.js process."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from secure_lambda_constructs.checks.leaks.questions import (
    ALLOW_ALL,
    Decision,
    KnownAction,
    Question,
    reason_of,
)

from ..node_process import NodeProcess

__all__ = ["ALLOW_ALL", "Decision", "KnownAction", "Question", "Simulator"]


class Simulator(NodeProcess):
    """The Node.js process; use it as a context manager."""

    def __init__(self, modules: Path) -> None:
        """Start the process; `modules` is the directory that has ``node_modules``."""
        super().__init__(Path(__file__).with_name("simulate.mjs"), modules)
        self._answers: dict[str, Any] = {}

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
            self._answers.update(zip(new, self.exchange({kind: list(new.values())}), strict=True))
        return [self._answers[key] for key in keys]


def _decision(answer: dict[str, str]) -> Decision:
    if "error" in answer:
        return Decision.UNKNOWN
    return Decision.ALLOWED if answer["result"] == "Allowed" else Decision.DENIED
