"""What AWS publishes and the local stand-in does not: prefix lists, addresses, names."""

from dataclasses import dataclass

from .model import UnsupportedError

__all__ = ["SERVICES", "Service", "service_of_prefix_list"]


@dataclass(frozen=True)
class Service:
    """A service with a gateway endpoint."""

    name: str
    prefix_list_id: str
    block: str
    """The addresses of the prefix list. A block for documentation, RFC 5737: AWS's own change."""
    address: str
    """What the names resolve to."""
    dns_names: tuple[str, ...]


# The id is that of AWS: a rule that names another one would lead nowhere, in the test too.
# https://docs.aws.amazon.com/general/latest/gr/ddb.html,
# https://docs.aws.amazon.com/sdkref/latest/guide/feature-account-endpoints.html
_DYNAMODB = Service(
    name="com.amazonaws.us-east-1.dynamodb",
    prefix_list_id="pl-02cd2c6b",
    block="198.51.100.0/24",
    address="198.51.100.10",
    dns_names=("dynamodb.us-east-1.amazonaws.com", "*.ddb.us-east-1.amazonaws.com"),
)
SERVICES = {_DYNAMODB.name: _DYNAMODB}
"""The services by their names."""


def service_of_prefix_list(prefix_list_id: str) -> Service:
    """The service whose addresses a list names.

    Raises:
        UnsupportedError: There is no such list.
    """
    for service in SERVICES.values():
        if service.prefix_list_id == prefix_list_id:
            return service
    raise UnsupportedError(f"a rule names the prefix list {prefix_list_id}, which is not known")
