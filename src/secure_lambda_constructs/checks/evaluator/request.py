"""The request that policies are asked about, and who makes it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import Final

__all__ = ["UNKNOWN", "Caller", "Kind", "Request", "caller_of", "scalar_text"]


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()
"""A value of a request's context that is there, and that nobody can tell."""

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
_PRINCIPAL = re.compile(
    r"arn:(?P<partition>[^:]+):(?P<service>iam|sts)::(?P<account>[0-9]{12}):"
    r"(?P<type>root|user|role|assumed-role|federated-user|oidc-provider|saml-provider)"
    r"(?:/(?P<name>.+))?"
)
_SERVICE = re.compile(r"[^:/]+\.amazonaws\.com(\.[^:/]+)?")
_WEB_PROVIDER = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_SERVICE_LINKED = "AWSServiceRoleFor"


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request to AWS, as policies see it.

    Args:
        principal: The ARN of the user, the role's session, the role, the federated user, the
            account's root user or the identity provider; or a service such as
            `lambda.amazonaws.com`. None for a request without a signature. Anything else is a
            principal that nobody can tell: it may be whoever is named.
        action: Such as `s3:GetObject`.
        resource: The ARN of the resource, without wildcards, or `*` where the action has none.
        context: The condition keys that the request carries, whatever their case. A key with a
            list is one that has several values, also if the list has one or none. A value that is
            neither text, a number, a boolean nor a list is one that nobody can tell. What AWS would
            add, such as `aws:PrincipalArn`, is not added.
        account: The account that owns the resource; None where nobody can tell.

    Example:
        ```python
        from secure_lambda_constructs.checks.evaluator import Request

        request = Request(
            principal="arn:aws:sts::111122223333:assumed-role/orders/orders",
            action="dynamodb:GetItem",
            resource="arn:aws:dynamodb:eu-west-1:111122223333:table/orders",
            context={"aws:SourceVpc": "vpc-0123456789abcdef0"},
            account="111122223333",
        )
        assert request.values["aws:sourcevpc"] == "vpc-0123456789abcdef0"
        ```
    """

    principal: str | None
    action: str
    resource: str
    context: Mapping[str, object]
    account: str | None
    values: Mapping[str, object] = field(init=False, repr=False, compare=False)
    """The context with its keys in lower case: text, a tuple of these, or `UNKNOWN`."""

    def __post_init__(self) -> None:
        values = {key.lower(): _value(value) for key, value in self.context.items()}
        object.__setattr__(self, "values", values)


def _value(value: object) -> object:
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return tuple(_value(item) for item in value)
    text = scalar_text(value)
    return UNKNOWN if text is None else text


def scalar_text(value: object) -> str | None:
    """Return a value of JSON as policies spell it, None if it is not text, number or boolean.

    Example:
        ```python
        from secure_lambda_constructs.checks.evaluator.request import scalar_text

        assert scalar_text(True) == "true"
        assert scalar_text(10) == "10"
        assert scalar_text({"Ref": "Bucket"}) is None
        ```
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else None


class Kind(Enum):
    """What a principal is."""

    ANONYMOUS = "anonymous"
    FEDERATED_USER = "federated-user"
    OTHER = "other"
    """One that nobody can tell."""
    PROVIDER = "provider"
    ROLE = "role"
    ROOT = "root"
    SERVICE = "service"
    SESSION = "assumed-role"
    USER = "user"


@dataclass(frozen=True)
class Caller:
    """Who makes a request.

    Attributes:
        arn: As it was given; empty for a request without a signature.
        account: The account of the principal; None for services, without a signature, and where
            nobody can tell.
        name: The name of the user, or of the role, without its path.
        prefix: How the ARNs of the roles and users of the account begin.
        is_service_linked: Whether it is a role that is a service's own.
    """

    kind: Kind
    arn: str = ""
    account: str | None = None
    name: str = ""
    prefix: str = ""
    is_service_linked: bool = False

    @property
    def has_identity(self) -> bool:
        """Whether it is of an account, so that policies of its own say what it may do."""
        return self.account is not None or self.kind is Kind.OTHER

    def is_foreign(self, account: str | None) -> bool:
        """Whether an account is surely another one than that of the principal."""
        return account is not None and self.account is not None and account != self.account


@lru_cache(maxsize=4096)
def caller_of(principal: str | None) -> Caller:
    """Return what a principal is.

    Example:
        ```python
        from secure_lambda_constructs.checks.evaluator.request import Kind, caller_of

        caller = caller_of("arn:aws:sts::111122223333:assumed-role/orders/session")
        assert (caller.kind, caller.name, caller.account) == (
            Kind.SESSION,
            "orders",
            "111122223333",
        )
        assert caller_of(None).kind is Kind.ANONYMOUS
        ```
    """
    if principal is None:
        return Caller(Kind.ANONYMOUS)
    found = _PRINCIPAL.fullmatch(principal)
    if found is None:
        if _SERVICE.fullmatch(principal):
            return Caller(Kind.SERVICE, principal)
        is_provider = _WEB_PROVIDER.fullmatch(principal) is not None
        return Caller(Kind.PROVIDER if is_provider else Kind.OTHER, principal)
    parts = (found["name"] or "").split("/")
    of_provider = found["type"].endswith("-provider")
    kind = Kind.PROVIDER if of_provider else Kind(found["type"])
    # The path of a role is in its own ARN, not in that of its sessions.
    name = parts[0] if kind is Kind.SESSION else parts[-1]
    linked = kind in (Kind.ROLE, Kind.SESSION) and name.startswith(_SERVICE_LINKED)
    prefix = f"arn:{found['partition']}:iam::{found['account']}:"
    return Caller(kind, principal, found["account"], name, prefix, linked)
