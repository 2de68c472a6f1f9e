"""Conditions: each operator, absent keys, several values, sets of values, variables."""

from typing import Any

import pytest

from secure_lambda_constructs.checks.evaluator import UNKNOWN

from .evaluator_policies import holds

_NAME, _TAGS, _IP = "aws:username", "aws:TagKeys", "aws:SourceIp"
_ARN, _TIME, _AGE = "aws:PrincipalArn", "aws:CurrentTime", "aws:MultiFactorAuthAge"
_ROLE = "arn:aws:iam::111122223333:role/team/orders"
_ALIAS = "arn:aws:lambda:eu-west-1:111122223333:function:orders:live"


@pytest.mark.parametrize(
    ("operator", "written", "value", "expected"),
    [
        ("StringEquals", "bob", "bob", True),
        ("StringEquals", "bob", "Bob", False),
        ("StringEquals", "b*", "bob", False),
        ("StringEquals", "b*", "b*", True),
        ("StringEquals", ["alice", "bob"], "bob", True),
        ("StringEquals", 5, "5", True),
        ("StringEquals", True, "true", True),
        ("stringequals", "bob", "bob", True),
        ("StringNotEquals", "bob", "bob", False),
        ("StringNotEquals", ["alice", "bob"], "bob", False),
        ("StringNotEquals", ["alice", "bob"], "carol", True),
        ("StringEqualsIgnoreCase", "bob", "BOB", True),
        ("StringNotEqualsIgnoreCase", "bob", "BOB", False),
        ("StringLike", "b?b", "bob", True),
        ("StringLike", "b*", "B", False),
        ("StringLike", "*", "", True),
        ("StringLike", "*", "two\nlines", True),
        ("StringLike", "*x", "a:b:x", True),
        ("StringLike", "a.b", "axb", False),
        ("StringLike", "a*b*c", "a1b2c", True),
        ("StringLike", "a*b*c", "a1c2b", False),
        ("StringNotLike", ["a*", "b*"], "bob", False),
        ("StringNotLike", ["a*", "b*"], "carol", True),
        ("StringNotLike", [], "carol", True),
        ("StringLike", [], "carol", False),
    ],
)
def test_strings(operator: str, written: Any, value: str, expected: bool) -> None:
    assert holds({operator: {_NAME: written}}, {_NAME: value}) is expected


@pytest.mark.parametrize(
    ("operator", "written", "value", "expected"),
    [
        ("NumericEquals", "10", "10.0", True),
        ("NumericEquals", 10, "10", True),
        ("NumericEquals", "9007199254740993", "9007199254740992", False),
        ("NumericNotEquals", ["5", "10"], "10", False),
        ("NumericNotEquals", ["5", "10"], "7", True),
        ("NumericLessThan", "10", "9", True),
        ("NumericLessThan", "10", "10", False),
        ("NumericLessThanEquals", "10", "10", True),
        ("NumericGreaterThan", "10", "10.5", True),
        ("NumericGreaterThan", "9", "10", True),
        ("NumericGreaterThanEquals", "10", "9", False),
        ("NumericGreaterThanEquals", "-1", "-1", True),
        ("NumericEquals", "ten", "10", None),
        ("NumericEquals", "10", "ten", None),
        ("NumericNotEquals", ["10", "ten"], "10", False),
        ("NumericNotEquals", ["5", "ten"], "10", None),
    ],
)
def test_numbers(operator: str, written: Any, value: str, expected: bool | None) -> None:
    assert holds({operator: {_AGE: written}}, {_AGE: value}) is expected


