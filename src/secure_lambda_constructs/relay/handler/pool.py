"""The connections to hosts, kept open between calls where that is safe."""

import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from .addresses import Resolver, is_public, public_addresses, resolve
from .connection import Broken, Connection
from .deadline import Deadline
from .exchange import Exchange
from .messages import OutgoingRequest, UpstreamResponse
from .refusals import Code, Refusal
from .trust import client_context

__all__ = ["Connections"]

_MOST_IDLE = 64
_MOST_IDLE_PER_HOST = 8
_MAX_AGE_SECONDS = 300.0
_MAX_IDLE_SECONDS = 50.0
# Common servers close a connection five seconds after a response. What is then on its way gets
# lost, and only what changes nothing may be sent again.
_MAX_IDLE_SECONDS_BEFORE_A_CHANGE = 4.0
_CHANGES_NOTHING = frozenset({"GET", "HEAD"})

_Key = tuple[str, str | None]
_Moment = tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A connection, and when (by both clocks) it was made and last used."""

    key: _Key
    connection: Connection
    made: _Moment
    used: _Moment


class _NotBegun(Refusal):
    """Of a response not a byte has come."""


class Connections:
    """Sends requests to hosts, each by a connection of its own or by one that is idle.

    A name is looked up once for each connection, and the connection goes to an address that was
    judged then. It serves no longer than five minutes, so that a host that has moved is found.
    May be used from any number of threads.

    Example:
        ```python
        import time

        import pytest

        from secure_lambda_constructs.relay.handler.messages import OutgoingRequest
        from secure_lambda_constructs.relay.handler.pool import Connections
        from secure_lambda_constructs.relay.handler.refusals import Refusal

        connections = Connections(resolver=lambda host, deadline: ["169.254.169.254"])
        request = OutgoingRequest("GET", "api.example.com", "/rates")
        with pytest.raises(Refusal, match="not one of the public internet"):
            connections.send(request, deadline=time.monotonic() + 10, max_response_bytes=1024)
        connections.close()
        ```
    """

    def __init__(
        self,
        *,
        resolver: Resolver = resolve,
        is_allowed: Callable[[str], bool] = is_public,
        port: int = 443,
        trust: str | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        """Set up; nothing is connected.

        Args:
            resolver: What finds the addresses of a name; by default the system.
            is_allowed: What judges an address; by default only those of the public internet are.
            port: The TCP port of all hosts.
            trust: PEM of the authorities that count where a request names none; by default those
                of the runtime's image.
            clock: What tells the time that deadlines are given in.
            wall_clock: A second opinion on how long a connection was idle: the first clock may
                stand still while Lambda has the environment frozen.
        """
        self._resolver = resolver
        self._is_allowed = is_allowed
        self._port = port
        self._trust = trust
        self._clock = clock
        self._wall_clock = wall_clock
        self._lock = threading.Lock()
        self._contexts: dict[str | None, ssl.SSLContext] = {}
        self._idle: list[_Kept] = []

    def send(
        self,
        request: OutgoingRequest,
        *,
        deadline: float,
        max_response_bytes: int,
        certificate_authorities: str | None = None,
    ) -> UpstreamResponse:
        """Send a request and read its response.

        It is sent once. There is one exception: a `GET` or `HEAD` that went by a connection of an
        earlier request, which ended before a byte of the response came, is sent by a new one.

        Args:
            request: What is sent.
            deadline: When all has to be done, in seconds of the clock.
            max_response_bytes: The longest body that is read.
            certificate_authorities: PEM of the only authorities that are trusted for the host.

        Returns:
            The response, whatever its status.

        Raises:
            Refusal: `NAME_NOT_RESOLVED`, `ADDRESS_NOT_ALLOWED`, `CONNECTION_FAILED`, `TLS_FAILED`,
                `UPSTREAM_TIMEOUT`, `UPSTREAM_PROTOCOL_ERROR` or `RESPONSE_TOO_LARGE`.
        """
        by = Deadline(deadline, self._clock)
        key = (request.host, certificate_authorities)
        kept = self._take(key, request.method)
        if kept is not None:
            try:
                return self._exchanged(kept, request, by, max_response_bytes)
            except _NotBegun:
                if request.method not in _CHANGES_NOTHING:
                    raise
        try:
            return self._exchanged(self._made(key, by), request, by, max_response_bytes)
        except Refusal as refusal:
            refusal.follows_a_sending = kept is not None
            raise

    def close(self) -> None:
        """Close the idle connections."""
        with self._lock:
            self._drop(list(self._idle))

    def _exchanged(
        self, kept: _Kept, request: OutgoingRequest, deadline: Deadline, max_response_bytes: int
    ) -> UpstreamResponse:
        exchange = Exchange(kept.connection, deadline)
        try:
            response = exchange.perform(request, max_response_bytes)
        except Broken as error:
            kind = Refusal if exchange.has_begun else _NotBegun
            raise kind(
                Code.UPSTREAM_PROTOCOL_ERROR,
                "the host closed the connection before its response was complete",
            ) from error
        finally:
            if not exchange.leaves_connection:
                kept.connection.close()
        if exchange.leaves_connection:
            self._keep(kept)
        return response

    def _made(self, key: _Key, deadline: Deadline) -> _Kept:
        host, certificate_authorities = key
        addresses = public_addresses(host, deadline, self._resolver, self._is_allowed)
        context = self._context(
            self._trust if certificate_authorities is None else certificate_authorities
        )
        connection = Connection.open(host, addresses, self._port, context, deadline)
        now = self._now()
        return _Kept(key, connection, made=now, used=now)

    def _context(self, certificate_authorities: str | None) -> ssl.SSLContext:
        with self._lock:
            context = self._contexts.get(certificate_authorities)
            if context is None:
                context = client_context(certificate_authorities)
                self._contexts[certificate_authorities] = context
            return context

    def _take(self, key: _Key, method: str) -> _Kept | None:
        """Return the idle connection that was used last, if there is one that still serves."""
        longest = (
            _MAX_IDLE_SECONDS if method in _CHANGES_NOTHING else _MAX_IDLE_SECONDS_BEFORE_A_CHANGE
        )
        while (kept := self._idle_for(key, longest)) is not None:
            if kept.connection.is_silent():
                return kept
            kept.connection.close()
        return None

    def _idle_for(self, key: _Key, longest: float) -> _Kept | None:
        now = self._now()
        with self._lock:
            self._drop(
                [
                    each
                    for each in self._idle
                    if _seconds(each.made, now) > _MAX_AGE_SECONDS
                    or _seconds(each.used, now) > _MAX_IDLE_SECONDS
                ]
            )
            for each in reversed(self._idle):
                if each.key == key and _seconds(each.used, now) <= longest:
                    self._idle.remove(each)
                    return each
        return None

    def _keep(self, kept: _Kept) -> None:
        with self._lock:
            same = [each for each in self._idle if each.key == kept.key]
            if len(same) >= _MOST_IDLE_PER_HOST:
                self._drop(same[:1])
            elif len(self._idle) >= _MOST_IDLE:
                self._drop(self._idle[:1])
            self._idle.append(replace(kept, used=self._now()))

    def _drop(self, dropped: list[_Kept]) -> None:
        for each in dropped:
            self._idle.remove(each)
            each.connection.close()

    def _now(self) -> _Moment:
        return self._clock(), self._wall_clock()


def _seconds(since: _Moment, now: _Moment) -> float:
    return max(now[0] - since[0], now[1] - since[1])
