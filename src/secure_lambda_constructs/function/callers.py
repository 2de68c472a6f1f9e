"""Who may call an isolated function, and where what it answers may go."""

import re
from typing import Any

from ..network.app_tree import flat

__all__ = ["caller_reason", "foreign_account", "foreign_principal", "lacks_a_source"]

_ACCOUNT = re.compile(r"\d{12}")
_PRINCIPAL = re.compile(r"arn:[^:]+:(?:iam|sts)::(?P<account>[^:]*):.+")
_SERVICE = (".amazonaws.com", ".amazonaws.com.cn", ".URLSuffix")
# What `flat` makes of the account of a stack that is bound to none.
_OWN = "AccountId"
# The CDK lets these call without saying for whom, and they do tell Lambda the account:
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_turn-on-cli.html
_TELL_THE_ACCOUNT = ("elasticloadbalancing.", "secretsmanager.")


def caller_reason(permission: dict[str, Any], own: Any) -> str | None:
    """Say why somebody may not call the function.

    Args:
        permission: The resolved properties of the permission.
        own: The function's account as the template has it.

    Returns:
        The reason, or `None` where the callers are of the function's own account.
    """
    principal = flat(permission.get("principal"))
    if principal == "*":
        organization = permission.get("principalOrgId")
        everybody = f"everybody in organization {organization}" if organization else "anybody"
        return (
            f"lets {everybody} call the function; name the account, or the service together with "
            "the resource that it acts for"
        )
    if not principal:
        return None  # a reference: somebody of this app
    if principal.endswith(_SERVICE):
        return _service_reason(principal, permission, own)
    match = _PRINCIPAL.fullmatch(principal)
    account = match["account"] if match else principal
    if account != _OWN and not _ACCOUNT.fullmatch(account):
        return f"lets {principal!r} call the function, which is no account, role or service"
    return _foreign(
        account,
        own,
        f"lets account {account} call the function",
        "only callers of the function's own account may, so write "
        "iam.AccountPrincipal(Stack.of(self).account) or one of its roles",
    )


def lacks_a_source(permission: dict[str, Any]) -> bool:
    """Whether a service may call for any account, and would tell the account if it were asked.

    Args:
        permission: The resolved properties of the permission.

    Returns:
        Whether the account can be added to the permission.
    """
    return (
        flat(permission.get("principal")).startswith(_TELL_THE_ACCOUNT)
        and "sourceArn" not in permission
        and "sourceAccount" not in permission
    )


def foreign_account(arn: Any, own: Any, does: str, instead: str) -> str | None:
    """Say why something may not go to an ARN.

    Args:
        arn: The resolved ARN. One without an account, such as a bucket's, tells nothing.
        own: The function's account as the template has it.
        does: What goes there, before the ARN.
        instead: What to write instead.

    Returns:
        The reason, or `None` where the ARN names no other account.
    """
    text = flat(arn)
    account = _account_of(text)
    return _foreign(account, own, f"{does} {text}", instead) if account else None


def foreign_principal(principal: Any, own: Any) -> str | None:
    """Say who a principal in a policy is, if not somebody of the function's own account.

    Args:
        principal: The resolved principal.
        own: The function's account as the template has it.

    Returns:
        In words, or `None` where it is of the own account, or a reference.
    """
    text = flat(principal)
    if text == "*":
        return "anybody"
    match = _PRINCIPAL.fullmatch(text)
    account = match["account"] if match else text
    return None if not text or account in (own, _OWN) else f"account {account}"


def _service_reason(principal: str, permission: dict[str, Any], own: Any) -> str | None:
    """Why a service may not call the function, if so."""
    account, arn = permission.get("sourceAccount"), permission.get("sourceArn")
    if account is None and arn is not None:
        text = flat(arn)
        if not text or (text.startswith("arn:") and text.count(":") < 5):
            return None  # a reference: something of this app
        source = _account_of(text)
    else:
        source = flat(account)
        if account is not None and not source:
            return None
    if not source:
        return (
            f"lets {principal} call the function for any account; write source_arn or "
            "source_account too"
        )
    return _foreign(
        source,
        own,
        f"lets {principal} call the function for account {source}",
        "write source_account=Stack.of(self).account, or the source_arn of something of this "
        "account",
    )


def _account_of(arn: str) -> str:
    """The account in an ARN, or nothing."""
    parts = arn.split(":")
    return parts[4] if len(parts) > 5 else ""


def _foreign(account: str, own: Any, does: str, instead: str) -> str | None:
    """Why an account may not be the other side, if it is not the function's own."""
    if account in (own, _OWN):
        return None
    if _ACCOUNT.fullmatch(account) and not isinstance(own, str):
        return (
            f"{does}, and the stack is bound to no account, so whether that is its own is not "
            "known; give it env=cdk.Environment(account=..., region=...)"
        )
    return f"{does}; {instead}"
