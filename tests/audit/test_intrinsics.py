"""What a template means in the account that it was deployed to."""

from typing import Any

import pytest

from secure_lambda_constructs.checks.audit.intrinsics import (
    UNKNOWN,
    Scope,
    exists,
    has_unknown,
    resolve,
)


def _attribute(name: str, attribute: str) -> Any:
    return f"{name}.{attribute}" if name == "Table" else UNKNOWN


SCOPE = Scope(
    {"Table": "users", "AWS::Region": "eu-west-1", "AWS::NoValue": None, "Secret": UNKNOWN},
    _attribute,
    {"App:Out": "exported"},
    {"Map": {"eu-west-1": {"size": "2"}}},
    {
        "Here": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]},
        "There": {"Fn::Not": [{"Condition": "Here"}]},
        "Both": {"Fn::And": [{"Condition": "Here"}, {"Condition": "There"}]},
        "Either": {"Fn::Or": [{"Condition": "Here"}, {"Condition": "There"}]},
        "Hidden": {"Fn::Equals": [{"Ref": "Secret"}, "x"]},
        "NotHidden": {"Fn::Not": [{"Condition": "Hidden"}]},
    },
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (7, 7),
        ("text", "text"),
        ("{{resolve:ssm:name}}", UNKNOWN),
        ({"Ref": "Table"}, "users"),
        ({"Ref": "Missing"}, UNKNOWN),
        ({"Fn::GetAtt": ["Table", "Arn"]}, "Table.Arn"),
        ({"Fn::GetAtt": "Table.Stream.Arn"}, "Table.Stream.Arn"),
        ({"Fn::GetAtt": ["Other", "Arn"]}, UNKNOWN),
        ({"Fn::GetAtt": ["Table", {"Ref": "Secret"}]}, UNKNOWN),
        ({"Fn::Join": ["-", ["a", {"Ref": "Table"}]]}, "a-users"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Secret"}]]}, UNKNOWN),
        ({"Fn::Join": ["-", {"Fn::Split": [".", "a.b"]}]}, "a-b"),
        ({"Fn::Sub": "${Table}/${Table.Arn}/${!kept}"}, "users/Table.Arn/${kept}"),
        ({"Fn::Sub": ["${x}-${AWS::Region}", {"x": {"Ref": "Table"}}]}, "users-eu-west-1"),
        ({"Fn::Sub": "${Secret}"}, UNKNOWN),
        ({"Fn::Select": ["1", ["a", "b"]]}, "b"),
        ({"Fn::Select": [2, ["a", "b"]]}, UNKNOWN),
        ({"Fn::Select": [0, {"Fn::GetAZs": ""}]}, UNKNOWN),
        ({"Fn::Split": ["/", {"Ref": "Secret"}]}, UNKNOWN),
        ({"Fn::ImportValue": {"Fn::Sub": "App:Out"}}, "exported"),
        ({"Fn::ImportValue": "Missing"}, UNKNOWN),
        ({"Fn::FindInMap": ["Map", {"Ref": "AWS::Region"}, "size"]}, "2"),
        ({"Fn::FindInMap": ["Map", "us-east-1", "size"]}, UNKNOWN),
        ({"Fn::Base64": "abc"}, "YWJj"),
        ({"Fn::Base64": {"Ref": "Secret"}}, UNKNOWN),
        ({"Fn::If": ["Here", "yes", "no"]}, "yes"),
        ({"Fn::If": ["There", "yes", "no"]}, "no"),
        ({"Fn::If": ["Both", "yes", "no"]}, "no"),
        ({"Fn::If": ["Either", "yes", "no"]}, "yes"),
        ({"Fn::If": ["NotHidden", "yes", "no"]}, UNKNOWN),
        ({"Fn::If": ["Missing", "yes", "no"]}, UNKNOWN),
        ({"Fn::Transform": {}}, UNKNOWN),
        ({"a": {"Ref": "AWS::NoValue"}, "b": [{"Ref": "AWS::NoValue"}, 1]}, {"b": [1]}),
    ],
)
def test_functions_are_worked_out_or_unknown(value: Any, expected: Any) -> None:
    assert resolve(value, SCOPE) == expected


def test_a_part_that_is_unknown_leaves_the_rest_known() -> None:
    value = resolve({"a": [{"Ref": "Secret"}], "b": {"Ref": "Table"}}, SCOPE)
    assert value == {"a": [UNKNOWN], "b": "users"}
    assert has_unknown(value)
    assert not has_unknown({"b": ["users"]})
    assert repr(UNKNOWN) == "(unknown)"


def test_a_resource_is_there_by_its_condition() -> None:
    assert exists({}, SCOPE) is True
    assert exists({"Condition": "There"}, SCOPE) is False
    assert exists({"Condition": "Hidden"}, SCOPE) is None
