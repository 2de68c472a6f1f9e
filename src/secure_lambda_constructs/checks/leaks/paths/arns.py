"""What ARN the pattern of a policy and the form of an ARN that AWS documents both stand for."""

import re
from collections import deque
from functools import cache

__all__ = ["shared_arn"]

# What matches one character: the character itself, or what it must not be where it may be any.
_Step = tuple[str, str, bool]

_VARIABLE = re.compile(r"\$\{(\w+)\}")
# What an ARN has before its last part has no colon, the name of a bucket no slash.
_NOT_IN = {
    "Account": ":",
    "BucketName": "/",
    "LogGroupName": ":",
    "Partition": ":",
    "Region": ":",
}
_ANY = "x"


@cache
def shared_arn(written: str, documented: str) -> str | None:
    """Return the shortest ARN that a pattern matches and that is of a documented form.

    Args:
        written: What a policy names. An asterisk stands for any characters, colons and slashes
            too, a question mark for one:
            <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>.
        documented: The form, with a variable such as `${TableName}` for each name.

    Returns:
        The ARN, with x for what may be anything; None if there is none.

    Example:
        ```python
        from secure_lambda_constructs.checks.leaks.paths.arns import shared_arn

        of_objects = "arn:aws:s3:::${BucketName}/${ObjectName}"
        assert shared_arn("arn:aws:s3:::orders-*", of_objects) == "arn:aws:s3:::orders-/x"
        assert shared_arn("arn:aws:s3:::orders", of_objects) is None
        ```
    """
    left, right = _of_pattern(written), _of_form(documented)
    goal = (len(left), len(right))
    came: dict[tuple[int, int], tuple[tuple[int, int], str]] = {}
    seen = {(0, 0)}
    waiting = deque([(0, 0)])
    while waiting:
        state = waiting.popleft()
        if state == goal:
            return _path(came, state)
        for following, character in _following(left, right, state):
            if following in seen:
                continue
            seen.add(following)
            came[following] = (state, character)
            # What adds no character comes first, so that the shortest is found first.
            (waiting.append if character else waiting.appendleft)(following)
    return None


def _following(
    left: list[_Step], right: list[_Step], state: tuple[int, int]
) -> list[tuple[tuple[int, int], str]]:
    i, j = state
    found: list[tuple[tuple[int, int], str]] = []
    if i < len(left) and left[i][2]:
        found.append(((i + 1, j), ""))
    if j < len(right) and right[j][2]:
        found.append(((i, j + 1), ""))
    if i < len(left) and j < len(right):
        character = left[i][0] or right[j][0] or _ANY
        if _takes(left[i], character) and _takes(right[j], character):
            found.append(((i + (not left[i][2]), j + (not right[j][2])), character))
    return found


def _takes(step: _Step, character: str) -> bool:
    literal, forbidden, _ = step
    return literal == character if literal else character not in forbidden


def _of_pattern(written: str) -> list[_Step]:
    return [("", "", c == "*") if c in "*?" else (c, "", False) for c in written]


def _of_form(documented: str) -> list[_Step]:
    steps: list[_Step] = []
    for part, text in enumerate(_VARIABLE.split(documented)):
        if part % 2:
            # At least one character.
            forbidden = _NOT_IN.get(text, "")
            steps += [("", forbidden, False), ("", forbidden, True)]
        else:
            steps += [(character, "", False) for character in text]
    return steps


def _path(came: dict[tuple[int, int], tuple[tuple[int, int], str]], state: tuple[int, int]) -> str:
    characters: list[str] = []
    while state in came:
        state, character = came[state]
        characters.append(character)
    return "".join(reversed(characters))
