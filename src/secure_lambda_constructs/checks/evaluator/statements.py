"""Statements of policies, read once and asked often."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from .conditions import ConditionTest, condition_tests
from .elements import ActionTest, ResourceTest, action_test, resource_test
from .principals import Meant, PrincipalTest, Reach, principal_test
from .request import Caller, Request
from .truth import Truth

__all__ = ["PolicyType", "Statement", "statements_of"]


class PolicyType(Enum):
    """What a policy is attached to, which says what its statements are made of."""

    IDENTITY = "identity"
    """A user, group or role; a permissions boundary; a service control policy."""
    RESOURCE = "resource"
    """A resource, a role's trust included; a VPC endpoint; a resource control policy."""


_VERSIONS: Final = {"2008-10-17": False, "2012-10-17": True}
_DOCUMENT: Final = {"Id", "Statement", "Version"}
_STATEMENT: Final = {
    "Action",
    "Condition",
    "Effect",
    "NotAction",
    "NotPrincipal",
    "NotResource",
    "Principal",
    "Resource",
    "Sid",
}
_OPPOSED: Final = ("Action", "Principal", "Resource")
_EVERYBODY: Final = Meant(True, Reach.DIRECT)
_MAYBE: Final = Meant(None, Reach.DIRECT)
_MOST_KEPT: Final = 4096


@dataclass(kw_only=True)
class Statement:
    """One statement.

    Attributes:
        source: The statement as it is written.
        is_allow: Whether it allows; also where nobody can tell what its effect is.
        is_flawed: Whether AWS would refuse it, so that whether it applies is unknown.
    """

    source: object
    is_allow: bool
    is_flawed: bool
    action: ActionTest | None
    resource: ResourceTest | None
    is_static: bool
    principal: PrincipalTest | None
    is_not_principal: bool
    conditions: Sequence[ConditionTest]
    _resources: dict[str, Truth] = field(default_factory=dict, repr=False)

    def matches_action(self, action: str) -> Truth:
        """Tell whether it is about an action."""
        return None if self.action is None else self.action(action)

    def matches(
        self, request: Request, caller: Caller, truth: Truth, *, is_bounded: bool = False
    ) -> Meant:
        """Tell whether it applies to a request.

        Args:
            request: The request.
            caller: Who makes it.
            truth: Whether it is about the action, which is True or unknown.
            is_bounded: Whether the caller has a permissions boundary. Then a Deny with a
                `NotPrincipal` means it whatever that says:
                https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
        """
        if self.is_flawed:
            truth = None
        if self.principal is None or (is_bounded and self.is_not_principal and not self.is_allow):
            meant = _EVERYBODY
        else:
            meant = self.principal(caller)
        if meant.truth is False:
            return meant
        if meant.truth is None:
            truth = None
        found = self._matches_resource(request)
        if found is False:
            return Meant(False, Reach.NOBODY)
        if found is None:
            truth = None
        for condition in self.conditions:
            found = condition(request)
            if found is False:
                return Meant(False, Reach.NOBODY)
            if found is None:
                truth = None
        return Meant(truth, meant.reach)

    def _matches_resource(self, request: Request) -> Truth:
        if self.resource is None:
            return True
        if not self.is_static:
            return self.resource(request)
        if request.resource not in self._resources:
            if len(self._resources) >= _MOST_KEPT:
                self._resources.clear()
            self._resources[request.resource] = self.resource(request)
        return self._resources[request.resource]


def statements_of(document: object, type_: PolicyType) -> Iterator[Statement]:
    """Yield the statements of a policy document, read.

    Nothing is left out: what cannot be read is a statement that may match everything.

    Args:
        document: The policy.
        type_: What it is attached to.

    Example:
        ```python
        from secure_lambda_constructs.checks.evaluator.statements import PolicyType, statements_of

        document = {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"},
        }
        [statement] = statements_of(document, PolicyType.IDENTITY)
        assert not statement.is_allow
        assert statement.matches_action("s3:GetObject") is True
        ```
    """
    if not isinstance(document, Mapping) or "Statement" not in document:
        yield _statement(None, type_, variables=False, is_flawed=True)
        return
    version = document.get("Version", "2008-10-17")
    is_known = isinstance(version, str) and version in _VERSIONS
    is_flawed = not is_known or not set(document) <= _DOCUMENT
    variables = _VERSIONS[version] if is_known else True
    for written in _listed(document["Statement"]):
        yield _statement(written, type_, variables=variables, is_flawed=is_flawed)


def _statement(
    written: object, type_: PolicyType, *, variables: bool, is_flawed: bool
) -> Statement:
    entry: Mapping[object, object] = written if isinstance(written, Mapping) else {}
    effect = entry.get("Effect")
    of_resource = type_ is PolicyType.RESOURCE
    # A policy of an identity is about that identity, and names resources. The trust of a role is a
    # policy of a resource that names none.
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
    names_principal = bool({"Principal", "NotPrincipal"} & set(entry))
    names_both = any(name in entry and f"Not{name}" in entry for name in _OPPOSED)
    flaws = (
        effect not in ("Allow", "Deny")
        or not set(entry) <= _STATEMENT
        or names_both
        or names_principal is not of_resource
        or not (of_resource or {"Resource", "NotResource"} & set(entry))
    )
    resource, is_static = _resource(entry, variables)
    return Statement(
        source=written,
        is_allow=effect != "Deny",
        is_flawed=is_flawed or flaws,
        action=_action(entry),
        resource=resource,
        is_static=is_static,
        principal=_principal(entry) if of_resource else None,
        is_not_principal=_only(entry, "Principal") == "NotPrincipal",
        conditions=condition_tests(entry.get("Condition", {}), variables=variables),
    )


def _only(entry: Mapping[object, object], name: str) -> str | None:
    """Return which of an element and its opposite there is; None if both or none are."""
    names = [written for written in (name, f"Not{name}") if written in entry]
    return names[0] if len(names) == 1 else None


def _action(entry: Mapping[object, object]) -> ActionTest | None:
    name = _only(entry, "Action")
    if name is None:
        return None
    return action_test(_listed(entry[name]), is_negated=name == "NotAction")


def _resource(entry: Mapping[object, object], variables: bool) -> tuple[ResourceTest | None, bool]:
    name = _only(entry, "Resource")
    if name is None:
        return None, True
    is_negated = name == "NotResource"
    return resource_test(_listed(entry[name]), is_negated=is_negated, variables=variables)


def _principal(entry: Mapping[object, object]) -> PrincipalTest:
    name = _only(entry, "Principal")
    if name is None:
        return lambda _: _MAYBE
    return principal_test(entry[name], is_negated=name == "NotPrincipal")


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else [value]
