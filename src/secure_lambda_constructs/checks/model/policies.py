"""Policy documents as the evaluator takes them, with what is not known taken for the worst."""

from collections.abc import Iterator
from typing import Any

from .values import Unknown, as_list, unknowns
from .world import Resource, World

__all__ = ["VERSION", "pessimistic", "principal_documents", "role_documents", "statements"]

VERSION = "2012-10-17"

_LOG_ACTIONS = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
_NETWORK_ACTIONS = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
]

# The AWS managed policies that functions commonly have; any other one may do everything.
_MANAGED = {
    "service-role/AWSLambdaBasicExecutionRole": _LOG_ACTIONS,
    "service-role/AWSLambdaVPCAccessExecutionRole": _LOG_ACTIONS + _NETWORK_ACTIONS,
}


def statements(document: Any) -> list[dict[str, Any]]:
    """Return the statements of a policy document."""
    if not isinstance(document, dict):
        return []
    return [entry for entry in as_list(document.get("Statement")) if isinstance(entry, dict)]


def pessimistic(document: Any, *, of_resource: bool = False) -> dict[str, Any]:
    """Return `document` with every Unknown replaced by what helps an attacker most.

    What is unknown in an Allow matches everything, its conditions hold; a Deny with anything
    unknown in it does not count. A document that is unknown as a whole allows everything.
    """
    principal = {"Principal": "*"} if of_resource else {}
    if not isinstance(document, dict) or any(
        isinstance(entry, Unknown) for entry in as_list(document.get("Statement"))
    ):
        everything = {"Effect": "Allow", "Action": "*", "Resource": "*", **principal}
        return {"Version": VERSION, "Statement": [everything]}
    kept = [_worst(entry) for entry in statements(document)]
    return {"Version": VERSION, "Statement": [entry for entry in kept if entry is not None]}


def _worst(statement: dict[str, Any]) -> dict[str, Any] | None:
    if not any(unknowns(statement)):
        return statement
    if statement.get("Effect") != "Allow":
        return None
    worst: dict[str, Any] = {}
    for key, value in statement.items():
        lost = any(unknowns(value))
        if key == "Condition":
            worst[key] = _known_conditions(value)
        elif key.startswith("Not"):
            worst[key] = [item for item in as_list(value) if not any(unknowns(item))] or ["none:*"]
        else:
            worst[key] = "*" if lost else value
    return worst


def _known_conditions(conditions: Any) -> dict[str, Any]:
    if not isinstance(conditions, dict):
        return {}
    known: dict[str, Any] = {}
    for operator, keys in conditions.items():
        if isinstance(keys, dict):
            known[operator] = {k: v for k, v in keys.items() if not any(unknowns(v))}
    return {operator: keys for operator, keys in known.items() if keys}


def role_documents(world: World, role: Resource | None) -> tuple[dict[str, Any], ...]:
    """Return the policies of `role`: inline, attached, managed. Boundaries are not counted.

    A role that no template creates may do everything.
    """
    return (pessimistic(None),) if role is None else principal_documents(world, role)


def principal_documents(world: World, principal: Resource) -> tuple[dict[str, Any], ...]:
    """Return the policies of a role, a user or a group that the templates create.

    Those of the groups that a user is in are the groups' own.
    """
    return tuple(pessimistic(document) for document in _documents(world, principal))


def _documents(world: World, principal: Resource) -> Iterator[Any]:
    kind = principal.type.rpartition("::")[2]
    for policy in as_list(principal.get("Policies")):
        yield policy.get("PolicyDocument") if isinstance(policy, dict) else policy
    for policy in world.of("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        if _names(policy.get(f"{kind}s"), principal):
            yield policy.get("PolicyDocument")
    for policy in world.of(f"AWS::IAM::{kind}Policy"):
        if _names(policy.get(f"{kind}Name"), principal):
            yield policy.get("PolicyDocument")
    for arn in as_list(principal.get("ManagedPolicyArns")):
        yield _managed(world, arn)


def _names(value: Any, principal: Resource) -> bool:
    return any(item == principal.id or isinstance(item, Unknown) for item in as_list(value))


def _managed(world: World, arn: Any) -> Any:
    own = world.find(arn, "AWS::IAM::ManagedPolicy")
    if own is not None:
        return own.get("PolicyDocument")
    name = arn.partition(":policy/")[2] if isinstance(arn, str) else ""
    if name not in _MANAGED:
        return None
    statement = {"Effect": "Allow", "Action": _MANAGED[name], "Resource": "*"}
    return {"Version": VERSION, "Statement": [statement]}
