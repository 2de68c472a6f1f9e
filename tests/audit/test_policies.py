"""Whom policies admit, and when two are the same."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secure_lambda_constructs.checks.audit.admitted import Own, foreign_callers, open_endpoint
from secure_lambda_constructs.checks.audit.documents import canonical, canonical_policy

OWN = Own("111122223333")
OTHER = "999900001111"
QUEUE = "arn:aws:sqs:eu-west-1:111122223333:q"


def _bound(operator: str, key: str, *values: str) -> dict[str, Any]:
    return {"Condition": {operator: {key: list(values)}}}


@pytest.mark.parametrize(
    ("principal", "condition", "foreign"),
    [
        ({"AWS": "111122223333"}, {}, ""),
        ({"AWS": ["arn:aws:iam::111122223333:role/r"]}, {}, ""),
        ({"AWS": [f"arn:aws:iam::{OTHER}:root", "111122223333"]}, {}, f"arn:aws:iam::{OTHER}:root"),
        ({"AWS": "AROAEXAMPLE"}, {}, "AROAEXAMPLE"),
        ("*", {}, "*"),
        ("*", _bound("StringEquals", "aws:PrincipalAccount", "111122223333"), ""),
        ("*", _bound("StringEquals", "AWS:principalaccount", "111122223333", OTHER), "*"),
        ("*", _bound("StringEqualsIfExists", "aws:PrincipalAccount", "111122223333"), "*"),
        ("*", _bound("StringNotEquals", "aws:PrincipalAccount", "111122223333"), "*"),
        ("*", _bound("StringEquals", "aws:PrincipalOrgID", "o-abcdef1234"), "*"),
        ("*", _bound("StringLike", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/*"), ""),
        ("*", _bound("StringLike", "aws:PrincipalArn", "arn:aws:iam::*:role/r"), "*"),
        ({"Service": "sqs.amazonaws.com"}, {}, "sqs.amazonaws.com"),
        ({"Service": "sqs.amazonaws.com"}, _bound("ArnLike", "AWS:SourceArn", QUEUE), ""),
        (
            {"Service": "s3.amazonaws.com"},
            _bound("ArnLike", "AWS:SourceArn", "arn:aws:s3:::bucket"),
            "s3.amazonaws.com",
        ),
        (
            {"Service": "s3.amazonaws.com"},
            _bound("StringEquals", "AWS:SourceAccount", "111122223333"),
            "",
        ),
        ({"Service": "s3.amazonaws.com"}, {"Condition": "odd"}, "s3.amazonaws.com"),
    ],
)
def test_only_what_is_provably_own_counts_as_closed(
    principal: Any, condition: dict[str, Any], foreign: str
) -> None:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "lambda:InvokeFunction"}
    assert foreign_callers(statement | condition, OWN) == foreign
    assert foreign_callers(statement | condition | {"Effect": "Deny"}, OWN) == ""


def test_an_organization_counts_where_it_is_named() -> None:
    bound = {"aws:PrincipalOrgID": "o-abcdef1234", "aws:ResourceOrgID": "o-abcdef1234"}
    statement = {"Effect": "Allow", "Principal": "*", "Condition": {"StringEquals": bound}}
    assert open_endpoint({"Statement": statement}, OWN._replace(organization="o-abcdef1234")) == ""
    assert open_endpoint({"Statement": statement}, OWN) == (
        "statement number 1: any principals and resources"
    )
    assert open_endpoint({"Statement": statement}, OWN._replace(organization="o-other12345")) != ""


@pytest.mark.parametrize(
    ("statement", "open_to"),
    [
        ({"Resource": "*"}, "any principals and resources"),
        ({"Resource": QUEUE}, "any principals"),
        ({"Resource": ["*", QUEUE]}, "any principals and resources"),
        ({"NotResource": QUEUE}, "any principals and resources"),
        ({"Principal": {"AWS": "111122223333"}, "Resource": "*"}, "any resources"),
        ({"Principal": None, "NotPrincipal": {"AWS": OTHER}, "Resource": QUEUE}, "any principals"),
    ],
)
def test_an_endpoint_must_bind_both_sides(statement: dict[str, Any], open_to: str) -> None:
    policy = {"Statement": [{"Sid": "S", "Effect": "Allow", "Principal": "*"} | statement]}
    assert open_endpoint(policy, OWN) == f"statement S: {open_to}"


def test_a_policy_that_allows_nothing_is_closed() -> None:
    assert open_endpoint({"Statement": [{"Effect": "Deny", "Principal": "*"}]}, OWN) == ""
    assert open_endpoint({}, OWN) == ""


def test_the_ways_to_write_a_statement_are_one() -> None:
    one = {
        "Sid": "A",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
        "Action": ["S3:GetObject", "s3:PutObject"],
        "Resource": "r",
        "Condition": {"Bool": {"aws:SecureTransport": True}},
    }
    other = {
        "Effect": "Allow",
        "Principal": {"AWS": ["111122223333"]},
        "Action": ["s3:putobject", "s3:getobject"],
        "Resource": ["r"],
        "Condition": {"bool": {"AWS:securetransport": ["true"]}},
    }
    assert canonical(one) == canonical(other)
    assert canonical(one | {"Principal": "*"}) == canonical(one | {"Principal": {"AWS": "*"}})


_VALUES = st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True)


@given(
    st.fixed_dictionaries(
        {"Effect": st.sampled_from(["Allow", "Deny"]), "Action": _VALUES, "Resource": _VALUES}
    ),
    st.fixed_dictionaries(
        {"Effect": st.sampled_from(["Allow", "Deny"]), "Action": _VALUES, "Resource": _VALUES}
    ),
)
def test_two_statements_are_the_same_where_they_mean_the_same(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    same = all(
        set(one[name]) == set(other[name]) if name != "Effect" else one[name] == other[name]
        for name in one
    )
    assert (canonical(one) == canonical(other)) is same
    assert canonical_policy({"Statement": [one, other]}) == canonical_policy(
        {"Statement": [other, one]}
    )


def test_no_policy_is_none_of_its_statements() -> None:
    assert canonical_policy(None) == canonical_policy({"Statement": []}) == []
