"""A subset of JSON Schema, 2020-12, for the bodies that routes take.

The relay's code is signed and runs where the internet is, so that it is made of the standard
library alone; this is the part of a validator that an allow list of bodies needs. What it knows it
means as the standard does (https://json-schema.org/draft/2020-12/json-schema-validation); what it
does not know is refused when the app is synthesized, rather than ignored. Two things are stricter:
an object says what else may be in it, and a pattern comes with a length.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeGuard

from .patterns import compiled, pattern_problem

__all__ = ["KEYWORDS", "schema_problem", "violation"]

_DEEPEST = 64


def schema_problem(schema: object, path: str = "") -> str | None:
    """Say why a schema cannot be used.

    Args:
        schema: The schema. Known are `type`, `properties`, `required`, `additionalProperties`,
            `items`, `enum`, `const`, `minimum`, `maximum`, `exclusiveMinimum`,
            `exclusiveMaximum`, `multipleOf` (of whole numbers), `minLength`, `maxLength`,
            `pattern` (see `pattern_problem`), `minItems`, `maxItems`, `uniqueItems`,
            `minProperties`, `maxProperties`, and `title`, `description` and `$schema`, which say
            nothing about bodies.
        path: Where it is in a larger one, as a JSON pointer.

    Returns:
        What is wrong, what was given and what to write instead, or `None`.

    Example:
        ```python
        from secure_lambda_constructs.relay.handler.schema import schema_problem

        amount = {"type": "integer", "minimum": 1}
        charge = {"type": "object", "properties": {"amount": amount}}
        assert "additionalProperties" in schema_problem(charge)
        assert schema_problem({**charge, "additionalProperties": False}) is None
        ```
    """
    if isinstance(schema, bool) and path:
        return None
    if not isinstance(schema, dict):
        return f"the schema's {path or 'root'} is {schema!r}; write an object"
    if path.count("/") > _DEEPEST:
        return f"the schema is more than {_DEEPEST} levels deep; write a flatter one"
    for keyword, value in schema.items():
        if keyword not in KEYWORDS:
            return f"the schema's {path}/{keyword} is not known; write one of {', '.join(KEYWORDS)}"
        is_right, instead = KEYWORDS[keyword]
        if not is_right(value):
            return f"the schema's {path}/{keyword} is {value!r}; write {instead}"
    return (
        _additional_problem(schema, path)
        or _pattern_problem(schema, path)
        or _nested_problem(schema, path)
    )


def violation(schema: Mapping[str, Any], value: object) -> str | None:
    """Say which part of a schema a value is against.

    Args:
        schema: One that `schema_problem` finds nothing wrong with.
        value: What `read_json` returns.

    Returns:
        The place in the schema, never anything of the value, or `None`.

    Example:
        ```python
        from secure_lambda_constructs.relay.handler.schema import violation

        schema = {"type": "array", "items": {"type": "integer", "maximum": 9}}
        assert violation(schema, [1, 2]) is None
        assert violation(schema, [1, 20]) == "/items/maximum of the schema is not met"
        ```
    """
    place = _violated(schema, value, "")
    return None if place is None else f"{place} of the schema is not met"


def _additional_problem(schema: dict[str, Any], path: str) -> str | None:
    types = schema.get("type", ())
    is_object = "properties" in schema or "object" in ([types] if types == "object" else types)
    if is_object and "additionalProperties" not in schema:
        return (
            f"the schema's {path or 'root'} does not say what else may be in the object; write "
            "'additionalProperties': False"
        )
    return None


def _pattern_problem(schema: dict[str, Any], path: str) -> str | None:
    if "pattern" not in schema:
        return None
    if "maxLength" not in schema:
        return f"the schema's {path}/pattern has no maxLength beside it; write one"
    problem = pattern_problem(schema["pattern"], longest=schema["maxLength"], searched=True)
    return problem and f"the schema's {path}/pattern is not allowed: {problem}"


def _nested_problem(schema: dict[str, Any], path: str) -> str | None:
    nested = {f"properties/{name}": part for name, part in schema.get("properties", {}).items()}
    nested |= {word: schema[word] for word in ("additionalProperties", "items") if word in schema}
    for place, part in nested.items():
        if problem := schema_problem(part, f"{path}/{place}"):
            return problem
    return None


def _violated(schema: Mapping[str, Any] | bool, value: object, path: str) -> str | None:
    """The place in the schema that a value is against."""
    if isinstance(schema, bool):
        return None if schema else path
    for keyword, is_met in _CHECKS.items():
        if keyword in schema and not is_met(schema[keyword], value):
            return f"{path}/{keyword}"
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        for name, member in value.items():
            if name in properties:
                place = _violated(properties[name], member, f"{path}/properties/{name}")
            else:
                others = schema.get("additionalProperties", True)
                place = _violated(others, member, f"{path}/additionalProperties")
            if place is not None:
                return place
    elif isinstance(value, list) and "items" in schema:
        for item in value:
            place = _violated(schema["items"], item, f"{path}/items")
            if place is not None:
                return place
    return None


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: object) -> bool:
    return _is_number(value) and (isinstance(value, int) or value.is_integer())


_TYPES: Mapping[str, Callable[[object], bool]] = {
    "array": lambda value: isinstance(value, list),
    "boolean": lambda value: isinstance(value, bool),
    "integer": _is_whole,
    "null": lambda value: value is None,
    "number": _is_number,
    "object": lambda value: isinstance(value, dict),
    "string": lambda value: isinstance(value, str),
}


def _is_type(types: str | list[str], value: object) -> bool:
    return any(_TYPES[name](value) for name in ([types] if isinstance(types, str) else types))


def _key(value: object) -> object:
    """What is equal for values that JSON Schema calls equal: 1 and 1.0 are, 1 and true are not.

    Numbers become texts, whose hashes nobody can foresee, unlike those of numbers.
    """
    if _is_number(value):
        return ("number", repr(int(value) if _is_whole(value) else value))
    if isinstance(value, list):
        return ("array", *(_key(item) for item in value))
    if isinstance(value, dict):
        return ("object", frozenset((name, _key(member)) for name, member in value.items()))
    return value


def _are_unique(values: list[object]) -> bool:
    return len({_key(value) for value in values}) == len(values)


# In this order: the length is known to be bounded before a pattern is searched.
_CHECKS: Mapping[str, Callable[[Any, Any], bool]] = {
    "type": _is_type,
    "enum": lambda some, value: _key(value) in {_key(one) for one in some},
    "const": lambda one, value: _key(one) == _key(value),
    "minimum": lambda limit, value: not _is_number(value) or value >= limit,
    "maximum": lambda limit, value: not _is_number(value) or value <= limit,
    "exclusiveMinimum": lambda limit, value: not _is_number(value) or value > limit,
    "exclusiveMaximum": lambda limit, value: not _is_number(value) or value < limit,
    "multipleOf": lambda of, value: (
        not _is_number(value) or (_is_whole(value) and int(value) % of == 0)
    ),
    "minLength": lambda limit, value: not isinstance(value, str) or len(value) >= limit,
    "maxLength": lambda limit, value: not isinstance(value, str) or len(value) <= limit,
    "pattern": lambda pattern, value: (
        not isinstance(value, str) or bool(compiled(pattern).search(value))
    ),
    "minItems": lambda limit, value: not isinstance(value, list) or len(value) >= limit,
    "maxItems": lambda limit, value: not isinstance(value, list) or len(value) <= limit,
    "uniqueItems": lambda wanted, value: (
        not wanted or not isinstance(value, list) or _are_unique(value)
    ),
    "minProperties": lambda limit, value: not isinstance(value, dict) or len(value) >= limit,
    "maxProperties": lambda limit, value: not isinstance(value, dict) or len(value) <= limit,
    "required": lambda names, value: not isinstance(value, dict) or value.keys() >= {*names},
}


def _is_json(value: object, depth: int = 0) -> bool:
    if depth > _DEEPEST:
        return False
    if isinstance(value, dict):
        return all(
            isinstance(name, str) and _is_json(part, depth + 1) for name, part in value.items()
        )
    if isinstance(value, list):
        return all(_is_json(item, depth + 1) for item in value)
    return value is None or isinstance(value, str | bool) or _is_finite(value)


def _is_finite(value: object) -> bool:
    return _is_number(value) and (isinstance(value, int) or math.isfinite(value))


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _are_names(value: object) -> bool:
    return (
        isinstance(value, list)
        and all(isinstance(name, str) for name in value)
        and len(set(value)) == len(value)
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _are_types(value: object) -> bool:
    if isinstance(value, str):
        return value in _TYPES
    return _are_names(value) and bool(value) and _TYPES.keys() >= set(_listed(value))


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_schema(value: object) -> bool:
    return isinstance(value, dict | bool)


_NUMBER = (_is_finite, "a number")
_COUNT = (_is_count, "a whole number from 0 on")
_TEXT = (_is_text, "a text")
_SCHEMA = (_is_schema, "a schema, True or False")

KEYWORDS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "$schema": _TEXT,
    "title": _TEXT,
    "description": _TEXT,
    "type": (_are_types, f"one of {', '.join(_TYPES)}, or a list of some"),
    "enum": (lambda value: bool(_listed(value)) and _is_json(value), "a list of JSON values"),
    "const": (_is_json, "a JSON value"),
    "minimum": _NUMBER,
    "maximum": _NUMBER,
    "exclusiveMinimum": _NUMBER,
    "exclusiveMaximum": _NUMBER,
    "multipleOf": (lambda value: _is_count(value) and value != 0, "a whole number from 1 on"),
    "minLength": _COUNT,
    "maxLength": _COUNT,
    "pattern": _TEXT,
    "minItems": _COUNT,
    "maxItems": _COUNT,
    "uniqueItems": (lambda value: isinstance(value, bool), "True or False"),
    "minProperties": _COUNT,
    "maxProperties": _COUNT,
    "required": (_are_names, "a list of different names"),
    "properties": (
        lambda value: isinstance(value, dict) and all(isinstance(name, str) for name in value),
        "an object of schemas by the names of properties",
    ),
    "additionalProperties": _SCHEMA,
    "items": _SCHEMA,
}
"""The keywords that are known: whether a value is right for one, and what is, in words."""
