"""What a test can set and read: job latency and outcomes, faults, the record of calls.

The state lives in LocalStack's process; ``hooks.py`` serves it below ``/_local_aws/``.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["CONTROL", "FAULT_KINDS", "JOB_OUTCOMES", "Call", "Control", "ControlError", "Fault"]

JOB_OUTCOMES = frozenset(
    {"succeed", "fail", "endless", "foreign_content", "changed_content", "unsigned"}
)
"""How a signing job can end; ``endless`` stays in progress for good."""

FAULT_KINDS = frozenset(
    {
        "throttle",
        "server_error",
        "expired_token",
        "access_denied",
        "clock_skew",
        "truncate_body",
        "slow",
    }
)
"""What can happen to a call instead of, or in addition to, its answer."""


class ControlError(ValueError):
    """A test asked for something that does not exist."""


@dataclass
class Fault:
    """A fault that waits for the calls it applies to.

    Attributes:
        service: Service name as in boto3, e.g. ``s3``.
        operation: Operation name, e.g. ``GetObject``; None applies to all.
        kind: One of :data:`FAULT_KINDS`.
        times: Calls that it still applies to; None for all.
        seconds: Delay of a ``slow`` call.
        skip: Calls that it lets pass first.
        per_second: Calls that it lets pass in each second, and not those above; None for none.
    """

    service: str
    operation: str | None
    kind: str
    times: int | None = 1
    seconds: float = 1.0
    skip: int = 0
    per_second: float | None = None
    _left: float = 0.0
    _looked: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        """A second's worth of calls may come at once, as from a bucket of tokens that is full."""
        self._left = max(1.0, self.per_second or 0.0)

    def lets_pass(self) -> bool:
        """Whether a call that came now is within the rate; it is counted then."""
        if self.per_second is None:
            return False
        moment = time.monotonic()
        refilled = self._left + (moment - self._looked) * self.per_second
        self._left, self._looked = min(refilled, max(1.0, self.per_second)), moment
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True


@dataclass(frozen=True)
class Call:
    """A call from outside that was answered, and when, in seconds since 1970."""

    service: str
    operation: str
    status: int
    error: str | None
    account: str
    time: float = field(default_factory=time.time)


class Control:
    """The state, safe to use from LocalStack's many threads.

    Example:
        >>> control = Control()
        >>> control.add_fault({"service": "s3", "operation": "GetObject", "kind": "throttle"})
        >>> control.take_fault("s3", "GetObject").kind
        'throttle'
        >>> control.take_fault("s3", "GetObject") is None
        True
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latency = 0.0
        self._outcome = "succeed"
        self._outcome_times: int | None = None
        self._faults: list[Fault] = []
        self._calls: list[Call] = []

    @property
    def latency_seconds(self) -> float:
        """Time that a signing job stays in progress."""
        with self._lock:
            return self._latency

    def set_signer(self, body: dict[str, Any]) -> None:
        """Sets the latency of the signing jobs that start from now on.

        Raises:
            ControlError: The latency is not a number of seconds, zero or more.
        """
        latency = body.get("latency_seconds")
        if isinstance(latency, bool) or not isinstance(latency, int | float) or latency < 0:
            raise ControlError(f"latency_seconds must be zero or more seconds, got {latency!r}")
        with self._lock:
            self._latency = float(latency)

    def set_outcome(self, body: dict[str, Any]) -> None:
        """Sets how signing jobs end, for the next ``times`` jobs or for good.

        Raises:
            ControlError: The outcome or the number is none that exists.
        """
        outcome = _one_of(body, "outcome", JOB_OUTCOMES)
        times = _times(body.get("times"))
        with self._lock:
            self._outcome, self._outcome_times = outcome, times

    def take_outcome(self) -> str:
        """How the job that starts now is to end."""
        with self._lock:
            if self._outcome_times == 0:
                return "succeed"
            if self._outcome_times is not None:
                self._outcome_times -= 1
            return self._outcome

    def add_fault(self, body: dict[str, Any]) -> None:
        """Adds a fault; see :class:`Fault` for the keys.

        Raises:
            ControlError: A key is missing, unknown or has a value that does not exist.
        """
        known = {"service", "operation", "kind", "times", "seconds", "skip", "per_second"}
        unknown = body.keys() - known
        if unknown:
            raise ControlError(f"a fault has no {', '.join(sorted(unknown))}")
        if not isinstance(body.get("service"), str):
            raise ControlError(f"service must be a name such as 's3', got {body.get('service')!r}")
        fault = Fault(
            service=body["service"],
            operation=body.get("operation"),
            kind=_one_of(body, "kind", FAULT_KINDS),
            times=_times(body.get("times", 1)),
            seconds=float(body.get("seconds", 1.0)),
            skip=int(body.get("skip", 0)),
            per_second=_rate(body.get("per_second")),
        )
        with self._lock:
            self._faults.append(fault)

    def take_fault(
        self, service: str, operation: str, *, when: Callable[[Fault], bool] = lambda fault: True
    ) -> Fault | None:
        """The fault that applies to a call, counted down; None where there is none."""
        with self._lock:
            for fault in self._faults:
                if fault.service != service or fault.operation not in (None, operation):
                    continue
                if fault.times == 0 or not when(fault):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                if fault.lets_pass():
                    continue
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None

    def clear_faults(self) -> None:
        """Removes the faults and makes signing jobs succeed at once again."""
        with self._lock:
            self._faults.clear()
            self._latency = 0.0
            self._outcome, self._outcome_times = "succeed", None

    def record(self, call: Call) -> None:
        """Keeps a call for :meth:`calls`."""
        with self._lock:
            self._calls.append(call)

    def calls(self) -> list[dict[str, Any]]:
        """The recorded calls, oldest first."""
        with self._lock:
            return [asdict(call) for call in self._calls]

    def reset_calls(self) -> None:
        """Forgets the recorded calls."""
        with self._lock:
            self._calls.clear()


def _one_of(body: dict[str, Any], key: str, choices: frozenset[str]) -> str:
    value = body.get(key)
    if value not in choices:
        raise ControlError(f"{key} must be one of {', '.join(sorted(choices))}, got {value!r}")
    return str(value)


def _rate(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise ControlError(f"per_second must be above 0 or null, got {value!r}")
    return float(value)


def _times(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ControlError(f"times must be a number of calls or null, got {value!r}")
    return value


CONTROL = Control()
"""The one state of this process."""
