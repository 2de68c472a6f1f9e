"""Comparing policies as IAM reads them, not as they are written."""

import json
import re
from typing import Any

from .admitted import as_list

__all__ = ["canonical", "canonical_policy"]

_ROOT = re.compile(r"arn:[a-z-]+:iam::([0-9]{12}):root")


def canonical(statement: dict[str, Any]) -> str:
    """Return a statement in a form in which equal ones are equal texts.

    IAM does not care for the order of values, for the case of actions and of condition keys, or
    whether a single value stands in a list; services write the account as its root user.

    Args:
        statement: The statement.

    Example:
        ```python
        from secure_lambda_constructs.checks.audit.documents import canonical

        one = {"Action": "s3:getobject", "Resource": ["b", "a"]}
        assert canonical(one) == canonical({"Resource": ["a", "b"], "Action": ["s3:GetObject"]})
        ```
    """
    made: dict[str, Any] = {"Effect": statement.get("Effect", "Deny")}
    for name in ("Action", "NotAction"):
        if statement.get(name) is not None:
            made[name] = sorted(str(each).lower() for each in as_list(statement[name]))
    for name in ("Resource", "NotResource"):
        if statement.get(name) is not None:
            made[name] = sorted(str(each) for each in as_list(statement[name]))
    for name in ("Principal", "NotPrincipal"):
        if statement.get(name) is not None:
            made[name] = _principals(statement[name])
    conditions = statement.get("Condition") or {}
    made["Condition"] = {
        str(operator).lower(): {
            str(key).lower(): sorted(_text(each) for each in as_list(values))
            for key, values in keys.items()
        }
        for operator, keys in conditions.items()
        if keys
    }
    return json.dumps(made, sort_keys=True)


def canonical_policy(document: dict[str, Any] | None) -> list[str]:
    """Return the statements of a policy in such a form, in such an order.

    Args:
        document: The policy; `None` where there is none.
    """
    return sorted(
        canonical(each)
        for each in as_list((document or {}).get("Statement"))
        if isinstance(each, dict)
    )


def _principals(principal: Any) -> dict[str, list[str]]:
    named = principal if isinstance(principal, dict) else {"AWS": principal}
    return {
        str(kind): sorted(_principal(str(each)) for each in as_list(names))
        for kind, names in named.items()
    }


def _principal(name: str) -> str:
    root = _ROOT.fullmatch(name)
    return root[1] if root else name


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
