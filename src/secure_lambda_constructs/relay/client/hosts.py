"""Which relay serves which host."""

import os
import re
from collections.abc import Mapping

from .errors import RelayError, RelayRefusedError

__all__ = ["HOSTS_VARIABLE", "check_hosts", "hosts_of_environment", "relay_for"]

HOSTS_VARIABLE = "EGRESS_RELAY_HOSTS"
"""Name of the environment variable that the relay's construct writes into its callers."""

_EVERY_HOST = "*"
_LISTED = 20
# https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
_FUNCTION_ARN = re.compile(
    r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]+(:[A-Za-z0-9$_-]+)?"
)


def hosts_of_environment() -> dict[str, str]:
    """Read `EGRESS_RELAY_HOSTS`: entries `host=arn`, separated by single spaces.

    Returns:
        The ARN of the relay for each host; empty where the variable is not set. The host `*`
        stands for every host.

    Raises:
        RelayError: The variable cannot be read.

    Example:
        ```python
        import os

        from secure_lambda_constructs.relay.client.hosts import hosts_of_environment

        arn = "arn:aws:lambda:eu-west-1:111122223333:function:Relay"
        os.environ["EGRESS_RELAY_HOSTS"] = f"api.example.com={arn}"
        assert hosts_of_environment() == {"api.example.com": arn}
        del os.environ["EGRESS_RELAY_HOSTS"]
        ```
    """
    text = os.environ.get(HOSTS_VARIABLE, "")
    hosts = {}
    for place, entry in enumerate(text.split(" ") if text else (), start=1):
        host, equals, arn = entry.partition("=")
        if not (host and equals and _FUNCTION_ARN.fullmatch(arn)):
            raise RelayError(
                "configuration_invalid",
                f"entry {place} of the environment variable {HOSTS_VARIABLE} is not host=arn of a "
                "function: let relay.grant_invoke(function) write it",
            )
        hosts[_comparable(host)] = arn
    return hosts


def check_hosts(hosts: Mapping[str, str]) -> dict[str, str]:
    """Read the relays that were given in code.

    Args:
        hosts: The ARN of the relay for each host, or for `*`.

    Returns:
        The same, with the hosts as they are compared.

    Raises:
        ValueError: One of them is no ARN of a function.

    Example:
        ```python
        from secure_lambda_constructs.relay.client.hosts import check_hosts

        arn = "arn:aws:lambda:eu-west-1:111122223333:function:Relay"
        assert check_hosts({"API.example.com.": arn}) == {"api.example.com": arn}
        ```
    """
    for host, arn in hosts.items():
        if not _FUNCTION_ARN.fullmatch(arn):
            raise ValueError(
                f"the relay for {host!r} is {arn!r}: write the ARN of a function, such as "
                "'arn:aws:lambda:eu-west-1:111122223333:function:Relay'"
            )
    return {_comparable(host): arn for host, arn in hosts.items()}


def relay_for(host: str, hosts: Mapping[str, str]) -> str:
    """Choose the relay for a host.

    Args:
        host: Of the URL.
        hosts: The ARN of the relay for each host, or for `*`.

    Returns:
        The ARN.

    Raises:
        RelayRefusedError: No relay serves the host.

    Example:
        ```python
        from secure_lambda_constructs.relay.client.hosts import relay_for

        arn = "arn:aws:lambda:eu-west-1:111122223333:function:Relay"
        assert relay_for("api.example.com", {"api.example.com": arn}) == arn
        ```
    """
    found = hosts.get(_comparable(host)) or hosts.get(_EVERY_HOST)
    if found is not None:
        return found
    if not hosts:
        raise RelayRefusedError(
            "host_not_served",
            f"no relay serves the host {host!r}, as this function has none: the environment "
            f"variable {HOSTS_VARIABLE} is not set; let relay.grant_invoke(function) write it",
        )
    known = sorted(hosts)
    more = f" and {len(known) - _LISTED} more" if len(known) > _LISTED else ""
    raise RelayRefusedError(
        "host_not_served",
        f"no relay serves the host {host!r}: use one of {', '.join(known[:_LISTED])}{more}, or "
        "declare a route for it",
    )


def _comparable(host: str) -> str:
    return host.lower().removesuffix(".")
