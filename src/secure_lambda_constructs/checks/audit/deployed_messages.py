"""Queues and topics against the templates they came from: who may read, and who is told."""

from collections.abc import Sequence
from typing import Any

from .admitted import as_list, statements
from .calls import Account
from .comparison import Comparison
from .deployed import DeployedStack, Resource
from .findings import Finding
from .intrinsics import has_unknown
from .resource_policies import check_policy, document_of, policy_given_by

__all__ = ["compare_queue", "compare_topic"]

_NO_QUEUE = {"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}
_NO_TOPIC = {"NotFound", "NotFoundException"}
# What SNS gives a topic that has no policy of its own:
# https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
_DEFAULT = "__default_statement_ID"


def compare_queue(
    account: Account, stack: DeployedStack, resource: Resource, resources: Sequence[Resource]
) -> list[Finding]:
    """Compare a queue with its template: policy, key, dead-letter queue.

    Args:
        account: The connection.
        stack: Its stack.
        resource: What the template says.
        resources: All resources of the assembly in the region, which may give it a policy.

    Returns:
        What differs, and what cannot be told.

    Raises:
        UnreadError: It cannot be read.
        DeclinedError: It is gone.
    """
    url = resource.physical
    live = account.ask(
        stack.region,
        "sqs",
        "GetQueueAttributes",
        f"the queue {url}",
        declined=_NO_QUEUE,
        QueueUrl=url,
        AttributeNames=["All"],
    ).get("Attributes", {})
    arn = str(live.get("QueueArn"))
    trail = (arn.rsplit(":", 1)[-1], arn, url)
    sharing = Comparison(resource, stack.region, arn, trail)
    kinds = ("AWS::SQS::QueuePolicy", "AWS::SQS::QueueInlinePolicy")
    given = policy_given_by(resources, kinds[:1], "Queues", url)
    if given is None:
        given = policy_given_by(resources, kinds[1:], "Queue", url)
    check_policy(sharing, given, document_of(live.get("Policy")))
    comparison = Comparison(resource, stack.region, arn, trail)
    comparison.check(
        "KmsMasterKeyId", resource.properties.get("KmsMasterKeyId"), live.get("KmsMasterKeyId")
    )
    dead = "deadLetterTargetArn"
    redrive = (resource.properties.get("RedrivePolicy") or {}).get(dead)
    comparison.check(dead, redrive, (document_of(live.get("RedrivePolicy")) or {}).get(dead))
    return [
        *sharing.findings("resource-policy-changed"),
        *comparison.findings("configuration-changed"),
    ]


def compare_topic(
    account: Account, stack: DeployedStack, resource: Resource, resources: Sequence[Resource]
) -> list[Finding]:
    """Compare a topic with its template: policy, key, subscriptions.

    Args:
        account: The connection.
        stack: Its stack.
        resource: What the template says.
        resources: All resources of the assembly in the region: policies and subscriptions.

    Returns:
        What differs, and what cannot be told.

    Raises:
        UnreadError: It cannot be read.
        DeclinedError: It is gone.
    """
    arn = resource.physical
    about = f"the topic {arn}"
    live = account.ask(
        stack.region, "sns", "GetTopicAttributes", about, declined=_NO_TOPIC, TopicArn=arn
    )["Attributes"]
    trail = (arn, arn.rsplit(":", 1)[-1])
    sharing = Comparison(resource, stack.region, arn, trail)
    given = policy_given_by(resources, ("AWS::SNS::TopicPolicy",), "Topics", arn)
    if given is None:
        given = policy_given_by(resources, ("AWS::SNS::TopicInlinePolicy",), "TopicArn", arn)
    policy = document_of(live.get("Policy"))
    if given is None and policy is not None:
        policy = {"Statement": [e for e in statements(policy) if not _is_default(e, account)]}
    check_policy(sharing, given, policy)
    comparison = Comparison(resource, stack.region, arn, trail)
    wanted = resource.properties
    comparison.check(
        "KmsMasterKeyId", wanted.get("KmsMasterKeyId"), live.get("KmsMasterKeyId") or None
    )
    told = [
        *as_list(wanted.get("Subscription")),
        *(
            each.properties
            for each in resources
            if each.type == "AWS::SNS::Subscription" and each.properties.get("TopicArn") == arn
        ),
    ]
    listed = account.ask(
        stack.region, "sns", "ListSubscriptionsByTopic", about, declined=_NO_TOPIC, TopicArn=arn
    )["Subscriptions"]
    subscribed = Comparison(resource, stack.region, arn, trail)
    subscribed.check_set("Subscription", map(_subscription, told), map(_subscription, listed))
    return [
        *sharing.findings("resource-policy-changed"),
        *comparison.findings("configuration-changed"),
        *subscribed.findings("subscription-changed"),
    ]


def _is_default(statement: dict[str, Any], account: Account) -> bool:
    bound = {"StringEquals": {"AWS:SourceOwner": account.number}}
    return statement.get("Sid") == _DEFAULT and statement.get("Condition") == bound


def _subscription(subscription: dict[str, Any]) -> Any:
    parts = subscription.get("Protocol"), subscription.get("Endpoint")
    return next((each for each in parts if has_unknown(each)), None) or f"{parts[0]} {parts[1]}"
