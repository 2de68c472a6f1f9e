"""Decides calls of developers, pipelines and others below a boundary and service control policies.

The evaluator is the one that judges the leak paths: see `tests/leaks/simulator.py`.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from secure_lambda_constructs.checks.leaks.questions import ALLOW_ALL

from ..leaks.simulator import Simulator

__all__ = ["ACCOUNT", "CATALOGUE", "DEVELOPER", "Call", "Guardrails", "Misses", "decide", "misses"]

ACCOUNT = "111122223333"
CATALOGUE = Path(__file__).with_name("catalogue.json")

# A session of IAM Identity Center, and the role that is its principal in conditions.
DEVELOPER = f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Developer_0123456789abcdef/alice"
_DEVELOPER_ROLE = (
    f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/eu-west-1/"
    "AWSReservedSSO_Developer_0123456789abcdef"
)

_CONTEXT = {
    "aws:CurrentTime": "2026-11-23T10:00:00Z",
    "aws:MultiFactorAuthPresent": "true",
    "aws:PrincipalAccount": ACCOUNT,
    "aws:PrincipalIsAWSService": "false",
    "aws:PrincipalOrgID": "o-abcdef1234",
    "aws:PrincipalType": "AssumedRole",
    "aws:RequestedRegion": "eu-west-1",
    "aws:SecureTransport": "true",
    "aws:SourceIp": "203.0.113.7",
    "aws:ViaAWSService": "false",
    "aws:userid": "AROAEXAMPLE:alice",
}

_ASSUME = re.compile(r"sts:(AssumeRole|TagSession|SetSourceIdentity|SetContext)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call that somebody makes, and what must become of it.

    Attributes:
        allowed: Whether it must be allowed.
        principal: ARN of the session, or of the user; a developer's without one.
        resource_policy: The policy of the resource, where it matters.
    """

    id: str
    action: str
    resource: str
    allowed: bool
    reason: str = ""
    tier: str = "core"
    category: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)
    principal: str = DEVELOPER
    resource_policy: Mapping[str, Any] | None = None

    def __str__(self) -> str:
        """Say what is needed to find it and to understand it."""
        context = f" {json.dumps(self.context)}" if self.context else ""
        wanted = "allowed" if self.allowed else "denied"
        return (
            f"{self.id} [{self.tier}] {self.action} {self.resource}{context}: "
            f"must be {wanted}: {self.reason}"
        )

    def simulation(self) -> dict[str, Any]:
        """Return the call as the Node.js side reads it."""
        written = self.resource.split(":")
        owned = len(written) > 4 and re.fullmatch(r"\d{12}", written[4]) is not None
        # Root access is asked for in the account of the principal, whatever account it is for.
        account = written[4] if owned and self.action != "sts:AssumeRoot" else ACCOUNT
        return {
            "principal": self.principal,
            "action": self.action,
            "resource": self.resource,
            "account": account,
            "context": {
                **_CONTEXT,
                "aws:PrincipalArn": _role_of(self.principal),
                "aws:ResourceAccount": account,
                **self.context,
            },
            "resourcePolicy": self.resource_policy or self._policy_of_resource(account),
            "bounded": self.principal == DEVELOPER,
        }

    def _policy_of_resource(self, account: str) -> dict[str, Any] | None:
        """Return the policy that lets the most in: only the caller's guardrails can stop him."""
        if account != ACCOUNT:
            return _admitting(ACCOUNT, [self.action], resource="*")
        if _ASSUME.match(self.action):
            # As the CDK's bootstrap template has it.
            actions = ["AssumeRole", "TagSession", "SetSourceIdentity", "SetContext"]
            return _admitting(ACCOUNT, [f"sts:{action}" for action in actions], resource=None)
        if self.action.startswith("kms:") and self.resource != "*":
            # The policy that a key has by default.
            return _admitting(f"arn:aws:iam::{ACCOUNT}:root", ["kms:*"], resource="*")
        return None


def _admitting(principal: str, actions: list[str], *, resource: str | None) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": actions,
    }
    if resource is not None:
        statement["Resource"] = resource
    return {"Version": "2012-10-17", "Statement": [statement]}


def _role_of(principal: str) -> str:
    if principal == DEVELOPER:
        return _DEVELOPER_ROLE
    return re.sub(r":sts:(.*):assumed-role/([^/]+)/.*", r":iam:\1:role/\2", principal)


@dataclass(frozen=True, kw_only=True)
class Guardrails:
    """What stands over a principal.

    Attributes:
        boundary: The developers' permissions boundary.
        scps: Service control policies, all at one level of the organization.
        identity: The principal's own policy: everything is allowed without one.
    """

    boundary: Mapping[str, Any] | None = None
    scps: Sequence[Mapping[str, Any]] = ()
    identity: Mapping[str, Any] = field(default_factory=lambda: ALLOW_ALL)

    def simulation(self) -> dict[str, Any]:
        """Return them as the Node.js side reads them."""
        # The service control policy of AWS, `FullAWSAccess`, is beside every other.
        level = [ALLOW_ALL, *self.scps]
        return {
            "boundary": self.boundary,
            "identity": self.identity,
            "scps": [level] if self.scps else [],
        }


def decide(simulator: Simulator, guardrails: Guardrails, calls: Sequence[Call]) -> list[bool]:
    """Return whether each call is allowed.

    Raises:
        ValueError: The evaluator could not decide one.
    """
    answers = simulator.guard(guardrails.simulation(), [call.simulation() for call in calls])
    decided = []
    for call, answer in zip(calls, answers, strict=True):
        if not isinstance(answer, bool):
            raise ValueError(f"{call}: {answer['error']}")
        decided.append(answer)
    return decided


@dataclass(frozen=True)
class Misses:
    """The calls that were not decided as they must be, each as a line to read."""

    attacks: list[str]
    daily: list[str]


def misses(simulator: Simulator, guardrails: Guardrails, calls: Sequence[Call]) -> Misses:
    """Return the attacks that are allowed, and the daily calls that are denied."""
    decided = list(zip(calls, decide(simulator, guardrails, calls), strict=True))
    return Misses(
        [str(call) for call, allowed in decided if allowed and not call.allowed],
        [str(call) for call, allowed in decided if not allowed and call.allowed],
    )


def catalogue(renamed: Mapping[str, str] | None = None) -> Iterator[Call]:
    """Yield the calls of the catalogue, with other names where `renamed` says so."""
    written = CATALOGUE.read_text()
    for old, new in (renamed or {}).items():
        written = written.replace(old, new)
    for entry in json.loads(written):
        yield Call(
            id=entry["id"],
            action=entry["action"],
            resource=entry["resource"],
            allowed=entry["expected"] == "allow",
            reason=entry["reason"],
            tier=entry["tier"],
            category=entry["category"],
            context=entry["context"],
            resource_policy=entry.get("resourcePolicy"),
        )
