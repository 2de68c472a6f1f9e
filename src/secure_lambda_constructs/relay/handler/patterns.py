"""Regular expressions whose matching takes bounded time, whatever text a caller sends.

Python's `re` tries one way through a pattern after the other, and there can be exponentially many:
`(a+)+b` takes minutes for forty letters. The number of ways is bounded here before a pattern is
used at all, over a subset of the syntax that is simple enough to count them: characters, classes,
groups, alternatives, and repetitions of single characters.
"""

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["compiled", "pattern_problem"]

_LONGEST_PATTERN = 200
# Ways times characters; about a tenth of a second.
_MOST_STEPS = 4_194_304
# What a character can be: one of ASCII, or one of all others, which no pattern of the subset tells
# apart; besides, the two ends of the text, and in `_first` what follows on the whole.
_OTHER, _START, _END, _THROUGH = 128, 129, 130, 131
_QUANTIFIER = re.compile(r"([*+?])|\{(?:(\d{1,4})|(\d{0,4}),(\d{0,4}))\}")
_DEEPEST = 20
_SET = r"\[\^?\]?(?:\\.|[^\]\\])*\]"
_ATOM = re.compile(rf"\\.|{_SET}|.")
_DOLLAR = re.compile(rf"(\\.|{_SET})|\$", re.DOTALL)

_Symbols = frozenset[int]


@dataclass(frozen=True, slots=True)
class _Characters:
    """One character or end of the text, repeated; without a limit where `most` is `None`."""

    symbols: _Symbols
    least: int = 1
    most: int | None = 1


@dataclass(frozen=True, slots=True)
class _Choice:
    """A group, or the whole: one of several sequences."""

    branches: tuple[tuple["_Characters | _Choice", ...], ...]


_Node = _Characters | _Choice


@lru_cache(maxsize=512)
def compiled(pattern: str) -> re.Pattern[str]:
    r"""Compile a pattern as routes and schemas mean it.

    Args:
        pattern: One that `pattern_problem` finds nothing wrong with.

    Returns:
        The pattern, for ASCII: `\d`, `\w` and `\s` are of ASCII only, and `$` is the end of the
        text, also where the text ends with a line feed.

    Raises:
        ValueError: It is no regular expression.

    Example:
        ```python
        from secure_lambda_constructs.relay.handler.patterns import compiled

        assert compiled("^[a-z]+$").search("abc")
        assert not compiled("^[a-z]+$").search("abc\n")
        ```
    """
    try:
        return re.compile(_DOLLAR.sub(lambda found: found[1] or r"\Z", pattern), re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"it is no regular expression: {error}") from None


def pattern_problem(pattern: str, *, longest: int = 1024, searched: bool = False) -> str | None:
    r"""Say why a pattern cannot be used.

    Args:
        pattern: The regular expression: ASCII, at most 200 characters; without back references,
            look-around, flags, named groups, and repeated groups. A group can be optional.
        longest: Of the texts that it is matched with, in characters.
        searched: Whether it may match a part of the text, as in a JSON schema, rather than having
            to match the whole.

    Returns:
        What is wrong, what was given and what to write instead, or `None`.

    Example:
        ```python
        from secure_lambda_constructs.relay.handler.patterns import pattern_problem

        assert pattern_problem("ch_[A-Za-z0-9]{1,32}") is None
        assert pattern_problem("(a+)+") is not None
        ```
    """
    if len(pattern) > _LONGEST_PATTERN:
        return f"the pattern has {len(pattern)} characters; write one of at most {_LONGEST_PATTERN}"
    if not pattern.isascii() or not pattern.isprintable():
        return f"the pattern {pattern!r} is not printable ASCII; write what it is in ASCII"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            compiled.__wrapped__(pattern)
        tree = _Reader(pattern).read()
    except (ValueError, Warning) as error:
        return f"the pattern {pattern!r} cannot be used: {error}"
    ways = _ways([tree], frozenset() if searched else frozenset({_END}), longest)
    if searched and not all(_starts(branch) for branch in tree.branches):
        ways *= longest
    if ways * longest > _MOST_STEPS:
        advice = "begin it with ^, or " if searched else ""
        return (
            f"the pattern {pattern!r} can match texts of {longest} characters in too many ways; "
            f"{advice}write repetitions and alternatives of which only one can go on, or a lower "
            "limit for the length"
        )
    return None


