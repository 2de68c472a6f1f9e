"""Asks a server for something, and tells how it ended."""

import pytest

from secure_lambda_constructs.relay.handler.messages import OutgoingRequest
from secure_lambda_constructs.relay.handler.pool import Connections
from secure_lambda_constructs.relay.handler.refusals import Code, Refusal

from ..servers import in_seconds

__all__ = ["HOST", "refusal", "status"]

HOST = "api.example.com"


def status(connections: Connections, seconds: float = 5.0, authorities: str | None = None) -> int:
    """The status of the response; the connections are closed."""
    try:
        return connections.send(
            OutgoingRequest("GET", HOST, "/rates"),
            deadline=in_seconds(seconds),
            max_response_bytes=1000,
            certificate_authorities=authorities,
        ).status
    finally:
        connections.close()


def refusal(connections: Connections, seconds: float = 5.0, authorities: str | None = None) -> Code:
    """The code of the refusal; the connections are closed."""
    with pytest.raises(Refusal) as caught:
        status(connections, seconds, authorities)
    assert HOST not in caught.value.message
    return caught.value.code
