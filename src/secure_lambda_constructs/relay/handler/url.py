"""URLs of callers, taken apart in one way only, and put together again.

A URL that two programs read differently is how an allow list is got around. So whatever could be
read in another way than here is refused rather than repaired: user information, other ports, a
fragment, backslashes, encoded slashes, dot segments, a second encoding. What is left has one
meaning (RFC 3986), and what is sent is written anew from it.
"""

import re
from urllib.parse import quote, unquote_to_bytes

from .refusals import Code, Refusal

__all__ = ["LITERAL_CHARACTERS", "encode", "read_host", "read_pairs", "read_url", "write_pairs"]

LITERAL_CHARACTERS = "!$&'()*+,;=:@"
"""What may stand unencoded in a segment of a path besides letters, digits and `-._~` (RFC 3986,
section 3.3)."""

_LONGEST_URL = 8192
_HTTPS = "https://"
# Everything of ASCII that is printed, but the space, the fragment and what some read as a slash.
_URL = re.compile(r'[!"$-\[\]-~]*')
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}")
# A last label of this kind makes the resolver read the whole as an IPv4 address, in decimal, octal
# or hexadecimal, with one to four parts: https://url.spec.whatwg.org/#ends-in-a-number-checker
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SEGMENT = re.compile(r"[ -~]*")
_NOT_IN_SEGMENTS = re.compile(r"[%/\\]")


def read_url(text: str) -> tuple[str, tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Take a URL apart.

    Args:
        text: The URL: `https`, at most 8,192 characters of ASCII, on port 443 if it names one,
            without user information and fragment.

    Returns:
        The host in lower case without a trailing dot; the segments of the path, each decoded once;
        keys and values of the query, decoded once, where `+` is a space and a key without a value
        has an empty one. An empty path is read as `/`.

    Raises:
        Refusal: `malformed_request`: it is no such URL, its host is an address, or it can be read
            in two ways: an empty or dot segment, an encoded slash or percent sign in the path, a
            control character, a key that comes twice.

    Example:
        ```python
        from secure_lambda_constructs.relay.handler.url import read_url

        host, segments, query = read_url("https://API.example.com/v1/a%20b?limit=10")
        assert (host, segments, query) == (
            "api.example.com",
            ("v1", "a b"),
            (("limit", "10"),),
        )
        ```
    """
    if len(text) > _LONGEST_URL:
        raise _malformed(f"the url has {len(text)} characters, write at most {_LONGEST_URL}")
    if not _URL.fullmatch(text):
        raise _malformed(
            "the url has a space, a fragment, a backslash, or a character that is not printable "
            "ASCII; leave the fragment out and percent-encode the others"
        )
    if text[: len(_HTTPS)].lower() != _HTTPS:
        raise _malformed("the url does not begin with https://, and nothing else is relayed")
    rest, _, query = text[len(_HTTPS) :].partition("?")
    authority, _, path = rest.partition("/")
    host, colon, port = authority.partition(":")
    if colon and port != "443":
        raise _malformed("the url has user information or a port; write the host's name alone")
    segments = tuple(_segment(piece) for piece in path.split("/"))
    if not all(segments[:-1]):
        raise _malformed("the path has an empty segment; write one slash between two segments")
    try:
        return read_host(host), segments, read_pairs(query)
    except ValueError as error:
        raise _malformed(f"the query {error}") from None


def read_host(text: str) -> str:
    """Read a host's name into the form in which names are compared.

    Args:
        text: The name in ASCII; a name of other letters in its `xn--` form.

    Returns:
        The name in lower case, without a trailing dot.

    Raises:
        Refusal: `malformed_request`: it is no DNS name (RFC 1123, section 2.1), or an address in
            any spelling that a resolver knows: `127.0.0.1`, `0x7f.1`, `2130706433`, `[::1]`.

    Example:
        ```python
        from secure_lambda_constructs.relay.handler.url import read_host

        assert read_host("API.Example.com.") == "api.example.com"
        ```
    """
    if not text.isascii():
        raise _malformed("the host is not in ASCII; write its xn-- form")
    host = text.lower().removesuffix(".")
    if len(host) > 253 or not _HOST.fullmatch(host):
        raise _malformed("the host is no DNS name; write the host's name alone")
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        raise _malformed("the host is an address; write the host's name")
    return host


def read_pairs(text: str) -> tuple[tuple[str, str], ...]:
    """Read a query, or a body of the type `application/x-www-form-urlencoded`.

    Args:
        text: Keys and values in ASCII, percent-encoded; a plus sign is a space.

    Returns:
        Keys and values, decoded once, in their order.

    Raises:
        ValueError: It is badly encoded, decodes to what is not UTF-8 or to a control character, or
            has an empty key or one that comes twice. The message is what follows on "the query".

    Example:
        ```python
        from secure_lambda_constructs.relay.handler.url import read_pairs

        assert read_pairs("a=1&b%5B%5D=x+y") == (("a", "1"), ("b[]", "x y"))
        ```
    """
    if not text:
        return ()
    pairs: dict[str, str] = {}
    for piece in text.split("&"):
        key, _, value = (_decoded(part) for part in piece.replace("+", " ").partition("="))
        if not key:
            raise ValueError("has an empty key; write each as key=value, joined by one &")
        if key in pairs:
            raise ValueError("has a key twice; write each key once")
        pairs[key] = value
    return tuple(pairs.items())


def write_pairs(pairs: list[tuple[str, str]]) -> str:
    """Write a query, or the body of a form.

    Args:
        pairs: Keys and values, not encoded.

    Returns:
        Them, encoded and joined. A space is `%20`, which queries and forms alike read as one.

    Example:
        ```python
        from secure_lambda_constructs.relay.handler.url import write_pairs

        assert write_pairs([("a", "1"), ("b[]", "x y")]) == "a=1&b%5B%5D=x%20y"
        ```
    """
    return "&".join(f"{encode(key)}={encode(value)}" for key, value in pairs)


def encode(text: str, also: str = "") -> str:
    """Percent-encode everything but letters, digits and `-._~`.

    Args:
        text: What is encoded, as UTF-8.
        also: Characters that stay as they are, too.

    Returns:
        The encoded text.

    Example:
        ```python
        from secure_lambda_constructs.relay.handler.url import encode

        assert encode("a/b c@d") == "a%2Fb%20c%40d"
        ```
    """
    return quote(text, safe=also)


def _segment(piece: str) -> str:
    """A segment of a path, decoded."""
    try:
        segment = _decoded(piece)
    except ValueError as error:
        raise _malformed(f"the path {error}") from None
    if not _SEGMENT.fullmatch(segment) or _NOT_IN_SEGMENTS.search(segment):
        raise _malformed(
            "a segment of the path has an encoded slash, backslash or percent sign, or a "
            "character outside of ASCII"
        )
    # Some servers cut off what follows on a semicolon, or spaces, before they look for dots.
    if segment.partition(";")[0].strip(" ") in (".", ".."):
        raise _malformed("a segment of the path is a dot or two; write the path without them")
    return segment


def _decoded(text: str) -> str:
    if "%" in text:
        if _BAD_ESCAPE.search(text):
            raise ValueError("has a percent sign without two hexadecimal digits; write it as %25")
        try:
            text = unquote_to_bytes(text).decode()
        except UnicodeDecodeError:
            raise ValueError("is not UTF-8 when decoded") from None
    if _CONTROL.search(text):
        raise ValueError("has a control character when decoded")
    return text


def _malformed(message: str) -> Refusal:
    return Refusal(Code.MALFORMED_REQUEST, message)
