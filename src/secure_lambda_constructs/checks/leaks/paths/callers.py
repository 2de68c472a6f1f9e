"""O03: ways out through the answers of a function, to whoever may invoke it."""

import fnmatch
import re
from collections.abc import Iterator
from typing import Any

from ...model.policies import VERSION, pessimistic, statements
from ...model.values import Unknown, as_list, strings
from ...model.views import Function
from ...model.world import Resource
from ..attackers import (
    FOREIGN_ACCOUNT,
    FOREIGN_ORGANIZATION,
    attackers_in,
    foreign_context,
    unsigned_context,
)
from ..case import Case
from ..questions import Question
from ..reasons import Reason
from ..register import path
from .named import concerning
from .reach import guarded, has_guarded

__all__ = ["permissions_of"]

_INVOCATIONS = ("lambda:InvokeFunction", "lambda:InvokeFunctionUrl", "lambda:GetFunction")

# Services that call functions for whoever has an account with them.
_CALLING_SERVICES = (
    "apigateway.amazonaws.com",
    "events.amazonaws.com",
    "s3.amazonaws.com",
    "sns.amazonaws.com",
)

# Property of a permission: the condition that it stands for.
_CONDITIONS = (
    ("SourceArn", "ArnLike", "aws:SourceArn"),
    ("SourceAccount", "StringEquals", "aws:SourceAccount"),
    ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
    ("EventSourceToken", "StringEquals", "lambda:EventSourceToken"),
    ("FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"),
    ("InvokedViaFunctionUrl", "Bool", "lambda:InvokedViaFunctionUrl"),
)


@path(
    "O03",
    "whoever may invoke the function reads its answers",
    present=has_guarded,
    attack="The attacker calls the function from his own account, or by its URL without any keys, "
    "and the code answers with the rows.",
    mend="Admit callers by name, which is all that a SignedVpcFunction lets pass: a permission has "
    "a principal of this account, or a service with source_arn= and source_account=. With the "
    "CDK's own classes: no add_permission() for another account or without a source, and "
    "lambda_.FunctionUrlAuthType.AWS_IAM at each URL.",
)
def _o03(case: Case) -> Iterator[Reason]:
    for function in guarded(case):
        policy = permissions_of(case, function)
        if statements(policy):
            yield from case.still_open(_foreign_callers(function, policy))
        for url in concerning(case, function, "AWS::Lambda::Url", "TargetFunctionArn"):
            if url.get("AuthType") != "AWS_IAM":
                yield Reason(url, "is a URL of the function that needs no signature")


def permissions_of(case: Case, function: Function) -> dict[str, Any]:
    """Return the resource policy that the `AWS::Lambda::Permission`s of `function` make up."""
    made = [
        _permission(permission)
        for permission in concerning(case, function, "AWS::Lambda::Permission", "FunctionName")
    ]
    return pessimistic({"Version": VERSION, "Statement": made}, of_resource=True)


def _permission(permission: Resource) -> dict[str, Any]:
    principal = permission.get("Principal")
    if isinstance(principal, Unknown):
        who: Any = principal
    elif principal == "*":
        who = "*"
    elif str(principal).endswith((".amazonaws.com", ".amazon.com")):
        # The Alexa service has a name that no other service has the form of.
        who = {"Service": str(principal).replace(".amazon.com", ".amazonaws.com")}
    else:
        who = {"AWS": principal}
    conditions: dict[str, Any] = {}
    for name, operator, key in _CONDITIONS:
        if permission.get(name) is not None:
            conditions.setdefault(operator, {})[key] = permission.get(name)
    action = permission.get("Action")
    allowed = {"Effect": "Allow", "Principal": who, "Action": action, "Resource": "*"}
    return {**allowed, "Condition": conditions} if conditions else allowed


def _foreign_callers(function: Function, policy: dict[str, Any]) -> Iterator[Question]:
    region, account = function.resource.region, function.resource.account
    signed = foreign_context(region, vpc=None, owner=account)
    people: list[tuple[str, str | None, dict[str, Any]]] = [
        *(("other accounts", who, {**signed, **keys}) for who, keys in attackers_in(policy)),
        ("everybody", None, unsigned_context(region, vpc=None, owner=account)),
    ]
    services = [
        (f"{service} for other accounts", service, sent)
        for service in _calling_services(policy)
        for sent in _for_another_account(service, region, policy)
    ]
    # A call by a URL needs the right to lambda:InvokeFunctionUrl, whatever else it needs.
    by_url = [
        (who, principal, {**context, "lambda:FunctionUrlAuthType": auth_type})
        for who, principal, context in people
        for auth_type in (("NONE",) if principal is None else ("AWS_IAM", "NONE"))
    ]
    for action in _INVOCATIONS:
        callers = by_url if action == "lambda:InvokeFunctionUrl" else [*people, *services]
        for who, principal, context in callers:
            yield Question(
                label=f"may be called by {who}",
                action=action,
                resource=str(function.arn),
                context=context,
                principal=principal,
                resource_policy=policy,
                about=function.resource,
            )


def _calling_services(policy: dict[str, Any]) -> list[str]:
    """Those that may call for anybody, and whatever the policy admits besides."""
    named = [
        str(service)
        for entry in statements(policy)
        if isinstance(entry.get("Principal"), dict)
        for service in as_list(entry["Principal"].get("Service"))
    ]
    return list(dict.fromkeys([*_CALLING_SERVICES, *named]))


def _for_another_account(
    service: str, region: str, policy: dict[str, Any]
) -> Iterator[dict[str, str]]:
    """Yield what a service says of the one that it calls for: any, and those that are admitted."""
    made_up = f"arn:aws:{service.partition('.')[0]}:{region}:{FOREIGN_ACCOUNT}:loot"
    named = [text for text in strings(policy) if text.startswith("arn:")]
    for source in dict.fromkeys([made_up, *named]):
        parts = source.split(":", 5)
        # Some ARNs, such as that of a bucket, tell no account: what they name may be anybody's.
        if len(parts) == 6 and fnmatch.fnmatchcase(FOREIGN_ACCOUNT, parts[4] or "*"):
            parts[3] = region if "*" in parts[3] else parts[3]
            parts[4] = FOREIGN_ACCOUNT if parts[4] else ""
            yield {
                "aws:SourceAccount": FOREIGN_ACCOUNT,
                "aws:SourceArn": re.sub(r"[*?]", "x", ":".join(parts)),
                "aws:SourceOrgID": FOREIGN_ORGANIZATION,
            }
