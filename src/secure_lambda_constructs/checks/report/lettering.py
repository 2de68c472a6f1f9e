"""How much of a text there is room for in the picture, where no browser measures it."""

import unicodedata
from itertools import accumulate, takewhile

__all__ = ["LETTER", "SMALL", "TITLE", "shortened", "wrapped"]

# The sizes of letters: of the names of boxes, and of what is below them.
TITLE = 13
SMALL = 12
# How wide a letter is for its size, in the widest of the fonts that browsers have for an interface.
LETTER = 0.6
_BOLD_LETTER = 0.68


def shortened(value: str, width: float, size: float, *, bold: bool = False) -> str:
    """Cut a text in its middle so that it fits; a path is told apart by its end.

    Args:
        value: The text.
        width: How wide it may be.
        size: The size of the letters.
        bold: Whether they are bold.

    Returns:
        The text, or its beginning and its end.

    Example:
        ```python
        from secure_lambda_constructs.checks.report.lettering import shortened

        assert shortened("Shop/Orders", 100, 13) == "Shop/Orders"
        assert shortened("Shop/Orders/Charge/Function", 100, 13) == "Sho…Function"
        ```
    """
    room = width / (size * (_BOLD_LETTER if bold else LETTER))
    if sum(map(_breadth, value)) <= room:
        return value
    begin, end = _fitting(value, (room - 1) * 0.3), _fitting(value[::-1], (room - 1) * 0.7)
    return f"{begin}…{end[::-1]}"


def wrapped(path: str, width: float, size: float) -> tuple[str, ...]:
    """Break the path of a construct between its parts, where it is too long for a line.

    Args:
        path: The path.
        width: How wide it may be.
        size: The size of the letters, which are bold.

    Returns:
        One line or two; what does not fit into the second is cut.

    Example:
        ```python
        from secure_lambda_constructs.checks.report.lettering import wrapped

        assert wrapped("Shop/Orders", 130, 13) == ("Shop/Orders",)
        assert wrapped("Shop/Orders/Charge", 130, 13) == ("Shop/Orders/", "Charge")
        ```
    """
    if shortened(path, width, size, bold=True) == path:
        return (path,)
    ends = [position + 1 for position, character in enumerate(path[:-1]) if character == "/"]
    for end in reversed(ends):
        first, rest = path[:end], path[end:]
        if shortened(first, width, size, bold=True) == first:
            return first, shortened(rest, width, size, bold=True)
    return (shortened(path, width, size, bold=True),)


def _breadth(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WF":
        return 2
    if character in "MWmw@%—":
        return 1.65
    return 1.25 if character.isupper() else 1


def _fitting(value: str, room: float) -> str:
    """The beginning of `value` that is no wider than `room`."""
    ends = accumulate(map(_breadth, value))
    return value[: sum(1 for _ in takewhile(lambda end: end <= room, ends))]
