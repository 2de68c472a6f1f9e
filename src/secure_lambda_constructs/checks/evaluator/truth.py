"""Logic with three values: what holds, what does not, and what nobody can tell.

IAM refuses a policy that it cannot read, so nobody knows what would apply in its place; and some
things AWS does not document. The evaluator carries that through as None, so that it can take it for
the worst at the end: an Allow that may match counts, a Deny that only may match does not.
"""

from collections.abc import Iterable
from typing import TypeAlias

__all__ = ["Truth", "all_of", "any_of", "negated"]

Truth: TypeAlias = bool | None
"""True, False, or None where nobody can tell."""


def any_of(truths: Iterable[Truth]) -> Truth:
    """Tell whether one of them is true: unknown if none surely is, and one may be.

    Example:
        ```python
        from secure_lambda_constructs.checks.evaluator.truth import any_of

        assert any_of([False, None, True]) is True
        assert any_of([False, None]) is None
        assert any_of([]) is False
        ```
    """
    result: Truth = False
    for truth in truths:
        if truth:
            return True
        if truth is None:
            result = None
    return result


def all_of(truths: Iterable[Truth]) -> Truth:
    """Tell whether all of them are true: unknown if none surely is not, and one may not be.

    Example:
        ```python
        from secure_lambda_constructs.checks.evaluator.truth import all_of

        assert all_of([True, None, False]) is False
        assert all_of([True, None]) is None
        assert all_of([]) is True
        ```
    """
    result: Truth = True
    for truth in truths:
        if truth is False:
            return False
        if truth is None:
            result = None
    return result


def negated(truth: Truth) -> Truth:
    """Return the opposite; that of the unknown is unknown.

    Example:
        ```python
        from secure_lambda_constructs.checks.evaluator.truth import negated

        assert negated(True) is False
        assert negated(None) is None
        ```
    """
    return None if truth is None else not truth
