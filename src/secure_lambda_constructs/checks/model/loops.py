"""Unrolls `Fn::ForEach`, the loop of the `AWS::LanguageExtensions` transform."""

import re
from collections.abc import Callable
from typing import Any

from .values import Unknown, as_text

__all__ = ["has_loops", "unrolled"]

_PREFIX = "Fn::ForEach::"


def has_loops(fragment: dict[str, Any]) -> bool:
    """Tell whether some entries of an object of a template are loops.

    Args:
        fragment: The object, as written.

    Returns:
        Whether one is.
    """
    return any(key.startswith(_PREFIX) for key in fragment)


def unrolled(fragment: dict[str, Any], resolve: Callable[[Any], Any]) -> dict[str, Any] | Unknown:
    """Return an object of a template with the entries that its loops make.

    See https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-foreach.html.

    Args:
        fragment: The object, as written.
        resolve: Resolves what a loop runs over.

    Returns:
        The entries, still as written otherwise; Unknown where a loop runs over what nobody can
        tell.
    """
    made: dict[str, Any] = {}
    for key, value in fragment.items():
        if not key.startswith(_PREFIX):
            made[key] = value
            continue
        match value:
            case [str(name), items, dict(body)]:
                each = resolve(items)
            case _:
                return Unknown(f"{key} is not a loop")
        if not isinstance(each, list) or any(isinstance(e, Unknown | list | dict) for e in each):
            return Unknown(f"{key} runs over what nobody can tell")
        for item in each:
            # What a loop makes may be a loop.
            inner = unrolled(_filled(body, name, as_text(item)), resolve)
            if isinstance(inner, Unknown):
                return inner
            made.update(inner)
    return made


def _filled(value: Any, name: str, item: str) -> Any:
    if isinstance(value, dict):
        if value == {"Ref": name}:
            return item
        return {_filled(k, name, item): _filled(v, name, item) for k, v in value.items()}
    if isinstance(value, list):
        return [_filled(element, name, item) for element in value]
    if isinstance(value, str):
        # The second form leaves out what a logical id must not have.
        letters = re.sub(r"[^A-Za-z0-9]", "", item)
        return value.replace(f"${{{name}}}", item).replace(f"&{{{name}}}", letters)
    return value
