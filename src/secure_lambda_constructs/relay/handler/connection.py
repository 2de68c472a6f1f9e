"""A TLS connection to one host, whose every step is bound to a deadline."""

import contextlib
import socket
import ssl
from collections.abc import Sequence
from typing import Self

from .deadline import Deadline
from .refusals import Code, Refusal

__all__ = ["Broken", "Connection"]

_MOST_ADDRESSES = 4
_PIECE = 65_536


class Broken(Exception):
    """The connection has ended, or cannot be used any more."""


class Connection:
    """A connection over which TLS has been agreed and the host's certificate checked.

    A socket's timeout holds for one operation. So before each of them it is set to what the
    deadline leaves; Python's TLS keeps to it as a whole, however many packets an operation takes.

    Example:
        ```python
        import time

        import pytest

        from secure_lambda_constructs.relay.handler.connection import Connection
        from secure_lambda_constructs.relay.handler.deadline import Deadline
        from secure_lambda_constructs.relay.handler.refusals import Refusal
        from secure_lambda_constructs.relay.handler.trust import client_context

        deadline = Deadline(time.monotonic() + 5)
        with pytest.raises(Refusal, match="takes a connection"):
            Connection.open("localhost", ["127.0.0.1"], 1, client_context(None), deadline)
        ```
    """

    def __init__(self, tls: ssl.SSLSocket) -> None:
        """Take over a socket; `open` makes one.

        Args:
            tls: The socket, after its handshake.
        """
        self._tls = tls

    @classmethod
    def open(
        cls,
        host: str,
        addresses: Sequence[str],
        port: int,
        context: ssl.SSLContext,
        deadline: Deadline,
    ) -> Self:
        """Connect to the first of a host's addresses that takes the connection.

        Each address gets its share of the time, so that one that does not answer leaves some for
        the next. A certificate that is not valid ends the attempt, whatever addresses are left.

        Args:
            host: The name, for SNI (RFC 6066) and the check of the certificate (RFC 9110, 4.3.4).
            addresses: IPv4 addresses that have been judged. The first four are tried.
            port: The TCP port.
            context: From `trust.client_context`.
            deadline: When all has to be done.

        Returns:
            The connection.

        Raises:
            Refusal: No connection came about, TLS failed, or the deadline has passed.
        """
        tried = addresses[:_MOST_ADDRESSES]
        for index, address in enumerate(tried):
            share = deadline.share(len(tried) - index)
            try:
                plain = _connected(address, port, share)
                return cls(_secured(plain, host, context, share))
            except (TimeoutError, Refusal):
                deadline.remaining()  # refuses, if it was not only this address that took too long
            except (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
                continue
            except (ssl.SSLError, ValueError) as error:  # a `ValueError`: no name for SNI
                raise Refusal(Code.TLS_FAILED, _about(error)) from error
            except OSError:
                continue  # unreachable, in one way or another
        raise Refusal(
            Code.CONNECTION_FAILED,
            f"none of the host's {len(tried)} addresses that were tried takes a connection",
        )

    def send(self, data: bytes, deadline: Deadline) -> None:
        """Send bytes.

        Args:
            data: All of them are sent.
            deadline: When it has to be done.

        Raises:
            Broken: The host has closed the connection.
            Refusal: The deadline has passed.
        """
        rest = memoryview(data)
        while rest:
            self._tls.settimeout(deadline.remaining())
            try:
                rest = rest[self._tls.send(rest) :]
            except OSError as error:
                raise _ended(error) from error

    def receive(self, deadline: Deadline) -> bytes:
        """Receive what there is, and wait where there is nothing.

        Args:
            deadline: When to stop waiting.

        Returns:
            Up to 64 KiB; none, if the host has ended its side as TLS wants it (RFC 8446, 6.1).

        Raises:
            Broken: The connection was closed in another way, or what came is no TLS.
            Refusal: The deadline has passed.
        """
        self._tls.settimeout(deadline.remaining())
        try:
            return self._tls.recv(_PIECE)
        except OSError as error:
            raise _ended(error) from error

    def is_silent(self) -> bool:
        """Tell whether the connection is open, and the host has sent nothing unasked.

        Returns:
            Whether it may be used once more.
        """
        self._tls.settimeout(0)
        try:
            self._tls.recv(1)
        except ssl.SSLWantReadError:
            # There may have been records that are about TLS only, such as session tickets.
            return True
        except OSError:
            return False
        return False  # it has ended, or there is a response that nobody asked for

    def close(self) -> None:
        """Close it, without waiting for the host."""
        with contextlib.suppress(OSError):
            self._tls.close()


def _connected(address: str, port: int, deadline: Deadline) -> socket.socket:
    plain = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        plain.settimeout(deadline.remaining())
        plain.connect((address, port))
        # A request is written at once; nothing is gained by waiting for more of it.
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        plain.close()
        raise
    return plain


def _secured(
    plain: socket.socket, host: str, context: ssl.SSLContext, deadline: Deadline
) -> ssl.SSLSocket:
    try:
        tls = context.wrap_socket(
            plain, server_hostname=host, do_handshake_on_connect=False, suppress_ragged_eofs=False
        )
    except BaseException:
        plain.close()
        raise
    try:
        tls.settimeout(deadline.remaining())
        tls.do_handshake()
    except BaseException:
        tls.close()
        raise
    return tls


def _ended(error: OSError) -> Exception:
    if isinstance(error, TimeoutError):
        return Refusal(Code.UPSTREAM_TIMEOUT, "there was no complete response in the route's time")
    return Broken()


def _about(error: Exception) -> str:
    # OpenSSL's own words for what is wrong with a certificate name no content of it, save for the
    # mismatch of names, which repeats the name that was looked for.
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"the host's certificate is not valid for its name: OpenSSL's code {error.verify_code}"
        )
    return "no TLS connection came about with what the host speaks"
