"""Decides what IAM policies allow, by asking a real evaluator in one Node.js process."""

import fnmatch
import json
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Any

from .model.values import as_list

__all__ = ["ALLOW_ALL", "Decision", "KnownAction", "Question", "Simulator"]

ALLOW_ALL: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}

# What an attacker attaches to a resource of his own so that everybody may use it.
_OPEN_TO_ALL: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
}

# An account that no principal of ours is in: the evaluator then asks both sides for an Allow, so
# that the one under test decides, the other being open.
_THIRD_ACCOUNT = "000000000000"

# The evaluator lets this call pass whatever the policies say, as IAM does; an endpoint's policy
# does hold it back. Another call without a resource is asked about in its stead.
_IDENTITY_CALL = "sts:GetCallerIdentity"
_STAND_IN = "sts:GetSessionToken"


class Decision(Enum):
    """What the evaluator says; UNKNOWN when it could not decide."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNKNOWN = "unknown"

    @property
    def is_open(self) -> bool:
        """Whether an attacker may count on it."""
        return self is not Decision.DENIED


@dataclass(frozen=True, kw_only=True)
class Question:
    """One request, with the policies that stand in its way.

    Attributes:
        principal: ARN or service principal; None for an unsigned request.
        identity: The principal's own policies; None lets the principal do everything.
        resource_policy: The resource's policy; None lets everybody in.
        endpoint_policy: The policy of the VPC endpoint on the way, if there is one.
        account: The account of the resource, if it matters that it is the principal's own.
    """

    label: str
    action: str
    resource: str
    context: Mapping[str, Any]
    principal: str | None
    identity: tuple[dict[str, Any], ...] | None = None
    resource_policy: dict[str, Any] | None = None
    endpoint_policy: dict[str, Any] | None = None
    account: str = _THIRD_ACCOUNT

    def simulation(self) -> dict[str, Any]:
        """Return the question as the Node.js side reads it."""
        if self.principal is None or self.principal.endswith(".amazonaws.com"):
            identity: list[dict[str, Any]] = []
        else:
            identity = [ALLOW_ALL] if self.identity is None else list(self.identity)
        # The evaluator does not look at the principals of an endpoint policy. A resource policy is
        # as strict and has them looked at, so that is what the endpoint's policy stands in as.
        resource_policy = self.resource_policy or _OPEN_TO_ALL
        action = self.action
        if self.endpoint_policy is not None:
            resource_policy = self.endpoint_policy
            if action == _IDENTITY_CALL:
                resource_policy, action = _renamed(resource_policy), _STAND_IN
        return {
            "principal": self.principal,
            "action": action,
            "resource": self.resource,
            "account": self.account,
            "context": dict(self.context),
            "identityPolicies": identity,
            "resourcePolicy": resource_policy,
        }


@dataclass(frozen=True)
class KnownAction:
    """An IAM action with the ARN patterns of the resources it works on; none means ``*``.

    Attributes:
        level: How AWS's service authorization reference classes it, such as `Write`.
        keys: The condition keys that the reference lists for it, besides the global ones.
    """

    action: str
    arns: tuple[str, ...] = field(default=())
    level: str = ""
    keys: frozenset[str] = frozenset()


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
        """Return the labels of the questions that are not denied, each once."""
        asked = list(questions)
        decisions = self.decide(asked)
        labels = (
            f"{question.label}: {question.action} is {decision.value}"
            for question, decision in zip(asked, decisions, strict=True)
            if decision.is_open
        )
        return list(dict.fromkeys(labels))

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


def _renamed(policy: dict[str, Any]) -> dict[str, Any]:
    """Return `policy` with the stand-in's name wherever the identity call is meant."""

    def rename(entry: dict[str, Any]) -> dict[str, Any]:
        named = {key: as_list(entry[key]) for key in ("Action", "NotAction") if key in entry}
        return {**entry, **{key: [_rename(p) for p in value] for key, value in named.items()}}

    return {**policy, "Statement": [rename(entry) for entry in policy["Statement"]]}


def _rename(pattern: str) -> str:
    meant = fnmatch.fnmatchcase(_IDENTITY_CALL.lower(), pattern.lower())
    return _STAND_IN if meant else "sts:DecodeAuthorizationMessage"


def _decision(answer: dict[str, str]) -> Decision:
    if "error" in answer:
        return Decision.UNKNOWN
    return Decision.ALLOWED if answer["result"] == "Allowed" else Decision.DENIED
