"""The databases that run, by the ARNs of what they are behind.

Each endpoint has an address of its own on the loopback interface, so that every one of them has its
usual port. Functions find the addresses in a file (see ``functions/start.py``). Without PostgreSQL
on this machine, and for other engines, nothing listens: there is the control plane only.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import threading
from dataclasses import dataclass, field
from pathlib import Path

from .authority import Authority
from .gateway import Endpoint, Gateways
from .server import Server, programs

__all__ = ["FLEET", "Database", "Fleet"]

_ATTEMPTS = 50


@dataclass(frozen=True)
class Database:
    """What a cluster, or an instance that is of none, is asked to be."""

    arn: str
    names: tuple[str, ...]
    engine: str
    port: int
    master: str
    database: str | None


@dataclass
class _Running:
    server: Server
    port: int
    names: list[str] = field(default_factory=list)


class Fleet:
    """Starts and stops databases and what leads to them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[str, _Running] = {}
        self._proxies: dict[str, str] = {}
        self._addresses: dict[str, str] = {}
        self._authority: Authority | None = None
        self._gateways: Gateways | None = None

    @property
    def for_functions(self) -> tuple[Path, Path] | None:
        """The files of names and of the root certificate; None before the first database."""
        if self._authority is None:
            return None
        return _folder() / "names.json", self._authority.root

    def start(self, database: Database) -> None:
        """Runs a database, where it is one of PostgreSQL and this machine has that."""
        found = programs()
        if found is None or "postgres" not in database.engine:
            return
        with self._lock:
            if self._authority is None:
                _folder().mkdir(exist_ok=True)
                self._authority, self._gateways = Authority(_folder()), Gateways()
            folder = _folder() / secrets.token_hex(4)
            running = _Running(
                Server(found, folder, database.master, database.database), database.port
            )
            self._running[database.arn] = running
            for name in database.names:
                self._open(name, running, database.arn)
                running.names.append(name)

    def add_name(self, arn: str, name: str) -> None:
        """Gives a database another name."""
        with self._lock:
            running = self._running.get(arn)
            if running is not None:
                self._open(name, running, arn)
                running.names.append(name)

    def add_proxy(self, arn: str, name: str, target: str) -> None:
        """Puts a proxy in front of a database."""
        with self._lock:
            running = self._running.get(target)
            if running is not None:
                # Every proxy of PostgreSQL listens on this port.
                self._open(name, _Running(running.server, 5432), arn)
                self._proxies[arn] = name

    def stop(self, arn: str) -> None:
        """Stops a database or a proxy; harmless for others."""
        with self._lock:
            proxy = self._proxies.pop(arn, None)
            if proxy is not None:
                self._close(proxy)
            running = self._running.pop(arn, None)
            if running is not None:
                for name in running.names:
                    self._close(name)
                running.server.stop()

    def _open(self, name: str, running: _Running, arn: str) -> None:
        assert self._authority is not None
        assert self._gateways is not None
        tls = self._authority.context_for(name)
        region = arn.split(":")[3]
        for _ in range(_ATTEMPTS):
            # Other stand-ins of this machine choose as well.
            address = "127." + ".".join(str(1 + secrets.randbelow(254)) for _ in range(3))
            endpoint = Endpoint(name, address, running.port, region, tls, running.server.socket)
            try:
                self._gateways.open(endpoint)
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
                continue
            self._addresses[name] = address
            self._write()
            return
        raise RuntimeError(
            f"port {running.port} is taken on every loopback address; stop what listens on it"
        )

    def _close(self, name: str) -> None:
        assert self._gateways is not None
        self._gateways.close(name)
        del self._addresses[name]
        self._write()

    def _write(self) -> None:
        new = _folder() / "names.new"
        new.write_text(json.dumps(self._addresses))
        new.replace(_folder() / "names.json")


def _folder() -> Path:
    return Path(os.environ["LOCAL_AWS_STATE"]) / "databases"


FLEET = Fleet()
"""The databases of this process."""
