"""Policies, compiled: which statements of them apply to a request.

Reading a policy takes far longer than asking it, so each is read once and asked many times.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, TypeAlias

from .principals import Reach
from .request import Caller, Request
from .statements import PolicyType, Statement, statements_of
from .truth import Truth

__all__ = ["CompiledPolicy", "Found", "Policy", "compiled_policy"]

_MOST_KEPT: Final = 4096


class Found(NamedTuple):
    """What a policy says of a request.

    Attributes:
        denies: Whether a Deny surely matches.
        reach: How directly an Allow that matches, or may match, names the principal; `NOBODY` if
            there is none.
    """

    denies: bool
    reach: Reach


class CompiledPolicy:
    """One or more policies of a kind, read, and put together: they count as one.

    Example:
        ```python
        from secure_lambda_constructs.checks.evaluator import PolicyType, compiled_policy

        document = {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
        }
        policy = compiled_policy([document], PolicyType.IDENTITY)
        assert len(policy.statements) == 1
        ```
    """

    def __init__(self, statements: Sequence[Statement], type_: PolicyType) -> None:
        """Put statements together."""
        self.type = type_
        self.statements = tuple(statements)
        self._by_action: dict[str, Sequence[tuple[Statement, Truth]]] = {}

    def find(self, request: Request, caller: Caller, *, is_bounded: bool = False) -> Found:
        """Return what the policies say of a request; see `Statement.matches`."""
        reach = Reach.NOBODY
        for statement, truth in self._about(request.action):
            if statement.is_allow and reach is Reach.DIRECT:
                continue
            meant = statement.matches(request, caller, truth, is_bounded=is_bounded)
            if statement.is_allow:
                if meant.truth is not False and meant.reach > reach:
                    reach = meant.reach
            elif meant.truth is True:
                return Found(True, reach)
        return Found(False, reach)

    def matching(
        self, request: Request, caller: Caller, *, is_bounded: bool = False
    ) -> Iterator[Statement]:
        """Yield the Allows that match or may match, and the Denies that surely match."""
        for statement, truth in self._about(request.action):
            found = statement.matches(request, caller, truth, is_bounded=is_bounded).truth
            if found or (found is None and statement.is_allow):
                yield statement

    def _about(self, action: str) -> Sequence[tuple[Statement, Truth]]:
        known = self._by_action.get(action)
        if known is not None:
            return known
        if len(self._by_action) >= _MOST_KEPT:
            self._by_action.clear()
        asked = [(each, each.matches_action(action)) for each in self.statements]
        # The Denies come first: one that matches ends the search.
        about = sorted(
            ((each, truth) for each, truth in asked if truth is not False),
            key=lambda pair: pair[0].is_allow,
        )
        self._by_action[action] = about
        return about


Policy: TypeAlias = CompiledPolicy | object
"""A policy document, or what `compiled_policy` made of some. Anything that is neither a document
nor compiled is a policy that nobody can tell: it may allow everything."""


def compiled_policy(policies: Sequence[Policy], type_: PolicyType) -> CompiledPolicy:
    """Return policies of a kind, read, as one.

    Args:
        policies: The documents; what is compiled already is taken as it is.
        type_: What they are attached to.

    Raises:
        ValueError: One was compiled as what is attached to something else.

    Example:
        ```python
        from secure_lambda_constructs.checks.evaluator import PolicyType, compiled_policy

        unknown = compiled_policy([None], PolicyType.IDENTITY)
        assert unknown.statements[0].is_allow
        ```
    """
    statements: list[Statement] = []
    for policy in policies:
        if not isinstance(policy, CompiledPolicy):
            statements += statements_of(policy, type_)
            continue
        if policy.type is not type_:
            raise ValueError(
                f"a policy compiled as PolicyType.{policy.type.name} stands where one of "
                f"PolicyType.{type_.name} must: compile its document again"
            )
        if len(policies) == 1:
            return policy
        statements += policy.statements
    return CompiledPolicy(statements, type_)
