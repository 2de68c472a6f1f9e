"""Whom the `Principal` and the `NotPrincipal` of a statement mean.

See <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from enum import IntEnum
from typing import Final, NamedTuple, TypeAlias

from .request import Caller, Kind
from .texts import expression
from .truth import Truth, any_of, negated

__all__ = ["Meant", "PrincipalTest", "Reach", "principal_test"]


class Reach(IntEnum):
    """How directly a statement names the principal of a request.

    What an Allow of a resource's policy gives within an account depends on it:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
    """

    NOBODY = 0
    ACCOUNT = 1
    """Its account: its own policies must allow it too."""
    ENTITY = 2
    """The role that it is a session of: its permissions boundary must allow it too."""
    DIRECT = 3
    """Itself, or everybody: nothing else has to allow it."""


class Meant(NamedTuple):
    """Whether a principal is meant, and how directly it would be."""

    truth: Truth
    reach: Reach


PrincipalTest: TypeAlias = Callable[[Caller], Meant]

_NOBODY: Final = Meant(False, Reach.NOBODY)
_MAYBE: Final = Meant(None, Reach.DIRECT)
_ITSELF: Final = Meant(True, Reach.DIRECT)

_ACCOUNT = re.compile(r"arn:[^:]+:iam::([0-9]{12}):root|([0-9]{12})")
_NAMED = re.compile(r"arn:[^:]+:(iam|sts)::[0-9*?]+:[a-z-]+/.+")


def principal_test(written: object, *, is_negated: bool) -> PrincipalTest:
    """Return what tells whether a principal is meant.

    Unknown is what AWS refuses, and what only AWS can look up: parts of an ARN in wildcards, the
    identifiers of deleted users and roles, and canonical users.

    Args:
        written: The value of the element.
        is_negated: Whether it is that of a `NotPrincipal`.

    Example:
        ```python
        from secure_lambda_constructs.checks.evaluator.principals import principal_test
        from secure_lambda_constructs.checks.evaluator.request import caller_of

        test = principal_test(
            {"AWS": "arn:aws:iam::111122223333:role/orders"}, is_negated=False
        )
        session = "arn:aws:sts::111122223333:assumed-role/orders/session"
        assert test(caller_of(session)).truth is True
        assert test(caller_of("lambda.amazonaws.com")).truth is False
        ```
    """
    entries = list(_entries(written))

    known: dict[str, Meant] = {}

    def test(caller: Caller) -> Meant:
        if caller.arn not in known:
            known[caller.arn] = look_up(caller)
        return known[caller.arn]

    def look_up(caller: Caller) -> Meant:
        found = [_meant(type_, entry, caller) for type_, entry in entries]
        truth = any_of(meant.truth for meant in found)
        if is_negated:
            # A role as such, not a session of it, is what a permissions boundary limits.
            reach = Reach.ENTITY if caller.kind is Kind.ROLE else Reach.DIRECT
            return Meant(negated(truth), reach)
        reach = max((meant.reach for meant in found if meant.truth is not False), default=Reach(0))
        return Meant(truth, reach)

    return test


def _entries(written: object) -> Iterator[tuple[str, object]]:
    if written == "*":
        yield "AWS", "*"
    elif isinstance(written, Mapping) and written:
        for type_, value in written.items():
            values = value if isinstance(value, list | tuple) else [value]
            yield from ((str(type_), entry) for entry in values)
    else:
        yield "", written


def _meant(type_: str, entry: object, caller: Caller) -> Meant:
    if type_ == "AWS" and entry == "*":
        return _ITSELF
    if not isinstance(entry, str) or caller.kind is Kind.OTHER:
        return _MAYBE
    if type_ == "AWS":
        return _aws(entry, caller)
    if type_ == "CanonicalUser":
        return _MAYBE if caller.has_identity else _NOBODY
    if type_ == "Service":
        asked = caller.kind is Kind.SERVICE
    elif type_ == "Federated":
        asked = caller.kind in (Kind.PROVIDER, Kind.SERVICE)
    else:
        return _MAYBE
    if not asked:
        return _NOBODY
    return _ITSELF if entry == caller.arn else _like(entry, caller)


def _aws(entry: str, caller: Caller) -> Meant:
    if not caller.has_identity:
        return _NOBODY
    account = _ACCOUNT.fullmatch(entry)
    if account is not None:
        is_own = (account[1] or account[2]) == caller.account
        return Meant(True, Reach.ACCOUNT) if is_own else _NOBODY
    if not _NAMED.fullmatch(entry):
        return _MAYBE
    if entry == caller.arn:
        return Meant(True, Reach.ENTITY) if caller.kind is Kind.ROLE else _ITSELF
    type_ = {Kind.SESSION: "role/", Kind.FEDERATED_USER: "user/"}.get(caller.kind)
    if type_ is not None:
        # The ARN of a session does not have the path that the ARN of its role has.
        begins = entry.startswith(f"{caller.prefix}{type_}")
        if begins and entry.rpartition("/")[2] == caller.name:
            return Meant(True, Reach.ENTITY)
    return _like(entry, caller)


def _like(entry: str, caller: Caller) -> Meant:
    if "*" not in entry and "?" not in entry:
        return _NOBODY
    of_role = f"{caller.prefix}role/{caller.name}"
    pattern = expression(((entry, True),))
    names = [caller.arn, of_role] if caller.kind is Kind.SESSION else [caller.arn]
    return _MAYBE if any(pattern.fullmatch(name) for name in names) else _NOBODY
