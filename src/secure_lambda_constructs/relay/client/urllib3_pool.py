"""Calls through a relay for `urllib3`, and for what takes a pool manager."""

import ssl
from collections.abc import Mapping
from http.client import responses as reasons
from io import BytesIO
from typing import Any

import urllib3
from urllib3 import exceptions as theirs
from urllib3.util.retry import Retry

from .answers import RelayResponse
from .bodies import BodyParts, read_body
from .core import RelayClient, shared_client
from .errors import (
    RelayConnectionError,
    RelayError,
    RelayProtocolError,
    RelayRefusedError,
    RelayTimeoutError,
    RelayTlsError,
    RelayUnavailableError,
    blended,
)

__all__ = ["RelayPoolManager"]

_blend = blended(
    {
        RelayError: theirs.HTTPError,
        RelayConnectionError: theirs.NewConnectionError,
        RelayProtocolError: theirs.ProtocolError,
        RelayTimeoutError: theirs.ReadTimeoutError,
        RelayTlsError: theirs.SSLError,
        RelayUnavailableError: theirs.ProtocolError,
    },
    conn=None,
    pool=None,
    url=None,
)


class RelayPoolManager(urllib3.PoolManager):
    """Sends requests through relays, with all ways that a pool manager has to make them.

    The time limit is that of the route, and `timeout` has no effect; neither have proxies and
    authorities (`ca_certs`, `ssl_context`), as the relay always checks the host's certificate. To
    leave the check out, or to show a certificate of one's own, is refused.

    Redirects are followed, and requests made again for the statuses that `retries` names, as ever.
    What fails on its way is never made again because of `retries`: where that is safe, the client
    has done so. It is raised as it is, not within a `MaxRetryError`, and is at the same time a
    `RelayError` with its `code`, and an exception of `urllib3`: `ReadTimeoutError`, `SSLError`,
    `NewConnectionError`, `ProtocolError` (also where the relay is stopped or failed), or else
    `HTTPError`.

    Example:
        ```python
        from secure_lambda_constructs.relay.client import RelayPoolManager

        http = RelayPoolManager(headers={"accept": "application/json"})
        ```
    """

    def __init__(
        self,
        num_pools: int = 10,
        headers: Mapping[str, str] | None = None,
        *,
        client: RelayClient | None = None,
        **connection_pool_kw: Any,
    ) -> None:
        """Set up, without a call.

        Args:
            num_pools: For how many hosts the settings are kept.
            headers: Of every request that has none of its own. None by default.
            client: Makes the calls. By default the shared client does, for the relays in
                `EGRESS_RELAY_HOSTS`.
            **connection_pool_kw: As for `urllib3.PoolManager`; `retries` has an effect.

        Raises:
            RelayRefusedError: One of them cannot be had through a relay.
        """
        _refuse_options(connection_pool_kw)
        super().__init__(num_pools, headers, **connection_pool_kw)
        self._client = client

    def _new_pool(
        self,
        scheme: str,
        host: str,
        port: int,
        request_context: dict[str, Any] | None = None,
    ) -> urllib3.HTTPConnectionPool:
        """Make the pool of a host; meant to be overridden, says `urllib3`."""
        context = dict(self.connection_pool_kw if request_context is None else request_context)
        _refuse_options(context)
        return _RelayPool(host, port, scheme, self._client, context.get("retries"))


class _RelayPool(urllib3.HTTPConnectionPool):
    """Looks like the connections to a host, and has none."""

    def __init__(
        self, host: str, port: int, scheme: str, client: RelayClient | None, retries: Any
    ) -> None:
        super().__init__(host, port, retries=retries)
        self.scheme = scheme
        self._client = client

    def urlopen(  # type: ignore[override]  # as urllib3 itself does
        self,
        method: str,
        url: str,
        body: BodyParts | None = None,
        headers: Mapping[str, str] | None = None,
        retries: Retry | bool | int | None = None,
        redirect: bool = True,
        *_: object,
        preload_content: bool = True,
        decode_content: bool = True,
        **__: object,
    ) -> urllib3.HTTPResponse:
        """Make a request. All that is about connections has no effect."""
        if not isinstance(retries, Retry):
            retries = Retry.from_int(retries, redirect=redirect, default=self.retries)
        target = url if url.startswith("/") else urllib3.util.parse_url(url).request_uri
        port = "" if self.port == 443 else f":{self.port}"
        address = f"{self.scheme}://{self.host}{port}{target}"
        try:
            content = read_body(body)
            while True:
                answer = (self._client or shared_client()).call(
                    method, address, headers=headers or self.headers, body=content
                )
                response = _response(answer, method, retries, preload_content, decode_content)
                if not retries.is_retry(method, answer.status, "retry-after" in answer.headers):
                    return response
                try:
                    retries = retries.increment(method, url, response=response, _pool=self)
                except theirs.MaxRetryError:
                    if retries.raise_on_status:
                        raise
                    return response
                retries.sleep(response)
        except RelayError as error:
            raise _blend(error) from error


def _response(
    answer: RelayResponse, method: str, retries: Retry, preload: bool, decode: bool
) -> urllib3.HTTPResponse:
    return urllib3.HTTPResponse(
        body=BytesIO(answer.body),
        headers=answer.headers,
        status=answer.status,
        version=11,
        reason=reasons.get(answer.status, ""),
        preload_content=preload,
        decode_content=decode,
        retries=retries,
        # Of a HEAD request it is not that of the body, and a route may cut the body down.
        enforce_content_length=False,
        request_method=method,
    )


def _refuse_options(options: Mapping[str, Any]) -> None:
    for name in ("cert_file", "key_file", "key_password"):
        if options.get(name):
            raise _refusal(f"{name} is given: a relay shows no client certificate; leave it out")
    checks = {"cert_reqs": ("CERT_NONE", "NONE", ssl.CERT_NONE), "assert_hostname": (False,)}
    for name, off in checks.items():
        # `None` stands for the default.
        if options.get(name) is not None and options[name] in off:
            raise _refusal(
                f"{name} is {options[name]!r}: the relay always checks the host's certificate; "
                "leave it out"
            )


def _refusal(message: str) -> RelayError:
    return _blend(RelayRefusedError("option_not_supported", message))
