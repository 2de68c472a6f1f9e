"""Calls through a relay for `requests`, and for what is built on it."""

from collections.abc import Mapping
from http.client import responses as reasons
from io import BytesIO

import requests
import urllib3
from requests import exceptions as theirs
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers

from .core import RelayClient, shared_client
from .errors import (
    RelayConnectionError,
    RelayError,
    RelayRefusedError,
    RelayTimeoutError,
    RelayTlsError,
    RelayUnavailableError,
    blended,
)

__all__ = ["RelayAdapter"]

# Refusals are neither `ConnectionError` nor `Timeout`, which many SDKs take for a reason to try
# again.
_blend = blended(
    {
        RelayError: theirs.RequestException,
        RelayConnectionError: theirs.ConnectionError,
        RelayTimeoutError: theirs.ReadTimeout,
        RelayTlsError: theirs.SSLError,
        RelayUnavailableError: theirs.ConnectionError,
    },
    request=None,
    response=None,
)


class RelayAdapter(BaseAdapter):
    """Sends the requests of a session through relays.

    Everything of `requests` works as ever, with four differences that the way out makes: the time
    limit is that of the route and `timeout` has no effect; the relay always checks the host's
    certificate, so `verify=False` is refused, and authorities of one's own belong to the route, as
    a path in `verify` has no effect; a client certificate (`cert`) is refused; proxies, also those
    of the environment, have no effect. A redirect is followed where the route hands `location` on,
    and is then a call of its own.

    What fails is at the same time a `RelayError` with its `code`, and an exception of `requests`:
    `ReadTimeout`, `SSLError`, `ConnectionError` (also where the relay is stopped or failed), or
    else `RequestException`.

    Example:
        ```python
        import requests

        from secure_lambda_constructs.relay.client import RelayAdapter

        session = requests.Session()
        session.mount("https://", RelayAdapter())
        ```
    """

    def __init__(self, client: RelayClient | None = None) -> None:
        """Set up, without a call.

        Args:
            client: Makes the calls. By default the shared client does, for the relays in
                `EGRESS_RELAY_HOSTS`.
        """
        super().__init__()
        self._client = client

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send a request; a session calls this.

        Args:
            request: What to send. Its body is read into memory.
            stream: Whether the body is read by and by. It is in memory in any case.
            timeout: Has no effect.
            verify: Must not be `False`.
            cert: Must not be given.
            proxies: Has no effect.

        Returns:
            The host's answer, whatever its status.

        Raises:
            RelayError: There is no answer of the host; it is a `RequestException` as well.
        """
        try:
            _refuse_options(verify, cert)
            answer = (self._client or shared_client()).call(
                request.method or "GET",
                request.url or "",
                headers=[(_text(name), _text(value)) for name, value in request.headers.items()],
                body=request.body,
            )
        except RelayError as error:
            blend = _blend(error)
            vars(blend)["request"] = request
            raise blend from error
        response = requests.Response()
        response.status_code = answer.status
        response.headers = CaseInsensitiveDict(answer.headers)
        response.encoding = get_encoding_from_headers(response.headers)
        response.reason = reasons.get(answer.status, "")
        response.url = request.url or ""
        response.request = request
        vars(response)["connection"] = self
        response.raw = urllib3.HTTPResponse(
            body=BytesIO(answer.body),
            headers=answer.headers,
            status=answer.status,
            version=11,
            reason=response.reason,
            preload_content=False,
            # Of a HEAD request it is not that of the body, and a route may cut the body down.
            enforce_content_length=False,
            request_method=request.method,
        )
        return response

    def close(self) -> None:
        """End; there is nothing to close, as the client may be shared."""


def _refuse_options(verify: bool | str, cert: object) -> None:
    if verify is False:
        raise RelayRefusedError(
            "option_not_supported",
            "verify is False: the relay always checks the host's certificate; leave verify out, "
            "and declare authorities of your own with the route",
        )
    if cert:
        raise RelayRefusedError(
            "option_not_supported",
            "cert is given: a relay shows no client certificate; leave cert out",
        )


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
