"""The subset of JSON Schema, held against a whole validator."""

from typing import Any

import jsonschema
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from secure_lambda_constructs.relay.handler.schema import schema_problem, violation

_names = st.sampled_from(["a", "b", "c"])
_numbers = st.integers(-4, 4) | st.sampled_from([0.0, 1.0, -1.0, 0.5, 2.5, 3.0, 1e300, 2**70])
_scalars = st.none() | st.booleans() | _numbers | st.text("ab\xe9", max_size=4)
_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_names, inner, max_size=3),
    max_leaves=8,
)
_types = st.sampled_from(["array", "boolean", "integer", "null", "number", "object", "string"])
_counts = st.integers(0, 3)
_patterns = st.sampled_from(["^a", "b$", "^[ab]*$", "a|^b", "^(?:a|b)?$", "[^a]", ""])
_keywords: dict[str, st.SearchStrategy[Any]] = {
    "type": _types | st.lists(_types, min_size=1, max_size=3, unique=True),
    "enum": st.lists(_values, min_size=1, max_size=3),
    "const": _values,
    "minimum": _numbers,
    "maximum": _numbers,
    "exclusiveMinimum": _numbers,
    "exclusiveMaximum": _numbers,
    "multipleOf": st.integers(1, 3),
    "minLength": _counts,
    "maxLength": _counts,
    "minItems": _counts,
    "maxItems": _counts,
    "uniqueItems": st.booleans(),
    "minProperties": _counts,
    "maxProperties": _counts,
    "required": st.lists(_names, max_size=2, unique=True),
    "title": st.text(max_size=2),
}


