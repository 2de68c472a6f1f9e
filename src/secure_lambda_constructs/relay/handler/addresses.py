"""Which addresses a host's name may stand for, and how they are found out.

Whoever may write a host's DNS records could otherwise lead the relay to the metadata service, to
its own runtime or into a network that it is attached to. So a name counts only if each of its
addresses is one of the public internet, and the connection goes to just the address that was
judged: the name is not looked up a second time.
"""

import ipaddress
import socket
import threading
from collections.abc import Callable, Sequence

from .deadline import Deadline
from .refusals import Code, Refusal

__all__ = ["Resolver", "is_public", "public_addresses", "resolve"]

Resolver = Callable[[str, Deadline], Sequence[str]]
"""What finds the addresses of a host's name by a deadline, as `resolve` does."""

# The special-purpose registries of IANA (RFC 6890), which `ipaddress` carries in a state that
# differs between the releases of Python, and what else serves no host of the public internet.
_IPV4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network, RFC 791
        "10.0.0.0/8",  # private, RFC 1918
        "100.64.0.0/10",  # behind a carrier's NAT, RFC 6598
        "127.0.0.0/8",  # loopback, RFC 1122
        "168.63.129.16/32",  # a metadata service with a public address
        "169.254.0.0/16",  # link-local, RFC 3927, with the metadata service
        "172.16.0.0/12",  # private, RFC 1918
        "192.0.0.0/24",  # protocol assignments, RFC 6890
        "192.0.2.0/24",  # documentation, RFC 5737
        "192.31.196.0/24",  # AS112, RFC 7535
        "192.52.193.0/24",  # multicast tunnels, RFC 7450
        "192.88.99.0/24",  # 6to4 relays, RFC 7526
        "192.168.0.0/16",  # private, RFC 1918
        "192.175.48.0/24",  # AS112, RFC 7534
        "198.18.0.0/15",  # benchmarks, RFC 2544
        "198.51.100.0/24",  # documentation, RFC 5737
        "203.0.113.0/24",  # documentation, RFC 5737
        "224.0.0.0/4",  # multicast, RFC 5771
        "240.0.0.0/4",  # reserved, RFC 1112, with the broadcast address
    )
)
# Of IPv6, only this has been given out (RFC 4291). Outside lie loopback, mapped and compatible
# addresses, NAT64 (64:ff9b::/96, 64:ff9b:1::/48), discard (100::/64), unique local (fc00::/7, with
# the metadata service), link-local, site-local and multicast addresses.
_IPV6_GIVEN_OUT = ipaddress.IPv6Network("2000::/3")
_IPV6 = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, RFC 2928, with Teredo, ORCHID and benchmarks
        "2001:db8::/32",  # documentation, RFC 3849
        "2002::/16",  # 6to4, RFC 3056
        "2620:4f:8000::/48",  # AS112, RFC 7534
        "3ffe::/16",  # the former 6bone, RFC 3701
        "3fff::/20",  # documentation, RFC 9637
    )
)

# `getaddrinfo` cannot be stopped: a thread that the resolver holds is left behind, and no more
# than these are.
_LOOK_UPS = threading.BoundedSemaphore(32)


def is_public(address: str) -> bool:
    """Tell whether an address is one of the public internet.

    It is by the table of this module (RFC 6890 and the registries that it set up) and by Python's
    own: both have to agree.

    Args:
        address: IPv4 or IPv6, as the standard library writes it.

    Returns:
        Whether it is; `False` for whatever is not written just so (`0177.0.0.1`, `0x7f.1`,
        `fe80::1%eth0`).

    Example:
        ```python
        from secure_lambda_constructs.relay.handler.addresses import is_public

        assert is_public("8.8.8.8")
        assert not is_public("169.254.169.254")
        ```
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if str(parsed) != address or not parsed.is_global:
        return False
    if isinstance(parsed, ipaddress.IPv4Address):
        return not any(parsed in network for network in _IPV4)
    if parsed.scope_id is not None or parsed not in _IPV6_GIVEN_OUT:
        return False
    return not any(parsed in network for network in _IPV6)


def resolve(host: str, deadline: Deadline) -> Sequence[str]:
    """Find the IPv4 addresses of a name, by the resolver of the system.

    Args:
        host: The name.
        deadline: When to stop waiting.

    Returns:
        The addresses, each once, in the resolver's order.

    Raises:
        Refusal: The name has no IPv4 address, or there was no answer in time.

    Example:
        ```python
        import time

        from secure_lambda_constructs.relay.handler.addresses import resolve
        from secure_lambda_constructs.relay.handler.deadline import Deadline

        assert resolve("127.0.0.1", Deadline(time.monotonic() + 5)) == ["127.0.0.1"]
        ```
    """
    if not _LOOK_UPS.acquire(timeout=deadline.remaining()):
        raise Refusal(
            Code.UPSTREAM_TIMEOUT, "the resolver is busy with names that it does not answer for"
        )
    found: list[str] = []
    done = threading.Event()

    def look_up() -> None:
        try:
            for entry in socket.getaddrinfo(host, 443, socket.AF_INET, socket.SOCK_STREAM):
                found.append(str(entry[4][0]))
        except (OSError, UnicodeError):
            pass  # told below, as the name has no address then
        finally:
            _LOOK_UPS.release()
            done.set()

    try:
        threading.Thread(target=look_up, daemon=True).start()
    except RuntimeError as error:  # there may be no more threads
        _LOOK_UPS.release()
        raise Refusal(Code.INTERNAL_ERROR, "no thread can be started for the resolver") from error
    if not done.wait(deadline.remaining()):
        raise Refusal(Code.UPSTREAM_TIMEOUT, "the host's name was not resolved in the route's time")
    if not found:
        raise Refusal(Code.NAME_NOT_RESOLVED, "the host's name has no IPv4 address")
    return list(dict.fromkeys(found))


def public_addresses(
    host: str,
    deadline: Deadline,
    resolver: Resolver = resolve,
    is_allowed: Callable[[str], bool] = is_public,
) -> Sequence[str]:
    """Find the addresses of a name, and refuse it if one of them is not public.

    A name that has a public and a private address is no name of the internet: somebody tries out
    which of them is taken.

    Args:
        host: The name.
        deadline: When to stop waiting.
        resolver: What finds the addresses.
        is_allowed: What judges them.

    Returns:
        The addresses, at least one.

    Raises:
        Refusal: The name has no address, or one that is not allowed; or the deadline has passed.

    Example:
        ```python
        import time

        import pytest

        from secure_lambda_constructs.relay.handler.addresses import public_addresses
        from secure_lambda_constructs.relay.handler.deadline import Deadline
        from secure_lambda_constructs.relay.handler.refusals import Refusal

        deadline = Deadline(time.monotonic() + 5)
        with pytest.raises(Refusal, match="1 of its 2 addresses"):
            public_addresses("x.example", deadline, lambda host, by: ["8.8.8.8", "10.0.0.1"])
        ```
    """
    addresses = resolver(host, deadline)
    refused = sum(not is_allowed(address) for address in addresses)
    if refused:
        raise Refusal(
            Code.ADDRESS_NOT_ALLOWED,
            f"{refused} of its {len(addresses)} addresses is not one of the public internet",
        )
    if not addresses:
        raise Refusal(Code.NAME_NOT_RESOLVED, "the host's name has no address")
    return addresses