class _Reader:
    """Reads a pattern that compiles; raises ValueError for what is not of the subset."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._at = 0
        self._depth = 0

    def read(self) -> _Choice:
        return self._choice()

    def _choice(self) -> _Choice:
        branches: list[tuple[_Node, ...]] = []
        sequence: list[_Node] = []
        while self._at < len(self._text) and self._text[self._at] != ")":
            if self._text[self._at] == "|":
                self._at += 1
                branches.append(tuple(sequence))
                sequence = []
            else:
                sequence.append(self._repeated())
        return _Choice((*branches, tuple(sequence)))

    def _repeated(self) -> _Node:
        node = self._atom()
        found = _QUANTIFIER.match(self._text, self._at)
        if not found:
            return node
        self._at = found.end()
        if self._text[self._at : self._at + 1] in ("*", "+", "?", "{"):
            raise ValueError("it repeats a repetition, which takes too long; repeat once")
        if isinstance(node, _Choice):
            if found[0] != "?":
                raise ValueError(
                    "it repeats a group, which takes too long; repeat single characters or classes"
                )
            return _Choice((*node.branches, ()))
        return _Characters(node.symbols, *_bounds(found))

    def _atom(self) -> _Node:
        item = next(_ATOM.finditer(self._text, self._at))[0]
        self._at += len(item)
        match item:
            case "(":
                return self._group()
            case "^":
                return _Characters(frozenset({_START}))
            case "$":
                return _Characters(frozenset({_END}))
            case "{":
                raise ValueError(r"it has a brace that repeats nothing; write it as \{")
        return _Characters(_symbols(item))

    def _group(self) -> _Choice:
        if self._text.startswith("?", self._at):
            if not self._text.startswith("?:", self._at):
                raise ValueError(
                    "it has flags, a look-around, a reference or a name in a group; write groups "
                    "as (...) or (?:...)"
                )
            self._at += 2
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ValueError("it has groups in groups in groups; write fewer")
        choice = self._choice()
        self._depth -= 1
        self._at += 1  # the bracket, which is there as it compiles
        return choice


def _bounds(found: re.Match[str]) -> tuple[int, int | None]:
    """How often at least and at most a quantifier repeats."""
    sign, exactly, least, most = found.groups()
    if sign:
        return (1 if sign == "+" else 0), (1 if sign == "?" else None)
    if exactly:
        return int(exactly), int(exactly)
    return int(least or 0), int(most) if most else None


@lru_cache(maxsize=512)
def _symbols(item: str) -> _Symbols:
    """What a character, an escape or a class matches."""
    for letter in re.findall(r"\\([^dDsSwW])", item, re.DOTALL):
        if letter.isalnum():
            raise ValueError(
                rf"it has \{letter}, which is none of \d, \D, \s, \S, \w, \W and escaped "
                "punctuation; write the characters themselves"
            )
    matches = re.compile(item, re.ASCII).fullmatch
    found = {code for code in range(128) if matches(chr(code))}
    return frozenset(found | {_OTHER} if matches("\xe9") else found)


def _first(nodes: Sequence[_Node], follow: _Symbols) -> _Symbols:
    """What a sequence can begin with; what follows on it, too, if it can be empty."""
    found: _Symbols = frozenset()
    for node in nodes:
        if isinstance(node, _Characters):
            found |= node.symbols
            through = node.least == 0
        else:
            inner = frozenset[int]().union(
                *(_first(branch, frozenset({_THROUGH})) for branch in node.branches)
            )
            found |= inner - {_THROUGH}
            through = _THROUGH in inner
        if not through:
            return found
    return found | follow


def _ways(nodes: Sequence[_Node], follow: _Symbols, longest: int) -> int:
    """In how many ways at most a text can be gone through before it is known not to match.

    Where a repetition cannot take what comes after it, and where alternatives begin differently,
    there is only one way on from each place.
    """
    ways = 1
    for index, node in enumerate(nodes):
        after = _first(nodes[index + 1 :], follow)
        if isinstance(node, _Characters):
            if node.symbols & after:
                most = longest if node.most is None else min(node.most, longest)
                ways *= max(most - node.least + 1, 1)
            continue
        firsts = [_first(branch, after) for branch in node.branches]
        each = [_ways(branch, after, longest) for branch in node.branches]
        alike = sum(map(len, firsts)) > len(frozenset[int]().union(*firsts))
        ways *= sum(each) if alike else max(each)
    return ways


def _starts(sequence: Sequence[_Node]) -> bool:
    """Whether a sequence matches at the start of the text only."""
    match sequence:
        case [_Characters(symbols), *_]:
            return symbols == {_START}
        case [_Choice(branches), *_]:
            return all(_starts(branch) for branch in branches)
    return False
