"""What of a host's response a caller gets."""

import base64
import json
import re
from collections.abc import Collection, Iterable
from typing import NamedTuple

from .credentials import forms
from .json_text import read_json
from .messages import UpstreamResponse
from .refusals import Code, Refusal
from .request import FORMAT_VERSION
from .routes import ResponseRules

__all__ = ["LARGEST_ANSWER", "Answer", "answer", "filter_seconds", "unfiltered", "wire"]

LARGEST_ANSWER = 6_000_000
"""What Lambda takes from a function that is invoked for an answer, in bytes of JSON. See
<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>."""

# Of the connection, not of the response (RFC 9110, section 7.6.1), or of a session that callers do
# not have.
_NEVER = frozenset(
    (
        "connection",
        "content-length",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authentication-info",
        "proxy-connection",
        "set-cookie",
        "set-cookie2",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    )
)

_ESCAPE = re.compile(rb'\\u([0-9A-Fa-f]{4})|%([0-9A-Fa-f]{2})|\\(["\\/bfnrt])')
_CHARACTERS = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}


# The slowest bodies, of very many short members, take 0.21 seconds a MiB of a whole processor.
_SECONDS_PER_MIB = 0.25
_MIB = 1_048_576
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
_MEMORY_OF_ONE_PROCESSOR = 1769


