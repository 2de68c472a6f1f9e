"""The values a template resolves to, and the one that stands for "nobody can tell"."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["NO_VALUE", "NoValue", "Unknown", "as_list", "dig", "strings", "unknowns"]


@dataclass(frozen=True)
class Unknown:
    """A value that the templates do not tell; every check takes it for the worst one."""

    reason: str


class NoValue:
    """`AWS::NoValue`: the property or the element is not there."""


NO_VALUE = NoValue()


def as_list(value: Any) -> list[Any]:
    """Return `value` as a list: what is absent is empty, what is single has one element."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def dig(value: Any, *keys: str, default: Any = None) -> Any:
    """Return what lies below `keys`, `default` if it is absent, Unknown if a step is Unknown."""
    for key in keys:
        if isinstance(value, Unknown):
            return value
        if not isinstance(value, dict) or key not in value:
            return default
        value = value[key]
    return value


def strings(value: Any) -> Iterator[str]:
    """Yield every string at any depth of `value`, not the keys."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


def unknowns(value: Any) -> Iterator[Unknown]:
    """Yield every Unknown at any depth of `value`."""
    if isinstance(value, Unknown):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from unknowns(item)
    elif isinstance(value, list):
        for item in value:
            yield from unknowns(item)
