"""What is refused on a signed function when the app synthesizes.

`fn.function`, `fn.role` and `fn.connections` are there to be used as any function's; what was made
with them is looked at last.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import jsii
from aws_cdk import Stack, Token
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_lambda as lambda_
from constructs import IConstruct, IValidation

if TYPE_CHECKING:
    from .role import IsolatedRole
    from .signed_vpc_function import SignedVpcFunction

__all__ = ["ClosedFunctionCheck"]

_ACCOUNT = re.compile(r"\d{12}")
_ARN = re.compile(r"arn:[^:]+:(?:iam|sts)::(?P<account>\d{12}):.+")


@jsii.implements(IValidation)
class ClosedFunctionCheck:
    """Says what below a function opens it."""

    def __init__(self, function: "SignedVpcFunction", role: "IsolatedRole") -> None:
        """Check a function.

        Args:
            function: The function.
            role: Its role.
        """
        self._function = function
        self._role = role

    def validate(self) -> list[str]:
        """Look at everything below the function, in one call to the CDK.

        Returns:
            One sentence for each thing that opens it.
        """
        errors = self._role.errors()
        for node in self._function.node.find_all():
            errors.extend(f"{node.node.path} {reason}" for reason in self._reasons(node))
        return errors

    def _reasons(self, node: IConstruct) -> Iterator[str]:
        """Why a construct cannot stay with the function, if so."""
        if isinstance(node, lambda_.CfnPermission):
            reason = _permission_reason(node)
            if reason is not None:
                yield reason
        elif isinstance(node, lambda_.CfnUrl):
            if node.auth_type != "AWS_IAM":
                yield (
                    f"is a URL with auth type {node.auth_type}, which anybody may call; write "
                    "auth_type=lambda_.FunctionUrlAuthType.AWS_IAM"
                )
        elif isinstance(node, ec2.CfnSecurityGroupEgress):
            address = node.cidr_ip or node.cidr_ipv6
            if address is not None or node.destination_prefix_list_id is not None:
                yield (
                    f"lets the function send to {address or node.destination_prefix_list_id}; "
                    "remove it, and allow a security group instead: "
                    "database.connections.allow_default_port_from(fn)"
                )


def _permission_reason(permission: lambda_.CfnPermission) -> str | None:
    """Why somebody may not call the function, if so."""
    principal: Any = permission.principal
    if principal == "*":
        return (
            "lets anybody call the function; name the account, or the service together with the "
            "resource that it acts for"
        )
    if Token.is_unresolved(principal):
        return None
    if ".amazonaws.com" in principal:
        if permission.source_arn is None and permission.source_account is None:
            return (
                f"lets {principal} call the function for any account; write source_arn or "
                "source_account too"
            )
        return None
    own = Stack.of(permission).account
    match = _ARN.fullmatch(principal)
    account = match["account"] if match else principal
    if not _ACCOUNT.fullmatch(account):
        return f"lets {principal!r} call the function, which is no account, role or service"
    if account != own:
        return (
            f"lets account {account} call the function; only callers of the function's own account "
            "may, so write iam.AccountPrincipal(Stack.of(self).account) or one of its roles"
        )
    return None
