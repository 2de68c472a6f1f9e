"""The stand-in's EventBridge takes patterns as AWS's engine does.

Each answer is that of AWS's own engine, https://github.com/aws/event-ruler.
"""

import json
from typing import Any

import pytest

from local_aws import LocalAws

pytestmark = pytest.mark.local_aws

_ENVELOPE = {
    "id": "7bf73129-1428-4cd3-a780-95db273d1602",
    "account": "111122223333",
    "source": "aws.lambda",
    "time": "2026-11-28T09:30:00Z",
    "region": "eu-west-1",
    "detail-type": "AWS API Call via CloudTrail",
}
_NOT_A = {"anything-but": ["a"]}
_NOT_A_STAR = {"anything-but": {"wildcard": ["a*", "b"]}}


@pytest.mark.parametrize(
    ("pattern", "detail", "matches"),
    [
        ([_NOT_A], {}, False),
        ([_NOT_A], {"name": "a"}, False),
        ([_NOT_A], {"name": "b"}, True),
        ([{"anything-but": {"prefix": "a"}}], {}, False),
        ([_NOT_A_STAR], {}, False),
        ([_NOT_A_STAR], {"name": "a"}, False),
        ([_NOT_A_STAR], {"name": "bc"}, True),
        ([_NOT_A_STAR], {"name": None}, True),
        ([{"exists": False}, _NOT_A_STAR], {}, True),
        ([{"exists": False}, _NOT_A_STAR], {"name": "abc"}, False),
        ([{"exists": False}, _NOT_A_STAR], {"name": {"a": "a"}}, True),
        ([{"wildcard": "a*z"}], {"name": "az"}, True),
        ([{"wildcard": "a*z"}], {"name": "azy"}, False),
        ([{"wildcard": "a.z"}], {"name": "abz"}, False),
    ],
)
def test_pattern(aws: LocalAws, pattern: Any, detail: Any, matches: bool) -> None:
    answer = aws.client("events").test_event_pattern(
        EventPattern=json.dumps({"detail": {"name": pattern}}),
        Event=json.dumps(_ENVELOPE | {"detail": detail}),
    )
    assert answer["Result"] == matches
