"""JSON that can be read in one way only.

Programs differ in what they make of a key that comes twice, of `NaN`, of half a surrogate pair, or
of more nesting than they can stand: what the relay checked would not be what the host reads. All of
that is refused (RFC 8259, sections 4 and 8, says what programs differ in), and what is sent is
written anew from what was read.
"""

import json
import math
from typing import NoReturn

__all__ = ["DEEPEST", "read_json", "write_json"]

DEEPEST = 32
"""How many arrays and objects may be in one another."""

_OPENING, _CLOSING = b"[{", b"]}"
_NO_BRACKETS = bytes(set(range(256)) - set(_OPENING + _CLOSING))


def read_json(text: bytes) -> object:
    """Read a JSON text.

    Args:
        text: The bytes, in UTF-8.

    Returns:
        Its value, of `dict`, `list`, `str`, `int`, `float`, `bool` and `None`. A number with a
        point or an exponent is the nearest `float`, which is what is checked and sent.

    Raises:
        ValueError: It is no JSON, has a key twice, a number that is none or too large, or is more
            than 32 levels deep. The message does not show the text.

    Example:
        ```python
        from secure_lambda_constructs.relay.handler.json_text import read_json

        assert read_json(b'{"amount": 100}') == {"amount": 100}
        ```
    """
    try:
        decoded = text.decode()
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    if _is_too_deep(text):
        raise ValueError(f"it is more than {DEEPEST} levels deep")
    try:
        value: object = _DECODER.decode(decoded)
    except _NotStrictError:
        raise
    except (ValueError, RecursionError):
        raise ValueError("it is no JSON") from None
    return value


def write_json(value: object) -> bytes:
    """Write a value without spaces, in UTF-8.

    Args:
        value: What `read_json` returns.

    Returns:
        The text.

    Raises:
        ValueError: A string has half a surrogate pair, or a number is none.

    Example:
        ```python
        from secure_lambda_constructs.relay.handler.json_text import write_json

        assert write_json({"amount": 100}) == b'{"amount":100}'
        ```
    """
    try:
        return _ENCODER.encode(value).encode()
    except UnicodeEncodeError:
        raise ValueError("a string of it has half a surrogate pair") from None


class _NotStrictError(ValueError):
    """What Python's reader would let pass."""


def _is_too_deep(text: bytes) -> bool:
    # Counted before it is read, as reading takes a stack that is as deep.
    if sum(map(text.count, (b"[", b"{"))) <= DEEPEST:
        return False
    outside = b"".join(text.replace(rb"\\", b"").replace(rb"\"", b"").split(b'"')[::2])
    depth = 0
    for bracket in outside.translate(None, _NO_BRACKETS):
        depth += 1 if bracket in _OPENING else -1
        if depth > DEEPEST:
            return True
    return False


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _NotStrictError("an object has a key twice")
    return members


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise _NotStrictError("a number is too large")
    return number


def _no_number(_: str) -> NoReturn:
    raise _NotStrictError("a number is none that JSON knows")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_float, parse_constant=_no_number
)
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
