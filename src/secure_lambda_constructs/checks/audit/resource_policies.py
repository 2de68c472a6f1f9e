"""Comparing the policies of resources: a single statement more is who else may have the data."""

import json
from collections.abc import Iterable
from typing import Any

from .admitted import as_list, statements
from .comparison import Comparison
from .deployed import Resource
from .documents import canonical
from .intrinsics import UNKNOWN, has_unknown

__all__ = ["check_policy", "document_of", "policy_given_by"]


def document_of(text: str | None) -> dict[str, Any] | None:
    """Return a policy that a service answers as a text.

    Args:
        text: The text; `None` or empty where there is none.
    """
    document = json.loads(text) if text else None
    return document if isinstance(document, dict) else None


def policy_given_by(
    resources: Iterable[Resource], kinds: Iterable[str], name: str, physical: str
) -> Any:
    """Return the policy that a resource of its own gives to another one.

    Args:
        resources: All resources of the assembly in the region.
        kinds: The types of such policies, `AWS::SQS::QueuePolicy` for one.
        name: The property that says to whom it is given, or to which ones.
        physical: The physical id of the other one.

    Returns:
        The document; `None` where there is none, `UNKNOWN` where it cannot be told to whom one is
        given, or where there are several, of which the service keeps the one that came last.
    """
    owners = [(each.properties.get(name), each) for each in resources if each.type in kinds]
    if any(has_unknown(owner) for owner, _ in owners):
        return UNKNOWN
    found = [
        each.properties.get("PolicyDocument", each.properties.get("ResourcePolicy"))
        for owner, each in owners
        if physical in as_list(owner)
    ]
    return UNKNOWN if len(found) > 1 else (found or [None])[0]


def check_policy(
    comparison: Comparison, wanted: Any, live: dict[str, Any] | None, name: str = "policy"
) -> None:
    """Compare a resource policy statement by statement.

    Args:
        comparison: Takes notice of what differs.
        wanted: What the template says; `None` where it says nothing.
        live: What is there; `None` where there is none.
        name: What the policy is called.

    Example:
        ```python
        from secure_lambda_constructs.checks.audit.comparison import Comparison
        from secure_lambda_constructs.checks.audit.deployed import Resource
        from secure_lambda_constructs.checks.audit.resource_policies import check_policy

        queue = Resource("App", "Q", "q", "AWS::SQS::Queue", {}, "App/Q")
        comparison = Comparison(queue, "us-east-1", "q")
        statement = {"Sid": "S", "Effect": "Allow", "Principal": "*", "Action": "sqs:*"}
        check_policy(comparison, None, {"Statement": [statement]})
        (finding,) = comparison.findings("resource-policy-changed")
        assert finding.found == "policy: statement S (Allow * sqs:*) added"
        ```
    """
    if has_unknown(wanted):
        comparison.cannot_tell(name)
        return
    was = {canonical(each): each for each in statements(wanted or {})}
    now = {canonical(each): each for each in statements(live or {})}
    for key in sorted(was.keys() - now.keys()):
        text = f"{name}: {_shown(was[key])}"
        comparison.differs(text, f"{text} removed")
    for key in sorted(now.keys() - was.keys()):
        comparison.differs("", f"{name}: {_shown(now[key])} added")


def _shown(statement: dict[str, Any]) -> str:
    principal = statement.get("Principal", statement.get("NotPrincipal"))
    named = principal.values() if isinstance(principal, dict) else [principal]
    who = ", ".join(str(each) for names in named for each in as_list(names))
    actions = as_list(statement.get("Action", statement.get("NotAction")))
    words = [str(statement.get("Effect")), *(["all but"] if "NotPrincipal" in statement else [])]
    words += [who, *(["all but"] if "NotAction" in statement else [])]
    shown = f"{' '.join(words)} {', '.join(str(each) for each in actions)}"
    return f"statement {statement.get('Sid') or 'without Sid'} ({shown})"
