"""Tables against the templates they came from: who may read them, and where their items go."""

from collections.abc import Mapping, Sequence
from typing import Any

from ...signing.command.aws import DeclinedError
from .calls import Account
from .comparison import Comparison
from .deployed import DeployedStack, Resource
from .findings import Finding
from .intrinsics import has_unknown
from .resource_policies import check_policy, document_of

__all__ = ["compare_table"]

_GONE = {"ResourceNotFoundException"}
_NO_POLICY = {"PolicyNotFoundException", "ResourceNotFoundException"}
_FLOWING = {"ACTIVE", "ENABLING", "UPDATING"}


def compare_table(
    account: Account, stack: DeployedStack, resource: Resource, resources: Sequence[Resource]
) -> list[Finding]:
    """Compare a table, in each region that has a replica of it, with its template.

    Args:
        account: The connection.
        stack: Its stack.
        resource: What the template says: an `AWS::DynamoDB::Table` or a `GlobalTable`.
        resources: All resources of the assembly in the region.

    Returns:
        What differs, and what cannot be told.

    Raises:
        UnreadError: It cannot be read.
        DeclinedError: It is gone.
    """
    wanted = resource.properties
    if resource.type == "AWS::DynamoDB::Table":
        return _in_region(account, stack.region, resource, wanted, {stack.region}, wanted)
    replicas = wanted.get("Replicas") or []
    if has_unknown([each.get("Region") for each in replicas]):
        comparison = Comparison(resource, stack.region, resource.physical)
        comparison.cannot_tell("Replicas")
        return comparison.findings("configuration-changed")
    regions = {str(each["Region"]) for each in replicas}
    found: list[Finding] = []
    for each in replicas:
        found += _in_region(account, str(each["Region"]), resource, each, regions, wanted)
    return found


def _in_region(
    account: Account,
    region: str,
    resource: Resource,
    wanted: Mapping[str, Any],
    regions: set[str],
    table: Mapping[str, Any],
) -> list[Finding]:
    name = resource.physical
    about = f"the table {name}"
    live = account.ask(region, "dynamodb", "DescribeTable", about, declined=_GONE, TableName=name)[
        "Table"
    ]
    arn = str(live["TableArn"])
    comparison = Comparison(resource, region, arn, (name, arn))
    stream = table.get("StreamSpecification") or {}
    view = (live.get("StreamSpecification") or {}).get("StreamViewType")
    comparison.check("StreamViewType", stream.get("StreamViewType"), view)
    there = {str(each["RegionName"]) for each in live.get("Replicas") or ()}
    comparison.check_set("Replicas", regions - {region}, there - {region})
    flows = account.ask(
        region,
        "dynamodb",
        "DescribeKinesisStreamingDestination",
        about,
        declined=_GONE,
        TableName=name,
    )["KinesisDataStreamDestinations"]
    to = (wanted.get("KinesisStreamSpecification") or {}).get("StreamArn")
    comparison.check_set(
        "KinesisStreamSpecification",
        [] if to is None else [to],
        [each["StreamArn"] for each in flows if each.get("DestinationStatus") in _FLOWING],
    )
    sharing = Comparison(resource, region, arn, (name, arn))
    policy = (wanted.get("ResourcePolicy") or {}).get("PolicyDocument")
    check_policy(sharing, policy, _policy(account, region, arn, about))
    if live.get("LatestStreamArn") and (live.get("StreamSpecification") or {}).get("StreamEnabled"):
        given = wanted.get("ReplicaStreamSpecification") or wanted.get("StreamSpecification") or {}
        policy = (given.get("ResourcePolicy") or {}).get("PolicyDocument")
        stream_arn = str(live["LatestStreamArn"])
        read = _policy(account, region, stream_arn, f"the stream of {about}")
        check_policy(sharing, policy, read, "policy of the stream")
    return [
        *comparison.findings("configuration-changed"),
        *sharing.findings("resource-policy-changed"),
    ]


def _policy(account: Account, region: str, arn: str, about: str) -> dict[str, Any] | None:
    try:
        answer = account.ask(
            region, "dynamodb", "GetResourcePolicy", about, declined=_NO_POLICY, ResourceArn=arn
        )
    except DeclinedError:
        return None
    return document_of(answer.get("Policy"))
