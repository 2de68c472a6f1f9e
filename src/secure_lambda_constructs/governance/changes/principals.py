"""Who may change governed resources, in the words of an event pattern.

CloudTrail names a session by its role in `userIdentity.sessionContext.sessionIssuer.arn`. Root
users, IAM users and callers of other accounts have no such field, and `anything-but` says nothing
of a field that is not there, so its absence is asked for as well. See
<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html>
and
<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html>.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import Stack

from ...errors import InvalidInputError
from ..arguments import check_qualifier, check_role_arns

__all__ = ["ACCOUNT", "PARTITION", "REGION", "Principals", "filled", "unless"]

PARTITION = "${AWS::Partition}"
"""Stands for the alarm's partition, as `Fn::Sub` has it."""
ACCOUNT = "${AWS::AccountId}"
"""Stands for the alarm's account, as `Fn::Sub` has it."""
REGION = "${AWS::Region}"
"""Stands for the alarm's region, as `Fn::Sub` has it."""


@dataclass(frozen=True)
class Principals:
    """Whose calls are expected, and whose are reported but never answered.

    All ARNs are spelled with the pseudo parameters of `Fn::Sub`, and `*` in them stands for any
    text.

    Attributes:
        pipeline: Roles that may change what is governed.
        break_glass: Roles of people that may in an emergency.
        qualifier: Of the CDK bootstrap.
        foreign_accounts: Accounts of the pipeline's roles that are not of the alarm's own.

    Example:
        ```python
        from secure_lambda_constructs.governance.changes.principals import Principals

        principals = Principals.of(["arn:aws:iam::*:role/deploy"])
        assert principals.pipeline == ("arn:aws:iam::${AWS::AccountId}:role/deploy",)
        ```
    """

    pipeline: tuple[str, ...]
    break_glass: tuple[str, ...]
    qualifier: str
    foreign_accounts: tuple[str, ...]

    @classmethod
    def of(
        cls,
        pipeline_roles: Sequence[str],
        break_glass_roles: Sequence[str] = (),
        qualifier: str = "hnb659fds",
        account: str | None = None,
    ) -> "Principals":
        """Check what was given.

        Args:
            pipeline_roles: ARNs of roles; `*` for the account stands for the alarm's own.
            break_glass_roles: The same.
            qualifier: Of the CDK bootstrap.
            account: The alarm's own account, or `None` where it is not known before.

        Returns:
            The principals.

        Raises:
            InvalidInputError: There is no pipeline role, or something is no ARN of a role.
        """
        check_qualifier(qualifier)
        for what, arns in (
            ("pipeline_roles", pipeline_roles),
            ("break_glass_roles", break_glass_roles),
        ):
            check_role_arns(what, arns)
            for arn in arns:
                if "?" in arn:
                    raise InvalidInputError(
                        f"{what} must not have ? in an ARN, which EventBridge knows no sign for, "
                        f"got {arn!r}: write * for a part of the name"
                    )
        if not pipeline_roles:
            raise InvalidInputError(
                "pipeline_roles is empty, so that every deployment would be reported: write the "
                "ARN of the role that deploys, such as 'arn:aws:iam::*:role/deploy'"
            )
        return cls(
            pipeline=tuple(map(_own, pipeline_roles)),
            break_glass=tuple(map(_own, break_glass_roles)),
            qualifier=qualifier,
            foreign_accounts=tuple(
                sorted({arn.split(":")[4] for arn in pipeline_roles} - {"*", account})
            ),
        )

    def roles(self) -> list[str]:
        """Return the roles whose sessions are expected: the pipeline's, and those of services.

        The role that the pipeline deploys with belongs to them, whatever the region: who becomes
        it is reported on its own. Nobody but its service can become a service-linked role:
        https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html.
        """
        return [
            *self.pipeline,
            f"arn:{PARTITION}:iam::{ACCOUNT}:role/cdk-{self.qualifier}-deploy-role-{ACCOUNT}-*",
            f"arn:{PARTITION}:iam::{ACCOUNT}:role/aws-service-role/*",
        ]

    def cloudformation(self) -> str:
        """Return how the session begins in which CloudFormation carries a deployment out.

        Of any region: IAM is asked in one, whichever the stack is in.
        """
        return (
            f"arn:{PARTITION}:sts::{ACCOUNT}:assumed-role/"
            f"cdk-{self.qualifier}-cfn-exec-role-{ACCOUNT}-"
        )

    def pattern(self, *more: str) -> dict[str, Any]:
        """Return what `userIdentity` is like for everybody else.

        Args:
            *more: Further roles whose sessions are expected.

        Returns:
            The part of an event pattern.
        """
        return {
            "type": unless("AWSService"),
            "sessionContext": {
                "sessionIssuer": {"arn": unless({"wildcard": [*self.roles(), *more]})}
            },
            # A developer who has CloudFormation do something with the developer's own rights is
            # there as the developer; only the session of the CDK's role is the pipeline's.
            "$or": [
                {"arn": unless({"prefix": self.cloudformation()})},
                {"invokedBy": unless("cloudformation.amazonaws.com")},
            ],
        }


def unless(values: object) -> list[Any]:
    """Return the pattern of a field that is not there, or is something else.

    Args:
        values: What follows `anything-but`.

    Returns:
        The pattern of the field.

    Example:
        ```python
        from secure_lambda_constructs.governance.changes.principals import unless

        assert unless("AWSService") == [{"exists": False}, {"anything-but": "AWSService"}]
        ```
    """
    return [{"exists": False}, {"anything-but": values}]


def filled(stack: Stack, text: str) -> str:
    """Replace the pseudo parameters in a text by what a stack knows of them.

    Args:
        stack: The stack.
        text: Spelled as `Fn::Sub` has it.

    Returns:
        The text, with references where the stack is bound to no account.

    Example:
        ```python
        from secure_lambda_constructs.governance.changes.principals import filled

        bound = cdk.Stack(app, "Bound", env=cdk.Environment(account="111122223333"))
        assert filled(bound, "::${AWS::AccountId}:role/") == "::111122223333:role/"
        ```
    """
    for name, value in (
        (PARTITION, stack.partition),
        (ACCOUNT, stack.account),
        (REGION, stack.region),
    ):
        text = text.replace(name, value)
    return text


def _own(arn: str) -> str:
    """Narrow an ARN of any account to the alarm's own, whose sessions are all that it means.

    A role of the same name in an account of somebody else is not the pipeline.
    """
    start, partition, service, region, account, name = arn.split(":", 5)
    partition = PARTITION if partition == "*" else partition
    account = ACCOUNT if account == "*" else account
    # EventBridge takes no two stars in a row.
    return ":".join((start, partition, service, region, account, re.sub(r"\*+", "*", name)))
