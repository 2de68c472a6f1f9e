"""EventBridge's patterns where LocalStack's engine is not like AWS's.

`anything-but` says nothing of a field that is not there: LocalStack lets it match, or fails over
it. A wildcard stands for no character as well: LocalStack wants one. The reference is AWS's own
engine, <https://github.com/aws/event-ruler>.
"""

from __future__ import annotations

import re
from typing import Any

from localstack.services.events.event_rule_engine import EventRuleEngine

__all__ = ["use_aws_patterns"]

_evaluate_condition = EventRuleEngine._evaluate_condition


def use_aws_patterns() -> None:
    """Has every rule evaluated as AWS does."""
    EventRuleEngine._evaluate_condition = _evaluate
    EventRuleEngine._evaluate_wildcard = staticmethod(_matches_wildcard)


def _evaluate(self: Any, value: object, condition: object, field_exists: bool) -> bool:
    if isinstance(condition, dict) and "anything-but" in condition:
        if not field_exists:
            return False
        if isinstance(condition["anything-but"], dict) and not isinstance(value, str):
            return True
    return bool(_evaluate_condition(self, value, condition, field_exists))


def _matches_wildcard(condition: str, value: object) -> bool:
    pattern = ".*".join(map(re.escape, condition.split("*")))
    return isinstance(value, str) and re.fullmatch(pattern, value, re.DOTALL) is not None
