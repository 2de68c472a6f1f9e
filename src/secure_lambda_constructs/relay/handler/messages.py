"""What goes in and out of the relay, on its way through the modules."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["CallerRequest", "OutgoingRequest", "UpstreamResponse"]


@dataclass(frozen=True, slots=True)
class CallerRequest:
    """What a caller asks for, read but not yet allowed.

    Attributes:
        method: In upper case.
        host: As it is compared: lower case, ASCII, without a trailing dot or port.
        segments: Of the path, each decoded once; none is empty, `.` or `..`, save for a last one
            that is empty where the path ends with a slash.
        query: Keys and values in the caller's order, decoded once.
        headers: By their names in lower case; each name occurs once.
        body: The bytes.
    """

    method: str
    host: str
    segments: tuple[str, ...]
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class OutgoingRequest:
    """What is sent: put together from the route, never taken over from the caller.

    Attributes:
        method: In upper case.
        host: The listed name, for the connection, SNI, the certificate check and `Host`.
        path: Encoded, begins with a slash.
        query: Encoded keys and values, joined; empty where there are none.
        headers: Names in lower case with values; without `host`, `content-length` and
            `connection`, which the connection writes.
        body: The bytes, or `None` where there is none (no `content-length` is sent then).
    """

    method: str
    host: str
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None

    @property
    def target(self) -> str:
        """What stands in the request line."""
        return f"{self.path}?{self.query}" if self.query else self.path


@dataclass(frozen=True, slots=True)
class UpstreamResponse:
    """What came back, whole and bounded, not yet filtered.

    Attributes:
        status: 200 to 599.
        headers: Names in lower case with values, in the order of the response.
        body: The bytes.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
