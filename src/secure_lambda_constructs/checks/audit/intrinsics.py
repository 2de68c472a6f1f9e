"""The value of what a template says, by the parameters and the resources of the deployed stack.

The functions are those of
<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html>.
"""

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

__all__ = ["UNKNOWN", "Scope", "exists", "has_unknown", "resolve"]


class _Unknown:
    """What only CloudFormation knew when it deployed; so are all parts of it."""

    def get(self, name: str, default: object = None) -> "_Unknown":
        """Return the part of an object that nobody knows."""
        return self

    def __iter__(self) -> Iterator["_Unknown"]:
        """Yield one part of a list that nobody knows, so that the list is not taken for empty."""
        yield self

    def __repr__(self) -> str:
        return "(unknown)"


UNKNOWN = _Unknown()
"""Stands for a value, or a part of one, that cannot be told."""

_DYNAMIC = "{{resolve:"
_VARIABLE = re.compile(r"\$\{([^!][^}]*)\}")


class Scope(NamedTuple):
    """What the names in a template stand for.

    Attributes:
        references: The values of `Ref`, by name: parameters, pseudo parameters, physical ids.
        attribute: The value of an attribute of a resource, or `UNKNOWN`.
        exports: The values of exports, by name.
        mappings: The template's mappings.
        conditions: The template's conditions.
    """

    references: Mapping[str, Any]
    attribute: Callable[[str, str], Any]
    exports: Mapping[str, Any]
    mappings: Mapping[str, Any]
    conditions: Mapping[str, Any]


def has_unknown(value: Any) -> bool:
    """Tell whether a part of a value cannot be told.

    Args:
        value: The value.
    """
    if isinstance(value, dict):
        return any(has_unknown(each) for each in value.values())
    if isinstance(value, list):
        return any(has_unknown(each) for each in value)
    return value is UNKNOWN


def resolve(value: Any, scope: Scope) -> Any:
    """Return a value of a template with its functions worked out.

    Args:
        value: The value.
        scope: What names stand for.

    Returns:
        The value. `UNKNOWN` stands for each part that cannot be told. What `AWS::NoValue` takes
        away is not there.

    Example:
        ```python
        from secure_lambda_constructs.checks.audit.intrinsics import UNKNOWN, Scope, resolve

        scope = Scope({"Table": "users"}, lambda name, attribute: UNKNOWN, {}, {}, {})
        assert resolve({"Fn::Sub": "arn:${Table}"}, scope) == "arn:users"
        assert resolve({"Fn::GetAtt": ["Table", "Arn"]}, scope) is UNKNOWN
        ```
    """
    if isinstance(value, list):
        parts = [resolve(each, scope) for each in value]
        return [each for each in parts if each is not None]
    if isinstance(value, str):
        return UNKNOWN if _DYNAMIC in value else value
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        name, argument = next(iter(value.items()))
        if name == "Ref":
            return scope.references.get(str(argument), UNKNOWN)
        if name in _FUNCTIONS:
            return _FUNCTIONS[name](argument, scope)
        if str(name).startswith("Fn::"):
            return UNKNOWN
    made = {name: resolve(each, scope) for name, each in value.items()}
    return {name: each for name, each in made.items() if each is not None}


def _get_attribute(argument: Any, scope: Scope) -> Any:
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    name, attribute = parts[0], resolve(parts[1], scope)
    return scope.attribute(str(name), attribute) if isinstance(attribute, str) else UNKNOWN


def _join(argument: Any, scope: Scope) -> Any:
    parts = resolve(argument[1], scope)
    if not isinstance(parts, list) or has_unknown(parts):
        return UNKNOWN
    return str(argument[0]).join(str(each) for each in parts)


def _sub(argument: Any, scope: Scope) -> Any:
    text, local = (argument, {}) if isinstance(argument, str) else argument
    names = {name: resolve(each, scope) for name, each in local.items()}
    unknown = False

    def replaced(match: re.Match[str]) -> str:
        nonlocal unknown
        name = match[1]
        if name in names:
            found = names[name]
        elif "." in name:
            found = _get_attribute(name, scope)
        else:
            found = scope.references.get(name, UNKNOWN)
        unknown = unknown or has_unknown(found)
        return str(found)

    made = _VARIABLE.sub(replaced, text).replace("${!", "${")
    return UNKNOWN if unknown or _DYNAMIC in made else made


def _select(argument: Any, scope: Scope) -> Any:
    index, values = resolve(argument[0], scope), resolve(argument[1], scope)
    if not isinstance(values, list) or has_unknown(index) or not 0 <= int(index) < len(values):
        return UNKNOWN
    return values[int(index)]


def _split(argument: Any, scope: Scope) -> Any:
    text = resolve(argument[1], scope)
    return text.split(argument[0]) if isinstance(text, str) else UNKNOWN


def _import_value(argument: Any, scope: Scope) -> Any:
    name = resolve(argument, scope)
    return scope.exports.get(name, UNKNOWN) if isinstance(name, str) else UNKNOWN


def _find_in_map(argument: Any, scope: Scope) -> Any:
    found: Any = scope.mappings
    for name in argument[:3]:
        key = resolve(name, scope)
        if not isinstance(found, Mapping) or not isinstance(key, str) or key not in found:
            return UNKNOWN
        found = found[key]
    return found


def _base64(argument: Any, scope: Scope) -> Any:
    text = resolve(argument, scope)
    return base64.b64encode(text.encode()).decode() if isinstance(text, str) else UNKNOWN


def _if(argument: Any, scope: Scope) -> Any:
    truth = _holds({"Condition": argument[0]}, scope)
    return UNKNOWN if truth is None else resolve(argument[1 if truth else 2], scope)


def _holds(condition: Any, scope: Scope) -> bool | None:
    """Tell whether a condition holds; `None` where it cannot be told."""
    name, argument = next(iter(condition.items()))
    if name == "Condition":
        named = scope.conditions.get(argument)
        return _holds(named, scope) if named else None
    if name == "Fn::Equals":
        one, other = (resolve(each, scope) for each in argument)
        return None if has_unknown([one, other]) else str(one) == str(other)
    parts = [_holds(each, scope) for each in argument] if isinstance(argument, list) else [None]
    if None in parts:
        return None
    if name == "Fn::Not":
        return not parts[0]
    return {"Fn::And": all(parts), "Fn::Or": any(parts)}.get(name)


_FUNCTIONS: dict[str, Callable[[Any, Scope], Any]] = {
    "Fn::Base64": _base64,
    "Fn::FindInMap": _find_in_map,
    "Fn::GetAtt": _get_attribute,
    "Fn::If": _if,
    "Fn::ImportValue": _import_value,
    "Fn::Join": _join,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::Sub": _sub,
}


def exists(resource: Mapping[str, Any], scope: Scope) -> bool | None:
    """Tell whether a resource of a template was made, by its condition.

    Args:
        resource: The resource.
        scope: What names stand for.

    Returns:
        `None` where it cannot be told.
    """
    name = resource.get("Condition")
    return _holds({"Condition": name}, scope) if name else True
