"""Log groups against the templates they came from: who gets a copy of what functions write.

Lambda writes logs from its own network, which no endpoint and no security group bounds.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from ...signing.command.aws import DeclinedError
from .calls import ELSEWHERE, Account, UnreadError
from .comparison import Comparison
from .deployed import DeployedStack, Resource
from .findings import Finding

__all__ = ["compare_log_group", "find_copies_of_all_logs"]

_FILTER = "AWS::Logs::SubscriptionFilter"
_POLICY = "AWS::Logs::AccountPolicy"


def compare_log_group(
    account: Account, stack: DeployedStack, resource: Resource, resources: Sequence[Resource]
) -> list[Finding] | None:
    """Compare a log group with its template: retention, key, subscription filters.

    Args:
        account: The connection.
        stack: Its stack.
        resource: What the template says.
        resources: All resources of the assembly in the region, filters among them.

    Returns:
        What differs and what cannot be told; `None` where the log group is gone.

    Raises:
        UnreadError: It cannot be read.
    """
    name, region = resource.physical, stack.region
    groups = account.ask(region, "logs", "DescribeLogGroups", "the log groups")["logGroups"]
    live = next((each for each in groups if each["logGroupName"] == name), None)
    if live is None:
        return None
    arn = f"arn:{account.partition}:logs:{region}:{account.number}:log-group:{name}"
    comparison = Comparison(resource, region, arn, (name, arn))
    wanted = resource.properties
    comparison.check("RetentionInDays", wanted.get("RetentionInDays"), live.get("retentionInDays"))
    comparison.check("KmsKeyId", wanted.get("KmsKeyId"), live.get("kmsKeyId"))
    filters = account.ask(
        region,
        "logs",
        "DescribeSubscriptionFilters",
        f"the log group {name}",
        logGroupName=name,
    )["subscriptionFilters"]
    to = [
        each.properties.get("DestinationArn")
        for each in resources
        if each.type == _FILTER and each.properties.get("LogGroupName") == name
    ]
    subscribed = Comparison(resource, region, arn, (name, arn))
    subscribed.check_set("DestinationArn", to, [each["destinationArn"] for each in filters])
    return [
        *comparison.findings("configuration-changed"),
        *subscribed.findings("subscription-changed"),
    ]


def find_copies_of_all_logs(
    account: Account, region: str, resources: Sequence[Resource]
) -> Iterator[Finding]:
    """Find what sends the log groups of a region elsewhere and is in no template.

    That is a subscription policy of the account, and a link to another account's monitoring
    (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Unified-Cross-Account.html>).

    Args:
        account: The connection.
        region: The region.
        resources: All resources of the assembly in the region.

    Yields:
        What was found. What cannot be listed is among the account's gaps.
    """
    with suppress(UnreadError):
        yield from _policies(account, region, resources)
    with suppress(UnreadError, DeclinedError):
        yield from _links(account, region, resources)


def _policies(account: Account, region: str, resources: Sequence[Resource]) -> Iterator[Finding]:
    wanted = {each.properties.get("PolicyName") for each in resources if each.type == _POLICY}
    policies = account.ask(
        region,
        "logs",
        "DescribeAccountPolicies",
        "the log policies of the account",
        policyType="SUBSCRIPTION_FILTER_POLICY",
    )["accountPolicies"]
    for each in policies:
        name = each["policyName"]
        if name not in wanted:
            found = f"subscription policy of the account: {each.get('policyDocument')}"
            yield _copy(region, name, found, "PutAccountPolicy")


def _links(account: Account, region: str, resources: Sequence[Resource]) -> Iterator[Finding]:
    wanted = {each.physical for each in resources}
    links = account.ask(
        region, "oam", "ListLinks", "the links to monitoring accounts", declined={ELSEWHERE}
    )["Items"]
    for each in links:
        if each["Arn"] not in wanted and "AWS::Logs::LogGroup" in each.get("ResourceTypes", ()):
            yield _copy(region, each["Arn"], f"link to {each.get('SinkArn')}", "CreateLink")


def _copy(region: str, name: str, found: str, call: str) -> Finding:
    kind, should = "subscription-changed", "no copy of all logs"
    return Finding(kind, region, name, should, found, trail=(name,), calls=(call,))
