"""What nobody can tell is as open as any value that it may have."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from secure_lambda_constructs.checks.evaluation import default_evaluator
from secure_lambda_constructs.checks.judgement import Verdict, judge

from .closed_template import Place, changed, closed_template, places, world_of

_CLOSED = closed_template()
_EVALUATOR = default_evaluator()

# What an attacker would write, and what does not fit.
_VALUES: list[Any] = [
    *(
        "*",
        "",
        "-1",
        "1",
        0,
        443,
        65535,
        True,
        False,
        "true",
        "false",
        [],
        {},
        ["*"],
        [{}],
        {"a": 1},
    ),
    *(
        "0.0.0.0/0",
        "::/0",
        "tcp",
        "vpc-1",
        "subnet-1",
        "sg-1",
        "rtb-1",
        "pl-1",
        "com.amazonaws.x.s3",
    ),
    *("999988887777", "arn:aws:iam::999988887777:root", "arn:aws:s3:::loot", {"AWS": "*"}),
    *("arn:aws:lambda:eu-west-1:999988887777:function:x", "arn:aws:sqs:eu-west-1:999988887777:x"),
    *("Allow", "Deny", "ALLOW", "BLOCK", "attacker.com", "*.com", "TRUST_REDIRECTION_DOMAIN"),
    *("Warn", "Enforce", "Active", "DISABLED", "ENABLED", "Image", "Interface", "s3.amazonaws.com"),
    *("s3:*", "dynamodb:*", "dynamodb:PutResourcePolicy", "sts:AssumeRole", "logs:*", "ec2:*"),
    {"Ref": "AWS::NoValue"},
]

# A function whose place in the network nobody can tell is judged as one in an unknown VPC: that it
# may be in none is said by all that is said of the VPC.
_ELSEWHERE = {"D01", "D02", "D03", "D04", "N02", "N03", "N04"}


def _judged(template: dict[str, Any]) -> Verdict:
    return judge(world_of(template), _EVALUATOR)


def _open(template: dict[str, Any]) -> set[str]:
    return {path.id for path in _judged(template).all if path.findings}


def test_the_app_is_closed_and_works() -> None:
    verdict = _judged(_CLOSED)
    assert [path.id for path in verdict.open] == []
    assert verdict.broken == {}
    assert sum(path.present for path in verdict.all) > 30


@settings(max_examples=60, derandomize=True, deadline=None)
@given(
    # Whatever the version of a policy is, no statement here has a variable.
    place=st.sampled_from([each for each in places(_CLOSED) if "Version" not in each[1]]),
    value=st.sampled_from(_VALUES),
)
def test_an_unknown_value_opens_what_a_known_one_does(place: Place, value: Any) -> None:
    opened = _open(changed(_CLOSED, place, value))
    if opened:
        unknown = _open(changed(_CLOSED, place, {"Ref": "Given"}))
        assert opened <= unknown or unknown >= _ELSEWHERE
