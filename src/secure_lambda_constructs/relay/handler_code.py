"""The code of a relay: the handler, its routes, and the hooks of the team, in one folder.

The routes are in the code, not in environment variables, so that they are signed with it: who can
change the configuration of the function cannot make it reach anything else.
"""

import dataclasses
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import InvalidInputError
from .handler.routes import FORMAT_VERSION, Configuration, Route, read_configuration

__all__ = ["CLIENT_PACKAGE", "HANDLER", "HANDLER_PACKAGE", "write_client", "write_handler"]

HANDLER_PACKAGE = "relay_handler"
"""What the handler's package is called in the function."""
HANDLER = f"{HANDLER_PACKAGE}.main.handler"
"""What Lambda calls."""
CLIENT_PACKAGE = "egress_relay"
"""What the clients' package is called in the functions that call."""

_HERE = Path(__file__).parent


def write_handler(folder: Path, configuration: Configuration, hooks: Sequence[Path]) -> None:
    """Write the code of a relay.

    Args:
        folder: An empty folder.
        configuration: What the relay may do.
        hooks: The files of its hooks.

    Raises:
        InvalidInputError: Two hooks are of the same name.
    """
    _copy(_HERE / "handler", folder / HANDLER_PACKAGE)
    # Not sorted: the order of query keys and fields is that in which they are sent.
    text = json.dumps(_written(configuration), indent=1)
    if read_configuration(text) != configuration:
        raise AssertionError("routes.json is not read as it was meant")
    (folder / "routes.json").write_text(f"{text}\n", encoding="utf-8")
    if not hooks:
        return
    package = folder / "relay_hooks"
    package.mkdir()
    (package / "__init__.py").write_text("")
    for hook in dict.fromkeys(hooks):
        target = package / hook.name
        if target.exists():
            raise InvalidInputError(
                f"two hooks are in files of the name {hook.name!r}, and a relay has one folder for "
                "them; give one another name"
            )
        shutil.copyfile(hook, target)


def write_client(folder: Path) -> None:
    """Write the layer that functions call relays with.

    Args:
        folder: An empty folder.
    """
    package = folder / "python" / CLIENT_PACKAGE
    _copy(_HERE / "client", package)
    # Who unpacks the layer to check types gets ours.
    (package / "py.typed").write_text("")


def _copy(source: Path, target: Path) -> None:
    """Copy the modules of a package, and nothing that a run left beside them."""
    target.mkdir(parents=True)
    for module in sorted(source.glob("*.py")):
        shutil.copyfile(module, target / module.name)


def _written(configuration: Configuration) -> dict[str, Any]:
    """The configuration as JSON has it, without what is as by default."""
    return {
        "version": FORMAT_VERSION,
        "report_only": configuration.report_only,
        "routes": [_without_defaults(route) for route in configuration.routes],
    }


def _without_defaults(value: Any) -> Any:
    """Leave out what is as by default, so that the file shows what was declared."""
    if isinstance(value, Mapping):
        return {key: _without_defaults(item) for key, item in value.items()}
    if not dataclasses.is_dataclass(value):
        return list(value) if isinstance(value, tuple) else value
    members: dict[str, Any] = {}
    for member in dataclasses.fields(value):
        item = getattr(value, member.name)
        default = member.default
        if member.default_factory is not dataclasses.MISSING:
            default = member.default_factory()
        # What the response is limited to is worth reading even where nobody said it.
        if item != default or (isinstance(value, Route) and member.name == "response"):
            members[member.name] = _without_defaults(item)
    return members
