"""Policies that are attached to roles, users and groups which no template creates."""

from ...model.values import as_list
from ...model.world import Resource
from ..case import Case
from ..reasons import told

__all__ = ["attached_elsewhere"]

# type: the property that names whom it is attached to, and the type of that
_ATTACHED: dict[str, list[tuple[str, str]]] = {
    "AWS::IAM::GroupPolicy": [("GroupName", "AWS::IAM::Group")],
    "AWS::IAM::ManagedPolicy": [
        ("Groups", "AWS::IAM::Group"),
        ("Roles", "AWS::IAM::Role"),
        ("Users", "AWS::IAM::User"),
    ],
    "AWS::IAM::Policy": [
        ("Groups", "AWS::IAM::Group"),
        ("Roles", "AWS::IAM::Role"),
        ("Users", "AWS::IAM::User"),
    ],
    "AWS::IAM::RolePolicy": [("RoleName", "AWS::IAM::Role")],
    "AWS::IAM::UserPolicy": [("UserName", "AWS::IAM::User")],
}


def attached_elsewhere(case: Case) -> list[tuple[Resource, list[str]]]:
    """Return each such policy, with the names that it is attached to.

    Nobody can tell who takes such a role. What is not known to be of the app is of somebody else;
    a name that nobody can tell is left out, as the policy then counts for all that there are.
    """
    return case.once(_found)


def _found(case: Case) -> list[tuple[Resource, list[str]]]:
    found: list[tuple[Resource, list[str]]] = []
    for policy in case.world.of(*_ATTACHED):
        names = [
            told(name)
            for property_name, kind in _ATTACHED[policy.type]
            for name in as_list(policy.get(property_name))
            if isinstance(name, str) and case.world.find(name, kind, near=policy) is None
        ]
        if names:
            found.append((policy, names))
    return found
