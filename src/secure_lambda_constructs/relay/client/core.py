"""The client itself, which needs boto3 and nothing else."""

import json as json_text
import random
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from .answers import RelayResponse
from .bodies import BodyParts, read_body
from .errors import RelayError
from .hosts import check_hosts, hosts_of_environment, relay_for
from .invocations import Invocations, LambdaClient
from .wire import HeaderPairs, header_pairs, read_answer, split_url, write_event

__all__ = ["RelayClient", "call", "shared_client"]

_FIRST_PAUSE_SECONDS = 0.2


class RelayClient:
    """Makes HTTPS calls through relays. One client serves any number of threads.

    A call that failed is made again only where that is safe: the relay says so (its route is
    declared as idempotent), or Lambda refused the invoke because of throttling, so that nothing
    was carried out. Never after a timeout of the invoke, or a failure of the relay.

    Example:
        ```python
        from secure_lambda_constructs.relay.client import RelayClient, RelayRefusedError

        arn = "arn:aws:lambda:eu-west-1:111122223333:function:Relay"
        client = RelayClient(hosts={"api.example.com": arn})
        try:
            client.call("GET", "https://other.example.net/")
        except RelayRefusedError as error:
            assert "use one of api.example.com" in error.message
        ```
    """

    def __init__(
        self,
        *,
        hosts: Mapping[str, str] | None = None,
        relay: str | None = None,
        lambda_client: LambdaClient | None = None,
        retries: int = 2,
        timeout: float = 40.0,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        """Set up, without a call.

        Args:
            hosts: The ARN of the relay for each host. By default they are read from the environment
                variable `EGRESS_RELAY_HOSTS`, which the relay's construct writes.
            relay: The ARN of a relay for every host, instead of `hosts`.
            lambda_client: A boto3 client for Lambda; give it
                `Config(retries={"total_max_attempts": 1})`. By default one is made with the first
                call, which invokes exactly once and ignores proxies.
            retries: How often a call is made again, at the most, where that is safe.
            timeout: How long to wait for the relay's answer, in seconds. The host's own limit is
                that of the route; should this one be the shorter, it is not known what became of a
                call. Without effect on a `lambda_client` that is given.
            pause: Waits for a number of seconds between attempts.

        Raises:
            RelayError: `EGRESS_RELAY_HOSTS` cannot be read.
            ValueError: An argument is not one of those.
        """
        if hosts is not None and relay is not None:
            raise ValueError("hosts and relay are both given: write one of them")
        if relay is not None:
            hosts = {"*": relay}
        if type(retries) is not int or retries < 0:
            raise ValueError(f"retries is {retries!r}: write a number of repetitions, such as 2")
        if timeout <= 0:
            raise ValueError(f"timeout is {timeout!r}: write a number of seconds, such as 40")
        self._hosts = hosts_of_environment() if hosts is None else check_hosts(hosts)
        self._invocations = Invocations(lambda_client, timeout)
        self._retries = retries
        self._pause = pause

    def call(
        self,
        method: str,
        url: str,
        *,
        headers: HeaderPairs | None = None,
        body: BodyParts | None = None,
        json: Any = None,
    ) -> RelayResponse:
        """Make one call.

        Args:
            method: Such as `POST`.
            url: Absolute, with `https`.
            headers: Those that the route declares are sent. None by default.
            body: Bytes, text (sent as UTF-8), an open file, or an iterable of bytes or text; at
                most 4,194,304 bytes, and what the route takes. None by default.
            json: Is sent as JSON, with its content type unless `headers` has one. None by default.

        Returns:
            The host's answer, whatever its status. Redirects are not followed.

        Raises:
            RelayError: There is no answer of the host; its class and `code` say why.
            TypeError: Both `body` and `json` are given, or the body is none of the above.
            ValueError: `json` is no JSON.
        """
        parts = split_url(url)
        arn = relay_for(parts.hostname or "", self._hosts)
        pairs = header_pairs(headers or {})
        if json is not None:
            if body is not None:
                raise TypeError("body and json are both given: write one of them")
            body = json_text.dumps(json, separators=(",", ":"), allow_nan=False)
            if not any(name == "content-type" for name, _ in pairs):
                pairs.append(("content-type", "application/json"))
        event = write_event(method, parts, pairs, read_body(body))
        attempt = 0
        while True:
            try:
                return read_answer(self._invocations.invoke(arn, event))
            except RelayError as error:
                # Where Lambda was not reached it will not be in a moment.
                if (
                    not error.retryable
                    or error.code == "relay_not_reached"
                    or attempt == self._retries
                ):
                    raise
            # The spread keeps callers that were throttled together from coming back together.
            spread = random.uniform(0.5, 1.0)  # noqa: S311
            self._pause(_FIRST_PAUSE_SECONDS * 2**attempt * spread)
            attempt += 1


_shared: RelayClient | None = None
_lock = threading.Lock()


def shared_client() -> RelayClient:
    """Return the client that all share which were given none. It is made when first asked for.

    Returns:
        A client with the defaults, for the relays in `EGRESS_RELAY_HOSTS`.

    Raises:
        RelayError: `EGRESS_RELAY_HOSTS` cannot be read.

    Example:
        ```python
        from secure_lambda_constructs.relay.client.core import shared_client

        assert shared_client() is shared_client()
        ```
    """
    global _shared
    with _lock:
        if _shared is None:
            _shared = RelayClient()
        return _shared


def call(
    method: str,
    url: str,
    *,
    headers: HeaderPairs | None = None,
    body: BodyParts | None = None,
    json: Any = None,
) -> RelayResponse:
    """Make one call with the shared client, to a host in `EGRESS_RELAY_HOSTS`.

    Args:
        method: Such as `POST`.
        url: Absolute, with `https`.
        headers: Those that the route declares are sent. None by default.
        body: Bytes, text (sent as UTF-8), an open file, or an iterable of bytes or text. None by
            default.
        json: Is sent as JSON. None by default.

    Returns:
        The host's answer, whatever its status.

    Raises:
        RelayError: There is no answer of the host; its class and `code` say why.

    Example:
        ```python
        from secure_lambda_constructs.relay.client import RelayRefusedError, call

        try:
            call("GET", "http://api.example.com/rates")
        except RelayRefusedError as error:
            assert error.code == "scheme_not_supported"
        ```
    """
    return shared_client().call(method, url, headers=headers, body=body, json=json)
