"""One request and its response over a connection, in strict HTTP/1.1 (RFC 9112).

`http.client` is not used. It takes folded lines, a length written `+5` or `1_0`, the first of two
lengths, transfer encodings that it does not know and chunk sizes with a sign, and it does not say
what it took. Where two programs read the same bytes differently, one of them can be made to see a
response that nobody sent. Here whatever is not plain HTTP/1.1 ends the exchange, and the connection
with it.
"""

import re
from typing import NamedTuple

from .connection import Broken, Connection
from .deadline import Deadline
from .messages import OutgoingRequest, UpstreamResponse
from .refusals import Code, Refusal

__all__ = ["Exchange"]

_MOST_HEAD_BYTES = 65_536
_MOST_FIELDS = 100
_MOST_INFORMATIONAL = 4
_MOST_CHUNK_LINE_BYTES = 256

_TEXT = rb"[\t\x20-\x7e\x80-\xff]*"
_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9]{2})(?: " + _TEXT + rb")?")
_FIELD = re.compile(rb"(" + _TOKEN + rb"):(" + _TEXT + rb")")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,16})(;" + _TEXT + rb")?")
_LENGTH = re.compile(r"[0-9]{1,18}")

_SENT_LINE = re.compile(r"[A-Z]{1,32} /[\x21-\x7e]* HTTP/1\.1")
_SENT_FIELD = re.compile(_TOKEN.decode() + r": [\t\x20-\x7e]*")
_WRITTEN_HERE = frozenset({"connection", "content-length", "host", "te", "transfer-encoding"})


class _Head(NamedTuple):
    """What stands before a body."""

    version: bytes
    status: int
    fields: tuple[tuple[str, str], ...]

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key == name]


