"""DeveloperAssignment: who gets the developers' permission set, and where."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ...errors import InvalidInputError
from ...signing.naming import check_account, check_literal
from ..arguments import check_list

__all__ = ["DeveloperAssignment"]

# https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreateAccountAssignment.html
_PRINCIPAL_ID = re.compile(
    r"(?:[0-9a-f]{10}-)?[A-Fa-f0-9]{8}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{12}"
)


@dataclass(frozen=True, kw_only=True)
class DeveloperAssignment:
    """One group of IAM Identity Center, or one user, in the accounts that it works in.

    Each account is named: a permission set that is assigned wherever there is an account would be
    in the ones that have no boundary yet. See
    <https://docs.aws.amazon.com/singlesignon/latest/userguide/useraccess.html>.

    Attributes:
        accounts: Ids of the accounts, each of which has the boundary.
        group_id: Id of the group in the identity store.
        user_id: Id of the user, in place of a group. Groups are what to use; a user who leaves
            keeps his assignments.

    Raises:
        InvalidInputError: Neither or both of group and user are given, one of them is no id of the
            identity store, or there is no account.

    Example:
        ```python
        from secure_lambda_constructs import DeveloperAssignment

        assignment = DeveloperAssignment(
            group_id="1a2b3c4d-0000-4000-8000-1234567890ab", accounts=["111122223333"]
        )
        assert assignment.principal_type == "GROUP"
        ```
    """

    accounts: Sequence[str]
    group_id: str | None = None
    user_id: str | None = None

    def __post_init__(self) -> None:
        """Check what was given."""
        if (self.group_id is None) == (self.user_id is None):
            raise InvalidInputError(
                "an assignment is for one group or one user, got "
                f"group_id={self.group_id!r} and user_id={self.user_id!r}: give one of them"
            )
        check_literal("group_id" if self.group_id is not None else "user_id", self.principal_id)
        if _PRINCIPAL_ID.fullmatch(self.principal_id) is None:
            raise InvalidInputError(
                "a group or user must be named by its id in the identity store, such as "
                f"1a2b3c4d-0000-4000-8000-1234567890ab, got {self.principal_id!r}: "
                "`aws identitystore list-groups` shows it"
            )
        check_list("accounts", self.accounts)
        if not self.accounts:
            raise InvalidInputError(
                "an assignment must name at least one account, got none: write accounts=['…']"
            )
        for account in self.accounts:
            check_account("accounts", account)

    @property
    def principal_id(self) -> str:
        """The id of the group or the user."""
        return self.group_id if self.group_id is not None else str(self.user_id)

    @property
    def principal_type(self) -> str:
        """`GROUP` or `USER`."""
        return "GROUP" if self.group_id is not None else "USER"
