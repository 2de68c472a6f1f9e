"""The ways in which the changed code tries to send data away, and what became of each."""

import io
import secrets
import time
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from . import dns
from .attacker import DNS_ZONE, TCP_PORTS, UDP_PORTS
from .environment import running
from .model import Function
from .world import World

__all__ = ["DIRECT", "INSIDE", "OUTSIDE", "RESOLVED", "Outcome", "attempt_all"]

_SOURCE = Path(__file__).with_name("leak.py")
_SECONDS = 2.0
# Packets are there at once; what the kernel would still send again is dropped like the first.
_SETTLE_SECONDS = 0.1


@dataclass(frozen=True)
class Outcome:
    """What became of the attempts, by their names."""

    succeeded: set[str]
    """As the function saw it: it got an answer."""
    arrived: set[str]
    """As the attacker saw it: the data came."""
    packets: int
    """All that arrived at the attacker, even without data."""
    reasons: Mapping[str, str]
    """What the function was told."""


def _names(hosts: tuple[str, ...]) -> Iterator[str]:
    for host in hosts:
        yield from (f"tcp {port} to {host}" for port in TCP_PORTS)
        yield from (f"udp {port} to {host}" for port in UDP_PORTS)
        yield from (f"{kind} to {host}" for kind in ("tls", "icmp", "dns", "dns over tcp"))


INSIDE = frozenset(_names(("insider",)))
"""Straight to a host in the VPC."""

OUTSIDE = frozenset(_names(("internet",)))
"""Straight to a host in the internet."""

DIRECT = INSIDE | OUTSIDE
"""All that a security group sees."""

RESOLVED = frozenset(
    {"lookup", "dns over tcp TXT", "dns TXT to the link-local address"}
    | {f"dns {query_type}" for query_type in dns.QUERY_TYPES}
)
"""Through the resolver of the VPC."""


def attempt_all(world: World, function: Function, folder: Path) -> Outcome:
    """Run changed code in the function's place and let it make all attempts.

    Args:
        world: Where it runs.
        function: Whose code is changed.
        folder: A folder to put code into.
    """
    run = secrets.token_hex(4)
    attempts = {each["name"]: each for each in _attempts(world, run)}
    assert set(attempts) == DIRECT | RESOLVED
    changed = replace(function, handler="leak.handler", archive=_archive())
    with running(changed, namespace=world.function, variables={}, folder=folder) as environment:
        reasons = environment.invoke({"attempts": list(attempts.values()), "seconds": _SECONDS})
    time.sleep(_SETTLE_SECONDS)
    arrivals = [each for attacker in world.attackers for each in attacker.arrivals]
    return Outcome(
        succeeded={name for name, reason in reasons.items() if not reason},
        arrived={
            name
            for name, attempt in attempts.items()
            if any(attempt["mark"].encode() in arrival.content for arrival in arrivals)
        },
        packets=len(arrivals),
        reasons=reasons,
    )


def _attempts(world: World, run: str) -> Iterator[dict[str, Any]]:
    for host, address in world.hosts.items():
        for port in TCP_PORTS:
            yield _attempt(f"tcp {port} to {host}", run, kind="tcp", address=address, port=port)
        for port in UDP_PORTS:
            yield _attempt(f"udp {port} to {host}", run, kind="udp", address=address, port=port)
        yield _attempt(f"icmp to {host}", run, kind="icmp", address=address)
        tls = _attempt(f"tls to {host}", run, kind="tls", address=address, port=443)
        yield tls | {"data": f"{tls['mark']}.ddb.us-east-1.amazonaws.com"}
        yield _query(f"dns to {host}", run, "TXT", kind="dns", address=address)
        yield _query(f"dns over tcp to {host}", run, "TXT", kind="dns_over_tcp", address=address)
    resolver, link_local = world.resolvers
    for query_type in dns.QUERY_TYPES:
        yield _query(f"dns {query_type}", run, query_type, kind="dns", address=resolver)
    yield _query("dns over tcp TXT", run, "TXT", kind="dns_over_tcp", address=resolver)
    yield _query("dns TXT to the link-local address", run, "TXT", kind="dns", address=link_local)
    lookup = _attempt("lookup", run, kind="lookup")
    yield lookup | {"data": f"{lookup['mark']}.{DNS_ZONE}"}


def _attempt(name: str, run: str, **more: Any) -> dict[str, Any]:
    # The run is at the end: no mark is the beginning of another one.
    mark = f"{name.lower().replace(' ', '-')}-{run}"
    return {"name": name, "mark": mark, "data": mark, **more}


def _query(name: str, run: str, query_type: str, **more: Any) -> dict[str, Any]:
    attempt = _attempt(name, run, **more)
    return attempt | {"query": dns.query(f"{attempt['mark']}.{DNS_ZONE}", query_type).hex()}


def _archive() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("leak.py", _SOURCE.read_text())
    return content.getvalue()
