"""The relay: one call from the event to the answer, with every failure as an answer."""

import time
import traceback
from collections.abc import Callable
from pathlib import PurePath
from typing import NamedTuple, Protocol

from .audit import AuditRecord, line, write_line
from .credentials import apply, secret_texts
from .matching import Match, RouteTable, dropped_headers, rebuild
from .messages import CallerRequest, OutgoingRequest, UpstreamResponse
from .refusals import Code, Refusal
from .report import pass_through
from .request import FORMAT_VERSION, read_request
from .responses import answer, filter_seconds, unfiltered, wire
from .routes import Configuration, Route
from .secret_values import LONGEST_READ_SECONDS, SecretValues

__all__ = ["Exchanges", "Relay"]

# For the audit record, and so that Lambda does not end the function before it has answered.
_RESERVED_SECONDS = 0.3
# Lambda's least, should it not say.
_MEMORY_MIB = 128

_RETRYABLE = frozenset(
    (
        Code.NAME_NOT_RESOLVED,
        Code.CONNECTION_FAILED,
        Code.UPSTREAM_TIMEOUT,
        Code.UPSTREAM_PROTOCOL_ERROR,
    )
)
_NOTHING_SENT = frozenset(
    (
        Code.NAME_NOT_RESOLVED,
        Code.ADDRESS_NOT_ALLOWED,
        Code.CONNECTION_FAILED,
        Code.TLS_FAILED,
    )
)

# What the routes decide, and report mode does not.
_LET_PASS = frozenset(
    (
        Code.DESTINATION_NOT_ALLOWED,
        Code.PARAMETER_NOT_ALLOWED,
        Code.BODY_NOT_ALLOWED,
        Code.BODY_TOO_LARGE,
        Code.BODY_INVALID,
    )
)
_REPORT_SECONDS = 25.0
_REPORT_BYTES = 4 * 1024 * 1024

_UNAUTHORIZED = 401
_PLACES = 4


class Exchanges(Protocol):
    """What makes the calls: `pool.Connections`."""

    def send(
        self,
        request: OutgoingRequest,
        *,
        deadline: float,
        max_response_bytes: int,
        certificate_authorities: str | None = None,
    ) -> UpstreamResponse:
        """Send a request and return the response, or raise `Refusal`."""
        ...


class _Limit(NamedTuple):
    """What Lambda leaves to a call."""

    at: float
    """When the answer has to be there, by the clock."""
    memory_mib: int

    def for_the_host(self, most: int) -> float:
        """When a response of `most` bytes has to be there, so that it can still be filtered."""
        return self.at - filter_seconds(most, self.memory_mib)


class _Terms(NamedTuple):
    """What holds for each attempt of a call."""

    deadline: float
    most: int
    authorities: str | None
    size: int
    """Bytes of the request, without the credential."""


