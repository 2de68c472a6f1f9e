"""DeveloperPermissionSet: developers in IAM Identity Center, below their boundary."""

import re
from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_sso as sso
from constructs import Construct

from ...errors import InvalidInputError
from ...signing.naming import check_literal
from ..arguments import check_list
from ..documents import PolicyDocument, refuse_too_long
from .boundary_reference import BoundaryReference
from .developer_assignment import DeveloperAssignment
from .developer_boundary import DeveloperBoundary
from .statements import daily_work_document

__all__ = ["DeveloperPermissionSet"]

# https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreatePermissionSet.html
_NAME = r"[\w+=,.@-]{1,32}"
_INSTANCE = r"arn:aws[a-z-]*:sso:::instance/(?:sso)?ins-[a-zA-Z0-9.-]{16}"
_SHORTEST, _LONGEST = 60, 12 * 60
_DEFAULT_SESSION = "PT4H"
# https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html
_INLINE_LIMIT = 10_240
_NO_ROOM = "take something out of the boundary's extra_daily_actions"


class DeveloperPermissionSet(Construct):
    """A permission set of IAM Identity Center whose every session is below the boundary.

    It belongs into the account that administers IAM Identity Center. The boundary must be in each
    account of the assignments before they are made, under the same name and path, since Identity
    Center makes the role there and names the boundary:
    <https://docs.aws.amazon.com/singlesignon/latest/userguide/permissionsetcustom.html>.

    By default the developers' own policies are AWS's `ReadOnlyAccess` and the daily work of the
    boundary: both the policies and the boundary would have to fail. `administrator_access=True`
    gives them `AdministratorAccess`, so that the boundary alone stands for all.

    Example:
        ```python
        from secure_lambda_constructs import (
            DeveloperAssignment,
            DeveloperBoundary,
            DeveloperPermissionSet,
        )

        DeveloperPermissionSet(
            stack,
            "Developers",
            instance_arn="arn:aws:sso:::instance/ssoins-1234567890abcdef",
            boundary=DeveloperBoundary(stack, "Boundary"),
            assignments=[
                DeveloperAssignment(
                    group_id="1a2b3c4d-0000-4000-8000-1234567890ab", accounts=["111122223333"]
                )
            ],
        )
        ```
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        instance_arn: str,
        boundary: DeveloperBoundary | BoundaryReference,
        assignments: Sequence[DeveloperAssignment],
        name: str = "Developer",
        administrator_access: bool = False,
        session_duration: cdk.Duration | None = None,
    ) -> None:
        """Make the permission set and its assignments.

        Args:
            scope: The stack of the account that administers IAM Identity Center, or a construct in
                it.
            id: The construct's id.
            instance_arn: ARN of the instance of IAM Identity Center, as
                `aws sso-admin list-instances` shows it.
            boundary: The boundary, or its name and path where other stacks make it.
            assignments: Who gets the permission set, in which accounts.
            name: Name of the permission set: part of the name of its role in each account.
            administrator_access: Whether the developers' own policies are `AdministratorAccess`.
                By default they are `ReadOnlyAccess` and the daily work.
            session_duration: How long a session lasts, from one hour to twelve. A developer whose
                assignment is taken back keeps his session until then. Four hours by default.

        Raises:
            InvalidInputError: There is no boundary, or an argument is not as described.
        """
        reference = boundary.reference if isinstance(boundary, DeveloperBoundary) else boundary
        if not isinstance(reference, BoundaryReference):
            raise InvalidInputError(
                f"a permission set for developers needs their boundary, got {boundary!r}: write "
                "boundary=DeveloperBoundary(...), or boundary=BoundaryReference(policy_name=...)"
            )
        _check_text("name", name, _NAME, "1 to 32 letters, digits or any of +=,.@_-")
        if not cdk.Token.is_unresolved(instance_arn):
            _check_text("instance_arn", instance_arn, _INSTANCE, "arn:aws:sso:::instance/ssoins-…")
        duration = _written(session_duration)
        _check_assignments(assignments)
        inline = None
        if not administrator_access:
            inline = _daily_work(reference)
            refuse_too_long("the inline policy", inline, _INLINE_LIMIT, _NO_ROOM)

        super().__init__(scope, id)
        access = "AdministratorAccess" if administrator_access else "ReadOnlyAccess"
        partition = cdk.Stack.of(self).partition
        self._permission_set = sso.CfnPermissionSet(
            self,
            "PermissionSet",
            instance_arn=instance_arn,
            name=name,
            description=f"{access} below the boundary {reference.policy_name}",
            managed_policies=[f"arn:{partition}:iam::aws:policy/{access}"],
            inline_policy=inline,
            permissions_boundary=sso.CfnPermissionSet.PermissionsBoundaryProperty(
                customer_managed_policy_reference=(
                    sso.CfnPermissionSet.CustomerManagedPolicyReferenceProperty(
                        name=reference.policy_name, path=reference.policy_path
                    )
                )
            ),
            session_duration=duration,
        )
        for assignment in assignments:
            for account in assignment.accounts:
                sso.CfnAssignment(
                    self,
                    f"{assignment.principal_id} in {account}",
                    instance_arn=instance_arn,
                    permission_set_arn=self._permission_set.attr_permission_set_arn,
                    principal_id=assignment.principal_id,
                    principal_type=assignment.principal_type,
                    target_id=account,
                    target_type="AWS_ACCOUNT",
                )

    @property
    def permission_set(self) -> sso.CfnPermissionSet:
        """The permission set. The CDK has no L2 for it."""
        return self._permission_set

    @property
    def permission_set_arn(self) -> str:
        """The ARN of the permission set."""
        return self._permission_set.attr_permission_set_arn


def _check_text(what: str, value: str, pattern: str, wanted: str) -> None:
    check_literal(what, value)
    if re.fullmatch(pattern, value, re.ASCII) is None:
        raise InvalidInputError(f"{what} must be {wanted}, got {value!r}")


def _written(duration: cdk.Duration | None) -> str:
    """Return how long a session lasts, as Identity Center takes it."""
    if duration is None:
        return _DEFAULT_SESSION
    minutes = float(duration.to_minutes(integral=False))
    if minutes != int(minutes) or not _SHORTEST <= minutes <= _LONGEST:
        raise InvalidInputError(
            f"session_duration must be one hour to twelve, in whole minutes, got {minutes:g} "
            "minutes: write for example cdk.Duration.hours(4)"
        )
    return f"PT{int(minutes)}M"


def _check_assignments(assignments: Sequence[DeveloperAssignment]) -> None:
    check_list("assignments", assignments)
    seen = set()
    for assignment in assignments:
        if not isinstance(assignment, DeveloperAssignment):
            raise InvalidInputError(
                f"assignments must be a list of DeveloperAssignment(...), got {assignment!r}"
            )
        for account in assignment.accounts:
            if (assignment.principal_id, account) in seen:
                raise InvalidInputError(
                    f"{assignment.principal_id} is assigned twice in account {account}: "
                    "name each account once for each group"
                )
            seen.add((assignment.principal_id, account))


def _daily_work(boundary: BoundaryReference) -> PolicyDocument:
    """Return the policy of a developer without AdministratorAccess."""
    return daily_work_document(
        developer_prefix=boundary.developer_prefix,
        data_path=boundary.own_data_path,
        extra_daily_actions=boundary.extra_daily_actions,
        without_services=boundary.without_services,
    )
