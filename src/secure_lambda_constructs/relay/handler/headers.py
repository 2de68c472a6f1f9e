"""Which headers a route can let callers set, and which end at the relay in any case."""

import re

__all__ = ["HOP_BY_HOP", "TOKEN", "WRITTEN_BY_RELAY", "header_problem"]

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")
"""The name of a header: RFC 9110, section 5.6.2."""

HOP_BY_HOP = frozenset(
    {"connection", "expect", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
)
"""What is between two machines only: RFC 9110, section 7.6.1. `proxy-*` is, too."""

WRITTEN_BY_RELAY = frozenset(
    {
        "accept",
        "accept-encoding",
        "connection",
        "content-length",
        "content-type",
        "host",
        "user-agent",
    }
)
"""What every client sends, and the relay writes for itself."""

# Who calls, on whose behalf and from where is for the relay to say; and some hosts take another
# method or path than that of the request line from a header.
_RESERVED = (
    HOP_BY_HOP
    | (WRITTEN_BY_RELAY - {"accept"})
    | {"authorization", "cookie", "forwarded", "x-real-ip"}
    | {"x-http-method", "x-http-method-override", "x-method-override"}
    | {"x-original-url", "x-rewrite-url"}
)
_RESERVED_BEGINNINGS = ("proxy-", "x-forwarded-")


def header_problem(name: str) -> str | None:
    """Say why no route may let callers set a header.

    Args:
        name: Of the header, as a route declares it.

    Returns:
        What is wrong, or `None` where the name is in lower case, well-formed and not reserved.

    Example:
        ```python
        from secure_lambda_constructs.relay.handler.headers import header_problem

        assert header_problem("idempotency-key") is None
        assert header_problem("cookie") is not None
        ```
    """
    if not TOKEN.fullmatch(name) or name != name.lower():
        return f"{name!r} is no name of a header in lower case; write one such as 'idempotency-key'"
    if name in _RESERVED or name.startswith(_RESERVED_BEGINNINGS):
        return f"no route can take the header {name!r} over from callers; remove it"
    return None
