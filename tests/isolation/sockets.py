"""Sockets in a namespace, and a thread that reads from them."""

import contextlib
import selectors
import socket
import threading
from collections.abc import Callable

from .namespaces import Namespace

__all__ = ["Reader", "datagrams", "listening"]


def datagrams(namespace: Namespace, address: str, port: int) -> socket.socket:
    """A UDP socket bound to an address."""
    made = namespace.call(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    made.bind((address, port))
    return made


def listening(namespace: Namespace, address: str, port: int) -> socket.socket:
    """A TCP socket that listens on an address."""
    made = namespace.call(lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM))
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((address, port))
    made.listen(64)
    return made


class Reader:
    """A thread that calls a function for each socket that something can be read from."""

    def __init__(self) -> None:
        """Start without sockets."""
        self._selector = selectors.DefaultSelector()
        self._ended, self._end = socket.socketpair()
        self._sockets = [self._ended, self._end]
        self._selector.register(self._ended, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._read, daemon=True)

    def add(self, source: socket.socket, call: Callable[[socket.socket], None]) -> None:
        """Read from a socket, which is closed in the end; before the start only."""
        source.setblocking(False)
        self._sockets.append(source)
        self._selector.register(source, selectors.EVENT_READ, call)

    def start(self) -> None:
        """Start reading."""
        self._thread.start()

    def close(self) -> None:
        """Stop reading and close the sockets."""
        if self._thread.is_alive():
            self._end.send(b"end")
            self._thread.join()
        self._selector.close()
        for each in self._sockets:
            each.close()

    def _read(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._ended:
                    return
                # Whoever sent something may be gone when it is answered.
                with contextlib.suppress(OSError, ValueError):
                    key.data(key.fileobj)
