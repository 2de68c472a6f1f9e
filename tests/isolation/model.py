"""What AWS would do with the packets and names of one function, read from what is deployed."""

from dataclasses import dataclass
from ipaddress import IPv4Network

__all__ = [
    "ALLOW_ALL",
    "INTERNET",
    "LOCAL",
    "DomainRule",
    "Function",
    "Network",
    "Permission",
    "Route",
    "UnsupportedError",
]

LOCAL = "local"
"""Target of the route to the VPC's own addresses."""

INTERNET = "internet"
"""Target of every route that is neither to the VPC nor to a gateway endpoint."""


class UnsupportedError(Exception):
    """Something deployed that the packet test does not know, and so must not pass over."""


@dataclass(frozen=True)
class Permission:
    """An egress rule of a security group, with its peer as addresses."""

    protocol: str
    """As in EC2's API: a name, a number, or `-1` for all."""
    destination: str
    """A block of addresses."""
    from_port: int = -1
    """First port, or the type for ICMP; -1 for all."""
    to_port: int = -1
    """Last port, or the code for ICMP; -1 for all."""


ALLOW_ALL = Permission("-1", "0.0.0.0/0")
"""What EC2 puts into a group that is made without egress rules."""


@dataclass(frozen=True)
class Route:
    """A route of the table of the function's subnet."""

    destination: str
    """A block of addresses."""
    target: str
    """`LOCAL`, `INTERNET`, or the name of a gateway endpoint's service."""


@dataclass(frozen=True)
class DomainRule:
    """A rule of the DNS firewall."""

    action: str
    """ALLOW, ALERT or BLOCK."""
    domains: tuple[str, ...]
    query_type: str | None = None
    """The only type of query that it looks at; all where there is none."""
    response: str = "NXDOMAIN"
    """What a blocked query gets: NXDOMAIN or NODATA."""

    @property
    def lets_through(self) -> bool:
        """Whether a query that hits it is resolved; an alert only reports."""
        return self.action != "BLOCK"


@dataclass(frozen=True)
class Network:
    """All that decides where a packet or a query of the function goes."""

    vpc: IPv4Network
    subnet: IPv4Network
    permissions: tuple[Permission, ...]
    """Of all of the function's security groups together: what one of them allows, passes."""
    routes: tuple[Route, ...]
    domain_rules: tuple[DomainRule, ...]
    """In the order in which they are tried."""


@dataclass(frozen=True)
class Function:
    """The deployed function."""

    name: str
    handler: str
    variables: dict[str, str]
    archive: bytes
    """The deployed code."""
