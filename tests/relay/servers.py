"""Real TLS servers on this machine's own address, for all tests of the relay.

`HttpServer` answers as it is told and keeps what it was asked. `RawServer` sends given bytes, in
given pieces, for hosts that mean no good.
"""

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

from secure_lambda_constructs.relay.handler.pool import Connections

from .certificates import Authority, Identity, self_signed

__all__ = [
    "CLOSE",
    "CUT",
    "HOLD",
    "REQUEST",
    "RESET",
    "Answer",
    "Authority",
    "HttpServer",
    "Identity",
    "RawServer",
    "Seen",
    "Server",
    "Step",
    "connections_to",
    "in_seconds",
    "self_signed",
]


@dataclass(frozen=True)
class Seen:
    """A request, as a server got it."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    server_name: str | None
    """What the client said in SNI."""
    connection: int
    """Which of the server's connections it came by; the first is 1."""

    def header(self, name: str) -> str | None:
        """The only value of a header, or `None`."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        assert len(values) < 2, f"{name} was sent {len(values)} times"
        return values[0] if values else None


@dataclass(frozen=True)
class Answer:
    """What a server answers. `content-length` is added unless a length is among the headers."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("content-type", "application/json"),)
    body: bytes = b"{}"
    close: bool = False
    """Whether the server closes the connection afterwards, without saying so before."""
    delay: float = 0.0
    """How many seconds it takes."""

    def encoded(self) -> bytes:
        """The bytes that are sent."""
        lines = [f"HTTP/1.1 {self.status} Answer", *(f"{k}: {v}" for k, v in self.headers)]
        names = {key.lower() for key, _ in self.headers}
        if self.status not in (204, 304) and not names & {"content-length", "transfer-encoding"}:
            lines.append(f"content-length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


class Server:
    """Accepts connections on 127.0.0.1, one thread for each; a context manager."""

    def __init__(self, context: ssl.SSLContext | None, authority: Authority | None = None) -> None:
        """Start; without a context no TLS is spoken."""
        self.authority = authority
        self.names: list[str | None] = []
        """What the clients said in SNI, in the order in which they came."""
        self.accepted = 0
        """How many TCP connections were made."""
        self._context = context
        self._said = threading.local()
        if context is not None:
            context.sni_callback = self._name
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._listening.getsockname()[1]
        self._start(self._accept)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End; whoever is still connected is cut off."""
        self._ended.set()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.cut()
        for thread in list(self._threads):
            thread.join(5)

    def cut(self) -> None:
        """End all connections there are; new ones are still taken."""
        with self._lock:
            for each in self._open:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def serve(self, connection: socket.socket, number: int, server_name: str | None) -> None:
        """Talk to a client; the connection is closed afterwards."""
        raise NotImplementedError

    def _name(self, _socket: ssl.SSLSocket | ssl.SSLObject, name: str, _: ssl.SSLContext) -> None:
        self._said.name = name

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                plain, _ = self._listening.accept()
            except OSError:
                return
            self.accepted += 1
            self._start(self._connected, plain, self.accepted)

    def _connected(self, plain: socket.socket, number: int) -> None:
        connection = plain
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            with self._lock:
                self._open.add(connection)
            name = None
            if self._context is not None:
                self._said.name = None
                connection = self._context.wrap_socket(
                    plain, server_side=True, do_handshake_on_connect=False
                )
                with self._lock:
                    self._open.remove(plain)
                    self._open.add(connection)
                connection.do_handshake()
                name = self._said.name
                self.names.append(name)
            self.serve(connection, number, name)
        except (OSError, EOFError):
            pass  # the client has gone, or never meant to stay
        finally:
            with self._lock:
                self._open.discard(plain)
                self._open.discard(connection)
            connection.close()


class HttpServer(Server):
    """Speaks HTTP/1.1 with keep-alive, answers by a function and records what it got."""

    def __init__(
        self,
        *names: str,
        answer: Callable[[Seen], Answer] | Answer | Sequence[Answer] = Answer(),
        authority: Authority | None = None,
        identity: Identity | None = None,
    ) -> None:
        """Start.

        Args:
            names: Those that the certificate is for.
            answer: What to answer: a function of the request, always the same, or one after the
                other.
            authority: Who signs the certificate; by default one made for this server.
            identity: The certificate, where it is not to be one for the names.
        """
        authority = authority or Authority()
        identity = identity or authority.issue(*(names or ("api.example.com",)))
        self.seen: list[Seen] = []
        """The requests, in the order in which they were read."""
        if isinstance(answer, Sequence):
            remaining = iter(answer)
            self._answer: Callable[[Seen], Answer] = lambda seen: next(remaining)
        elif isinstance(answer, Answer):
            self._answer = lambda seen: answer
        else:
            self._answer = answer
        super().__init__(identity.context(), authority)

    def serve(self, connection: socket.socket, number: int, server_name: str | None) -> None:
        """Answer requests until the client goes."""
        buffer = b""
        while True:
            head, buffer = _until(connection, buffer, b"\r\n\r\n")
            first, *lines = head.decode("latin-1").split("\r\n")
            method, target, _ = first.split(" ")
            headers = tuple((name, value) for name, _, value in (e.partition(": ") for e in lines))
            (length,) = [int(v) for k, v in headers if k.lower() == "content-length"] or [0]
            while len(buffer) < length:
                buffer += _some(connection)
            body, buffer = buffer[:length], buffer[length:]
            seen = Seen(method, target, headers, body, server_name, number)
            self.seen.append(seen)
            answer = self._answer(seen)
            if answer.delay and self._ended.wait(answer.delay):
                return
            encoded = answer.encoded()
            if method == "HEAD":
                encoded = encoded[: encoded.index(b"\r\n\r\n") + 4]
            connection.sendall(encoded)
            if answer.close:
                _say_goodbye(connection)
                return


@dataclass(frozen=True)
class _Step:
    what: Literal["request", "close", "cut", "reset", "hold"]


REQUEST = _Step("request")
"""Waits until a request has been read."""
CLOSE = _Step("close")
"""Closes as TLS wants it, with an alert."""
CUT = _Step("cut")
"""Closes the TCP connection only."""
RESET = _Step("reset")
"""Resets the TCP connection."""
HOLD = _Step("hold")
"""Keeps the connection open and says nothing."""

Step = bytes | float | _Step


class RawServer(Server):
    """Sends bytes as they are given, with pauses between them.

    A step is what is sent (bytes), how many seconds to wait (a float), or one of the constants of
    this module. After the last step the connection is closed as `CUT` does.
    """

    def __init__(
        self,
        steps: Iterable[Step] | Callable[[int], Iterable[Step]],
        *names: str,
        authority: Authority | None = None,
        identity: Identity | None = None,
        context: ssl.SSLContext | None = None,
        tls: bool = True,
    ) -> None:
        """Start.

        Args:
            steps: What to do on each connection, or a function of the connection's number.
            names: Those that the certificate is for.
            authority: Who signs the certificate; by default one made for this server.
            identity: The certificate, where it is not to be one for the names.
            context: What is spoken, where it is not to be any TLS.
            tls: Whether TLS is spoken at all; without it the steps go on the bare connection.
        """
        authority = authority or Authority()
        identity = identity or authority.issue(*(names or ("api.example.com",)))
        self._steps = steps if callable(steps) else (lambda number, kept=tuple(steps): kept)
        self.requests: list[bytes] = []
        """The heads of the requests that were waited for."""
        super().__init__((context or identity.context()) if tls else None, authority)

    def serve(self, connection: socket.socket, number: int, server_name: str | None) -> None:
        """Go through the steps."""
        buffer = b""
        for step in self._steps(number):
            if isinstance(step, bytes):
                connection.sendall(step)
            elif isinstance(step, float):
                if self._ended.wait(step):
                    return
            elif step is REQUEST:
                head, buffer = _until(connection, buffer, b"\r\n\r\n")
                self.requests.append(head)
            elif step is HOLD:
                self._ended.wait()
            else:
                if step is CLOSE:
                    _say_goodbye(connection)
                elif step is RESET:
                    connection.setsockopt(
                        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                    )
                return


def connections_to(server: Server, *addresses: str, trusting: bool = True) -> Connections:
    """Connections that find every name at a server, and trust its authority; close them.

    Args:
        server: The server.
        addresses: Those that every name has, all of which are allowed; by default the server's.
        trusting: Whether the server's authority is trusted, or the public ones are.
    """
    return Connections(
        resolver=lambda host, deadline: addresses or ("127.0.0.1",),
        is_allowed=lambda address: address in (addresses or ("127.0.0.1",)),
        port=server.port,
        trust=server.authority.pem if server.authority and trusting else None,
    )


def in_seconds(seconds: float) -> float:
    """A deadline."""
    return time.monotonic() + seconds


def _say_goodbye(connection: socket.socket) -> None:
    if isinstance(connection, ssl.SSLSocket):
        connection.settimeout(0)  # sends the alert without waiting for the client's
        with contextlib.suppress(OSError):
            connection.unwrap()


def _some(connection: socket.socket) -> bytes:
    data = connection.recv(65_536)
    if not data:
        raise EOFError
    return data


def _until(connection: socket.socket, buffer: bytes, mark: bytes) -> tuple[bytes, bytes]:
    while mark not in buffer:
        buffer += _some(connection)
    head, _, rest = buffer.partition(mark)
    return head, rest
