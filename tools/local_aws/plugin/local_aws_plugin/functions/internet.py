"""The internet of functions outside a VPC: the names that a test gives, and nothing else.

A name has an address that looks public. Connections to it and to port 443 go to a port of this
machine, where the test has a server. Functions find the names in a file (see ``start.py``).
"""

from __future__ import annotations

import ipaddress
import json
import os
import threading
from pathlib import Path
from typing import Any

from ..control import ControlError

__all__ = ["INTERNET", "Internet"]

# Of the public internet for whoever judges addresses, as no range for documentation is.
_RANGE = ipaddress.IPv4Network("93.184.216.0/24")


class Internet:
    """Knows the names, and where each leads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # For good: a name keeps its address when it leads elsewhere.
        self._addresses: dict[str, str] = {}

    @property
    def file(self) -> Path:
        """Where functions find the names; absent before the first one."""
        return Path(os.environ["LOCAL_AWS_STATE"]) / "internet.json"

    def set_hosts(self, body: dict[str, Any]) -> None:
        """Replaces the names.

        Args:
            body: ``hosts``: by name, the address on the loopback interface and the port.

        Raises:
            ControlError: They are of another form, or too many.
        """
        hosts = body.get("hosts")
        if not isinstance(hosts, dict):
            raise ControlError(f"hosts must be an object, got {hosts!r}")
        found = {name.lower().removesuffix("."): _local(name, to) for name, to in hosts.items()}
        with self._lock:
            content = {name: {"address": self._address(name)} | to for name, to in found.items()}
            new = self.file.with_suffix(".new")
            new.write_text(json.dumps(content))
            new.replace(self.file)

    def _address(self, name: str) -> str:
        if name not in self._addresses:
            if len(self._addresses) >= _RANGE.num_addresses - 2:
                raise ControlError("the internet has no more addresses, use fewer names")
            self._addresses[name] = str(_RANGE[1 + len(self._addresses)])
        return self._addresses[name]


def _local(name: str, to: Any) -> dict[str, Any]:
    match to:
        case [str(host), int(port)] if _is_loopback(host) and 0 < port < 65_536:
            return {"host": host, "port": port}
        case _:
            raise ControlError(
                f"{name} must lead to an address such as 127.0.0.1 and a port, got {to!r}"
            )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.IPv4Address(host).is_loopback
    except ValueError:
        return False


INTERNET = Internet()
"""The internet of this process."""
