"""Requests of callers, read from the event of the invocation."""

import binascii
import re
from typing import NoReturn

from .headers import TOKEN
from .messages import CallerRequest
from .refusals import Code, Refusal
from .url import read_url

__all__ = ["FORMAT_VERSION", "LONGEST_BODY", "METHODS", "read_request", "read_url"]

FORMAT_VERSION = 1
"""Of events and answers. A client says which it speaks."""

LONGEST_BODY = 4 * 1024 * 1024
"""In bytes, before any route is asked: encoded it fits into the 6 MB of a synchronous invocation
(https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)."""

METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
"""All that can be relayed, by a route or in report mode. `CONNECT` and `TRACE` are not."""

_MEMBERS = {"version", "method", "url", "headers", "body"}
_LONGEST_ENCODED = 4 * -(-LONGEST_BODY // 3)
_MOST_HEADERS = 100
_LONGEST_HEADERS = 32_768
# No tab, and nothing outside of ASCII: RFC 9110, section 5.5, asks for no more than that.
_HEADER_VALUE = re.compile(r"[ -~]*")


def read_request(event: object) -> CallerRequest:
    """Read the event of an invocation.

    Args:
        event: What Lambda gives the handler, which is whatever the caller sent.

    Returns:
        The request, well-formed and bounded, but not yet allowed.

    Raises:
        Refusal: `malformed_request`, `version_not_supported`, or `body_too_large` for a body above
            4 MiB.

    Example:
        ```python
        from secure_lambda_constructs.relay.handler.request import read_request

        request = read_request(
            {"version": 1, "method": "GET", "url": "https://api.example.com/rates", "headers": []}
        )
        assert (request.host, request.segments) == ("api.example.com", ("rates",))
        ```
    """
    if not isinstance(event, dict):
        _refuse("the event is no JSON object; call the relay by its client")
    version = event.get("version")
    if isinstance(version, bool) or not isinstance(version, int):
        _refuse("the event has no version number; call the relay by its client")
    if version != FORMAT_VERSION:
        raise Refusal(
            Code.VERSION_NOT_SUPPORTED,
            f"the client speaks another version of the format than {FORMAT_VERSION}; use the "
            "client of the relay's own release",
        )
    if not event.keys() <= _MEMBERS:
        _refuse("the event has a member that is not known; call the relay by its client")
    method, url = event.get("method"), event.get("url")
    if not isinstance(method, str) or not method.isascii() or method.upper() not in METHODS:
        _refuse(f"the method is not one of {', '.join(sorted(METHODS))}")
    if not isinstance(url, str):
        _refuse("the event has no url")
    host, segments, query = read_url(url)
    return CallerRequest(
        method=method.upper(),
        host=host,
        segments=segments,
        query=query,
        headers=_headers(event.get("headers", [])),
        body=_body(event.get("body")),
    )


def _headers(given: object) -> dict[str, str]:
    if not isinstance(given, list | tuple) or len(given) > _MOST_HEADERS:
        _refuse(f"the headers are no list of at most {_MOST_HEADERS} names with values")
    headers: dict[str, str] = {}
    length = 0
    for pair in given:
        match pair:
            case [str(name), str(value)]:
                length += len(name) + len(value)
            case _:
                _refuse("a header is not a name and a value, both of them text")
        if length > _LONGEST_HEADERS:
            _refuse(f"the headers have more than {_LONGEST_HEADERS} characters in all")
        if not TOKEN.fullmatch(name):
            _refuse("the name of a header is no token as HTTP defines it")
        if not _HEADER_VALUE.fullmatch(value):
            _refuse("the value of a header has a character that is not printable ASCII")
        if name.lower() in headers:
            _refuse("a header is there twice; write each once")
        headers[name.lower()] = value.strip(" ")
    return headers


def _body(encoded: object) -> bytes:
    if encoded is None:
        return b""
    if not isinstance(encoded, str):
        _refuse("the body is not text; encode its bytes in base64")
    if len(encoded) > _LONGEST_ENCODED:
        raise Refusal(
            Code.BODY_TOO_LARGE,
            f"the body has {len(encoded)} characters in base64, at most {_LONGEST_ENCODED} are "
            "taken",
        )
    try:
        body = binascii.a2b_base64(encoded, strict_mode=True)
    except ValueError:
        _refuse("the body is not in base64")
    if len(encoded) != 4 * -(-len(body) // 3):  # padding after a whole group is let pass above
        _refuse("the body is not in base64")
    if len(body) > LONGEST_BODY:
        raise Refusal(
            Code.BODY_TOO_LARGE,
            f"the body has {len(body)} bytes, at most {LONGEST_BODY} are taken",
        )
    return body


def _refuse(message: str) -> NoReturn:
    raise Refusal(Code.MALFORMED_REQUEST, message)
