"""The strings of a policy: wildcards, and variables that a request fills in.

See <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from .request import Request

__all__ = ["Pieces", "Text", "expression", "text_of"]

Pieces: TypeAlias = tuple[tuple[str, bool], ...]
"""A string in parts: each is text, and whether ``*`` and ``?`` in it are wildcards."""

_VARIABLE: Final = re.compile(r"\$\{([^}]*)\}")
# The default is set off by a comma and a space, and is in single quotes.
_KEY: Final = re.compile(r"([^\s,'{}](?:[^,'{}]*[^\s,'{}])?)(?:, '([^']*)')?")
_ESCAPED: Final = {"*", "?", "$"}


class _Variable(NamedTuple):
    key: str
    default: str | None


class Text:
    """A string of a policy.

    Attributes:
        is_malformed: Whether it has a variable that cannot be read. In its place anything may be.
        is_static: Whether it is the same for every request.
        fixed: Its parts but the variables.
    """

    __slots__ = ("_parts", "fixed", "is_malformed", "is_static", "raw")

    def __init__(self, raw: str, *, variables: bool, variables_from: int) -> None:
        """Read `raw`.

        Args:
            raw: The string as it is written.
            variables: Whether the version of the policy's language has variables.
            variables_from: After how many colons a variable may be.
        """
        self.raw = raw
        self.is_malformed = False
        self._parts = tuple(self._read(raw, variables_from)) if variables else ((raw, True),)
        self.is_static = not any(isinstance(part, _Variable) for part in self._parts)
        self.fixed = tuple(part for part in self._parts if not isinstance(part, _Variable))

    def _read(self, raw: str, variables_from: int) -> Iterator[tuple[str, bool] | _Variable]:
        at = colons = 0
        for found in _VARIABLE.finditer(raw):
            if at < found.start():
                yield raw[at : found.start()], True
                colons += raw.count(":", at, found.start())
            at = found.end()
            key = _KEY.fullmatch(found[1])
            if found[1] in _ESCAPED:
                yield found[1], False
            elif key is None or colons < variables_from:
                self.is_malformed = True
                yield "*", True
            else:
                yield _Variable(key[1].lower(), key[2])
        if at < len(raw):
            yield raw[at:], True

    def filled(self, request: Request) -> Pieces | None:
        """Return it with the values of a request; None if one has no value there.

        A key without a value, and one with several, has none; then the default counts.
        """
        if self.is_static:
            return self.fixed
        pieces = []
        for part in self._parts:
            if not isinstance(part, _Variable):
                pieces.append(part)
                continue
            value = request.values.get(part.key)
            if value is not None and not isinstance(value, str | tuple):
                pieces.append(("*", True))  # there is one, and nobody can tell it
                continue
            text = value if isinstance(value, str) and value else part.default
            if text is None:
                return None
            pieces.append((text, False))
        return tuple(pieces)

    def is_unknown(self, request: Request) -> bool:
        """Tell whether a variable in it can have any value."""
        return self.is_malformed or any(
            isinstance(part, _Variable)
            and not isinstance(request.values.get(part.key, ""), str | tuple)
            for part in self._parts
        )


@lru_cache(maxsize=8192)
def text_of(raw: str, *, variables: bool, variables_from: int = 0) -> Text:
    """Return the string of a policy, read once.

    Example:
        ```python
        from secure_lambda_constructs.checks.evaluator import Request
        from secure_lambda_constructs.checks.evaluator.texts import text_of

        request = Request(
            principal=None, action="s3:GetObject", resource="*", account="", context={"a:b": "c"}
        )
        text = text_of("x/${a:b}/*", variables=True)
        assert text.filled(request) == (("x/", True), ("c", False), ("/*", True))
        ```
    """
    return Text(raw, variables=variables, variables_from=variables_from)


@lru_cache(maxsize=16384)
def expression(
    pieces: Pieces, *, within: int = 0, spans_last: bool = False, fold: bool = False
) -> re.Pattern[str]:
    """Return the regular expression of a string with wildcards.

    Args:
        pieces: The string.
        within: Up to which colon a wildcard stays between two of them; -1 for all of it.
        spans_last: Whether a ``*`` at the very end matches colons all the same.
        fold: Whether upper and lower case are the same.

    Example:
        ```python
        from secure_lambda_constructs.checks.evaluator.texts import expression

        assert expression((("a:*:c", True),)).fullmatch("a:b:b:c")
        assert not expression((("a:*:c", True),), within=-1).fullmatch("a:b:b:c")
        ```
    """
    # Each chunk between two wildcards is matched where it comes first, and the choice is never
    # taken back: no pattern, however many wildcards it has, takes long.
    chunks: list[str] = [""]
    classes: list[str] = []
    colons = 0
    for number, (text, is_pattern) in enumerate(pieces):
        for index, character in enumerate(text):
            narrow = within == -1 or colons < within
            one = "[^:]" if narrow else "."
            if is_pattern and character == "*":
                is_end = number == len(pieces) - 1 and index == len(text) - 1
                classes.append("." if is_end and spans_last else one)
                chunks.append("")
            elif is_pattern and character == "?":
                chunks[-1] += one
            else:
                colons += character == ":"
                chunks[-1] += re.escape(character)
    written = chunks[0]
    for index, (one, chunk) in enumerate(zip(classes, chunks[1:], strict=True)):
        is_last = index == len(classes) - 1
        written += f"{one}*{chunk}" if is_last else f"(?>{one}*?{chunk})"
    return re.compile(written, re.DOTALL | (re.IGNORECASE if fold else 0))
