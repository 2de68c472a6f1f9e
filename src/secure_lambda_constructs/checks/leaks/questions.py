"""What is asked about policies: one request, and the policies that stand in its way."""

import fnmatch
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

from ..model.values import as_list
from ..model.world import Resource
from .reasons import Reason

__all__ = ["ALLOW_ALL", "Decision", "Evaluator", "KnownAction", "Question", "reason_of"]

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
        label: Who does it, in a reason's words: "its role can be used from the internet".
        action: What is asked for.
        resource: The ARN of what it is asked of; ``*`` for a call that names no resource.
        context: The condition keys of the request.
        principal: ARN or service principal; None for an unsigned request.
        identity: The principal's own policies; None lets the principal do everything.
        boundary: The principal's permissions boundary; None bounds nothing.
        resource_policy: The resource's policy; None lets everybody in.
        endpoint_policy: The policy of the VPC endpoint on the way, if there is one.
        account: The account of the resource, if it matters that it is the principal's own.
        about: The resource that opens the path if the request is not denied.
    """

    label: str
    action: str
    resource: str
    context: Mapping[str, Any]
    principal: str | None
    identity: tuple[dict[str, Any], ...] | None = None
    boundary: tuple[dict[str, Any], ...] | None = None
    resource_policy: dict[str, Any] | None = None
    endpoint_policy: dict[str, Any] | None = None
    account: str = _THIRD_ACCOUNT
    about: Resource | None = None

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
            "boundaryPolicies": None if self.boundary is None else list(self.boundary),
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


class Evaluator(Protocol):
    """Decides questions about policies."""

    def decide(self, questions: Iterable[Question]) -> list[Decision]:
        """Return the decision on each question."""

    def expand(self, pattern: str) -> list[KnownAction]:
        """Return the IAM actions that match `pattern`: ``dynamodb:Get*``, or ``*`` for all."""


def reason_of(question: Question, decision: Decision) -> Reason:
    """Return why `question` opens a path, which was not denied."""
    request = f"{question.action} on {question.resource}"
    if decision is Decision.UNKNOWN:
        request += ", on which nobody can tell what the policies say"
    return Reason(question.about, question.label, request)


def _renamed(policy: dict[str, Any]) -> dict[str, Any]:
    """Return `policy` with the stand-in's name wherever the identity call is meant."""

    def rename(entry: dict[str, Any]) -> dict[str, Any]:
        named = {key: as_list(entry[key]) for key in ("Action", "NotAction") if key in entry}
        return {**entry, **{key: [_rename(p) for p in value] for key, value in named.items()}}

    return {**policy, "Statement": [rename(entry) for entry in policy["Statement"]]}


def _rename(pattern: str) -> str:
    meant = fnmatch.fnmatchcase(_IDENTITY_CALL.lower(), pattern.lower())
    return _STAND_IN if meant else "sts:DecodeAuthorizationMessage"
