"""Who asks, and from where: the principals and the request contexts of the checks."""

from typing import Any

from ..model.views import Function

__all__ = [
    "FOREIGN_ACCOUNT",
    "FOREIGN_ORGANIZATION",
    "FOREIGN_VPC",
    "MALLORY",
    "OWN_ORGANIZATION",
    "foreign_context",
    "role_context",
    "unsigned_context",
]

# The attacker's own account, VPC and user.
FOREIGN_ACCOUNT = "999988887777"
FOREIGN_VPC = "vpc-0bad0bad0bad0bad0"
FOREIGN_ORGANIZATION = "o-0bad0bad0b"
# That of all accounts but the attacker's.
OWN_ORGANIZATION = "o-a1b2c3d4e5"
MALLORY = f"arn:aws:iam::{FOREIGN_ACCOUNT}:user/mallory"


def _base(region: str) -> dict[str, Any]:
    return {
        "aws:CurrentTime": "2026-11-23T10:00:00Z",
        "aws:PrincipalIsAWSService": "false",
        "aws:RequestedRegion": region,
        "aws:SecureTransport": "true",
        "aws:ViaAWSService": "false",
    }


def _place(vpc: str | None) -> dict[str, Any]:
    if vpc is None:
        return {"aws:SourceIp": "203.0.113.7"}
    return {
        "aws:SourceVpc": vpc,
        "aws:SourceVpce": "vpce-0a0a0a0a0a0a0a0a0",
        "aws:VpcSourceIp": "10.0.0.5",
    }


def role_context(
    function: Function, *, vpc: str | None, from_code: bool = True, owner: str | None = None
) -> dict[str, Any]:
    """Return the context of a request signed with the keys of the function's role.

    Args:
        function: The function whose role it is.
        vpc: The VPC the request comes out of; None for the internet.
        from_code: Whether the keys are those of the function's code, which carry the ARN of the
            function; the Lambda service's own calls with the role do not.
        owner: The account that owns the resource; the function's own by default.
    """
    account = function.resource.account
    context = {
        **_base(function.resource.region),
        **_place(vpc),
        "aws:PrincipalAccount": account,
        "aws:PrincipalArn": function.role_arn,
        "aws:PrincipalOrgID": OWN_ORGANIZATION,
        "aws:PrincipalType": "AssumedRole",
        **_owned_by(account if owner is None else owner),
        "aws:userid": "AROAEXAMPLEEXAMPLE:function",
    }
    if from_code:
        context["lambda:SourceFunctionArn"] = function.arn
    return context


def foreign_context(
    region: str, *, vpc: str | None, owner: str | None = FOREIGN_ACCOUNT
) -> dict[str, Any]:
    """Return the context of a request that the attacker signs with keys of his own account.

    `owner` is the account of the resource; a call that names no resource has none.
    """
    context = {
        **_base(region),
        **_place(vpc),
        "aws:PrincipalAccount": FOREIGN_ACCOUNT,
        "aws:PrincipalArn": MALLORY,
        "aws:PrincipalOrgID": FOREIGN_ORGANIZATION,
        "aws:PrincipalType": "User",
        "aws:userid": "AIDAEXAMPLEEXAMPLE",
        "aws:username": "mallory",
    }
    return context if owner is None else {**context, **_owned_by(owner)}


def unsigned_context(
    region: str, *, vpc: str | None, owner: str = FOREIGN_ACCOUNT
) -> dict[str, Any]:
    """Return the context of a request without a signature."""
    return {**_base(region), **_place(vpc), **_owned_by(owner)}


def _owned_by(account: str) -> dict[str, str]:
    foreign = account == FOREIGN_ACCOUNT
    return {
        "aws:ResourceAccount": account,
        "aws:ResourceOrgID": FOREIGN_ORGANIZATION if foreign else OWN_ORGANIZATION,
    }
