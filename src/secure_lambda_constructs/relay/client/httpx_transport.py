"""Calls through a relay for `httpx`, and for what is built on it."""

from collections.abc import AsyncIterable, Iterable
from functools import partial

import anyio.to_thread
import httpx

from .answers import RelayResponse
from .bodies import read_body_async
from .core import RelayClient, shared_client
from .errors import (
    RelayConnectionError,
    RelayError,
    RelayProtocolError,
    RelayTimeoutError,
    RelayUnavailableError,
    blended,
)

__all__ = ["AsyncRelayTransport", "RelayTransport"]

# Refusals are no `TransportError`, which much takes for a reason to try again.
_blend = blended(
    {
        RelayError: httpx.RequestError,
        RelayConnectionError: httpx.ConnectError,
        RelayProtocolError: httpx.RemoteProtocolError,
        RelayTimeoutError: httpx.ReadTimeout,
        RelayUnavailableError: httpx.NetworkError,
    },
    _request=None,
)


class RelayTransport(httpx.BaseTransport):
    """Sends the requests of a client through relays.

    The time limit is that of the route, and `timeout` has no effect; so have `verify`, `cert` and
    proxies, which `httpx` keeps from a transport that is given: the relay always checks the host's
    certificate. A redirect is followed where the client is told to and the route hands `location`
    on, and is then a call of its own.

    What fails is at the same time a `RelayError` with its `code`, and an exception of `httpx`:
    `ReadTimeout`, `ConnectError`, `RemoteProtocolError`, `NetworkError` (where the relay is stopped
    or failed), or else `RequestError`.

    Example:
        ```python
        import httpx

        from secure_lambda_constructs.relay.client import RelayTransport

        with httpx.Client(transport=RelayTransport()) as client:
            ...
        ```
    """

    def __init__(self, client: RelayClient | None = None) -> None:
        """Set up, without a call.

        Args:
            client: Makes the calls. By default the shared client does, for the relays in
                `EGRESS_RELAY_HOSTS`.
        """
        self._client = client

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; a client calls this.

        Args:
            request: What to send. Its body is read into memory.

        Returns:
            The host's answer, whatever its status.

        Raises:
            RelayError: There is no answer of the host; it is an `httpx.RequestError` as well.
        """
        if not isinstance(request.stream, Iterable):
            raise RuntimeError("the body comes asynchronously: use AsyncRelayTransport")
        try:
            return _call(self._client, request, request.stream)
        except RelayError as error:
            raise _blend(error) from error


class AsyncRelayTransport(httpx.AsyncBaseTransport):
    """Sends the requests of an asynchronous client through relays, each from a thread.

    All else is as with `RelayTransport`. A task that is cancelled does not wait for its call,
    which goes on: whether the host carries it out is then not known.

    Example:
        ```python
        import httpx

        from secure_lambda_constructs.relay.client import AsyncRelayTransport

        client = httpx.AsyncClient(transport=AsyncRelayTransport())
        ```
    """

    def __init__(self, client: RelayClient | None = None) -> None:
        """Set up, without a call.

        Args:
            client: Makes the calls. By default the shared client does, for the relays in
                `EGRESS_RELAY_HOSTS`.
        """
        self._client = client

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; a client calls this.

        Args:
            request: What to send. Its body is read into memory.

        Returns:
            The host's answer, whatever its status.

        Raises:
            RelayError: There is no answer of the host; it is an `httpx.RequestError` as well.
        """
        if not isinstance(request.stream, AsyncIterable):
            raise RuntimeError("the body does not come asynchronously: use RelayTransport")
        try:
            body = await read_body_async(request.stream)
            send = partial(_call, self._client, request, body)
            return await anyio.to_thread.run_sync(send, abandon_on_cancel=True)
        except RelayError as error:
            raise _blend(error) from error


def _call(
    client: RelayClient | None, request: httpx.Request, body: bytes | Iterable[bytes]
) -> httpx.Response:
    answer: RelayResponse = (client or shared_client()).call(
        request.method,
        str(request.url),
        headers=request.headers.multi_items(),
        body=body,
    )
    return httpx.Response(
        status_code=answer.status,
        headers=answer.headers,
        # Not `content`, which would count as read already: `iter_raw` could not be used.
        stream=httpx.ByteStream(answer.body),
        extensions={"http_version": b"HTTP/1.1"},
    )
