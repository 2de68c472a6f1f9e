"""How an isolated network is to be closed: what is the same for a new VPC and an existing one."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import Stack
from constructs import Construct

from .perimeter import Perimeter
from .prefix_lists import PrefixList, check_prefix_list_id
from .query_log import check_log_group

if TYPE_CHECKING:
    from aws_cdk import aws_logs as logs

__all__ = ["NetworkOptions", "checked_options"]


@dataclass(frozen=True)
class NetworkOptions:
    """What was asked for, and is checked."""

    perimeter: Perimeter
    dynamodb_prefix_list: PrefixList
    s3_prefix_list_id: str | None
    dns_firewall: bool
    dns_firewall_mutation_protection: bool
    dns_query_log_group: "logs.ILogGroup | None"


def checked_options(
    scope: Construct,
    *,
    organization_id: str | None,
    dynamodb_prefix_list_id: str | None,
    s3_prefix_list_id: str | None,
    dns_firewall_mutation_protection: bool,
    dns_queries_may_carry_data_out: bool,
    dns_query_log_group: "logs.ILogGroup | None",
) -> NetworkOptions:
    """Refuse what closes no network, before anything is created.

    Args:
        scope: The construct that the network is to be in.
        organization_id: As in `IsolatedNetwork`.
        dynamodb_prefix_list_id: As in `IsolatedNetwork`.
        s3_prefix_list_id: As in `IsolatedNetwork`.
        dns_firewall_mutation_protection: As in `IsolatedNetwork`.
        dns_queries_may_carry_data_out: As in `IsolatedNetwork`.
        dns_query_log_group: As in `IsolatedNetwork`.

    Returns:
        The options.

    Raises:
        InvalidInputError: One of them cannot be used.
    """
    stack = Stack.of(scope)
    check_prefix_list_id("s3", s3_prefix_list_id)
    check_log_group(stack, dns_query_log_group)
    return NetworkOptions(
        perimeter=Perimeter(stack.account, organization_id),
        dynamodb_prefix_list=PrefixList(scope, "dynamodb", dynamodb_prefix_list_id),
        s3_prefix_list_id=s3_prefix_list_id,
        dns_firewall=not dns_queries_may_carry_data_out,
        dns_firewall_mutation_protection=dns_firewall_mutation_protection,
        dns_query_log_group=dns_query_log_group,
    )