@pytest.mark.parametrize(
    ("operator", "written", "value", "expected"),
    [
        ("DateEquals", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", True),
        ("DateEquals", "2026-01-01", "2026-01-01T00:00:00Z", True),
        ("DateEquals", "2026-01", "2026-01-01T00:00Z", True),
        ("DateEquals", "1767225600", "2026-01-01T00:00:00Z", True),
        ("DateEquals", "2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00Z", False),
        ("DateNotEquals", "2026-01-01", "2026-01-01T00:00:00Z", False),
        ("DateNotEquals", "2026-01-01", "2026-01-02T00:00:00Z", True),
        ("DateLessThan", "2026-01-01", "2025-12-31T23:59:59Z", True),
        ("DateLessThan", "2026-01-01", "2026-01-01T00:00:00Z", False),
        ("DateLessThanEquals", "2026-01-01", "2026-01-01T00:00:00Z", True),
        ("DateGreaterThan", "2020-01-01T00:00:01Z", "2026-01-01T00:00:00Z", True),
        ("DateGreaterThan", "1767225600", "1767225601", True),
        ("DateGreaterThanEquals", "2026-01-01", "2025-12-31T00:00:00Z", False),
        # A year, or so many seconds after 1970; local time of no place; no date.
        ("DateGreaterThan", "2026", "2026-01-01T00:00:00Z", None),
        ("DateEquals", "2026-01-01T00:00:00", "2026-01-01T00:00:00Z", None),
        ("DateEquals", "2026-02-30", "2026-01-01T00:00:00Z", None),
        ("DateEquals", "0001-01-01T00:00:00+01:00", "2026-01-01T00:00:00Z", False),
        ("DateEquals", "2026-*", "2026-01-01T00:00:00Z", None),
        ("DateEquals", "2026-01-01", "today", None),
    ],
)
def test_dates(operator: str, written: Any, value: str, expected: bool | None) -> None:
    assert holds({operator: {_TIME: written}}, {_TIME: value}) is expected


@pytest.mark.parametrize(
    ("operator", "written", "value", "expected"),
    [
        ("IpAddress", "203.0.113.0/24", "203.0.113.7", True),
        ("IpAddress", "203.0.113.0/24", "203.0.114.7", False),
        ("IpAddress", "203.0.113.7", "203.0.113.7", True),
        ("IpAddress", "203.0.113.9/24", "203.0.113.7", True),
        ("IpAddress", "0.0.0.0/0", "203.0.113.7", True),
        ("IpAddress", "0.0.0.0/0", "2001:db8::1", False),
        ("IpAddress", "2001:DB8:1234:5678::/64", "2001:db8:1234:5678::1", True),
        ("IpAddress", ["203.0.113.0/24", "2001:db8::/32"], "2001:db8::1", True),
        ("NotIpAddress", "203.0.113.0/24", "203.0.113.7", False),
        ("NotIpAddress", ["203.0.113.0/24", "10.0.0.0/8"], "10.1.2.3", False),
        ("NotIpAddress", ["203.0.113.0/24", "10.0.0.0/8"], "192.0.2.1", True),
        ("NotIpAddress", "203.0.113.0/24", "2001:db8::1", True),
        ("IpAddress", "203.0.113.*", "203.0.113.7", None),
        ("NotIpAddress", "203.0.113.0/33", "203.0.113.7", None),
        ("IpAddress", "203.0.113.0/24", "nowhere", None),
    ],
)
def test_addresses(operator: str, written: Any, value: str, expected: bool | None) -> None:
    assert holds({operator: {_IP: written}}, {_IP: value}) is expected


@pytest.mark.parametrize("like", ["Like", "Equals"])
@pytest.mark.parametrize(
    ("written", "value", "expected"),
    [
        (_ROLE, _ROLE, True),
        ("arn:aws:iam::*:role/*", _ROLE, True),
        ("arn:aws:iam::*:role/team/?rders", _ROLE, True),
        ("arn:*:iam::*:role/orders", _ROLE, False),
        ("arn:aws:iam::111122223333:ROLE/team/orders", _ROLE, False),
        ("arn:aws:*:*:*:*", _ALIAS, True),
        ("arn:aws:lambda:*:*:function:*", _ALIAS, True),
        ("arn:aws:lambda:*:*:*:live", _ALIAS, True),
        # Each part by itself: no wildcard of the first five goes on past its colon.
        ("arn:aws:lambda:*:function:orders:live", _ALIAS, False),
        ("arn:aws:lambda:eu*:function:*:*", _ALIAS, False),
        ([_ALIAS, _ROLE], _ROLE, True),
        ("arn:aws:iam:*", _ROLE, None),
        ("*", _ROLE, None),
        (_ROLE, "orders", None),
    ],
)
def test_arns(like: str, written: Any, value: str, expected: bool | None) -> None:
    assert holds({f"Arn{like}": {_ARN: written}}, {_ARN: value}) is expected
    opposite = None if expected is None else not expected
    assert holds({f"ArnNot{like}": {_ARN: written}}, {_ARN: value}) is opposite


@pytest.mark.parametrize(
    ("written", "value", "expected"),
    [
        ("true", "true", True),
        ("false", "true", False),
        (True, "true", True),
        (False, "false", True),
        ("True", "true", True),
        (["true", "false"], "false", True),
        ("yes", "true", None),
        ("true", "yes", None),
    ],
)
def test_booleans(written: Any, value: str, expected: bool | None) -> None:
    key = "aws:SecureTransport"
    assert holds({"Bool": {key: written}}, {key: value}) is expected


@pytest.mark.parametrize(
    ("written", "value", "expected"),
    [
        ("QmluYXJ5", "QmluYXJ5", True),
        ("QmluYXJ5", "VmFsdWU=", False),
        ("not base64", "QmluYXJ5", None),
        ("QmluYXJ5", "?", None),
    ],
)
def test_binaries(written: str, value: str, expected: bool | None) -> None:
    assert holds({"BinaryEquals": {"x:y": written}}, {"x:y": value}) is expected


@pytest.mark.parametrize(
    ("written", "context", "expected"),
    [
        ("true", {}, True),
        ("false", {}, False),
        ("true", {_NAME: "bob"}, False),
        ("false", {_NAME: "bob"}, True),
        (True, {_NAME: ""}, False),
        (["true", "false"], {}, True),
        ("maybe", {}, None),
        # Whether a key without a value is there is not clear, but it is so in any case here.
        ("true", {_NAME: []}, None),
        (["true", "false"], {_NAME: []}, True),
        ("false", {_NAME: UNKNOWN}, True),
    ],
)
def test_null(written: Any, context: dict[str, Any], expected: bool | None) -> None:
    assert holds({"Null": {_NAME: written}}, context) is expected


_OPPOSITES = [
    ("StringEquals", "StringNotEquals", _NAME, "bob"),
    ("StringLike", "StringNotLike", _NAME, "b*"),
    ("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", _NAME, "bob"),
    ("NumericEquals", "NumericNotEquals", _AGE, "5"),
    ("DateEquals", "DateNotEquals", _TIME, "2026-01-01"),
    ("IpAddress", "NotIpAddress", _IP, "10.0.0.0/8"),
    ("ArnLike", "ArnNotLike", _ARN, _ROLE),
    ("ArnEquals", "ArnNotEquals", _ARN, _ROLE),
]


@pytest.mark.parametrize(("plain", "opposite", "key", "value"), _OPPOSITES)
def test_absent_keys(plain: str, opposite: str, key: str, value: str) -> None:
    assert holds({plain: {key: value}}, {}) is False
    assert holds({opposite: {key: value}}, {}) is True
    for operator in (plain, opposite):
        assert holds({f"{operator}IfExists": {key: value}}, {}) is True
        assert holds({f"ForAllValues:{operator}": {key: value}}, {}) is True
        assert holds({f"ForAnyValue:{operator}": {key: value}}, {}) is False
        # AWS says that what is absent holds, and does not say that it does in a set.
        assert holds({f"ForAnyValue:{operator}IfExists": {key: value}}, {}) is None


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
@pytest.mark.parametrize(
    ("operator", "written", "tags", "expected"),
    [
        ("ForAllValues:StringEquals", ["a", "b"], ["a"], True),
        ("ForAllValues:StringEquals", ["a", "b"], ["a", "b"], True),
        ("ForAllValues:StringEquals", ["a", "b"], ["a", "c"], False),
        ("ForAllValues:StringEquals", ["a", "b"], [], True),
        ("ForAllValues:StringNotEquals", ["a", "b"], ["c", "d"], True),
        ("ForAllValues:StringNotEquals", ["a", "b"], ["a", "c"], False),
        ("ForAllValues:StringNotLike", "key1*", ["key2:audit"], True),
        ("ForAllValues:StringNotLike", "key1*", ["key1:hr", "key1:legal"], False),
        ("ForAnyValue:StringEquals", ["a", "b"], ["c", "a"], True),
        ("ForAnyValue:StringEquals", ["a", "b"], ["c"], False),
        ("ForAnyValue:StringEquals", ["a", "b"], [], False),
        ("ForAnyValue:StringNotEquals", ["a", "b"], ["a", "c"], True),
        ("ForAnyValue:StringNotEquals", ["a", "b"], ["a", "b"], False),
        ("ForAnyValue:StringLike", "a*", "abc", True),
        ("foranyvalue:stringlikeifexists", "a*", ["x", "abc"], True),
    ],
)
def test_sets(operator: str, written: Any, tags: Any, expected: bool) -> None:
    assert holds({operator: {_TAGS: written}}, {_TAGS: tags}) is expected


@pytest.mark.parametrize(
    ("operator", "tags", "expected"),
    [
        ("StringEquals", ["a"], None),
        ("StringEquals", ["a", "b"], None),
        ("StringEquals", ["b"], False),
        ("StringEqualsIfExists", [], False),
        ("StringNotEquals", ["b"], None),
        ("StringNotEquals", ["a"], False),
    ],
)
def test_lists_without_a_set_operator(operator: str, tags: Any, expected: bool | None) -> None:
    assert holds({operator: {_TAGS: "a"}}, {_TAGS: tags}) is expected


def test_all_keys_and_all_operators_must_hold() -> None:
    condition = {
        "StringEquals": {_NAME: "bob", "aws:SourceVpc": ["vpc-1", "vpc-2"]},
        "Bool": {"aws:SecureTransport": "true"},
    }
    context = {_NAME: "bob", "aws:SourceVpc": "vpc-2", "aws:SecureTransport": "true"}
    assert holds(condition, context) is True
    for key in context:
        assert holds(condition, {**context, key: "false"}) is False
    assert holds({}, {}) is True
    assert holds({"StringEquals": {}}, {}) is True


def test_names_of_keys_have_no_case() -> None:
    assert holds({"StringEquals": {"AWS:userNAME": "bob"}}, {"aws:UserName": "bob"}) is True


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
@pytest.mark.parametrize(
    ("operator", "written", "context", "expected"),
    [
        ("StringEquals", "${aws:userid}", {"aws:userid": "bob"}, True),
        ("StringEquals", "${AWS:UserID}", {"aws:userid": "bob"}, True),
        ("StringEquals", "b${aws:userid}", {"aws:userid": "ob"}, True),
        ("StringEqualsIgnoreCase", "${aws:userid}", {"aws:userid": "BOB"}, True),
        ("StringLike", "${aws:userid}*", {"aws:userid": "bo"}, True),
        # What is filled in has no wildcards.
        ("StringLike", "${aws:userid}", {"aws:userid": "b*"}, False),
        ("StringEquals", "${aws:userid, 'bob'}", {}, True),
        ("StringEquals", "${aws:userid, 'bob'}", {"aws:userid": "alice"}, False),
        ("StringEquals", "${aws:userid, 'bob'}", {"aws:userid": ""}, True),
        ("StringEquals", "${aws:userid, ''}bob", {}, True),
        # A key with several values has none for a variable.
        ("StringEquals", "${aws:userid}", {"aws:userid": ["bob"]}, False),
        ("StringEquals", "${aws:userid, 'bob'}", {"aws:userid": ["alice"]}, True),
        # What has no value is like nothing, so that the opposites hold.
        ("StringEquals", "${aws:userid}", {}, False),
        ("StringLike", "*${aws:userid}", {}, False),
        ("StringNotEquals", "${aws:userid}", {}, True),
        ("StringNotLike", "*${aws:userid}", {}, True),
        ("ArnLike", "arn:aws:iam::1:user/${aws:userid}", {}, False),
        ("StringEquals", "${aws:userid}", {"aws:userid": UNKNOWN}, None),
        ("StringEquals", "x${aws:userid}", {"aws:userid": UNKNOWN}, False),
        ("StringLike", "b${aws:userid}*", {"aws:userid": UNKNOWN}, None),
        ("StringEquals", "${aws:userid,'bob'}", {}, None),
        ("StringLike", "x${}", {}, False),
        ("StringLike", "b${}", {}, None),
    ],
)
def test_variables(
    operator: str, written: str, context: dict[str, Any], expected: bool | None
) -> None:
    key = _ARN if operator.startswith("Arn") else _NAME
    given = {_NAME: "bob", _ARN: "arn:aws:iam::1:user/bob", **context}
    assert holds({operator: {key: written}}, given) is expected


@pytest.mark.parametrize("escaped", ["*", "?", "$"])
def test_escaped_characters(escaped: str) -> None:
    for operator in ("StringEquals", "StringLike"):
        condition = {operator: {_NAME: f"a${{{escaped}}}c"}}
        assert holds(condition, {_NAME: f"a{escaped}c"}) is True
        assert holds(condition, {_NAME: "abc"}) is False


def test_variables_of_other_operators() -> None:
    secure, id_ = "aws:SecureTransport", "aws:userid"
    assert holds({"Bool": {secure: "${aws:userid}"}}, {secure: "true", id_: "true"}) is True
    assert holds({"Bool": {secure: "${aws:userid}"}}, {secure: "true"}) is False
    arn = {"ArnLike": {_ARN: "arn:aws:iam::${aws:userid}:role/*"}}
    assert holds(arn, {_ARN: _ROLE, id_: "111122223333"}) is True
    assert holds(arn, {_ARN: _ROLE, id_: "444455556666"}) is False
    assert holds(arn, {_ARN: _ROLE, id_: UNKNOWN}) is None
    assert holds({"NumericEquals": {_AGE: "${aws:userid}"}}, {_AGE: "5", id_: "5"}) is None


def test_the_old_version_has_no_variables() -> None:
    condition = {"StringEquals": {_NAME: "${aws:userid}"}}
    context = {"aws:userid": "bob"}
    assert holds(condition, {**context, _NAME: "bob"}, "2008-10-17") is False
    assert holds(condition, {**context, _NAME: "${aws:userid}"}, "2008-10-17") is True


@pytest.mark.parametrize(
    "condition",
    [
        {"StringIs": {_NAME: "alice"}},
        {"StringNotIs": {_NAME: "alice"}},
        {"NullIfExists": {_NAME: "true"}},
        {"ForSomeValues:StringEquals": {_NAME: "alice"}},
        {"": {_NAME: "alice"}},
        {"StringEquals": {_NAME: {"Ref": "Name"}}},
        {"StringNotEquals": {_NAME: [{"Ref": "Name"}]}},
        {"StringEquals": ["alice"]},
        {"StringEquals": UNKNOWN},
        ["StringEquals"],
        UNKNOWN,
    ],
    ids=repr,
)
def test_what_cannot_be_read_is_unknown(condition: Any) -> None:
    assert holds(condition, {_NAME: "bob"}) is None


def test_values_of_the_request_that_nobody_can_tell() -> None:
    for value in (UNKNOWN, {"Ref": "Name"}, object(), None):
        assert holds({"StringEquals": {_NAME: "bob"}}, {_NAME: value}) is None
        assert holds({"StringNotEquals": {_NAME: "bob"}}, {_NAME: value}) is None
    assert holds({"ForAnyValue:StringEquals": {_TAGS: "a"}}, {_TAGS: ["b", UNKNOWN]}) is None
    assert holds({"ForAnyValue:StringEquals": {_TAGS: "a"}}, {_TAGS: ["a", UNKNOWN]}) is True
    assert holds({"ForAllValues:StringEquals": {_TAGS: "a"}}, {_TAGS: ["b", UNKNOWN]}) is False
    assert holds({"ForAllValues:StringEquals": {_TAGS: "a"}}, {_TAGS: ["a", UNKNOWN]}) is None
    # What surely does not hold stays so.
    both = {"StringEquals": {_NAME: "bob", "aws:userid": "x"}}
    assert holds(both, {_NAME: UNKNOWN, "aws:userid": "y"}) is False


def test_numbers_and_booleans_of_the_request_are_text() -> None:
    assert holds({"Bool": {"aws:SecureTransport": "true"}}, {"aws:SecureTransport": True}) is True
    assert holds({"NumericEquals": {_AGE: "5"}}, {_AGE: 5}) is True