class Answer(NamedTuple):
    """What is handed on.

    Attributes:
        status: The host's.
        headers: Names in lower case, and values.
        body: The bytes.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def answer(rules: ResponseRules, response: UpstreamResponse, secrets: Iterable[str] = ()) -> Answer:
    """Filter a response.

    Args:
        rules: What the route hands on.
        response: The response.
        secrets: What it may not show, in any of the forms of `credentials.forms`.

    Returns:
        The status, the headers that the rules list, and the body, or those of its members that the
        rules list. Numbers, texts and nested members stay as the host wrote them.

    Raises:
        Refusal: RESPONSE_TOO_LARGE; or RESPONSE_NOT_ALLOWED: the body is compressed, of a content
            type that is not declared, or no JSON object although `fields` asks for one; or what
            would be handed on shows the credential.

    Example:
        ```python
        from secure_lambda_constructs.relay.handler.messages import UpstreamResponse
        from secure_lambda_constructs.relay.handler.responses import answer
        from secure_lambda_constructs.relay.handler.routes import ResponseRules

        response = UpstreamResponse(
            200,
            (("content-type", "application/json"), ("set-cookie", "session=1")),
            b'{"id": "ch_1", "card": {"last4": "4242"}}',
        )
        given = answer(ResponseRules(max_bytes=1024, fields=("id",)), response)
        assert given.headers == (("content-type", "application/json"),)
        assert given.body == b'{"id":"ch_1"}'
        ```
    """
    body = response.body
    if len(body) > rules.max_bytes:
        raise Refusal(
            Code.RESPONSE_TOO_LARGE,
            f"the response of status {response.status} has {len(body):,} bytes, and the route "
            f"hands on {rules.max_bytes:,} at most; the request has been carried out",
        )
    if body:
        _check_plain(response)
        if rules.content_types is not None:
            _check_content_type(response, rules.content_types)
        if rules.fields is not None:
            body = _members(response, rules.fields)
    headers = tuple((name, value) for name, value in _end_to_end(response) if name in rules.headers)
    return _checked(Answer(response.status, headers, body), secrets)


def filter_seconds(max_bytes: int, memory_mib: int) -> float:
    """Estimate how long it takes to filter a response and to write the answer.

    Args:
        max_bytes: The longest body.
        memory_mib: Memory of the function in MiB, by which Lambda measures its share of a
            processor.

    Returns:
        Seconds, for bodies that take longer than most.

    Example:
        ```python
        from secure_lambda_constructs.relay.handler.responses import filter_seconds

        assert filter_seconds(262_144, 256) < 0.5
        assert filter_seconds(4_194_304, 256) > 5
        ```
    """
    share = min(1.0, memory_mib / _MEMORY_OF_ONE_PROCESSOR)
    return max_bytes / _MIB * _SECONDS_PER_MIB / share


def unfiltered(response: UpstreamResponse, secrets: Iterable[str] = ()) -> Answer:
    """Hand on a response that is not held to a route's rules, in report mode.

    Args:
        response: The response.
        secrets: What it may not show, in report mode as well.

    Returns:
        The status, the headers without those of the connection and cookies, and the body.

    Raises:
        Refusal: RESPONSE_NOT_ALLOWED: it shows the credential.

    Example:
        ```python
        from secure_lambda_constructs.relay.handler.messages import UpstreamResponse
        from secure_lambda_constructs.relay.handler.responses import unfiltered

        response = UpstreamResponse(200, (("etag", '"1"'), ("connection", "close")), b"text")
        assert unfiltered(response) == (200, (("etag", '"1"'),), b"text")
        ```
    """
    return _checked(Answer(response.status, tuple(_end_to_end(response)), response.body), secrets)


def wire(given: Answer, route: str | None) -> dict[str, object]:
    """Write an answer as Lambda hands it to the caller.

    Args:
        given: What is handed on.
        route: The name of the route, or `None` where none was matched, in report mode.

    Returns:
        What the handler returns.

    Raises:
        Refusal: RESPONSE_TOO_LARGE: it is more than Lambda hands on.

    Example:
        ```python
        from secure_lambda_constructs.relay.handler.responses import Answer, wire

        written = wire(Answer(204, (), b""), "charge")
        assert written["status"] == 204
        ```
    """
    written: dict[str, object] = {
        "version": FORMAT_VERSION,
        "route": route,
        "status": given.status,
        "headers": [list(pair) for pair in given.headers],
        "body": base64.b64encode(given.body).decode("ascii"),
    }
    if route is None:
        del written["route"]
    # Only headers are ever escaped; what else there is has the length that it has.
    size = len(json.dumps({**written, "body": ""})) + 4 * (len(given.body) // 3 + 1)
    if size > LARGEST_ANSWER:
        raise Refusal(
            Code.RESPONSE_TOO_LARGE,
            f"the answer has {size:,} bytes, and Lambda hands on {LARGEST_ANSWER:,} at most; the "
            "request has been carried out",
        )
    return written


def _end_to_end(response: UpstreamResponse) -> Iterable[tuple[str, str]]:
    """The headers that are of the response, not of the connection it came by."""
    listed = ",".join(value for name, value in response.headers if name == "connection")
    named = {name.strip().lower() for name in listed.split(",")}
    return (
        (name, value)
        for name, value in response.headers
        if name not in _NEVER and name not in named
    )


def _check_plain(response: UpstreamResponse) -> None:
    for name, value in response.headers:
        if name == "content-encoding" and value.lower() not in ("", "identity"):
            raise _refused(response, "is compressed, although the relay asked for it as it is")


def _check_content_type(response: UpstreamResponse, allowed: Collection[str]) -> None:
    types = [value for name, value in response.headers if name == "content-type"]
    # Of two that differ nobody knows which one the caller would go by.
    if len(types) != 1 or types[0].partition(";")[0].strip(" \t").lower() not in allowed:
        raise _refused(response, "has a content type that the route does not hand on")


def _members(response: UpstreamResponse, fields: Collection[str]) -> bytes:
    try:
        content = _object(response.body)
    except ValueError:
        raise _refused(
            response, "is no JSON object, of which the route hands on some members"
        ) from None
    kept = {name: content[name] for name in fields if name in content}
    return (
        "{" + ",".join(f"{json.dumps(name)}:{text}" for name, text in kept.items()) + "}"
    ).encode()


def _checked(given: Answer, secrets: Iterable[str]) -> Answer:
    """Refuse what shows a credential."""
    looked_for = forms(secrets)
    if looked_for:
        places = [value.encode(errors="replace") for _, value in given.headers]
        places.append(given.body)
        places += [_unescaped(place) for place in places]
        if any(form in place for place in places for form in looked_for):
            raise Refusal(
                Code.RESPONSE_NOT_ALLOWED,
                f"the response of status {given.status} shows the credential that the relay added; "
                "the request has been carried out",
            )
    return given


def _unescaped(text: bytes) -> bytes:
    """A text without the escapes of JSON and URLs, behind which a credential is not found.

    It is not parsed: what is no JSON, or JSON that no parser takes, can still be read by people.
    """
    return _ESCAPE.sub(_character, text)


def _character(found: re.Match[bytes]) -> bytes:
    if found[1]:
        return chr(int(found[1], 16)).encode(errors="replace")
    if found[2]:
        return bytes.fromhex(found[2].decode())
    return _CHARACTERS.get(found[3], found[3])


def _object(body: bytes) -> dict[str, str]:
    """The members of a JSON object, each as the text that the host wrote.

    They are not written anew, because that would change numbers: not every decimal fraction is a
    float.
    """
    if not isinstance(read_json(body), dict):
        raise ValueError("it is no object")
    text = body.decode("utf-8")
    # From here on it is known to be well formed.
    decoder = json.JSONDecoder()
    members: dict[str, str] = {}
    position = _next(text, text.index("{") + 1)
    while text[position] != "}":
        name, position = decoder.raw_decode(text, position)
        start = _next(text, _next(text, position) + 1)  # behind the colon
        _, end = decoder.raw_decode(text, start)
        members[name] = text[start:end]
        position = _next(text, end)
        if text[position] == ",":
            position = _next(text, position + 1)
    return members


def _next(text: str, position: int) -> int:
    """Where something other than white space stands."""
    while text[position] in " \t\r\n":
        position += 1
    return position


def _refused(response: UpstreamResponse, problem: str) -> Refusal:
    return Refusal(
        Code.RESPONSE_NOT_ALLOWED,
        f"the response of status {response.status} {problem}; the request has been carried out",
    )
