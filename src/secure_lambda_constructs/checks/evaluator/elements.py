"""Which actions and resources the patterns of a statement mean.

See <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html> and
<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeAlias

from .request import Request
from .texts import Pieces, expression, text_of
from .truth import Truth, any_of, negated

__all__ = ["ActionTest", "ResourceTest", "action_test", "matches_action", "resource_test"]

ActionTest: TypeAlias = Callable[[str], Truth]
ResourceTest: TypeAlias = Callable[[Request], Truth]


def matches_action(pattern: object, action: str) -> Truth:
    """Tell whether a pattern of `Action` means an action, whatever the case of the two.

    Unknown where AWS takes no such pattern: without a service, or with part of one.

    Example:
        ```python
        from secure_lambda_constructs.checks.evaluator import matches_action

        assert matches_action("s3:Get*", "s3:GetObject") is True
        assert matches_action("S3:getobject", "s3:GetObject") is True
        assert matches_action("s3:Put*", "s3:GetObject") is False
        assert matches_action("GetObject", "s3:GetObject") is None
        ```
    """
    if pattern == "*":
        return True
    if not isinstance(pattern, str):
        return None
    service, colon, name = pattern.lower().partition(":")
    if not colon:
        return None
    asked_service, _, asked_name = action.lower().partition(":")
    if not expression(((name, True),)).fullmatch(asked_name):
        return False
    if service in (asked_service, "*"):
        return True
    return None if expression(((service, True),)).fullmatch(asked_service) else False


def action_test(patterns: Sequence[object], *, is_negated: bool) -> ActionTest:
    """Return what tells whether an `Action`, or a `NotAction`, means an action.

    Example:
        ```python
        from secure_lambda_constructs.checks.evaluator.elements import action_test

        test = action_test(["s3:Get*", "s3:ListBucket"], is_negated=False)
        assert test("s3:GetObject") is True
        assert test("s3:PutObject") is False
        ```
    """
    # A boundary names hundreds of actions: only those of the service in question are looked at.
    names: dict[str, set[str]] = {}
    wild: dict[str, list[str]] = {}
    others: list[object] = []
    for pattern in patterns:
        service, colon, name = (
            pattern.lower().partition(":") if isinstance(pattern, str) else [""] * 3
        )
        if not colon or _is_wild(service):
            others.append(pattern)
        elif _is_wild(name):
            wild.setdefault(service, []).append(name)
        else:
            names.setdefault(service, set()).add(name)

    def test(action: str) -> Truth:
        service, _, name = action.lower().partition(":")
        found: Truth = name in names.get(service, ()) or any(
            expression(((pattern, True),)).fullmatch(name) for pattern in wild.get(service, ())
        )
        found = found or any_of(matches_action(pattern, action) for pattern in others)
        return negated(found) if is_negated else found

    return test


def _is_wild(text: str) -> bool:
    return "*" in text or "?" in text


def resource_test(
    patterns: Sequence[object], *, is_negated: bool, variables: bool
) -> tuple[ResourceTest, bool]:
    """Return what tells whether a request is about what a `Resource` or a `NotResource` means.

    A wildcard stays within its part of an ARN, and only one that ends a pattern surely goes on past
    a colon. AWS says that one at the end of any part *can*, so a match that needs more is unknown.
    So is a pattern that is not an ARN, which AWS refuses. A pattern with a variable that has no
    value means no resource; what becomes of a `NotResource` then is unknown.

    Args:
        patterns: The ARNs.
        is_negated: Whether they are those of a `NotResource`.
        variables: Whether the version of the policy's language has variables.

    Returns:
        The test, and whether it looks at nothing but the resource.

    Example:
        ```python
        from secure_lambda_constructs.checks.evaluator import Request
        from secure_lambda_constructs.checks.evaluator.elements import resource_test

        test, is_static = resource_test(
            ["arn:aws:s3:::data/${aws:username}/*"], is_negated=False, variables=True
        )
        request = Request(
            principal=None,
            action="s3:GetObject",
            resource="arn:aws:s3:::data/alice/report.csv",
            context={"aws:username": "alice"},
            account="111122223333",
        )
        assert test(request) is True
        assert not is_static
        ```
    """
    without_value: Truth = None if is_negated else False
    tests, static = [], True
    for pattern in patterns:
        test, is_static = _pattern(pattern, variables, without_value)
        tests.append(test)
        static = static and is_static
    if is_negated:
        return (lambda request: negated(any_of(test(request) for test in tests))), static
    if len(tests) == 1:
        return tests[0], static
    return (lambda request: any_of(test(request) for test in tests)), static


def _always(_: Request) -> Truth:
    return True


def _unknown(_: Request) -> Truth:
    return None


def _pattern(pattern: object, variables: bool, without_value: Truth) -> tuple[ResourceTest, bool]:
    if isinstance(pattern, str) and pattern and not pattern.strip("*"):
        return _always, True
    if not isinstance(pattern, str) or not pattern.lower().startswith("arn:"):
        return _unknown, True
    if pattern.count(":") < 5 and not pattern.endswith("*"):
        return _unknown, True
    lowered = _lower_head(pattern)
    text = text_of(lowered, variables=variables, variables_from=5)
    is_respelled = lowered != pattern

    def test(request: Request) -> Truth:
        if request.resource == "*":
            return False
        pieces = text.filled(request)
        if pieces is None:
            return without_value
        found = _matches(pieces, _lower_head(request.resource))
        is_unknown = is_respelled or text.is_unknown(request)
        return None if found and is_unknown else found

    return test, text.is_static


@lru_cache(maxsize=65536)
def _matches(pieces: Pieces, resource: str) -> Truth:
    if expression(pieces, within=-1, spans_last=True).fullmatch(resource):
        return True
    return None if expression(pieces).fullmatch(resource) else False


def _lower_head(arn: str) -> str:
    """Return an ARN with its partition and its service in lower case, as AWS spells them."""
    head = arn.split(":", 3)
    if len(head) < 4:
        return arn
    return ":".join([*(part.lower() for part in head[:3]), head[3]])