def _some(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Schemas of a few keywords, the inner ones among them."""
    flat = st.lists(st.sampled_from(sorted(_keywords)), max_size=3, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: _keywords[name] for name in names})
    )
    parts = st.fixed_dictionaries(
        {"additionalProperties": inner | st.booleans()},
        optional={
            "properties": st.dictionaries(_names, inner | st.booleans(), max_size=3),
            "items": inner | st.booleans(),
            "pattern": _patterns,
        },
    )
    return st.tuples(flat, parts).map(
        lambda pair: {**pair[0], **pair[1]} | ({"maxLength": 3} if "pattern" in pair[1] else {})
    )


_schemas = st.recursive(_some(st.booleans()), _some, max_leaves=3)


@given(_schemas, st.lists(_values, min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
@example({"const": 1, "additionalProperties": True}, [1.0, True, "1"])
@example({"enum": [[0]], "additionalProperties": True}, [[0.0], [False]])
@example({"uniqueItems": True, "additionalProperties": True}, [[1, True], [{"a": 1}, {"a": 1.0}]])
@example({"multipleOf": 2, "additionalProperties": True}, [4.0, 0.5, True, 2**70])
def test_it_means_what_the_standard_does(schema: dict[str, Any], values: list[Any]) -> None:
    assert schema_problem(schema) is None
    oracle = jsonschema.Draft202012Validator(schema)
    for value in values:
        assert (violation(schema, value) is None) == oracle.is_valid(value)


CHARGE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["amount"],
    "properties": {
        "amount": {"type": "integer", "minimum": 1},
        "lines": {
            "type": "array",
            "items": {"type": "string", "maxLength": 9, "pattern": "^[a-z]+$"},
        },
        "metadata": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ([], "/type"),
        ({}, "/required"),
        ({"amount": 1, "SECRET": "SECRET"}, "/additionalProperties"),
        ({"amount": "SECRET"}, "/properties/amount/type"),
        ({"amount": True}, "/properties/amount/type"),
        ({"amount": 1.5}, "/properties/amount/type"),
        ({"amount": 0}, "/properties/amount/minimum"),
        ({"amount": 1, "lines": ["a", "SECRET"]}, "/properties/lines/items/pattern"),
        ({"amount": 1, "lines": ["a\n"]}, "/properties/lines/items/pattern"),
        ({"amount": 1, "lines": ["a" * 10]}, "/properties/lines/items/maxLength"),
        (
            {"amount": 1, "metadata": {"SECRET": 1}},
            "/properties/metadata/additionalProperties/type",
        ),
    ],
    ids=repr,
)
def test_the_place_is_told_and_nothing_of_the_value(value: object, place: str) -> None:
    assert violation(CHARGE, value) == f"{place} of the schema is not met"


def test_what_fits_violates_nothing() -> None:
    value = {"amount": 1.0, "lines": ["abc"], "metadata": {"order": "1"}}
    assert schema_problem(CHARGE) is None
    assert violation(CHARGE, value) is None


def _deep(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    for _ in range(levels):
        schema = {"items": schema}
    return schema


@pytest.mark.parametrize(
    ("schema", "part"),
    [
        (True, "root is True; write an object"),
        ([], "root is []; write an object"),
        ({"format": "email"}, "/format is not known; write one of $schema, title"),
        ({"$ref": "#"}, "/$ref is not known"),
        ({"allOf": []}, "/allOf is not known"),
        ({"items": {"default": 1}}, "/items/default is not known"),
        ({"type": "object"}, "root does not say what else may be in the object"),
        ({"type": ["object", "null"]}, "root does not say what else"),
        ({"properties": {}}, "root does not say what else"),
        ({"items": {"type": "object"}}, "/items does not say what else"),
        ({"additionalProperties": {"properties": {}}}, "/additionalProperties does not say"),
        ({"type": "text"}, "/type is 'text'; write one of array, boolean"),
        ({"type": []}, "/type is []"),
        ({"type": ["null", "null"]}, "/type is"),
        ({"type": ["null", "text"]}, "/type is"),
        ({"type": [1]}, "/type is"),
        ({"type": {}}, "/type is"),
        ({"enum": []}, "/enum is []; write a list of JSON values"),
        ({"enum": (1,)}, "/enum is"),
        ({"enum": [float("nan")]}, "/enum is"),
        ({"const": {1: 1}}, "/const is"),
        ({"const": b"a"}, "/const is"),
        ({"minimum": "1"}, "/minimum is '1'; write a number"),
        ({"minimum": True}, "/minimum is True"),
        ({"maximum": float("inf")}, "/maximum is inf"),
        ({"exclusiveMinimum": True}, "/exclusiveMinimum is True"),
        ({"multipleOf": 0}, "/multipleOf is 0; write a whole number from 1 on"),
        ({"multipleOf": 0.01}, "/multipleOf is 0.01"),
        ({"minLength": -1}, "/minLength is -1; write a whole number from 0 on"),
        ({"maxLength": 1.0}, "/maxLength is 1.0"),
        ({"maxItems": True}, "/maxItems is True"),
        ({"uniqueItems": 1}, "/uniqueItems is 1; write True or False"),
        ({"required": ["a", "a"]}, "/required is"),
        ({"required": "a"}, "/required is"),
        ({"required": [[]]}, "/required is"),
        ({"properties": [], "additionalProperties": False}, "/properties is []"),
        ({"properties": {1: {}}, "additionalProperties": False}, "/properties is {1: {}}"),
        ({"properties": {"a": 1}, "additionalProperties": False}, "/properties/a is 1"),
        ({"additionalProperties": None}, "/additionalProperties is None"),
        ({"items": [{}]}, "/items is [{}]"),
        ({"title": 1}, "/title is 1; write a text"),
        ({"pattern": "^a"}, "/pattern has no maxLength beside it"),
        ({"pattern": "(a+)+", "maxLength": 9}, "/pattern is not allowed: the pattern '(a+)+'"),
        ({"pattern": "[a-z]+!", "maxLength": 9_000}, "begin it with ^"),
        (_deep(65), "more than 64 levels deep"),
        ({"const": _deep(65)}, "/const is"),
    ],
    ids=lambda value: ascii(value)[:60],
)
def test_schemas_that_mean_something_else_are_refused(schema: object, part: str) -> None:
    assert part in (schema_problem(schema) or "")


@given(
    st.recursive(
        _scalars,
        lambda inner: st.dictionaries(
            st.sampled_from([*_keywords, "pattern", "items", "properties", "additionalProperties"])
            | _names,
            inner | st.lists(inner, max_size=2),
            max_size=4,
        ),
        max_leaves=6,
    ),
    _values,
)
@settings(max_examples=150, deadline=None)
def test_a_schema_is_refused_or_works(schema: Any, value: object) -> None:
    if schema_problem(schema) is None:
        jsonschema.Draft202012Validator.check_schema(schema)
        assert (violation(schema, value) is None) == jsonschema.Draft202012Validator(
            schema
        ).is_valid(value)


def test_numbers_with_equal_hashes_do_not_slow_it_down() -> None:
    values = [index * (2**61 - 1) for index in range(20_000)]
    assert violation({"uniqueItems": True}, values) is None
    assert violation({"uniqueItems": True}, [*values, values[1]]) is not None
