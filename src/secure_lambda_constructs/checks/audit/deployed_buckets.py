"""Buckets against the templates they came from: who may read them, and where objects are copied."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from ...signing.command.aws import DeclinedError
from .admitted import as_list
from .calls import Account, UnreadError
from .comparison import Comparison
from .deployed import DeployedStack, Resource
from .findings import Finding
from .intrinsics import UNKNOWN, has_unknown
from .resource_policies import check_policy, document_of, policy_given_by

__all__ = ["compare_bucket"]

_GONE = "NoSuchBucket"
_BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
# What the template and what S3 call the targets of notifications:
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_NotificationConfiguration.html
_TARGETS = (
    ("LambdaConfigurations", "Function", "LambdaFunctionConfigurations", "LambdaFunctionArn"),
    ("QueueConfigurations", "Queue", "QueueConfigurations", "QueueArn"),
    ("TopicConfigurations", "Topic", "TopicConfigurations", "TopicArn"),
)
# How the L2's notifications are in a template: a function of the CDK sets them.
_BY_FUNCTION = "Custom::S3BucketNotifications"
_PRIVATE = (None, "Private")


def compare_bucket(
    account: Account, stack: DeployedStack, resource: Resource, resources: Sequence[Resource]
) -> list[Finding]:
    """Compare a bucket with its template.

    Args:
        account: The connection.
        stack: Its stack.
        resource: What the template says.
        resources: All resources of the assembly in the region, which may give it a policy.

    Returns:
        What differs, and what cannot be told.

    Raises:
        DeclinedError: It is gone.
    """
    bucket = resource.physical
    arn = f"arn:{account.partition}:s3:::{bucket}"
    read = _Reader(account, stack.region, bucket)
    sharing = Comparison(resource, stack.region, arn, (bucket, arn))
    comparison = Comparison(resource, stack.region, arn, (bucket, arn))
    wanted = resource.properties
    parts: tuple[Callable[[], None], ...] = (
        lambda: _policy(sharing, resources, read),
        lambda: _public_access(comparison, wanted, read),
        lambda: _grants(comparison, wanted, read),
        lambda: _copies(comparison, wanted, read),
        lambda: _notifications(comparison, resource, resources, read),
    )
    for part in parts:
        with suppress(UnreadError):  # a gap; the rest is compared all the same
            part()
    return [
        *sharing.findings("resource-policy-changed"),
        *comparison.findings("configuration-changed"),
    ]


class _Reader:
    """Reads the settings of a bucket; a setting that was never made is an empty one."""

    def __init__(self, account: Account, region: str, bucket: str) -> None:
        self._account = account
        self._region = region
        self.bucket = bucket

    def __call__(self, operation: str, *nothing: str) -> dict[str, Any]:
        try:
            return self._account.ask(
                self._region,
                "s3",
                operation,
                f"the bucket {self.bucket}",
                declined={*nothing, _GONE},
                Bucket=self.bucket,
                ExpectedBucketOwner=self._account.number,
            )
        except DeclinedError as error:
            if error.code == _GONE:
                raise
            return {}


def _policy(comparison: Comparison, resources: Sequence[Resource], read: _Reader) -> None:
    live = document_of(read("GetBucketPolicy", "NoSuchBucketPolicy").get("Policy"))
    given = policy_given_by(resources, ("AWS::S3::BucketPolicy",), "Bucket", read.bucket)
    check_policy(comparison, given, live)


def _public_access(comparison: Comparison, wanted: Mapping[str, Any], read: _Reader) -> None:
    answer = read("GetPublicAccessBlock", "NoSuchPublicAccessBlockConfiguration")
    live = answer.get("PublicAccessBlockConfiguration") or {}
    given = wanted.get("PublicAccessBlockConfiguration")
    for name in _BLOCKS:
        # A bucket whose template says nothing blocks all; one that names some leaves out the rest:
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/configuring-block-public-access-bucket.html
        block = True if given is None else given.get(name, False)
        comparison.check(name, block, live.get(name) or False)


def _grants(comparison: Comparison, wanted: Mapping[str, Any], read: _Reader) -> None:
    answer = read("GetBucketAcl")
    owner = (answer.get("Owner") or {}).get("ID")
    others = [
        f"{each['Permission']} for {_grantee(each['Grantee'])}"
        for each in answer.get("Grants") or ()
        if each["Grantee"].get("ID", "") != owner
    ]
    if wanted.get("AccessControl") in _PRIVATE:
        comparison.check_set("AccessControl", [], others)
    elif others:
        comparison.cannot_tell("AccessControl")


def _grantee(grantee: Mapping[str, Any]) -> str:
    return str(grantee.get("URI") or grantee.get("EmailAddress") or grantee.get("ID"))


def _copies(comparison: Comparison, wanted: Mapping[str, Any], read: _Reader) -> None:
    """Compare what sends objects, or lists of them, to other buckets."""
    rules = (wanted.get("ReplicationConfiguration") or {}).get("Rules") or []
    answer = read("GetBucketReplication", "ReplicationConfigurationNotFoundError")
    live = (answer.get("ReplicationConfiguration") or {}).get("Rules") or []
    comparison.check_set("ReplicationConfiguration", map(_target, rules), map(_target, live))
    logging = wanted.get("LoggingConfiguration")
    # Without the name of another bucket it writes to itself.
    to = [] if logging is None else [logging.get("DestinationBucketName") or read.bucket]
    target = (read("GetBucketLogging").get("LoggingEnabled") or {}).get("TargetBucket")
    comparison.check_set("LoggingConfiguration", to, [target] if target else [])
    lists = [
        (each.get("Destination") or {}).get("BucketArn", UNKNOWN)
        for each in wanted.get("InventoryConfigurations") or ()
    ]
    answer = read("ListBucketInventoryConfigurations")
    there = [
        each["Destination"]["S3BucketDestination"]["Bucket"]
        for each in answer.get("InventoryConfigurationList") or ()
    ]
    comparison.check_set("InventoryConfigurations", lists, there)


def _target(rule: Mapping[str, Any]) -> Any:
    bucket, status = (rule.get("Destination") or {}).get("Bucket", UNKNOWN), rule.get("Status")
    return bucket if has_unknown(bucket) else f"{bucket} {status}"


def _notifications(
    comparison: Comparison, resource: Resource, resources: Sequence[Resource], read: _Reader
) -> None:
    live = read("GetBucketNotificationConfiguration")
    given = resource.properties.get("NotificationConfiguration") or {}
    by_function = [
        each.properties.get("NotificationConfiguration") or {}
        for each in resources
        if each.type == _BY_FUNCTION and each.properties.get("BucketName") == resource.physical
    ]
    for ours, target, theirs, arn in _TARGETS:
        wanted = [each.get(target) for each in as_list(given.get(ours))]
        wanted += [each.get(arn) for part in by_function for each in as_list(part.get(theirs))]
        comparison.check_set(theirs, wanted, [each[arn] for each in live.get(theirs) or ()])
    bridge = given.get("EventBridgeConfiguration") is not None or any(
        "EventBridgeConfiguration" in each for each in by_function
    )
    comparison.check("EventBridge", bridge, "EventBridgeConfiguration" in live)
