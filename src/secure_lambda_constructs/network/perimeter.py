"""Whose principals and resources an isolated network serves: an account's or an organization's."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aws_cdk import Token

from ..errors import InvalidInputError
from .app_tree import flat
from .endpoint_service import belongs_to_aws

__all__ = ["Perimeter", "is_bound"]

# https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html
_ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}")


@dataclass(frozen=True)
class Perimeter:
    """Binds both ends of a call: who makes it, and whose resource it is for.

    An endpoint without such a policy carries any call, with whatever keys: code could bring keys
    of a foreign account and write to that account's table. See
    https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html.
    """

    account: str
    """The account of the network: a number, or a token in a stack that is bound to none."""
    organization_id: str | None
    """The organization, if all its accounts are inside."""

    def __post_init__(self) -> None:
        """Refuse what is no organization.

        Raises:
            InvalidInputError: The id is none.
        """
        given = self.organization_id
        if given is None or (isinstance(given, str) and Token.is_unresolved(given)):
            return
        if not (isinstance(given, str) and _ORGANIZATION.fullmatch(given)):
            raise InvalidInputError(
                f"organization_id is {given!r}, which is no id of an organization; write the "
                "'o-...' that `aws organizations describe-organization` prints, or leave it out "
                "to admit the network's own account only"
            )

    @property
    def arn_account(self) -> str:
        """What stands in the account's place of an ARN in an endpoint's policy."""
        return self.account if self.organization_id is None else "*"

    def conditions(self, *, bind_resource: bool = True) -> dict[str, dict[str, str]]:
        """The conditions that each Allow of an endpoint's policy carries.

        Of a gateway endpoint's policy `Principal: {"AWS": account}` means the root user only, so
        the principal is bound by a condition too.

        Args:
            bind_resource: Whether the resource has an owner to ask for.

        Returns:
            The condition block. Its operator fails where a key is absent: a call that nobody
            signed has no account.
        """
        if self.organization_id is None:
            principal, resource = ("aws:PrincipalAccount", "aws:ResourceAccount")
            value = self.account
        else:
            principal, resource = ("aws:PrincipalOrgID", "aws:ResourceOrgID")
            value = self.organization_id
        bound = {principal: value, resource: value} if bind_resource else {principal: value}
        return {"StringEquals": bound}


def is_bound(policy: Any, account: Any, organization_id: Any) -> bool:
    """Whether each Allow of a resolved endpoint policy keeps caller and resource inside.

    Args:
        policy: The policy as the template has it, or `None` where the endpoint has none.
        account: The account as the template has it: a literal or `{"Ref": "AWS::AccountId"}`.
        organization_id: The organization as the template has it, or `None`.

    Returns:
        `False` as well for a policy in a form that cannot be judged.
    """
    if not isinstance(policy, Mapping):
        return False
    statements = policy.get("Statement", [])
    if isinstance(statements, Mapping):
        statements = [statements]
    return bool(statements) and all(
        statement.get("Effect") == "Deny"
        or _binds(statement, "aws:principalaccount", "aws:resourceaccount", account)
        or (
            organization_id is not None
            and _binds(statement, "aws:principalorgid", "aws:resourceorgid", organization_id)
        )
        for statement in statements
    )


def _binds(statement: Mapping[str, Any], principal: str, resource: str, value: Any) -> bool:
    """Whether one Allow names a value for both keys with an operator that fails without a key."""
    # `StringEqualsIfExists` would pass unsigned calls, which carry no account.
    equal = {
        key.lower(): found
        for key, found in statement.get("Condition", {}).get("StringEquals", {}).items()
    }
    if equal.get(principal) not in (value, [value]):
        return False
    if equal.get(resource) in (value, [value]):
        return True
    resources = statement.get("Resource", "*")
    listed = resources if isinstance(resources, list) else [resources]
    return bool(listed) and all(belongs_to_aws(flat(arn)) for arn in listed)
