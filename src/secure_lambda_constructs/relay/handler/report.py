"""Report mode: what no route allows, sent as it is, so that teams learn which routes they need."""

from .headers import HOP_BY_HOP
from .messages import CallerRequest, OutgoingRequest
from .url import LITERAL_CHARACTERS, encode, write_pairs

__all__ = ["pass_through"]

_WRITTEN = HOP_BY_HOP | {"accept-encoding", "content-length", "host"}
_WITH_CONTENT = {"PATCH", "POST", "PUT"}


def pass_through(request: CallerRequest) -> OutgoingRequest:
    """Write the request that is sent in report mode where no route allows it.

    Args:
        request: The caller's request, to any host.

    Returns:
        The same request, with its URL written anew from its pieces, and without the headers that
        are between two machines only (RFC 9110, section 7.6.1). `accept-encoding` is `identity`.

    Example:
        ```python
        from secure_lambda_constructs.relay.handler.report import pass_through
        from secure_lambda_constructs.relay.handler.request import read_request

        request = read_request(
            {"version": 1, "method": "GET", "url": "https://example.com/a%20b?c=d"}
        )
        assert pass_through(request).target == "/a%20b?c=d"
        ```
    """
    between = {name.strip(" ").lower() for name in request.headers.get("connection", "").split(",")}
    headers = {
        name: value
        for name, value in request.headers.items()
        if name not in _WRITTEN | between and not name.startswith("proxy-")
    }
    has_content = bool(request.body) or request.method in _WITH_CONTENT
    return OutgoingRequest(
        method=request.method,
        host=request.host,
        path="".join(f"/{encode(segment, LITERAL_CHARACTERS)}" for segment in request.segments),
        query=write_pairs(list(request.query)),
        headers=(*headers.items(), ("accept-encoding", "identity")),
        body=request.body if has_content else None,
    )
