"""The values a template resolves to, and the one that stands for "nobody can tell"."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["NO_VALUE", "NoValue", "Unknown", "as_list", "as_text", "dig", "strings", "unknowns"]


@dataclass(frozen=True)
class Unknown:
    """A value that the templates do not tell; every check takes it for the worst one.

    It may be in the place of any value, of an element of a list too.

    Attributes:
        reason: Why nobody can tell, such as `parameter Name has no default`.
    """

    reason: str


class NoValue:
    """`AWS::NoValue`: the property or the element is not there."""


NO_VALUE = NoValue()


def as_list(value: Any) -> list[Any]:
    """Return a value as a list, as CloudFormation and IAM take one element for a list of one.

    Args:
        value: Any resolved value.

    Returns:
        A new list: what is absent is empty, what is single has one element.

    Example:
        ```python
        from secure_lambda_constructs.checks.model.values import as_list

        assert as_list("s3:GetObject") == ["s3:GetObject"]
        assert as_list(None) == []
        ```
    """
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def as_text(value: Any) -> str:
    """Return a scalar as CloudFormation writes it into a string.

    Args:
        value: A string, a number or a boolean.

    Returns:
        The text; `true` and `false` in lower case.
    """
    return str(value).lower() if isinstance(value, bool) else str(value)


def dig(value: Any, *keys: str, default: Any = None) -> Any:
    """Return what lies below some keys of a value.

    Args:
        value: Any resolved value.
        keys: One key for each level.
        default: What to return where a level is absent.

    Returns:
        The value there, the default if a level is absent, the Unknown if a level is Unknown.

    Example:
        ```python
        from secure_lambda_constructs.checks.model.values import Unknown, dig

        config = {"VpcConfig": {"SubnetIds": Unknown("parameter Subnets has no default")}}
        assert dig(config, "VpcConfig", "SecurityGroupIds") is None
        assert isinstance(dig(config, "VpcConfig", "SubnetIds", "0"), Unknown)
        ```
    """
    for key in keys:
        if isinstance(value, Unknown):
            return value
        if not isinstance(value, dict) or key not in value:
            return default
        value = value[key]
    return value


def strings(value: Any) -> Iterator[str]:
    """Yield every string at any depth of a value, but not the keys.

    Args:
        value: Any resolved value.

    Yields:
        The strings, in the order they are written.
    """
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from strings(item)


def unknowns(value: Any) -> Iterator[Unknown]:
    """Yield every Unknown at any depth of a value.

    Args:
        value: Any resolved value.

    Yields:
        The Unknowns, in the order they are written.
    """
    if isinstance(value, Unknown):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from unknowns(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from unknowns(item)
