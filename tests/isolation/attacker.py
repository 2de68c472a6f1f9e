"""A host of the attacker: it listens on TCP, UDP and ICMP, and keeps what arrives."""

import socket
import threading
from dataclasses import dataclass

from . import dns
from .namespaces import Namespace
from .sockets import Reader, datagrams, listening

__all__ = ["DNS_ZONE", "TCP_PORTS", "UDP_PORTS", "Arrival", "Attacker"]

DNS_ZONE = "attacker.example"
"""The zone whose name server the host is."""

TCP_PORTS = (53, 443, 8443)
UDP_PORTS = (53, 443, 4444)

_NAME_SERVER = 53
_SECONDS = 2.0


@dataclass(frozen=True)
class Arrival:
    """Something that arrived."""

    host: str
    transport: str
    port: int
    content: bytes


class Attacker:
    """Listens on all addresses of a namespace, answers, and keeps what arrives."""

    def __init__(self, namespace: Namespace, host: str) -> None:
        """Listen.

        Args:
            namespace: Where it is.
            host: What it is called in what arrives.
        """
        self._host = host
        self._arrivals: list[Arrival] = []
        self._lock = threading.Lock()
        self._reader = Reader()
        try:
            for port in TCP_PORTS:
                self._reader.add(listening(namespace, "0.0.0.0", port), self._connected)
            for port in UDP_PORTS:
                self._reader.add(datagrams(namespace, "0.0.0.0", port), self._received)
            # The kernel answers an echo request by itself.
            self._reader.add(namespace.call(_icmp), self._echoed)
        except BaseException:
            self._reader.close()
            raise
        self._reader.start()

    @property
    def arrivals(self) -> list[Arrival]:
        """All that has arrived, a connection without content too."""
        with self._lock:
            return list(self._arrivals)

    def close(self) -> None:
        """Stop listening."""
        self._reader.close()

    def _keep(self, transport: str, port: int, content: bytes) -> None:
        with self._lock:
            self._arrivals.append(Arrival(self._host, transport, port, content))

    def _connected(self, listener: socket.socket) -> None:
        connection, _ = listener.accept()
        port = listener.getsockname()[1]
        self._keep("tcp", port, b"")
        with connection:
            connection.settimeout(_SECONDS)
            content = connection.recv(4096)
            self._keep("tcp", port, content)
            connection.sendall(self._answer(port, content[2:], prefixed=True) or content)

    def _received(self, source: socket.socket) -> None:
        content, sender = source.recvfrom(4096)
        port = source.getsockname()[1]
        self._keep("udp", port, content)
        source.sendto(self._answer(port, content, prefixed=False) or content, sender)

    def _echoed(self, source: socket.socket) -> None:
        self._keep("icmp", 0, source.recv(4096))

    def _answer(self, port: int, message: bytes, *, prefixed: bool) -> bytes | None:
        """The answer to a query, or None where it is none; with its length in front on TCP."""
        if port != _NAME_SERVER:
            return None
        try:
            made = dns.answer(message, address="203.0.113.1")
        except ValueError:
            return None
        return len(made).to_bytes(2, "big") + made if prefixed else made


def _icmp() -> socket.socket:
    return socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
