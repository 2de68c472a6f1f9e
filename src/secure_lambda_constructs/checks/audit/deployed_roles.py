"""Roles and managed policies against the templates they came from."""

from collections.abc import Iterator, Sequence
from typing import Any

from .calls import Account
from .comparison import Comparison
from .deployed import Resource
from .documents import canonical_policy
from .findings import Finding
from .intrinsics import has_unknown
from .roles import GLOBAL, boundary_of, list_policies, list_roles

__all__ = ["compare_policy", "compare_role"]

_INLINE = ("AWS::IAM::Policy", "AWS::IAM::RolePolicy")
_MANAGED = "AWS::IAM::ManagedPolicy"


def compare_role(
    account: Account, resource: Resource, resources: Sequence[Resource]
) -> list[Finding] | None:
    """Compare a role with its template: trust, boundary, and policies of both kinds.

    Args:
        account: The connection.
        resource: What the template says.
        resources: All resources of the assembly, which may give the role further policies.

    Returns:
        What differs and what cannot be told; `None` where the role is gone.

    Raises:
        UnreadError: The roles cannot be listed.
    """
    live = list_roles(account).get(resource.physical)
    if live is None:
        return None
    wanted = resource.properties
    names = (resource.physical, str(live["Arn"]))
    comparison = Comparison(resource, GLOBAL, str(live["Arn"]), names)
    _policy(
        comparison,
        "AssumeRolePolicyDocument",
        wanted.get("AssumeRolePolicyDocument"),
        live.get("AssumeRolePolicyDocument"),
    )
    given = [*(wanted.get("Policies") or []), *_given(resource, resources)]
    there = {each["PolicyName"]: each["PolicyDocument"] for each in live["RolePolicyList"]}
    comparison.check_set("Policies", [each.get("PolicyName") for each in given], there)
    for policy in given:
        name = policy.get("PolicyName")
        if name in there:
            _policy(comparison, f"policy {name}", policy.get("PolicyDocument"), there[name])
    attached = [
        each.physical
        for each in resources
        if each.type == _MANAGED and resource.physical in (each.properties.get("Roles") or ())
    ]
    comparison.check_set(
        "ManagedPolicyArns",
        [*(wanted.get("ManagedPolicyArns") or []), *attached],
        [each["PolicyArn"] for each in live["AttachedManagedPolicies"]],
    )
    boundary = wanted.get("PermissionsBoundary")
    limit = Comparison(resource, GLOBAL, str(live["Arn"]), names)
    limited = limit if boundary is not None else comparison
    limited.check("PermissionsBoundary", boundary, boundary_of(live) or None)
    return comparison.findings("role-changed") + limit.findings("boundary-missing")


def _given(role: Resource, resources: Sequence[Resource]) -> Iterator[dict[str, Any]]:
    """Yield the inline policies that are resources of their own."""
    for each in resources:
        properties = each.properties
        roles = [*(properties.get("Roles") or ()), properties.get("RoleName")]
        if each.type in _INLINE and role.physical in roles:
            yield properties


def _policy(comparison: Comparison, name: str, wanted: Any, live: Any) -> None:
    if has_unknown(wanted):
        comparison.cannot_tell(name)
    elif canonical_policy(wanted) != canonical_policy(live):
        comparison.differs(f"{name} as in the template", f"another {name}")


def compare_policy(account: Account, resource: Resource) -> list[Finding] | None:
    """Compare a managed policy with its template; boundaries are such policies.

    Args:
        account: The connection.
        resource: What the template says.

    Returns:
        What differs and what cannot be told; `None` where the policy is gone.

    Raises:
        UnreadError: The policies cannot be listed.
    """
    live = list_policies(account).get(resource.physical)
    if live is None:
        return None
    current = next(
        (each["Document"] for each in live["PolicyVersionList"] if each["IsDefaultVersion"]), None
    )
    names = (resource.physical, resource.physical.rsplit("/", 1)[-1])
    comparison = Comparison(resource, GLOBAL, resource.physical, names)
    _policy(comparison, "PolicyDocument", resource.properties.get("PolicyDocument"), current)
    return comparison.findings("policy-changed")
