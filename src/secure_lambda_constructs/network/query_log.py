"""The log of the queries to the resolver of a VPC, blocked ones too.

https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs.html
"""

from typing import TYPE_CHECKING

from aws_cdk import Stack, Token
from constructs import Construct

from ..errors import InvalidInputError

if TYPE_CHECKING:
    from aws_cdk import aws_logs as logs

__all__ = ["check_log_group", "log_queries"]


def check_log_group(stack: Stack, log_group: "logs.ILogGroup | None") -> None:
    """Refuse a log group that somebody else reads.

    A name that was blocked is in the log as it was asked for, with whatever data it carries: so
    the log stays in the account.

    Args:
        stack: The stack of the network.
        log_group: Where the queries are to go, or `None`.

    Raises:
        InvalidInputError: It is no log group, or another account's.
    """
    if log_group is None:
        return
    if not hasattr(log_group, "log_group_arn"):
        raise InvalidInputError(
            f"dns_query_log_group is {log_group!r}, which is no log group; write "
            "logs.LogGroup(self, 'Queries')"
        )
    own, owner = stack.account, log_group.env.account
    if owner != own and not (Token.is_unresolved(own) or Token.is_unresolved(owner)):
        raise InvalidInputError(
            f"dns_query_log_group belongs to account {owner}, which would read whatever a "
            f"function asks for; write a log group of account {own}"
        )


def log_queries(scope: Construct, vpc_id: str, log_group: "logs.ILogGroup") -> None:
    """Log each query to the resolver of a VPC.

    Args:
        scope: The network.
        vpc_id: Its VPC.
        log_group: Where the queries go; it was checked.
    """
    from aws_cdk import aws_route53resolver as resolver  # takes time to import

    config = resolver.CfnResolverQueryLoggingConfig(
        scope, "QueryLog", destination_arn=log_group.log_group_arn
    )
    resolver.CfnResolverQueryLoggingConfigAssociation(
        scope,
        "QueryLogAssociation",
        resolver_query_log_config_id=config.attr_id,
        resource_id=vpc_id,
    )
