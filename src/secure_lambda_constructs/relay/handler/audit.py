"""The audit record: what the relay tells of each call, in one line of its log.

A line is JSON and, at the same time, CloudWatch's embedded metric format, so that metrics need no
call and no right. See
<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.

A line never holds a body, a header, a query, a parameter of a path, or a secret. Of what callers
and hosts sent it holds the status and numbers of bytes; in report mode also the host and the method
of a call that no route allows.
"""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from .refusals import Code

__all__ = ["NAMESPACE", "OUTCOMES", "AuditRecord", "line", "write_line"]

NAMESPACE = "SecureLambdaConstructs/EgressRelay"
"""Of the metrics."""

Outcome = Literal["allowed", "refused", "failed", "would_refuse"]

OUTCOMES: Mapping[Code, Literal["refused", "failed"]] = {
    Code.MALFORMED_REQUEST: "refused",
    Code.VERSION_NOT_SUPPORTED: "refused",
    Code.DESTINATION_NOT_ALLOWED: "refused",
    Code.PARAMETER_NOT_ALLOWED: "refused",
    Code.BODY_NOT_ALLOWED: "refused",
    Code.BODY_TOO_LARGE: "refused",
    Code.BODY_INVALID: "refused",
    Code.NAME_NOT_RESOLVED: "failed",
    Code.ADDRESS_NOT_ALLOWED: "refused",
    Code.CONNECTION_FAILED: "failed",
    Code.TLS_FAILED: "failed",
    Code.UPSTREAM_TIMEOUT: "failed",
    Code.UPSTREAM_PROTOCOL_ERROR: "failed",
    Code.RESPONSE_TOO_LARGE: "refused",
    Code.RESPONSE_NOT_ALLOWED: "refused",
    Code.CREDENTIAL_UNAVAILABLE: "failed",
    Code.INTERNAL_ERROR: "failed",
}
"""Whether a code means that a rule was applied, or that something did not work."""

NO_ROUTE = "-"
_METRICS = {
    "Calls": "Count",
    "Refused": "Count",
    "Failed": "Count",
    "WouldRefuse": "Count",
    "BytesOut": "Bytes",
    "BytesIn": "Bytes",
    "Duration": "Milliseconds",
}


@dataclass(slots=True)
class AuditRecord:
    """What is known of a call so far; the relay fills it in on the way.

    Attributes:
        time: When the call came, in seconds since 1970.
        relay: Name of the function.
        request_id: Lambda's, of the invocation.
        route: Name of the route that was meant, or `-`.
        method: That of the route; in report mode that of the caller.
        host: That of the route; in report mode that of the caller.
        status: The host's, or `None` where there was no response.
        code: Why the call was refused or failed, or `None`.
        would_refuse: In report mode: why the call would have been refused, or `None`.
        bytes_out: Bytes of target, headers and body that were sent, without the credential. They
            count from the moment on from which something may have been sent.
        bytes_in: Bytes of headers and body of the response.
        duration_ms: Milliseconds from the event to the answer.
        upstream_ms: Milliseconds of them that were spent on the host, from the resolution on.
        attempts: How often the host was called.
        dropped_headers: How many headers of the caller were left out.
        cause: For `credential_unavailable` and `internal_error`: what the operator has to know,
            without what callers or hosts sent.
    """

    time: float
    relay: str
    request_id: str
    route: str = NO_ROUTE
    method: str | None = None
    host: str | None = None
    status: int | None = None
    code: Code | None = None
    would_refuse: Code | None = None
    bytes_out: int = 0
    bytes_in: int = 0
    duration_ms: float = 0.0
    upstream_ms: float = 0.0
    attempts: int = 0
    dropped_headers: int = 0
    cause: str | None = None

    @property
    def outcome(self) -> Outcome:
        """What became of the call."""
        if self.code is not None:
            return OUTCOMES[self.code]
        return "allowed" if self.would_refuse is None else "would_refuse"


def line(record: AuditRecord) -> str:
    """Write a record.

    Args:
        record: The record of a call that is over.

    Returns:
        One line, in ASCII, with its end.

    Example:
        ```python
        import json

        from secure_lambda_constructs.relay.handler.audit import AuditRecord, line

        record = AuditRecord(time=1_796_000_000.0, relay="PaymentRelay", request_id="1-2")
        written = json.loads(line(record))
        assert written["outcome"] == "allowed"
        assert written["Calls"] == 1
        ```
    """
    outcome = record.outcome
    duration = round(record.duration_ms, 1)
    members: dict[str, object] = {
        "time": _iso(record.time),
        "request_id": record.request_id,
        "relay": record.relay,
        "route": record.route,
        "method": record.method,
        "host": record.host,
        "status": record.status,
        "outcome": outcome,
        "code": record.code or record.would_refuse,
        "would_refuse": record.would_refuse,
        "bytes_out": record.bytes_out,
        "bytes_in": record.bytes_in,
        "duration_ms": duration,
        "upstream_ms": round(record.upstream_ms, 1),
        "attempts": record.attempts,
        "dropped_headers": record.dropped_headers,
    }
    if record.cause is not None:
        members["cause"] = record.cause
    members |= {
        "Relay": record.relay,
        "Route": record.route,
        "Calls": 1,
        "Refused": int(outcome == "refused"),
        "Failed": int(outcome == "failed"),
        "WouldRefuse": int(record.would_refuse is not None),
        "BytesOut": record.bytes_out,
        "BytesIn": record.bytes_in,
        "Duration": duration,
        "_aws": {
            "Timestamp": int(record.time * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": NAMESPACE,
                    "Dimensions": [["Relay"], ["Relay", "Route"]],
                    "Metrics": [{"Name": name, "Unit": unit} for name, unit in _METRICS.items()],
                }
            ],
        },
    }
    return f"{json.dumps(members, separators=(',', ':'))}\n"


def write_line(text: str, write: Callable[[str], object] | None = None) -> None:
    """Write a line to the log, at once and undivided.

    Args:
        text: The line.
        write: Takes it. By default the process's standard output, which Lambda logs.
    """
    if write is not None:
        write(text)
        return
    # As it is now: the runtime puts its own in its place when it starts.
    sys.stdout.write(text)
    sys.stdout.flush()


def _iso(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
