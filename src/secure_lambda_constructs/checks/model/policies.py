"""Policy documents as the evaluator takes them, with what is not known taken for the worst."""

from collections.abc import Iterator
from typing import Any

from .closing import without_denies
from .managed_policies import managed_actions
from .values import Unknown, as_list, unknowns
from .world import Resource, World

__all__ = ["VERSION", "pessimistic", "principal_documents", "role_documents", "statements"]

VERSION = "2012-10-17"

_PRINCIPALS = ("AWS::IAM::Group", "AWS::IAM::Role", "AWS::IAM::User")

# The policies that name what they are attached to, in a list for each kind of principal.
_STANDALONE = ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy")


def statements(document: Any) -> list[dict[str, Any]]:
    """Return the statements of a policy document.

    Args:
        document: The document, resolved.

    Returns:
        Its statements; those that are Unknown are left out, see `pessimistic`.
    """
    if not isinstance(document, dict):
        return []
    return [entry for entry in as_list(document.get("Statement")) if isinstance(entry, dict)]


def pessimistic(document: Any, *, of_resource: bool = False) -> dict[str, Any]:
    """Return a policy document with every Unknown replaced by what helps an attacker most.

    What is unknown in an Allow matches everything, its conditions hold; a Deny with anything
    unknown in it does not count; what may be either is an Allow. A document that is unknown as a
    whole allows everything.

    Args:
        document: The document, resolved.
        of_resource: Whether it is attached to a resource, and so names principals.

    Returns:
        A document without an Unknown.

    Example:
        ```python
        from secure_lambda_constructs.checks.model.policies import pessimistic, statements
        from secure_lambda_constructs.checks.model.values import Unknown

        unknown = Unknown("parameter Table has no default")
        (allow,) = statements(
            pessimistic(
                {
                    "Statement": [
                        {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": unknown},
                        {"Effect": "Deny", "Action": "*", "Resource": unknown},
                    ]
                }
            )
        )
        assert allow["Resource"] == "*"
        ```
    """
    principal = {"Principal": "*"} if of_resource else {}
    if not isinstance(document, dict) or any(
        isinstance(entry, Unknown) for entry in as_list(document.get("Statement"))
    ):
        everything = {"Effect": "Allow", "Action": "*", "Resource": "*", **principal}
        return {"Version": VERSION, "Statement": [everything]}
    kept = [_worst(entry) for entry in statements(document)]
    # The old language, which one without a version is in, has no variables.
    version = {"Version": document["Version"]} if "Version" in document else {}
    if any(unknowns(version)):
        version = {"Version": VERSION}
    return {**version, "Statement": [entry for entry in kept if entry is not None]}


def _worst(statement: dict[str, Any]) -> dict[str, Any] | None:
    if not any(unknowns(statement)):
        return statement
    # What may be an Allow is one.
    if not isinstance(effect := statement.get("Effect"), Unknown) and effect != "Allow":
        return None
    worst: dict[str, Any] = {}
    for key, value in statement.items():
        lost = any(unknowns(value))
        if key == "Effect":
            worst[key] = "Allow"
        elif key == "Condition":
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
    """Return the policies of a role: inline, attached, managed. Boundaries are not counted.

    Args:
        world: The world that the role is in.
        role: The role. One that no template creates may do everything.

    Returns:
        The documents, without an Unknown.
    """
    return (pessimistic(None),) if role is None else principal_documents(world, role)


def principal_documents(world: World, principal: Resource) -> tuple[dict[str, Any], ...]:
    """Return the policies of a principal that the templates create.

    Those of the groups that a user is in are the groups' own.

    Args:
        world: The world that the principal is in.
        principal: The role, user or group.

    Returns:
        The documents, without an Unknown.
    """
    return tuple(pessimistic(document) for document in _documents(world, principal))


def _documents(world: World, principal: Resource) -> Iterator[Any]:
    for policy in as_list(principal.get("Policies")):
        yield policy.get("PolicyDocument") if isinstance(policy, dict) else policy
    attached = world.made(_attached)
    for policy in attached.get(principal, []):
        yield policy.get("PolicyDocument")
    for policy in attached.get(principal.type, []):
        # It may be another one's.
        yield without_denies(policy.get("PolicyDocument"))
    for arn in as_list(principal.get("ManagedPolicyArns")):
        yield _managed(world, principal, arn)


def _attached(world: World) -> dict[Resource | str, list[Resource]]:
    """Return the policies by what they are attached to; by its type where nobody can tell."""
    found: dict[Resource | str, list[Resource]] = {}
    for kind in _PRINCIPALS:
        name = kind.rpartition("::")[2]
        for policy in world.of(*_STANDALONE, f"{kind}Policy"):
            key = f"{name}s" if policy.type in _STANDALONE else f"{name}Name"
            targets: dict[Resource | str, None] = {}
            for target in as_list(policy.get(key)):
                # A policy that names an imported principal is attached to none of ours.
                known = world.find(target, kind, near=policy)
                if known is not None or isinstance(target, Unknown):
                    targets[known or kind] = None
            for each in targets:
                found.setdefault(each, []).append(policy)
    return found


def _managed(world: World, principal: Resource, arn: Any) -> Any:
    own = world.find(arn, "AWS::IAM::ManagedPolicy", near=principal)
    if own is not None:
        return own.get("PolicyDocument")
    # The account in the ARN of one of AWS's own is "aws".
    account, _, name = arn.partition(":policy/") if isinstance(arn, str) else ("", "", "")
    actions = managed_actions(name) if account.endswith(":iam::aws") else None
    if actions is None:
        return None
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    return {"Version": VERSION, "Statement": [statement]}
