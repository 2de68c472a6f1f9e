"""The principals that may use a table from outside its network, as its policy writes them."""

import re
from collections.abc import Sequence

from aws_cdk import Stack, Token
from aws_cdk import aws_iam as iam

from ..errors import InvalidInputError
from .app_tree import flat

__all__ = ["outside_principal_arns"]

_ROLE_OR_USER = r"arn:[^:*?]+:iam::\d{12}:(?:role|user)/"
_EXACT = re.compile(_ROLE_OR_USER + r"[^*?]+")
# A name that begins with six characters which are no wildcard: as few as IAM advises before one.
# https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
_PATTERN = re.compile(_ROLE_OR_USER + r"(?:.*/)?[\w+=,.@-]{6}[^/]*")


def outside_principal_arns(
    parameter: str, principals: Sequence[iam.IPrincipal], stack: Stack
) -> list[str]:
    """The ARNs by which a condition on `aws:PrincipalArn` knows some principals.

    Args:
        parameter: The parameter that they were given as.
        principals: Roles and users.
        stack: The stack of the table.

    Returns:
        One for each.

    Raises:
        InvalidInputError: One of them is not a role or user, or stands for too many.
    """
    if isinstance(principals, str) or not isinstance(principals, Sequence):
        raise InvalidInputError(
            f"{parameter} is {principals!r}; write a list of principals: "
            "[iam.ArnPrincipal('arn:aws:iam::ACCOUNT:role/NAME')]"
        )
    return [_arn(parameter, principal, stack) for principal in principals]


def _arn(parameter: str, principal: object, stack: Stack) -> str:
    """The ARN of one principal."""
    if not hasattr(principal, "policy_fragment"):
        raise InvalidInputError(
            f"{parameter} has {principal!r}; write a principal: a role of the app, or "
            "iam.ArnPrincipal('arn:aws:iam::ACCOUNT:role/NAME')"
        )
    fragment: iam.PrincipalPolicyFragment = principal.policy_fragment
    shown = dict(fragment.principal_json)
    match shown:
        case {"AWS": [str(arn)]} if not fragment.conditions and _is_narrow(arn, stack):
            return arn
    raise InvalidInputError(
        f"{parameter} has {stack.resolve(shown)}, which is not one role or user without "
        "conditions; write a role of the app, or "
        "iam.ArnPrincipal('arn:aws:iam::ACCOUNT:role/NAME') with wildcards after the first six "
        "characters of the name at most"
    )


def _is_narrow(arn: str, stack: Stack) -> bool:
    """Whether an ARN means a role or user, or a few of one name."""
    if not Token.is_unresolved(arn):
        return bool(_EXACT.fullmatch(arn) or _PATTERN.fullmatch(arn))
    # That of a role of the app is known at deployment only; that of an account ends in `root`.
    return not flat(stack.resolve(arn)).endswith(":root")
