"""All tables of hostile cases."""

from .address_cases import address_cases
from .body_cases import body_cases
from .content_cases import content_cases
from .event_cases import event_cases
from .query_cases import header_cases, query_cases
from .response_cases import response_cases, slow_cases
from .url_cases import url_cases

__all__ = ["ADDRESSES", "REQUESTS", "RESPONSES", "RESPONSE_STREAMS", "SLOW"]

ADDRESSES = tuple(address_cases())
"""What resolvers answer."""

REQUESTS = (*url_cases(), *query_cases(), *header_cases(), *body_cases(), *event_cases())
"""What callers send."""

RESPONSES = (*response_cases(), *content_cases())
"""What hosts answer."""

SLOW = tuple(slow_cases())
"""What hosts take too long for."""

RESPONSE_STREAMS = tuple(
    b"".join(step for step in case.steps if isinstance(step, bytes)) for case in RESPONSES + SLOW
)
"""The bytes of all responses."""
