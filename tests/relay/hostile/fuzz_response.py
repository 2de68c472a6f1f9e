"""Fuzzes what is made of a host's response: the reading, and what of it is handed on.

    python -m tests.relay.hostile.fuzz_response CORPUS -max_total_time=3600

runs for an hour from the root of the repository, and keeps in the folder `CORPUS` what it finds
interesting; begin it there again to go on. It needs atheris. The first byte of an input says in
what pieces the rest of it comes from the host, and to which method it is the response.

An input shows a fault if anything but a refusal is raised, if it matters in what pieces it comes,
if a response that is taken is not within the limits, or if `http.client`, which takes far more,
reads it differently.
"""

import http.client
import io
import math
from collections.abc import Iterable, Iterator

from .fuzzing import fuzz, instrumented

if __name__ == "__main__":
    with instrumented():
        from secure_lambda_constructs.relay.handler import (
            connection,
            deadline,
            exchange,
            messages,
            refusals,
            responses,
            routes,
        )
else:
    from secure_lambda_constructs.relay.handler import (
        connection,
        deadline,
        exchange,
        messages,
        refusals,
        responses,
        routes,
    )

__all__ = ["check", "seeds"]

_MOST = 1000
_NEVER = deadline.Deadline(math.inf, lambda: 0.0)
_TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")
_RULES = (
    routes.ResponseRules(_MOST, headers=("content-type", "location", "connection")),
    routes.ResponseRules(_MOST, content_types=("application/json",), fields=("id", "name")),
)
_SECRET = "sk_placeholder"


class _Pieces(connection.Connection):
    """A connection that gives what it was given."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)

    def send(self, data: bytes, deadline: deadline.Deadline) -> None:
        pass

    def receive(self, deadline: deadline.Deadline) -> bytes:
        return next(self._pieces, b"")


class _Socket(io.BytesIO):
    """As much of a socket as `http.client` needs."""

    def makefile(self, *_: object) -> io.BytesIO:
        return self

    def close(self) -> None:
        pass


def check(data: bytes) -> None:
    """Raise for an input that shows a fault."""
    if not data:
        return
    control, stream = data[0], data[1:]
    method = "HEAD" if control & 1 else "GET"
    size = 1 + (control >> 1)
    whole, may_go_on = _read(method, [stream] if stream else [])
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    assert _read(method, pieces)[0] == whole
    if not isinstance(whole, messages.UpstreamResponse):
        return
    assert 200 <= whole.status <= 599
    assert len(whole.body) <= _MOST
    assert len(whole.headers) <= 100
    for name, value in whole.headers:
        assert name
        assert _TOKEN.issuperset(name)
        assert not {"\r", "\n", "\x00"} & set(value)
    _check_against_http_client(method, stream, whole, may_go_on)
    for rules in _RULES:
        try:
            given = responses.answer(rules, whole, [_SECRET])
        except refusals.Refusal:
            continue
        assert {name for name, _ in given.headers} <= set(rules.headers) - {"connection"}
        assert _SECRET.encode() not in given.body


def seeds(streams: Iterable[bytes]) -> Iterator[bytes]:
    """Write responses as inputs."""
    for number, stream in enumerate(streams):
        yield bytes([(number * 2) % 256]) + stream[:4096]


def _read(
    method: str, pieces: Iterable[bytes]
) -> tuple[messages.UpstreamResponse | refusals.Code, bool]:
    """What is read, and whether the connection may be used again."""
    reader = exchange.Exchange(_Pieces(pieces), _NEVER)
    try:
        outgoing = messages.OutgoingRequest(method, "api.example.com", "/rates")
        return reader.perform(outgoing, _MOST), reader.leaves_connection
    except refusals.Refusal as refusal:
        code = refusal.code
    except connection.Broken:
        code = refusals.Code.UPSTREAM_PROTOCOL_ERROR
    assert not reader.leaves_connection
    return code, False


def _check_against_http_client(
    method: str, stream: bytes, taken: messages.UpstreamResponse, may_go_on: bool
) -> None:
    # Of informational responses it leaves out but one kind, it does not take spaces off values, it
    # counts the line after the headers as one of at most a hundred, and it waits for chunks after a
    # 304, which has none (RFC 9112, section 6.3).
    has_space = b" \r\n" in stream or b"\t\r\n" in stream
    if stream[9:10] == b"1" or has_space or len(taken.headers) == 100:
        return
    if taken.status == 304 and "transfer-encoding" in dict(taken.headers):
        return
    given = _Socket(stream)
    lax = http.client.HTTPResponse(given, method=method)  # type: ignore[arg-type]
    lax.begin()
    assert (lax.status, lax.read()) == (taken.status, taken.body)
    assert not may_go_on or given.tell() == len(stream)


if __name__ == "__main__":
    from .tables import RESPONSE_STREAMS

    fuzz(check, seeds(RESPONSE_STREAMS))
