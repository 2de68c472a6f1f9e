"""An endpoint of a database: TLS and a token of IAM in front, PostgreSQL's socket behind.

The messages are those of https://www.postgresql.org/docs/current/protocol-message-formats.html;
after the log-in they pass unseen.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import struct
import threading
from dataclasses import dataclass
from pathlib import Path

from .server import ADMINISTRATOR
from .tokens import TokenError, check_token

__all__ = ["Endpoint", "Gateways"]

_SSL_REQUEST, _GSS_REQUEST, _PROTOCOL_3 = 80877103, 80877104, 196608
_LARGEST_LOGIN = 64 * 1024
_LOGIN_SECONDS = 30.0


@dataclass(frozen=True)
class Endpoint:
    """Where clients connect to, and what is behind it."""

    name: str
    address: str
    port: int
    region: str
    tls: ssl.SSLContext
    socket: Path


class _RefusedError(Exception):
    """A log-in is refused; the message goes to the client."""


class Gateways:
    """The open endpoints, all in one thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._open: dict[str, asyncio.Server] = {}
        threading.Thread(
            target=self._loop.run_forever, name="local-aws-databases", daemon=True
        ).start()

    def open(self, endpoint: Endpoint) -> None:
        """Listens at an endpoint.

        Raises:
            OSError: Somebody else does already.
        """

        async def listen() -> asyncio.Server:
            return await asyncio.start_server(
                lambda reader, writer: _serve(endpoint, reader, writer),
                endpoint.address,
                endpoint.port,
            )

        server = asyncio.run_coroutine_threadsafe(listen(), self._loop).result()
        self._open[endpoint.name] = server

    def close(self, name: str) -> None:
        """Listens no longer; connections that are open stay until their database ends."""
        server = self._open.pop(name)

        async def stop() -> None:
            server.close()

        asyncio.run_coroutine_threadsafe(stop(), self._loop).result()


async def _serve(
    endpoint: Endpoint, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    # A client that goes away at any moment is none of our business.
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        try:
            async with asyncio.timeout(_LOGIN_SECONDS):
                startup = await _log_in(endpoint, reader, writer)
        except _RefusedError as refusal:
            writer.write(_error(str(refusal)))
            await writer.drain()
        except TimeoutError:
            pass
        else:
            await _connect(endpoint.socket, startup, reader, writer)
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def _log_in(
    endpoint: Endpoint, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> bytes:
    """Checks who connects; returns the message that begins the session behind."""
    encrypted = False
    while True:
        message = await _message(reader)
        code = int.from_bytes(message[:4])
        if code == _SSL_REQUEST and not encrypted:
            writer.write(b"S")
            await writer.drain()
            await writer.start_tls(endpoint.tls)
            encrypted = True
        elif code == _GSS_REQUEST:
            writer.write(b"N")
        elif code == _PROTOCOL_3:
            break
        else:
            raise _RefusedError("unsupported frontend protocol")
    fields = message[4:].split(b"\0")
    parameters = dict(zip(fields[::2], fields[1::2], strict=False))
    user = parameters.get(b"user", b"").decode()
    if user == ADMINISTRATOR:
        raise _RefusedError(f"the user {user} is reserved")
    if not encrypted:
        raise _RefusedError("IAM authentication is allowed only with SSL connections")
    writer.write(b"R" + struct.pack("!ii", 8, 3))
    if await reader.readexactly(1) != b"p":
        raise _RefusedError("expected a password")
    token = (await _message(reader)).rstrip(b"\0").decode()
    try:
        check_token(
            token, host=endpoint.name, port=endpoint.port, user=user, region=endpoint.region
        )
    except TokenError as error:
        raise _RefusedError(f"IAM authentication failed for the user {user}: {error}") from error
    return struct.pack("!i", len(message) + 4) + message


async def _connect(
    socket: Path, startup: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    behind, ahead = await asyncio.open_unix_connection(str(socket))
    ahead.write(startup)
    ways = {
        asyncio.create_task(_pass(reader, ahead)),
        asyncio.create_task(_pass(behind, writer)),
    }
    # Whichever side ends first ends both.
    _, pending = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    for way in pending:
        way.cancel()
    ahead.close()


async def _pass(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()


async def _message(reader: asyncio.StreamReader) -> bytes:
    """A message without a type: its length, itself included, and its body."""
    (length,) = struct.unpack("!i", await reader.readexactly(4))
    if not 5 <= length <= _LARGEST_LOGIN:
        raise _RefusedError("invalid length of a message")
    return await reader.readexactly(length - 4)


def _error(text: str) -> bytes:
    fields = {"S": "FATAL", "V": "FATAL", "C": "28000", "M": text}
    body = b"".join(f"{key}{value}".encode() + b"\0" for key, value in fields.items()) + b"\0"
    return b"E" + struct.pack("!i", len(body) + 4) + body
