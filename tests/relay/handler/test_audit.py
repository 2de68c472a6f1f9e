"""The audit record: complete, one line, and what CloudWatch makes metrics of."""

import json
import sys
from dataclasses import replace
from typing import Any

import pytest

from secure_lambda_constructs.relay.handler.audit import (
    NAMESPACE,
    OUTCOMES,
    AuditRecord,
    line,
    write_line,
)
from secure_lambda_constructs.relay.handler.refusals import Code

RECORD = AuditRecord(
    time=1_796_000_000.1234,
    relay="PaymentRelay",
    request_id="8476a536",
    route="charge",
    method="POST",
    host="api.example.com",
    status=201,
    bytes_out=300,
    bytes_in=2000,
    duration_ms=41.26,
    upstream_ms=38.71,
    attempts=1,
    dropped_headers=2,
)


def _written(record: AuditRecord) -> dict[str, Any]:
    text = line(record)
    assert text.endswith("\n")
    assert text.count("\n") == 1
    assert text.isascii()
    members: dict[str, Any] = json.loads(text)
    return members


def test_a_record_of_a_call_that_was_made() -> None:
    written = _written(RECORD)
    del written["_aws"]
    assert written == {
        "time": "2026-11-30T00:53:20.123Z",
        "request_id": "8476a536",
        "relay": "PaymentRelay",
        "route": "charge",
        "method": "POST",
        "host": "api.example.com",
        "status": 201,
        "outcome": "allowed",
        "code": None,
        "would_refuse": None,
        "bytes_out": 300,
        "bytes_in": 2000,
        "duration_ms": 41.3,
        "upstream_ms": 38.7,
        "attempts": 1,
        "dropped_headers": 2,
        "Relay": "PaymentRelay",
        "Route": "charge",
        "Calls": 1,
        "Refused": 0,
        "Failed": 0,
        "WouldRefuse": 0,
        "BytesOut": 300,
        "BytesIn": 2000,
        "Duration": 41.3,
    }


def test_a_record_is_in_the_embedded_metric_format() -> None:
    written = _written(RECORD)
    assert written["_aws"]["Timestamp"] == 1_796_000_000_123
    (directive,) = written["_aws"]["CloudWatchMetrics"]
    assert set(directive) == {"Namespace", "Dimensions", "Metrics"}
    assert directive["Namespace"] == NAMESPACE == "SecureLambdaConstructs/EgressRelay"
    assert directive["Dimensions"] == [["Relay"], ["Relay", "Route"]]
    assert {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]} == {
        "Calls": "Count",
        "Refused": "Count",
        "Failed": "Count",
        "WouldRefuse": "Count",
        "BytesOut": "Bytes",
        "BytesIn": "Bytes",
        "Duration": "Milliseconds",
    }
    # What the directive refers to are members of the root: texts for dimensions, numbers for
    # metrics.
    for dimension in ("Relay", "Route"):
        assert isinstance(written[dimension], str)
        assert written[dimension]
    for metric in directive["Metrics"]:
        assert isinstance(written[metric["Name"]], int | float)


def test_each_code_has_its_outcome() -> None:
    failed = {code for code, outcome in OUTCOMES.items() if outcome == "failed"}
    assert set(OUTCOMES) == set(Code)
    assert failed == {
        Code.NAME_NOT_RESOLVED,
        Code.CONNECTION_FAILED,
        Code.TLS_FAILED,
        Code.UPSTREAM_TIMEOUT,
        Code.UPSTREAM_PROTOCOL_ERROR,
        Code.CREDENTIAL_UNAVAILABLE,
        Code.INTERNAL_ERROR,
    }


@pytest.mark.parametrize(
    ("code", "would_refuse", "expected"),
    [
        (None, None, ("allowed", None, 0, 0, 0)),
        (Code.BODY_INVALID, None, ("refused", "body_invalid", 1, 0, 0)),
        (Code.TLS_FAILED, None, ("failed", "tls_failed", 0, 1, 0)),
        (None, Code.BODY_INVALID, ("would_refuse", "body_invalid", 0, 0, 1)),
        (Code.TLS_FAILED, Code.BODY_INVALID, ("failed", "tls_failed", 0, 1, 1)),
    ],
    ids=["allowed", "refused", "failed", "would_refuse", "would_refuse_failed"],
)
def test_outcomes_are_counted(
    code: Code | None, would_refuse: Code | None, expected: tuple[object, ...]
) -> None:
    written = _written(replace(RECORD, code=code, would_refuse=would_refuse))
    found = [written[name] for name in ("outcome", "code", "Refused", "Failed", "WouldRefuse")]
    assert tuple(found) == expected
    assert written["would_refuse"] == would_refuse


def test_a_cause_is_there_only_where_there_is_one() -> None:
    assert "cause" not in _written(RECORD)
    assert _written(replace(RECORD, cause="KeyError at a.py:1"))["cause"] == "KeyError at a.py:1"


def test_a_line_is_written_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    class Output:
        def __init__(self) -> None:
            self.calls: list[str] = []

        def write(self, text: str) -> None:
            self.calls.append(text)

        def flush(self) -> None:
            self.calls.append("flush")

    output = Output()
    monkeypatch.setattr(sys, "stdout", output)
    write_line("line\n")
    assert output.calls == ["line\n", "flush"]
