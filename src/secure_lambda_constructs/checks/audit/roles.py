"""The roles and the policies of an account, and the rule that roles have a boundary."""

from collections.abc import Iterator
from typing import Any

from .calls import Account
from .findings import Finding

__all__ = ["GLOBAL", "audit_boundaries", "boundary_of", "list_policies", "list_roles"]

GLOBAL = "global"
"""The region that findings about IAM name."""

# Roles of AWS's services and of Identity Center, which nobody of the account can change:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
_RESERVED = ("/aws-service-role/", "/aws-reserved/")


def list_roles(account: Account) -> dict[str, dict[str, Any]]:
    """List all roles with their policies, by name.

    Args:
        account: The connection.

    Raises:
        UnreadError: They cannot be listed.
    """
    return {each["RoleName"]: each for each in _details(account)["RoleDetailList"]}


def list_policies(account: Account) -> dict[str, dict[str, Any]]:
    """List the managed policies of the account, not those of AWS, by ARN.

    Args:
        account: The connection.

    Raises:
        UnreadError: They cannot be listed.
    """
    return {each["Arn"]: each for each in _details(account)["Policies"]}


def _details(account: Account) -> dict[str, Any]:
    return account.ask(
        account.home,
        "iam",
        "GetAccountAuthorizationDetails",
        "the roles and policies",
        Filter=["Role", "LocalManagedPolicy"],
    )


def boundary_of(role: dict[str, Any]) -> str:
    """Return the ARN of a role's boundary; empty where it has none.

    Args:
        role: The role, as IAM has it.
    """
    return str((role.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn") or "")


def audit_boundaries(account: Account, boundary: str) -> Iterator[Finding]:
    """Find the roles without a boundary.

    Args:
        account: The connection.
        boundary: The name of the boundary, or its ARN.

    Yields:
        One finding for each role that has none or another one, but for those that AWS reserves.

    Raises:
        UnreadError: The roles cannot be listed.
    """
    for name, role in sorted(list_roles(account).items()):
        found = boundary_of(role)
        if role.get("Path", "/").startswith(_RESERVED):
            continue
        if found != boundary and not (found.endswith(f"/{boundary}") and "/" not in boundary):
            yield Finding(
                "boundary-missing",
                GLOBAL,
                role["Arn"],
                f"the boundary {boundary}",
                found or "no boundary",
                trail=(name, role["Arn"]),
            )
