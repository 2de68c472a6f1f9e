"""Requests and policies made at random, so that the evaluator and a simulator can be compared."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from hypothesis import strategies as st

from secure_lambda_constructs.checks.evaluator import PolicySet, Request

__all__ = ["OTHER", "OWN", "Case", "cases"]

OWN, OTHER = "111122223333", "444455556666"
_USER = f"arn:aws:iam::{OWN}:user/bob"
_ROLE = f"arn:aws:iam::{OWN}:role/orders"
_SESSION = f"arn:aws:sts::{OWN}:assumed-role/orders/run-1"
_FEDERATED = f"arn:aws:sts::{OWN}:federated-user/bob"
_SAML = f"arn:aws:iam::{OWN}:saml-provider/corporate"
_SERVICE = "lambda.amazonaws.com"
_WITH_IDENTITY = [_USER, _ROLE, _SESSION, _SESSION, _FEDERATED, f"{_USER}by"]
_PRINCIPALS = [*_WITH_IDENTITY, _SAML, _SERVICE, "sns.amazonaws.com", None]

_NAMED = ["*", OWN, OTHER, f"arn:aws:iam::{OWN}:root", _USER, _ROLE, _SESSION, _FEDERATED]

# An action, and resources that it can be about.
_REQUESTS: Sequence[tuple[str, Sequence[str]]] = [
    ("s3:GetObject", ["arn:aws:s3:::data/bob/a.csv", "arn:aws:s3:::data/a+b"]),
    ("s3:PutObject", ["arn:aws:s3:::data/bob/a.csv", "arn:aws:s3:::data/alice"]),
    ("dynamodb:GetItem", [f"arn:aws:dynamodb:eu-west-1:{OWN}:table/orders"]),
    (
        "lambda:InvokeFunction",
        [f"arn:aws:lambda:eu-west-1:{OWN}:function:{name}" for name in ("orders", "orders:live")],
    ),
    ("sqs:SendMessage", [f"arn:aws:sqs:us-east-1:{OTHER}:bob-queue"]),
    (
        "sts:AssumeRole",
        [
            f"arn:aws:iam::{account}:role/team/{name}"
            for account, name in ((OWN, "bob"), (OTHER, "x"))
        ],
    ),
    ("kms:Decrypt", [f"arn:aws:kms:eu-west-1:{OWN}:key/1234abcd"]),
    ("ec2:DescribeInstances", ["*"]),
    ("sts:GetCallerIdentity", ["*"]),
]
_ACTIONS = ["*", "ec2:*", "S3:getobject", "s3:?etObject", "s3:*Object", "lambda:Invoke*", "sts:*"]
_RESOURCES = [
    "*",
    "arn:aws:s3:::data/*",
    "arn:aws:s3:::data/?ob/*",
    "arn:aws:s3:::d*",
    "arn:aws:s3:::data/a+b",
    "arn:aws:s3:::d${*}ta/*",
    f"arn:aws:dynamodb:*:{OWN}:table/*",
    "arn:aws:lambda:eu-west-?:*:function:orders",
    f"arn:aws:lambda:eu-west-1:{OWN}:*",
    f"arn:aws:lambda:eu-west-1:{OWN}:function:*:live",
    "arn:aws:kms:*:*:key/*",
    "arn:aws:iam::*:role/team/b?b",
    "arn:aws:s3:::data/${aws:username, 'bob'}/*",
]
# A key that may have no value: what becomes of the opposite of such an entry is not the same.
_OPEN_RESOURCES = [
    *_RESOURCES,
    "arn:aws:s3:::data/${aws:username}/*",
    "arn:aws:iam::*:role/team/${AWS:UserName}",
    "arn:aws:s3:::data/${aws:TagKeys}",
]

_WORDS = ["bob", "Bob", "b*", "vpc-1", "a.b", ""]
_TEXTS = ["bob", "BOB", "b*", "?ob", "*", "vpc-?", "a.b", "${aws:userid, 'bob'}", "${$}", ""]
_OPEN_TEXTS = [*_TEXTS, "${aws:username}", "x${aws:SourceVpc}", "${aws:TagKeys}"]
_ARNS = [_ROLE, f"{_ROLE}/a/b", _USER, f"arn:aws:lambda:eu-west-1:{OWN}:function:orders:live"]
_ARN_PATTERNS = [
    _ROLE,
    f"arn:aws:iam::{OWN}:role/*",
    "arn:aws:iam::*:role/orders*",
    "arn:aws:iam::*:*/b??",
    "arn:aws:*:*:*:*",
    "arn:aws:lambda:*:*:function:*:live",
    "arn:aws:iam::1111*:user/${aws:username, 'bob'}",
]
_NUMBERS = ["0", "5", "10", "10.5", "-3"]
_DATES = ["2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z", "2026-01-01", "2026-07-01T01:00:00+01:00"]
_ADDRESSES = ["203.0.113.7", "10.1.2.3"]
_RANGES = ["203.0.113.0/24", "203.0.113.7", "10.0.0.0/8", "192.0.2.1/32", "10.1.2.200/25"]

# The condition keys, and the values that a request may have there.
_SINGLE: Mapping[str, Sequence[str]] = {
    "aws:username": _WORDS,
    "aws:userid": _WORDS,
    "aws:SourceVpc": _WORDS,
    "aws:RequestTag/team": _WORDS,
    "aws:PrincipalArn": _ARNS,
    "aws:MultiFactorAuthAge": _NUMBERS,
    "aws:CurrentTime": _DATES,
    "aws:SecureTransport": ["true", "false"],
    "aws:SourceIp": _ADDRESSES,
}
_LISTS = ["aws:TagKeys", "aws:CalledVia"]
_STRINGS = ["aws:username", "AWS:UserId", "aws:sourcevpc", "aws:RequestTag/team"]

_ORDER = ["Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"]
_LIKE = ["StringEquals", "StringLike", "StringEqualsIgnoreCase"]
_UNLIKE = ["StringNotEquals", "StringNotLike", "StringNotEqualsIgnoreCase"]
_ARN_OPERATORS = ["ArnLike", "ArnEquals", "ArnNotLike", "ArnNotEquals"]
_SETS = ["ForAnyValue", "ForAllValues"]
_OF_SETS = [f"{of_set}:{name}" for of_set in _SETS for name in (*_LIKE, *_UNLIKE)]


def _with_if_exists(names: Sequence[str]) -> Sequence[str]:
    return [f"{name}{suffix}" for name in names for suffix in ("", "IfExists")]


# Operators, the keys that they are for, and the values of policies.
_TESTS: Sequence[tuple[Sequence[str], Sequence[str], Sequence[Any]]] = [
    (_with_if_exists(_LIKE), _STRINGS, _OPEN_TEXTS),
    (_with_if_exists(_UNLIKE), _STRINGS, _TEXTS),
    (_OF_SETS, [*_LISTS, "aws:username"], _TEXTS),
    (_with_if_exists(_ARN_OPERATORS), ["aws:PrincipalArn"], _ARN_PATTERNS),
    (_with_if_exists([f"Numeric{name}" for name in _ORDER]), ["aws:MultiFactorAuthAge"], _NUMBERS),
    (_with_if_exists([f"Date{name}" for name in _ORDER]), ["aws:CurrentTime"], _DATES),
    (_with_if_exists(["Bool"]), ["aws:SecureTransport"], ["true", "false", "True", False]),
    (_with_if_exists(["IpAddress", "NotIpAddress"]), ["aws:SourceIp"], _RANGES),
    (["Null"], [*_SINGLE, *_LISTS], ["true", "false", True]),
]


@dataclass(frozen=True)
class Case:
    """A request, and the policies in its way."""

    request: Request
    policies: PolicySet

    def variants(self) -> Iterator["Case"]:
        """Yield the case with other requests, each a little different."""
        request = self.request
        yield self
        yield self._with(account=OTHER if request.account == OWN else OWN)
        yield self._with(context={})
        for key in list(request.context)[:3]:
            context = {name: value for name, value in request.context.items() if name != key}
            yield self._with(context=context)
        if request.principal in _WITH_IDENTITY:
            for principal in sorted({*_WITH_IDENTITY} - {request.principal}):
                yield self._with(principal=principal)

    def _with(self, **changes: Any) -> "Case":
        return replace(self, request=replace(self.request, **changes))

    def written(self) -> dict[str, Any]:
        """Return it as the simulator reads it."""
        request, policies = self.request, self.policies
        return {
            "principal": request.principal,
            "action": request.action,
            "resource": request.resource,
            "account": request.account,
            "context": dict(request.context),
            "identity": list(policies.identity),
            "boundary": None if policies.boundary is None else list(policies.boundary),
            "serviceControl": [list(level) for level in policies.service_control],
            "resourceControl": [list(level) for level in policies.resource_control],
            "resourcePolicy": policies.resource,
            "endpoint": policies.endpoint,
        }


Draw: TypeAlias = st.DrawFn


def _some(draw: Draw, values: Sequence[Any]) -> Any:
    """Draw a value, or a list of some."""
    count = draw(st.integers(0, 3))
    chosen = [draw(st.sampled_from(values)) for _ in range(max(count, 1))]
    return chosen if count else chosen[0]


def _chance(draw: Draw, of: int) -> bool:
    return draw(st.integers(0, of - 1)) == of - 1


def _condition(draw: Draw) -> dict[str, Any]:
    condition: dict[str, Any] = {}
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 2]))):
        operators, keys, values = draw(st.sampled_from(_TESTS))
        tests = condition.setdefault(draw(st.sampled_from(operators)), {})
        tests[draw(st.sampled_from(keys))] = _some(draw, values)
    return condition


def _principal(draw: Draw, caller: str | None) -> Any:
    if _chance(draw, 3):
        return "*"
    if caller in (None, _SERVICE, _SAML) and _chance(draw, 2):
        return {"Federated": _SAML} if caller == _SAML else {"Service": _SERVICE}
    named = {"AWS": _some(draw, _NAMED)}
    return (
        {**named, "Service": _some(draw, [_SERVICE, "sns.amazonaws.com"])}
        if _chance(draw, 4)
        else named
    )


def _statement(draw: Draw, action: str, resource: str) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"]))}
    service = action.split(":")[0]
    actions = [action, action.upper(), f"{service}:*", "*", *_ACTIONS]
    if _chance(draw, 5):
        statement["NotAction"] = _some(draw, actions[2:])
    else:
        statement["Action"] = _some(draw, actions)
    if _chance(draw, 5):
        statement["NotResource"] = _some(draw, [resource, *_RESOURCES[1:]])
    else:
        statement["Resource"] = _some(draw, [resource, "*", *_OPEN_RESOURCES])
    condition = _condition(draw)
    return {**statement, "Condition": condition} if condition else statement


def _document(draw: Draw, request: Request, *, of_resource: bool = False) -> dict[str, Any]:
    statements = []
    for _ in range(draw(st.integers(1, 3))):
        statement = _statement(draw, request.action, request.resource)
        if of_resource:
            element = "NotPrincipal" if _chance(draw, 6) else "Principal"
            statement[element] = _principal(draw, request.principal)
        statements.append(statement)
    return {**_version(draw, statements), "Statement": statements}


def _version(draw: Draw, statements: list[dict[str, Any]]) -> dict[str, str]:
    """Draw the version of the language: the old one has no variables, which the simulator has."""
    if _chance(draw, 4) and "${" not in json.dumps(statements):
        return draw(st.sampled_from([{}, {"Version": "2008-10-17"}]))
    return {"Version": "2012-10-17"}


def _guard(draw: Draw, request: Request, *, denies: bool = False) -> dict[str, Any]:
    """Draw a policy that names everybody: of an endpoint, or one that controls resources."""
    document = _document(draw, request)
    if denies:
        # The only one that such a policy may have.
        document["Version"] = "2012-10-17"
    for statement in document["Statement"]:
        statement["Principal"] = "*"
        if denies:
            # Such a policy names a service.
            statement.pop("NotAction", None)
            statement.update(Effect="Deny", Action=f"{request.action.split(':')[0]}:*")
    return document


def _context(draw: Draw) -> dict[str, Any]:
    context: dict[str, Any] = {}
    for key, values in _SINGLE.items():
        if not _chance(draw, 3):
            context[key] = draw(st.sampled_from(values))
    for key in _LISTS:
        if _chance(draw, 2):
            context[key] = draw(st.lists(st.sampled_from(_WORDS), min_size=1, max_size=2))
    return context


@st.composite
def cases(draw: Draw) -> Case:
    """Draw a case, in which what is asked for and what the policies mean often meet."""
    action, resources = draw(st.sampled_from(_REQUESTS))
    principal = draw(st.sampled_from(_PRINCIPALS))
    request = Request(
        principal=principal,
        action=action,
        resource=draw(st.sampled_from(resources)),
        context=_context(draw),
        account=draw(st.sampled_from([OWN, OWN, OTHER])),
    )
    policies: dict[str, Any] = {}
    if principal in _WITH_IDENTITY:
        policies["identity"] = [_document(draw, request) for _ in range(draw(st.integers(0, 2)))]
        if _chance(draw, 3):
            policies["boundary"] = [_document(draw, request)]
        if _chance(draw, 4):
            count = draw(st.integers(1, 2))
            policies["service_control"] = [[_document(draw, request)] for _ in range(count)]
    if _chance(draw, 5):
        policies["resource_control"] = [[_guard(draw, request, denies=True)]]
    if not _chance(draw, 3):
        policies["resource"] = _document(draw, request, of_resource=True)
    if _chance(draw, 4) and action != "sts:GetCallerIdentity":
        policies["endpoint"] = _guard(draw, request)
    return Case(request, PolicySet(**policies))
