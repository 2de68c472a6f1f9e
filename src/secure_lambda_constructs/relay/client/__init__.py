"""What functions of a closed network call a relay with.

This folder is shipped to functions as a layer, under the name `egress_relay`; teams that keep
their dependencies with their code copy it under that name. It imports nothing else of this library.

`call` and `RelayClient` need boto3, which the Lambda runtime carries. `RelayAdapter` is for
`requests`, `RelayTransport` and `AsyncRelayTransport` for `httpx`, `RelayPoolManager` for `urllib3`
and `RelayHandler` for `urllib.request`: each is imported when it is first used, and so is boto3, so
that a function loads what it needs.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .answers import Headers, RelayResponse
    from .core import RelayClient, call
    from .errors import (
        RelayConnectionError,
        RelayError,
        RelayLimitError,
        RelayProtocolError,
        RelayRefusedError,
        RelayTimeoutError,
        RelayTlsError,
        RelayUnavailableError,
    )
    from .httpx_transport import AsyncRelayTransport, RelayTransport
    from .requests_adapter import RelayAdapter
    from .urllib3_pool import RelayPoolManager
    from .urllib_handler import RelayHandler

__all__ = [
    "AsyncRelayTransport",
    "Headers",
    "RelayAdapter",
    "RelayClient",
    "RelayConnectionError",
    "RelayError",
    "RelayHandler",
    "RelayLimitError",
    "RelayPoolManager",
    "RelayProtocolError",
    "RelayRefusedError",
    "RelayResponse",
    "RelayTimeoutError",
    "RelayTlsError",
    "RelayTransport",
    "RelayUnavailableError",
    "call",
]

_MODULES = {
    "AsyncRelayTransport": "httpx_transport",
    "Headers": "answers",
    "RelayAdapter": "requests_adapter",
    "RelayClient": "core",
    "RelayHandler": "urllib_handler",
    "RelayPoolManager": "urllib3_pool",
    "RelayResponse": "answers",
    "RelayTransport": "httpx_transport",
    "call": "core",
}


def __getattr__(name: str) -> Any:
    """Import the module of a public name when the name is first used."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_MODULES.get(name, 'errors')}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return [*globals(), *__all__]
