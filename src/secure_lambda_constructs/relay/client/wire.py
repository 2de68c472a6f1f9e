"""The relay's wire format, version 1: the event of the invoke, and its answer."""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from typing import TypeAlias
from urllib.parse import SplitResult, urlsplit, urlunsplit

from .answers import Headers, RelayResponse
from .errors import RelayError, RelayLimitError, RelayRefusedError, error_for

__all__ = ["HeaderPairs", "header_pairs", "read_answer", "split_url", "write_event"]

HeaderPairs: TypeAlias = Mapping[str, str] | Iterable[tuple[str, str]]
"""What headers can be given as."""

_VERSION = 1
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_MAX_EVENT_BYTES = 6 * 1024 * 1024
_URL = re.compile(r"[!-~]+")

# They say how a message travels, which ends at the relay; it writes its own.
_OF_THE_CONNECTION = {
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}


def split_url(url: str) -> SplitResult:
    """Read a URL as far as it takes to find its relay, which reads it for itself.

    Args:
        url: Of the request.

    Returns:
        Its parts; without the fragment, which is never sent.

    Raises:
        RelayRefusedError: It is not an `https` URL with a host, or holds what no relay takes.

    Example:
        ```python
        from secure_lambda_constructs.relay.client.wire import split_url

        assert split_url("https://api.example.com#top").geturl() == "https://api.example.com/"
        ```
    """
    if not _URL.fullmatch(url):
        raise RelayRefusedError(
            "malformed_request",
            "the URL is empty, or holds a space, a control or a non-ASCII character: write it "
            "percent-encoded",
        )
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError as error:
        raise RelayRefusedError("malformed_request", "the URL cannot be read") from error
    if parts.scheme.lower() != "https":
        raise RelayRefusedError(
            "scheme_not_supported",
            f"the URL begins with {url.partition(':')[0][:20]!r}: relays speak https only, write "
            "https://",
        )
    if "@" in parts.netloc:
        raise RelayRefusedError(
            "malformed_request",
            "the URL holds a user name or password: leave them out, the relay adds the credential "
            "that the route declares",
        )
    if not host:
        raise RelayRefusedError("malformed_request", "the URL has no host: write https://host/path")
    return parts._replace(path=parts.path or "/", fragment="")


def header_pairs(headers: HeaderPairs) -> list[tuple[str, str]]:
    """Put headers into the form that a relay takes.

    Args:
        headers: Of the request.

    Returns:
        Names in lower case and values. Each name occurs once: the relay takes no other requests,
        and values joined by a comma mean the same (RFC 9110, section 5.3). Those that belong to a
        connection are left out.

    Example:
        ```python
        from secure_lambda_constructs.relay.client.wire import header_pairs

        headers = [("Prefer", "a"), ("Host", "example.com"), ("prefer", "b")]
        assert header_pairs(headers) == [("prefer", "a, b")]
        ```
    """
    given = headers.items() if isinstance(headers, Mapping) else headers
    joined: dict[str, str] = {}
    for name, value in given:
        key = name.lower()
        if key in _OF_THE_CONNECTION or key.startswith("proxy-"):
            continue
        value = value.strip(" \t")
        # RFC 9113, section 8.2.3: cookies are the exception.
        separator = "; " if key == "cookie" else ", "
        joined[key] = f"{joined[key]}{separator}{value}" if key in joined else value
    return list(joined.items())


def write_event(
    method: str, parts: SplitResult, headers: Iterable[tuple[str, str]], body: bytes
) -> bytes:
    """Write the event of an invoke.

    Args:
        method: Of the request.
        parts: Of the URL.
        headers: Names and values; each name occurs once.
        body: The bytes.

    Returns:
        The JSON.

    Raises:
        RelayLimitError: It is longer than an invoke can carry.

    Example:
        ```python
        from secure_lambda_constructs.relay.client.wire import split_url, write_event

        event = write_event("get", split_url("https://api.example.com/rates"), [], b"")
        assert b'"method":"GET","url":"https://api.example.com/rates"' in event
        ```
    """
    request: dict[str, object] = {
        "version": _VERSION,
        "method": method.upper(),
        "url": urlunsplit(parts),
        "headers": [list(pair) for pair in headers],
    }
    if body:
        request["body"] = base64.b64encode(body).decode("ascii")
    event = json.dumps(request, separators=(",", ":")).encode()
    if len(event) > _MAX_EVENT_BYTES:
        raise RelayLimitError(
            "request_too_large",
            f"the request makes an event of {len(event):,} bytes, and was not sent: Lambda takes "
            f"{_MAX_EVENT_BYTES:,} (6 MB); shorten the URL and the headers",
        )
    return event


def read_answer(payload: bytes) -> RelayResponse:
    """Read what an invoke brought back.

    Args:
        payload: The JSON.

    Returns:
        The host's answer.

    Raises:
        RelayError: The relay answered an error, of the class that stands for its code; or the
            payload is not of the format.

    Example:
        ```python
        from secure_lambda_constructs.relay.client.wire import read_answer

        payload = b'{"version": 1, "route": "rates", "status": 204, "headers": []}'
        assert read_answer(payload).status == 204
        ```
    """
    try:
        answer = json.loads(payload)
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or answer.get("version") != _VERSION:
        raise _not_understood()
    route = answer.get("route")
    if route is not None and not isinstance(route, str):
        raise _not_understood()
    if "error" in answer:
        raise _read_error(answer["error"], route)
    return _read_response(answer, route)


def _read_error(error: object, route: str | None) -> RelayError:
    match error:
        case {"code": str(code), "message": str(message), "retryable": bool(retryable)}:
            return error_for(code, message, route, retryable)
    return _not_understood()


def _read_response(answer: Mapping[str, object], route: str | None) -> RelayResponse:
    status, headers = answer.get("status"), answer.get("headers")
    body = answer.get("body", "")
    # `True` is an `int` as well.
    if type(status) is not int or not 200 <= status <= 599:
        raise _not_understood()
    if not (isinstance(headers, list) and isinstance(body, str)):
        raise _not_understood()
    pairs = []
    for pair in headers:
        match pair:
            case [str(name), str(value)]:
                pairs.append((name, value))
            case _:
                raise _not_understood()
    try:
        content = base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise _not_understood() from None
    return RelayResponse(status=status, headers=Headers(pairs), body=content, route=route)


def _not_understood() -> RelayError:
    return RelayError(
        "answer_not_understood",
        f"what the relay answered is not of version {_VERSION} of the format: deploy the relay and "
        "this client from the same release, and check that the ARN is that of a relay",
    )