class Exchange:
    """Sends one request over a connection and reads its response.

    Attributes:
        has_begun: Whether a byte of the response has come.
        leaves_connection: Whether the connection may be used for another exchange. It may only
            where the response has ended by its own measure, and nothing came after it.

    Example:
        ```python
        import time

        from secure_lambda_constructs.relay.handler.connection import Connection
        from secure_lambda_constructs.relay.handler.deadline import Deadline
        from secure_lambda_constructs.relay.handler.exchange import Exchange
        from secure_lambda_constructs.relay.handler.messages import OutgoingRequest


        def rates(connection: Connection) -> bytes:
            exchange = Exchange(connection, Deadline(time.monotonic() + 10))
            request = OutgoingRequest("GET", "api.example.com", "/rates")
            return exchange.perform(request, max_response_bytes=1024).body
        ```
    """

    def __init__(self, connection: Connection, deadline: Deadline) -> None:
        """Set up; nothing is sent.

        Args:
            connection: What it goes over.
            deadline: When all has to be done.
        """
        self.has_begun = False
        self.leaves_connection = False
        self._connection = connection
        self._deadline = deadline
        self._buffer = bytearray()
        # For all heads, the chunks' extensions and the trailer together.
        self._head_bytes_left = _MOST_HEAD_BYTES

    def perform(self, request: OutgoingRequest, max_response_bytes: int) -> UpstreamResponse:
        """Do it.

        `host` and `content-length` are written here. `connection` is not: HTTP/1.1 keeps
        connections open (RFC 9112, 9.3).

        Args:
            request: What is sent.
            max_response_bytes: The longest body that is read.

        Returns:
            The response, with 1xx responses before it left out.

        Raises:
            Broken: The connection ended too early.
            Refusal: The response is not well-formed or too long, or the deadline has passed.
        """
        self._connection.send(_written(request), self._deadline)
        head = self._final_head()
        lengths, encodings = head.values("content-length"), head.values("transfer-encoding")
        if len(lengths) + len(encodings) > 1:
            raise _malformed("tells its length more than once")
        if lengths and not _LENGTH.fullmatch(lengths[0]):
            raise _malformed("tells a length that is no number")
        if encodings and (encodings[0].lower() != "chunked" or head.version == b"0"):
            raise _malformed("has a transfer encoding other than chunked")
        delimited = True
        if request.method == "HEAD" or head.status == 304:
            body = b""
        elif head.status == 204:
            if encodings or lengths not in ([], ["0"]):
                raise _malformed("has a body where its status allows none")
            body = b""
        elif encodings:
            body = self._chunks(max_response_bytes)
        elif lengths:
            body = self._exactly(int(lengths[0]), max_response_bytes)
        else:
            body, delimited = self._until_the_end(max_response_bytes), False
        self.leaves_connection = (
            delimited and head.version == b"1" and not self._buffer and not _closes(head)
        )
        return UpstreamResponse(head.status, head.fields, body)

    def _final_head(self) -> _Head:
        for _ in range(_MOST_INFORMATIONAL + 1):
            head = self._head()
            if head.status >= 200:
                return head
            if head.status == 101:
                raise _malformed("changes to a protocol that was not asked for")
            if head.values("content-length") or head.values("transfer-encoding"):
                raise _malformed("has a body where its status allows none")
        raise _malformed(f"comes after more than {_MOST_INFORMATIONAL} informational ones")

    def _head(self) -> _Head:
        match = _STATUS_LINE.fullmatch(self._head_line())
        if match is None:
            raise _malformed("does not begin with a status line")
        return _Head(match[1], int(match[2]), tuple(self._fields()))

    def _fields(self) -> list[tuple[str, str]]:
        fields: list[tuple[str, str]] = []
        while line := self._head_line():
            match = _FIELD.fullmatch(line)
            if match is None:
                raise _malformed("has a header that is none")
            if len(fields) == _MOST_FIELDS:
                raise _too_large(f"has more than {_MOST_FIELDS} headers")
            # Every byte is a character of Latin-1: none is lost, whatever the host meant.
            name, value = match[1].decode().lower(), match[2].strip(b" \t").decode("latin-1")
            fields.append((name, value))
        return fields

    def _head_line(self) -> bytes:
        line = self._line(self._head_bytes_left)
        self._spend(len(line) + 2)
        return line

    def _spend(self, head_bytes: int) -> None:
        self._head_bytes_left -= head_bytes
        if self._head_bytes_left < 0:
            raise _too_large(f"has more than {_MOST_HEAD_BYTES} bytes around its body")

    def _line(self, most: int) -> bytes:
        """Read up to CR LF; a LF alone, which others take for the end as well, is refused."""
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > most:
                raise _too_large("has too long a line")
            self._fill()
        line = bytes(self._buffer[:end])
        if end > most:
            raise _too_large("has too long a line")
        if not line.endswith(b"\r"):
            raise _malformed("has a line that does not end with CR LF")
        del self._buffer[: end + 1]
        return line[:-1]

    def _chunks(self, most: int) -> bytes:
        body = bytearray()
        while True:
            match = _CHUNK.fullmatch(self._line(_MOST_CHUNK_LINE_BYTES))
            if match is None:
                raise _malformed("has a chunk without a size")
            self._spend(len(match[2] or b""))
            size = int(match[1], 16)
            if size == 0:
                self._fields()  # the trailer, of which nothing is handed on
                return bytes(body)
            body += self._exactly(size, most - len(body))
            if self._exactly(2, 2) != b"\r\n":
                raise _malformed("has a chunk longer than its size")

    def _exactly(self, count: int, most: int) -> bytes:
        if count > most:
            raise _too_large("has a longer body than the route takes")
        while len(self._buffer) < count:
            self._fill()
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def _until_the_end(self, most: int) -> bytes:
        while len(self._buffer) <= most:
            data = self._connection.receive(self._deadline)
            if not data:
                taken = bytes(self._buffer)
                self._buffer.clear()
                return taken
            self._buffer += data
        raise _too_large("has a longer body than the route takes")

    def _fill(self) -> None:
        data = self._connection.receive(self._deadline)
        if not data:
            raise Broken
        self.has_begun = True
        self._buffer += data


def _closes(head: _Head) -> bool:
    options = ",".join(head.values("connection")).lower().split(",")
    return any(option.strip(" \t") == "close" for option in options)


def _written(request: OutgoingRequest) -> bytes:
    line = f"{request.method} {request.target} HTTP/1.1"
    fields = [f"host: {request.host}", *(f"{name}: {value}" for name, value in request.headers)]
    # A second look: those who put the request together have made sure of it already.
    if (
        not _SENT_LINE.fullmatch(line)
        or not all(map(_SENT_FIELD.fullmatch, fields))
        or any(name.lower() in _WRITTEN_HERE for name, _ in request.headers)
    ):
        raise Refusal(Code.INTERNAL_ERROR, "the request that was put together is none of HTTP/1.1")
    if request.body is not None:
        fields.append(f"content-length: {len(request.body)}")
    head = "\r\n".join([line, *fields, "", ""]).encode("ascii")
    return head + request.body if request.body else head


def _malformed(what: str) -> Refusal:
    return Refusal(Code.UPSTREAM_PROTOCOL_ERROR, f"the host's response {what}")


def _too_large(what: str) -> Refusal:
    return Refusal(Code.RESPONSE_TOO_LARGE, f"the host's response {what}")
