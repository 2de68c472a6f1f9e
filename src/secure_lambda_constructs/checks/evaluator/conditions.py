"""Whether the conditions of a statement hold.

See
<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html>.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from .operators import OPERATORS, Comparison
from .request import Request, scalar_text
from .truth import Truth, all_of, any_of, negated

__all__ = ["ConditionTest", "condition_tests"]

ConditionTest: TypeAlias = Callable[[Request], Truth]

_OPERATOR: Final = re.compile(
    r"(?:(?P<set>foranyvalue|forallvalues):)?(?P<name>[a-z]+?)(?P<if_exists>ifexists)?"
)


def condition_tests(written: object, *, variables: bool) -> Sequence[ConditionTest]:
    """Return what tells whether the conditions of a statement hold: all of these must.

    Unknown is what AWS refuses: an operator that there is not, a value that is not of the type that
    the operator compares. So is what AWS does not document: an operator without `ForAnyValue` or
    `ForAllValues` on a key that has a list, where one of its values matches; and what
    `ForAnyValue:...IfExists` makes of an absent key.

    Args:
        written: The value of the `Condition` element.
        variables: Whether the version of the policy's language has variables.

    Example:
        ```python
        from secure_lambda_constructs.checks.evaluator import Request
        from secure_lambda_constructs.checks.evaluator.conditions import condition_tests

        request = Request(
            principal=None,
            action="s3:GetObject",
            resource="arn:aws:s3:::data/report.csv",
            context={"aws:SourceVpc": "vpc-0123456789abcdef0"},
            account="111122223333",
        )
        [test] = condition_tests(
            {"StringNotEquals": {"aws:SourceVpc": ["vpc-1", "vpc-2"]}}, variables=True
        )
        assert test(request) is True
        ```
    """
    return list(_tests(written, variables))


def _unknown(_: Request) -> Truth:
    return None


def _tests(written: object, variables: bool) -> Iterator[ConditionTest]:
    if not isinstance(written, Mapping):
        yield _unknown
        return
    for name, keys in written.items():
        if not isinstance(keys, Mapping):
            yield _unknown
            continue
        for key, values in keys.items():
            known = values if isinstance(values, list | tuple) else [values]
            yield _test(str(name).lower(), str(key).lower(), known, variables)


def _test(name: str, key: str, values: Sequence[object], variables: bool) -> ConditionTest:
    found = _OPERATOR.fullmatch(name)
    if found is None:
        return _unknown
    if found["name"] == "null":
        return _unknown if found["if_exists"] else _null_test(key, values)
    operator = OPERATORS.get(found["name"])
    if operator is None:
        return _unknown
    comparisons = [_comparison(operator.compare, value, variables) for value in values]
    if operator.is_negated:

        def fits(value: object, request: Request) -> Truth:
            return negated(_any(comparisons, value, request))

    else:

        def fits(value: object, request: Request) -> Truth:
            return _any(comparisons, value, request)

    of_set = found["set"]
    if_exists = bool(found["if_exists"])
    absent = _absent(of_set, if_exists, operator.is_negated)

    def test(request: Request) -> Truth:
        value = request.values.get(key)
        if value is None:
            return absent
        if not isinstance(value, tuple):
            return fits(value, request)
        if of_set == "forallvalues":
            return all_of(fits(item, request) for item in value)
        result = any_of(fits(item, request) for item in value)
        # Without a set operator, whether this is enough is not documented.
        return None if of_set is None and result else result

    return test


def _absent(of_set: str | None, if_exists: bool, is_negated: bool) -> Truth:
    if of_set == "forallvalues":
        return True
    if of_set == "foranyvalue":
        return None if if_exists else False
    return if_exists or is_negated


def _comparison(
    compare: Callable[[str, bool], Comparison], written: object, variables: bool
) -> Comparison:
    text = scalar_text(written)
    if text is None:
        return lambda value, request: None
    return compare(text, variables)


def _any(comparisons: Sequence[Comparison], value: object, request: Request) -> Truth:
    if not isinstance(value, str):
        return None
    result: Truth = False
    for comparison in comparisons:
        found = comparison(value, request)
        if found:
            return True
        if found is None:
            result = None
    return result


def _null_test(key: str, values: Sequence[object]) -> ConditionTest:
    wanted = [(scalar_text(value) or "").lower() for value in values]
    if not all(text in ("true", "false") for text in wanted):
        return _unknown
    if_absent, if_present = "true" in wanted, "false" in wanted

    def test(request: Request) -> Truth:
        value = request.values.get(key)
        if value is None:
            return if_absent
        # Whether a key without values counts as one that is there is not clear.
        is_unclear = value == () and if_absent != if_present
        return None if is_unclear else if_present

    return test
