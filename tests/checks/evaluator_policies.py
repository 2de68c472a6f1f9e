"""Short ways to write policies and requests."""

from typing import Any

from secure_lambda_constructs.checks.evaluator import Decision, PolicySet, Request, decide

__all__ = [
    "BUCKET",
    "OBJECT",
    "OTHER",
    "OWN",
    "ROLE",
    "SESSION",
    "USER",
    "allow",
    "decided",
    "deny",
    "document",
    "holds",
    "request",
]

OWN, OTHER = "111122223333", "444455556666"
USER = f"arn:aws:iam::{OWN}:user/bob"
ROLE = f"arn:aws:iam::{OWN}:role/orders"
SESSION = f"arn:aws:sts::{OWN}:assumed-role/orders/run-1"
BUCKET = "arn:aws:s3:::data"
OBJECT = f"{BUCKET}/bob/report.csv"


def document(*statements: Any, version: str | None = "2012-10-17") -> dict[str, Any]:
    """A policy with statements."""
    written = {} if version is None else {"Version": version}
    return {**written, "Statement": list(statements)}


def allow(**elements: Any) -> dict[str, Any]:
    """A statement that allows everything, but for what is given; None takes an element out."""
    return _statement("Allow", elements)


def deny(**elements: Any) -> dict[str, Any]:
    """A statement that denies everything, but for what is given; None takes an element out."""
    return _statement("Deny", elements)


def _statement(effect: str, elements: dict[str, Any]) -> dict[str, Any]:
    written = {"Effect": effect, "Action": "*", "Resource": "*", **elements}
    for name in ("Action", "Resource"):
        if f"Not{name}" in elements and name not in elements:
            del written[name]
    return {name: value for name, value in written.items() if value is not None}


def request(**changes: Any) -> Request:
    """A user reads an object of his own account."""
    usual = {
        "principal": USER,
        "action": "s3:GetObject",
        "resource": OBJECT,
        "context": {},
        "account": OWN,
    }
    return Request(**{**usual, **changes})


def decided(asked: Request | None = None, /, **policies: Any) -> bool:
    """Whether policies allow a request."""
    return decide(asked or request(), PolicySet(**policies)) is Decision.ALLOWED


def holds(condition: Any, context: dict[str, Any], version: str = "2012-10-17") -> bool | None:
    """Whether a condition holds: None where it counts as whatever opens."""
    asked = request(context=context)
    allowed = decided(asked, identity=[document(allow(Condition=condition), version=version)])
    denying = document(allow(), deny(Condition=condition), version=version)
    denied = not decided(asked, identity=[denying])
    assert allowed or not denied
    return None if allowed and not denied else allowed
