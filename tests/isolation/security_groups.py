"""Security groups as rules of nftables."""

from collections.abc import Sequence
from ipaddress import ip_network

from .model import Network, Permission, UnsupportedError

__all__ = ["ruleset", "statement"]

_PORTS = ("tcp", "udp")
_NUMBERS = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}


def statement(permission: Permission) -> str:
    """The statement of nftables that lets pass what a rule of a group lets pass.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html

    Raises:
        UnsupportedError: The protocol is not known.
    """
    block = ip_network(permission.destination)
    peer = f"{'ip6' if block.version == 6 else 'ip'} daddr {block}"
    protocol = _NUMBERS.get(permission.protocol, permission.protocol)
    first, last = permission.from_port, permission.to_port
    if protocol == "-1":
        return f"{peer} accept"
    if protocol in _PORTS:
        ports = f"{protocol} dport {first}-{last}" if first != -1 else f"meta l4proto {protocol}"
        return f"{peer} {ports} accept"
    if protocol in ("icmp", "icmpv6"):
        kind = f" {protocol} type {first}" if first != -1 else ""
        code = f" {protocol} code {last}" if last != -1 else ""
        proper = "ipv6-icmp" if protocol == "icmpv6" else protocol
        return f"{peer} meta l4proto {proper}{kind}{code} accept"
    if protocol.isdigit():
        return f"{peer} meta l4proto {protocol} accept"
    raise UnsupportedError(f"a rule names the protocol {permission.protocol}, which is not known")


def ruleset(network: Network, *, interface: str, resolvers: Sequence[str]) -> str:
    """A table that drops what no security group of the function lets out.

    Groups know connections: what answers an allowed packet passes. They do not see the queries to
    the VPC's resolver:
    https://aws.amazon.com/blogs/networking-and-content-delivery/secure-your-amazon-vpc-dns-resolution-with-amazon-route-53-resolver-dns-firewall/

    Args:
        network: The network.
        interface: The name of the interface that the function's packets come from.
        resolvers: The addresses of the VPC's resolver.

    Returns:
        Input for `nft -f`.
    """
    lines = [
        "type filter hook prerouting priority filter; policy accept;",
        f'iifname != "{interface}" accept',
        "ct state established,related accept",
        f"ip daddr {{ {', '.join(resolvers)} }} meta l4proto {{ tcp, udp }} th dport 53 accept",
        *[statement(permission) for permission in network.permissions],
        "drop",
    ]
    rules = "\n    ".join(lines)
    return f"table inet security_groups {{\n  chain egress {{\n    {rules}\n  }}\n}}\n"
