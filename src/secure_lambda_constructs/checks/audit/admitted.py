"""Whom a policy on a resource admits: only what is provably of the own account counts as closed.

Denies are not read: what they take away may be too little, so an Allow that is open without them
is a finding. The same holds for conditions that are not understood.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

__all__ = ["Own", "as_list", "foreign_callers", "open_endpoint", "statements"]

# Operators that hold only where the key is present and has one of the values.
_POSITIVE = {"stringequals", "stringlike", "arnequals", "arnlike"}


class Own(NamedTuple):
    """What counts as own.

    Attributes:
        account: The account.
        organization: The id of the organization; empty where it is not known.
    """

    account: str
    organization: str = ""

    def has_account(self, value: str) -> bool:
        """Tell whether a value is the account."""
        return value == self.account

    def has_organization(self, value: str) -> bool:
        """Tell whether a value is the organization."""
        return bool(self.organization) and value == self.organization

    def has_arn(self, value: str) -> bool:
        """Tell whether a value is an ARN of the account, whatever wildcards follow."""
        parts = value.split(":")
        return len(parts) > 5 and parts[0] == "arn" and parts[4] == self.account

    def has_principal(self, value: str) -> bool:
        """Tell whether a value is the account or a principal of it."""
        return self.has_account(value) or self.has_arn(value)


def statements(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the statements of a policy, of which a single one may stand without a list.

    Args:
        document: The policy.
    """
    return [each for each in as_list(document.get("Statement")) if isinstance(each, dict)]


def as_list(value: Any) -> list[Any]:
    """Return what may stand alone or in a list as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def foreign_callers(statement: Mapping[str, Any], own: Own) -> str:
    """Tell whom a statement of a function's policy admits from outside the account.

    Args:
        statement: The statement.
        own: What counts as own.

    Returns:
        Who, in words; empty where it admits nobody from outside.

    Example:
        ```python
        from secure_lambda_constructs.checks.audit.admitted import Own, foreign_callers

        statement = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}}
        own = Own("111122223333")
        assert foreign_callers(statement, own) == "s3.amazonaws.com"
        statement["Condition"] = {"StringEquals": {"AWS:SourceAccount": "111122223333"}}
        assert foreign_callers(statement, own) == ""
        ```
    """
    if statement.get("Effect") != "Allow" or _admits_own_callers(statement, own):
        return ""
    foreign = [name for name in _principals(statement) if not own.has_principal(name)]
    return ", ".join(foreign)


def open_endpoint(document: Mapping[str, Any] | None, own: Own) -> str:
    """Tell what an endpoint lets through that is not of the account.

    Args:
        document: The endpoint policy; `None` stands for full access.
        own: What counts as own.

    Returns:
        What, in words; empty where principals and resources are both of the account.

    Example:
        ```python
        from secure_lambda_constructs.checks.audit.admitted import Own, open_endpoint

        assert open_endpoint(None, Own("111122223333")) == "no endpoint policy"
        ```
    """
    if document is None:
        return "no endpoint policy"
    found = []
    for number, statement in enumerate(statements(document)):
        if statement.get("Effect") != "Allow":
            continue
        open_to = [
            what
            for what, closed in (
                ("principals", _admits_own_principals(statement, own)),
                ("resources", _reaches_own_resources(statement, own)),
            )
            if not closed
        ]
        if open_to:
            sid = statement.get("Sid") or f"number {number + 1}"
            found.append(f"statement {sid}: any {' and '.join(open_to)}")
    return "; ".join(found)


def _admits_own_callers(statement: Mapping[str, Any], own: Own) -> bool:
    return _admits_own_principals(statement, own) or (
        "NotPrincipal" not in statement
        and (
            _bound(statement, "aws:sourceaccount", own.has_account)
            or _bound(statement, "aws:sourcearn", own.has_arn)
            or _bound(statement, "aws:sourceorgid", own.has_organization)
        )
    )


def _admits_own_principals(statement: Mapping[str, Any], own: Own) -> bool:
    principals = list(_principals(statement))
    named = "NotPrincipal" not in statement and bool(principals)
    return named and (
        all(own.has_principal(each) for each in principals)
        or _bound(statement, "aws:principalaccount", own.has_account)
        or _bound(statement, "aws:principalarn", own.has_arn)
        or _bound(statement, "aws:principalorgid", own.has_organization)
    )


def _reaches_own_resources(statement: Mapping[str, Any], own: Own) -> bool:
    resources = [str(each) for each in as_list(statement.get("Resource"))]
    return (
        (bool(resources) and all(own.has_arn(each) for each in resources))
        or _bound(statement, "aws:resourceaccount", own.has_account)
        or _bound(statement, "aws:resourceorgid", own.has_organization)
    )


def _principals(statement: Mapping[str, Any]) -> Iterator[str]:
    principal = statement.get("Principal")
    if isinstance(principal, dict):
        for names in principal.values():
            yield from (str(each) for each in as_list(names))
    elif principal is not None:
        yield str(principal)


def _bound(statement: Mapping[str, Any], key: str, is_own: Callable[[str], bool]) -> bool:
    """Tell whether a condition leaves no value of a key but own ones."""
    conditions = statement.get("Condition")
    if not isinstance(conditions, dict):
        return False
    for operator, keys in conditions.items():
        if str(operator).lower() not in _POSITIVE or not isinstance(keys, dict):
            continue
        for name, values in keys.items():
            texts = [str(each) for each in as_list(values)]
            if str(name).lower() == key and texts and all(is_own(each) for each in texts):
                return True
    return False
