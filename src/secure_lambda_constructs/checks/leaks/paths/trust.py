"""Who may take a role."""

import json
from collections.abc import Iterator
from typing import Any

from ...model.policies import pessimistic, statements
from ...model.values import as_list
from ...model.world import Resource
from ..case import Case
from ..reasons import told

__all__ = ["admitting_roles", "others_than_lambda"]


def others_than_lambda(role: Resource) -> Iterator[str]:
    """Yield who else than the Lambda service may take a role, or may as far as one can tell.

    Args:
        role: The role.
    """
    trust = role.get("AssumeRolePolicyDocument")
    written = as_list(trust.get("Statement")) if isinstance(trust, dict) else [trust]
    for entry in written:
        if not isinstance(entry, dict):
            yield told(entry)
        elif entry.get("Effect") != "Deny" and not _trusts_lambda_only(entry):
            yield _said_principal(entry)


def _trusts_lambda_only(statement: dict[str, Any]) -> bool:
    principal = statement.get("Principal")
    if not isinstance(principal, dict) or set(principal) != {"Service"}:
        return False
    return as_list(principal["Service"]) == ["lambda.amazonaws.com"]


def _said_principal(statement: dict[str, Any]) -> str:
    """Return whom a statement of a trust policy names, as a reason says it."""
    if "Principal" in statement:
        return json.dumps(statement["Principal"], default=told)
    return f"all but {json.dumps(statement.get('NotPrincipal'), default=told)}"


def admitting_roles(case: Case) -> list[tuple[Resource, dict[str, Any]]]:
    """Return the roles that trust more than services, with their trust policies."""
    return case.once(_admitting)


def _admitting(case: Case) -> list[tuple[Resource, dict[str, Any]]]:
    found: list[tuple[Resource, dict[str, Any]]] = []
    for role in case.world.of("AWS::IAM::Role"):
        trust = pessimistic(role.get("AssumeRolePolicyDocument"), of_resource=True)
        allows = [entry for entry in statements(trust) if entry.get("Effect") == "Allow"]
        if not all(_is_for_services(entry) for entry in allows):
            found.append((role, trust))
    return found


def _is_for_services(statement: dict[str, Any]) -> bool:
    principal = statement.get("Principal")
    return isinstance(principal, dict) and set(principal) == {"Service"}
