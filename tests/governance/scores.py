"""What policies deny and allow of the catalogue, a line for each."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from secure_lambda_constructs.governance.documents import document_size

from ..leaks.simulator import Simulator
from .boundaries import NAMINGS, Naming, catalogue_of, resolved, synthesized
from .decisions import DEVELOPER, Call, Guardrails, misses

__all__ = ["ARTICLE", "boundary_of", "identity_of", "in_resource_policies", "scores"]

ARTICLE: Mapping[str, Any] = json.loads(
    Path(__file__).with_name("article_boundary.json").read_text()
)
"""The permissions boundary of the article that this library began with."""


# The simulator cannot tell which of several types is meant by these ARNs, and then does not decide
# together with a policy of the resource. They are in the catalogue without one.
_AMBIGUOUS = {
    "ec2-instance-connect:OpenTunnel",
    "lambda:DeleteProvisionedConcurrencyConfig",
    "lambda:PutProvisionedConcurrencyConfig",
}


def _partition(name: str) -> str:
    return "aws-us-gov" if name == "government" else "aws"


def _property(name: str, type_: str, key: str, index: int = 0) -> Any:
    resources = [
        entry for entry in synthesized(name)["Resources"].values() if entry["Type"] == type_
    ]
    return resolved(resources[index]["Properties"][key], _partition(name))


def boundary_of(name: str) -> Mapping[str, Any]:
    """Return the boundary of a naming, as the app synthesizes it."""
    boundary: Mapping[str, Any] = _property(name, "AWS::IAM::ManagedPolicy", "PolicyDocument")
    return boundary


def identity_of(name: str) -> Mapping[str, Any]:
    """Return the policy of the permission set of a naming, without the one of AWS's own."""
    identity: Mapping[str, Any] = _property(name, "AWS::SSO::PermissionSet", "InlinePolicy")
    return identity


def in_resource_policies(calls: list[Call]) -> list[Call]:
    """Return the attacks again, each with a policy of the resource that names the session.

    Those with a resource only, and no policy of it; the key of a KMS key has one in any case.
    """
    return [
        Call(
            id=f"{call.id}-named",
            action=call.action,
            resource=call.resource,
            allowed=False,
            reason=call.reason,
            tier=call.tier,
            context=call.context,
            resource_policy={
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"AWS": DEVELOPER},
                        "Action": call.action,
                        "Resource": "*",
                    }
                ],
            },
        )
        for call in calls
        if not call.allowed
        and call.resource != "*"
        and call.resource_policy is None
        and call.action not in _AMBIGUOUS
    ]


def _line(
    simulator: Simulator, what: str, guardrails: Guardrails, naming: Naming, size: int
) -> str:
    calls = catalogue_of(naming)
    missed = misses(simulator, guardrails, calls)
    attacks = sum(not call.allowed for call in calls)
    daily = len(calls) - attacks
    denied = attacks - len(missed.attacks)
    return (
        f"{what}: {size:,} characters, {denied:,} of {attacks:,} attacks denied "
        f"({100 * denied / attacks:.1f} %), {daily - len(missed.daily)} of {daily} daily calls "
        "allowed"
    )


def scores(simulator: Simulator) -> Iterator[str]:
    """Yield a line for each policy."""
    default = NAMINGS["default"]
    yield _line(simulator, "no boundary", Guardrails(), default, 0)
    article = Guardrails(boundary=ARTICLE)
    yield _line(simulator, "the article's boundary", article, default, document_size(ARTICLE))
    for name, naming in NAMINGS.items():
        boundary = boundary_of(name)
        guardrails = Guardrails(boundary=boundary)
        what = f"DeveloperBoundary, naming {name}"
        yield _line(simulator, what, guardrails, naming, document_size(boundary))
    identity = identity_of("default")
    yield _line(
        simulator,
        "the permission set's own policy, no boundary",
        Guardrails(identity=identity),
        default,
        document_size(identity),
    )
    both = Guardrails(identity=identity, boundary=boundary_of("default"))
    yield _line(
        simulator,
        "the permission set's own policy below the boundary",
        both,
        default,
        document_size(identity),
    )
