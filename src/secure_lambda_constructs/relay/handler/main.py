"""What Lambda starts: the relay of the routes that stand beside this package.

`routes.json` is read when Lambda loads the code, before the first event. Where it cannot be read,
loading fails, and the function answers nothing. AWS is not called before an event needs a
credential; boto3 is imported before, if any route has one.
"""

from pathlib import Path

from .pool import Connections
from .relay import Relay
from .routes import read_configuration
from .secret_values import AwsReader, SecretValues

__all__ = ["handler"]

_SHIPPED_AS = "relay_handler"
_ROUTES = Path(__file__).parents[1] / "routes.json"


def _start() -> Relay:
    configuration = read_configuration(_ROUTES.read_text(encoding="utf-8"))
    reader = AwsReader()
    if any(route.credential is not None for route in configuration.routes):
        reader.load()  # so that the first event does not wait for it
    return Relay(configuration, connections=Connections(), secrets=SecretValues(read=reader))


# As a module of the library it has no routes beside it, and is only looked at.
_relay = _start() if __package__ == _SHIPPED_AS else None


def handler(event: object, context: object) -> dict[str, object]:
    """Answer one event, as `Relay.handle` does.

    Args:
        event: The caller's request.
        context: Lambda's.

    Returns:
        The answer, or the error, in the wire format.

    Raises:
        RuntimeError: This is not the code of a relay, but a module of the library.
    """
    if _relay is None:
        raise RuntimeError(f"the relay runs in its function, as the package {_SHIPPED_AS}")
    return _relay.handle(event, context)