class Relay:
    """Answers the events of one relay.

    Example:
        ```python
        from secure_lambda_constructs.relay.handler.pool import Connections
        from secure_lambda_constructs.relay.handler.relay import Relay
        from secure_lambda_constructs.relay.handler.routes import Configuration
        from secure_lambda_constructs.relay.handler.secret_values import SecretValues

        lines = []
        relay = Relay(
            Configuration(routes=()),
            connections=Connections(),
            secrets=SecretValues(),
            write=lines.append,
        )
        event = {"version": 1, "method": "GET", "url": "https://example.com/", "headers": []}
        answer = relay.handle(event, None)
        assert answer["error"]["code"] == "destination_not_allowed"
        assert len(lines) == 1
        ```
    """

    def __init__(
        self,
        configuration: Configuration,
        *,
        connections: Exchanges,
        secrets: SecretValues,
        write: Callable[[str], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Set up; nothing is called.

        Args:
            configuration: What the relay may do.
            connections: What calls the hosts.
            secrets: What reads the credentials.
            write: Takes each line of the audit log. By default it goes to standard output.
            clock: Seconds that only grow, the same as those of `connections`.
            now: Seconds since 1970.
        """
        self._report_only = configuration.report_only
        self._routes = {route.name: route for route in configuration.routes}
        self._authorities = {
            route.host: route.certificate_authorities for route in configuration.routes
        }
        self._table = RouteTable(configuration.routes)
        self._connections = connections
        self._secrets = secrets
        self._write = write
        self._clock = clock
        self._now = now

    def handle(self, event: object, context: object) -> dict[str, object]:
        """Answer one event. It raises nothing.

        Args:
            event: The caller's request.
            context: Lambda's, of which the names and the time that is left are used:
                <https://docs.aws.amazon.com/lambda/latest/dg/python-context.html>.

        Returns:
            The answer, or the error, in the wire format. Without an audit record there is no
            answer: when it cannot be written, the error is `internal_error`.
        """
        started = self._clock()
        record = AuditRecord(
            time=self._now(),
            relay=str(getattr(context, "function_name", "-")),
            request_id=str(getattr(context, "aws_request_id", "-")),
        )
        try:
            answered = self._answered(event, record, self._limit(context, started))
        except Refusal as refusal:
            if refusal.code is Code.CREDENTIAL_UNAVAILABLE:
                record.cause = refusal.message
            answered = self._error(refusal, record)
        except Exception as error:
            record.cause = _places(error)
            answered = self._error(_internal_error(), record)
        record.duration_ms = (self._clock() - started) * 1000
        try:
            write_line(line(record), self._write)
        except Exception:
            return self._error(_internal_error(), record)
        return answered

    def _limit(self, context: object, started: float) -> _Limit:
        """When the answer has to be there, by the clock."""
        remaining = getattr(context, "get_remaining_time_in_millis", None)
        return _Limit(
            float("inf") if remaining is None else started + remaining() / 1000 - _RESERVED_SECONDS,
            int(getattr(context, "memory_limit_in_mb", _MEMORY_MIB)),
        )

    def _answered(self, event: object, record: AuditRecord, limit: _Limit) -> dict[str, object]:
        request = read_request(event)
        try:
            match = self._table.match(request)
            _note(record, match.route)
            outgoing = rebuild(match, request)
        except Refusal as refusal:
            if refusal.route in self._routes:
                _note(record, self._routes[refusal.route])
            if not self._report_only or refusal.code not in _LET_PASS:
                raise
            return self._let_pass(request, refusal.code, record, limit)
        record.dropped_headers = dropped_headers(match, request)
        return self._by_route(match, outgoing, record, limit)

    def _by_route(
        self, match: Match, request: OutgoingRequest, record: AuditRecord, limit: _Limit
    ) -> dict[str, object]:
        """Make a call that a route allows."""
        route = match.route
        response, shown = self._with_credential(route, request, record, limit)
        try:
            given = answer(route.response, response, shown)
        except Refusal as refusal:
            if not self._report_only:
                raise
            # Refuses once more what shows the credential, which the caller never had.
            given = unfiltered(response, shown)
            record.would_refuse = refusal.code
        return wire(given, route.name)

    def _let_pass(
        self, request: CallerRequest, code: Code, record: AuditRecord, limit: _Limit
    ) -> dict[str, object]:
        """Make a call that no route allows, in report mode, without any credential of the relay."""
        record.would_refuse = code
        record.method, record.host = request.method, request.host
        outgoing = pass_through(request)
        terms = _Terms(
            deadline=min(self._clock() + _REPORT_SECONDS, limit.for_the_host(_REPORT_BYTES)),
            most=_REPORT_BYTES,
            authorities=self._authorities.get(request.host),
            size=_size(outgoing),
        )
        response = self._exchange(outgoing, record, terms)
        return wire(unfiltered(response), None)

    def _with_credential(
        self, route: Route, request: OutgoingRequest, record: AuditRecord, limit: _Limit
    ) -> tuple[UpstreamResponse, tuple[str, ...]]:
        """Add the credential, make the call, and tell what the response may not show."""
        credential = route.credential
        # Before the time of the exchange begins: what AWS takes is not the host's doing.
        secret = None if credential is None else self._secrets.value(credential.source)
        most = max(route.response.max_bytes, _REPORT_BYTES if self._report_only else 0)
        terms = _Terms(
            deadline=min(self._clock() + route.timeout_seconds, limit.for_the_host(most)),
            most=most,
            authorities=route.certificate_authorities,
            size=_size(request),
        )
        if credential is None or secret is None:
            return self._exchange(request, record, terms), ()
        sent = apply(credential, secret, request, now=self._now)
        shown = secret_texts(credential, secret, sent)
        response = self._exchange(sent, record, terms)
        time_is_left = self._clock() + LONGEST_READ_SECONDS < limit.at
        if response.status == _UNAUTHORIZED and time_is_left:
            # The host has not carried out the call, so it may be made again, if the secret is new.
            newer = self._secrets.renewed(credential.source, secret)
            if newer is not None:
                sent = apply(credential, newer, request, now=self._now)
                # The host has seen both.
                shown += secret_texts(credential, newer, sent)
                response = self._exchange(sent, record, terms)
        return response, shown

    def _exchange(
        self, request: OutgoingRequest, record: AuditRecord, terms: _Terms
    ) -> UpstreamResponse:
        """Call the host once, and record it."""
        begun = self._clock()
        if begun >= terms.deadline:
            raise Refusal(Code.UPSTREAM_TIMEOUT, "no time was left to call the host")
        record.attempts += 1
        record.status = None  # that of an attempt before is not this one's
        record.bytes_out += terms.size
        try:
            response = self._connections.send(
                request,
                deadline=terms.deadline,
                max_response_bytes=terms.most,
                certificate_authorities=terms.authorities,
            )
        except Refusal as refusal:
            if refusal.code in _NOTHING_SENT and not refusal.follows_a_sending:
                record.bytes_out -= terms.size
            raise
        finally:
            record.upstream_ms += (self._clock() - begun) * 1000
        record.status = response.status
        record.bytes_in += _headers_size(response.headers) + len(response.body)
        return response

    def _error(self, refusal: Refusal, record: AuditRecord) -> dict[str, object]:
        """Write a failure, and record why."""
        record.code = refusal.code
        route = self._routes.get(record.route)
        written: dict[str, object] = {
            "version": FORMAT_VERSION,
            "error": {
                "code": str(refusal.code),
                "message": refusal.message,
                "retryable": route is not None
                and route.idempotent
                and record.would_refuse is None
                and refusal.code in _RETRYABLE,
            },
        }
        if route is not None:
            written["route"] = route.name
        return written


def _note(record: AuditRecord, route: Route) -> None:
    record.route, record.method, record.host = route.name, route.method, route.host


def _size(request: OutgoingRequest) -> int:
    """Bytes of target, headers and body."""
    return len(request.target) + _headers_size(request.headers) + len(request.body or b"")


def _headers_size(headers: tuple[tuple[str, str], ...]) -> int:
    return sum(len(name) + len(value) + len(": \r\n") for name, value in headers)


def _internal_error() -> Refusal:
    return Refusal(Code.INTERNAL_ERROR, "the relay failed; its log says more")


def _places(error: Exception) -> str:
    """The kind of a failure and the lines it came by; not its message, which may hold values."""
    places = [
        f"{PurePath(frame.f_code.co_filename).name}:{number}"
        for frame, number in traceback.walk_tb(error.__traceback__)
    ]
    return f"{type(error).__name__} at {' '.join(places[-_PLACES:])}"
