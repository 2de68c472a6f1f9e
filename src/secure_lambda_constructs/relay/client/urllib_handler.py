"""Calls through a relay for openers of the standard library's `urllib.request`."""

from email.message import Message
from http.client import responses as reasons
from io import BytesIO
from typing import cast
from urllib.error import URLError
from urllib.request import AbstractHTTPHandler, HTTPSHandler, Request
from urllib.response import addinfourl

from .bodies import BodyParts
from .core import RelayClient, shared_client
from .errors import RelayError, RelayTimeoutError, blended

__all__ = ["RelayHandler"]


class _TimeoutError(URLError, TimeoutError):
    """Caught by those that expect either, as `urllib.request` raises now the one, now the other."""


class _Response(addinfourl):
    """With the member that `urllib.request` looks for, as a response of `http.client` has it."""

    def __init__(self, body: bytes, headers: Message, url: str, status: int) -> None:
        super().__init__(BytesIO(body), headers, url, status)
        self.msg = self.reason = reasons.get(status, "")


_blend = blended({RelayError: URLError, RelayTimeoutError: _TimeoutError})


class RelayHandler(HTTPSHandler):
    """Opens `https` URLs through relays.

    The time limit is that of the route, and `timeout` has no effect; neither have proxies. The
    relay always checks the host's certificate.

    What fails is at the same time a `RelayError` with its `code`, and a `URLError`; where it took
    too long, also a `TimeoutError`. Statuses from 300 on are treated by the opener as ever.

    Example:
        ```python
        import urllib.request

        from secure_lambda_constructs.relay.client import RelayHandler

        opener = urllib.request.build_opener(RelayHandler())
        ```
    """

    def __init__(self, client: RelayClient | None = None) -> None:
        """Set up, without a call.

        Args:
            client: Makes the calls. By default the shared client does, for the relays in
                `EGRESS_RELAY_HOSTS`.
        """
        # Not that of `HTTPSHandler`, which loads the certificates of authorities.
        AbstractHTTPHandler.__init__(self)
        self._client = client

    def https_open(self, req: Request) -> _Response:  # type: ignore[override]  # a stand-in
        """Open a URL; an opener calls this.

        Args:
            req: What to send. Its data is read into memory.

        Returns:
            The host's answer, whatever its status.

        Raises:
            RelayError: There is no answer of the host; it is a `URLError` as well.
        """
        try:
            answer = (self._client or shared_client()).call(
                req.get_method(),
                req.full_url,
                headers=req.header_items(),
                body=cast(BodyParts | None, req.data),
            )
        except RelayError as error:
            blend = _blend(error)
            vars(blend)["reason"] = str(error)
            raise blend from error
        headers = Message()
        for name, value in answer.headers.items():
            headers[name] = value
        return _Response(answer.body, headers, req.full_url, answer.status)
