"""Who asks, and from where: the principals and the request contexts of the checks."""

import fnmatch
import ipaddress
import re
from collections.abc import Iterator
from typing import Any

from ..model.values import as_list, dig, strings
from ..model.views import Function

__all__ = [
    "FOREIGN_ACCOUNT",
    "FOREIGN_ORGANIZATION",
    "FOREIGN_VPC",
    "MALLORY",
    "OWN_ORGANIZATION",
    "addresses_in",
    "attackers_in",
    "foreign_context",
    "own_keys",
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
# A principal that a policy names, by an ARN with wildcards in it or without.
_NAMED = re.compile(r"arn:[^:]*:(?:iam|sts)::([0-9*?]*):(role|assumed-role|user)/(.+)")
_WILDCARD = re.compile(r"[*?]")
_LIKE_A_NETWORK = re.compile(r"[0-9a-fA-F.:]+(/[0-9.]+)?")


def _base(region: str) -> dict[str, Any]:
    return {
        "aws:CurrentTime": "2026-11-23T10:00:00Z",
        "aws:PrincipalIsAWSService": "false",
        "aws:RequestedRegion": region,
        "aws:SecureTransport": "true",
        "aws:ViaAWSService": "false",
    }


def _place(vpc: str | None, endpoint: str | None = None) -> dict[str, Any]:
    if vpc is None:
        return {"aws:SourceIp": "203.0.113.7"}
    return {
        "aws:SourceVpc": vpc,
        "aws:SourceVpce": endpoint or "vpce-0a0a0a0a0a0a0a0a0",
        "aws:VpcSourceIp": "10.0.0.5",
    }


def role_context(
    function: Function,
    *,
    vpc: str | None,
    endpoint: str | None = None,
    from_code: bool = True,
    owner: str | None = None,
) -> dict[str, Any]:
    """Return the context of a request signed with the keys of the function's role.

    Args:
        function: The function whose role it is.
        vpc: The VPC the request comes out of; None for the internet.
        endpoint: The id of the endpoint that it comes through; by default somebody else's.
        from_code: Whether the keys are those of the function's code, which carry the ARN of the
            function; the Lambda service's own calls with the role do not.
        owner: The account that owns the resource; the function's own by default.
    """
    account = function.resource.account
    context = {
        **_base(function.resource.region),
        **_place(vpc, endpoint),
        "aws:PrincipalAccount": account,
        "aws:PrincipalArn": function.role_arn,
        "aws:PrincipalOrgID": OWN_ORGANIZATION,
        "aws:PrincipalType": "AssumedRole",
        **_owned_by(account if owner is None else owner),
        "aws:userid": "AROAEXAMPLEEXAMPLE:function",
        **_tags_of(function),
    }
    if from_code:
        context["lambda:SourceFunctionArn"] = function.arn
    return context


def addresses_in(policies: Any) -> Iterator[str]:
    """Yield an address of the internet out of each network that policies name.

    Args:
        policies: One policy or several.
    """
    for text in dict.fromkeys(strings(list(policies) if isinstance(policies, tuple) else policies)):
        if _LIKE_A_NETWORK.fullmatch(text) is None:
            continue
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError:
            continue
        middle = network[network.num_addresses // 2]
        address = next((each for each in (middle, network[-1]) if each.is_global), None)
        if address is not None and not address.is_multicast:
            yield str(address)


def own_keys(account: str) -> dict[str, str]:
    """Return the condition keys that tell a role of an account of ours."""
    return {
        "aws:PrincipalAccount": account,
        "aws:PrincipalArn": f"arn:aws:iam::{account}:role/any",
        "aws:PrincipalOrgID": OWN_ORGANIZATION,
        "aws:PrincipalType": "AssumedRole",
    }


def _tags_of(function: Function) -> dict[str, str]:
    """Return what the tags of the function's role say of its sessions."""
    tags = [] if function.role is None else as_list(function.role.get("Tags"))
    return {
        f"aws:PrincipalTag/{dig(tag, 'Key')}": str(dig(tag, "Value"))
        for tag in tags
        if isinstance(dig(tag, "Key"), str) and isinstance(dig(tag, "Value"), str)
    }


def attackers_in(policy: Any) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the principals that the attacker may be to a policy: he names his own as he likes.

    Args:
        policy: The policy of a resource or of an endpoint.

    Yields:
        The ARN of a user, and of what the policy names and may be of his account, each with the
        condition keys that tell it from the user.
    """
    yield MALLORY, {}
    for text in dict.fromkeys(strings(policy)):
        if text.startswith("*") and text.strip("*"):
            text = f"arn:aws:iam::*:role/{text.rpartition('/')[2].lstrip('*:')}"
        named = _NAMED.fullmatch(text)
        if named is None or not fnmatch.fnmatchcase(FOREIGN_ACCOUNT, named[1]):
            continue
        kind, name = named[2], _WILDCARD.sub("x", named[3])
        if kind == "user":
            user = f"arn:aws:iam::{FOREIGN_ACCOUNT}:user/{name}"
            yield user, {"aws:PrincipalArn": user}
            continue
        # A session is called by the last part of the role's name, without its path.
        role, _, session = name.partition("/") if kind == "assumed-role" else (name, "", "x")
        role_arn = f"arn:aws:iam::{FOREIGN_ACCOUNT}:role/{role}"
        yield (
            f"arn:aws:sts::{FOREIGN_ACCOUNT}:assumed-role/{role.rpartition('/')[2]}/{session}",
            {"aws:PrincipalArn": role_arn, "aws:PrincipalType": "AssumedRole"},
        )


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
