"""Bodies of requests, read into memory up to what an invoke of Lambda can carry."""

from collections.abc import AsyncIterable, Iterable
from typing import Protocol, TypeAlias

from .errors import RelayLimitError

__all__ = ["MAX_BODY_BYTES", "BodyParts", "read_body", "read_body_async"]

MAX_BODY_BYTES = 4 * 1024 * 1024
"""The longest body of a request, which a relay takes.

An event of a synchronous invoke has at most 6 MB
(https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html), and base64 makes four
bytes of three. What the route takes is less, as a rule.
"""

_READ_BYTES = 65_536


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes | str:
        """Read at most so many bytes or characters."""
        ...


_Part: TypeAlias = bytes | bytearray | memoryview | str
BodyParts: TypeAlias = _Part | _Readable | Iterable[_Part]
"""What a body can be given as: bytes, text (sent as UTF-8), an open file, or parts of it."""


def read_body(body: BodyParts | None) -> bytes:
    """Read a whole body.

    Args:
        body: Bytes, text (UTF-8), a file (read from where it stands), an iterable of bytes or text,
            or `None`.

    Returns:
        The bytes.

    Raises:
        RelayLimitError: There are more than 4,194,304 bytes. No more than that is read.
        TypeError: It is something else.

    Example:
        ```python
        import io

        from secure_lambda_constructs.relay.client.bodies import read_body

        assert read_body(io.BytesIO(b"abc")) == read_body(["a", b"bc"]) == b"abc"
        ```
    """
    if body is None:
        return b""
    if isinstance(body, bytes | bytearray | memoryview | str):
        return _bounded([body])
    if hasattr(body, "read"):
        return _bounded(iter(lambda: body.read(_READ_BYTES) or b"", b""))
    if isinstance(body, Iterable):
        return _bounded(body)
    raise TypeError(
        f"the body is a {type(body).__name__}: give bytes, text, an open file, or an iterable of "
        "bytes or text"
    )


async def read_body_async(body: AsyncIterable[bytes]) -> bytes:
    """Read a whole body whose parts come asynchronously.

    Args:
        body: The parts.

    Returns:
        The bytes.

    Raises:
        RelayLimitError: There are more than 4,194,304 bytes. No more than that is read.

    Example:
        ```python
        import asyncio

        from secure_lambda_constructs.relay.client.bodies import read_body_async

        async def parts():
            yield b"a"
            yield b"bc"

        assert asyncio.run(read_body_async(parts())) == b"abc"
        ```
    """
    whole = bytearray()
    async for part in body:
        _append(whole, part)
    return bytes(whole)


def _bounded(parts: Iterable[_Part]) -> bytes:
    whole = bytearray()
    for part in parts:
        _append(whole, part)
    return bytes(whole)


def _append(whole: bytearray, part: _Part) -> None:
    if not isinstance(part, bytes | bytearray | memoryview | str):
        raise TypeError(
            f"a part of the body is a {type(part).__name__}: give parts of bytes or text"
        )
    whole += part.encode() if isinstance(part, str) else part
    if len(whole) > MAX_BODY_BYTES:
        raise _too_large(len(whole))


def _too_large(size: int) -> RelayLimitError:
    return RelayLimitError(
        "request_too_large",
        f"the body has {size:,} bytes or more, and was not sent: a relay takes at most "
        f"{MAX_BODY_BYTES:,} (4 MiB), as it is called by invokes of Lambda with 6 MB",
    )
