"""Runs a function where names lead to this machine, and nothing else can be reached.

    python -S start.py DATABASES ROOT INTERNET HANDLER

Three files, each empty text where there is none of it: the names and addresses of databases, the
certificate that vouches for them, the names that a test gave to the internet (``internet.py``).
Standard library only: it is the first thing in a function's process.
"""

from __future__ import annotations

import errno
import json
import os
import runpy
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["main"]

_HTTPS = 443


class _Names:
    """What a VPC's resolver, and that of the internet, would say at this moment."""

    def __init__(self, databases: str, internet: str) -> None:
        self._databases = databases
        self._internet = internet

    def address(self, host: object) -> str | None:
        """The address of a listed name; None for any other, and for what is no name."""
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
        name = name.lower().removesuffix(".")
        found = _read(self._databases).get(name) or _read(self._internet).get(name, {})
        return found if isinstance(found, str) else found.get("address")

    def local(self, address: str, port: int) -> tuple[str, int] | None:
        """Where on this machine an address and port of the internet are."""
        for found in _read(self._internet).values():
            if (found["address"], _HTTPS) == (address, port):
                return found["host"], found["port"]
        return None


def main(databases: str, root: str, internet: str, handler: str) -> None:
    """Runs awslambdaric in this process."""
    _confine(_Names(databases, internet))
    if root:
        # Beside what the system trusts, as on AWS; the system's own is not needed offline.
        os.environ.setdefault("SSL_CERT_FILE", root)
    # As `python -m awslambdaric HANDLER` would have them.
    sys.argv = ["awslambdaric", handler]
    sys.path[0] = os.getcwd()
    runpy.run_module("awslambdaric", run_name="__main__", alter_sys=True)


def _confine(names: _Names) -> None:
    ask = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        address = names.address(host)
        if address is None and not _is_of_this_machine(host) and not _is_address(host):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return ask(host if address is None else address, *args, **kwargs)

    def confined(connect: Callable[..., Any]) -> Callable[..., Any]:
        def connect_where_allowed(self: socket.socket, address: Any) -> Any:
            if self.family not in (socket.AF_INET, socket.AF_INET6):
                return connect(self, address)
            # Also a name, of which the first address counts.
            found = getaddrinfo(*address[:2], self.family)[0][4]
            local = names.local(*found[:2])
            if local is None and not _is_of_this_machine(found[0]):
                raise OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))
            return connect(self, local or found)

        return connect_where_allowed

    socket.getaddrinfo = getaddrinfo
    socket.socket.connect = confined(socket.socket.connect)  # type: ignore[method-assign]
    socket.socket.connect_ex = confined(socket.socket.connect_ex)  # type: ignore[method-assign]


def _is_of_this_machine(host: object) -> bool:
    return host in (None, "", b"", "localhost", b"localhost", "::1") or (
        isinstance(host, str) and host.startswith("127.") and _is_address(host)
    )


def _is_address(host: Any) -> bool:
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    try:
        # All that the resolver takes for an address, `127.1` and `0x7f000001` too.
        socket.inet_aton(text)
    except OSError:
        return ":" in text
    return True


def _read(file: str) -> dict[str, Any]:
    """The names of now: a test may add to them while the function is warm."""
    try:
        return dict(json.loads(Path(file).read_text())) if file else {}
    except FileNotFoundError:
        return {}


if __name__ == "__main__":
    main(*sys.argv[1:])
