"""The SNS topic that alarms go to: whether it fits, and who may publish to it."""

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from ..errors import InvalidInputError
from .identity import literal_or_none

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_sns as sns

__all__ = ["check_topic", "notify", "refuse_topic_elsewhere"]


def check_topic(topic: object) -> None:
    """Refuse what is no topic.

    Args:
        topic: What was given.

    Raises:
        InvalidInputError: It is none.

    Example:
        ```python
        from aws_cdk import aws_sns as sns

        from secure_lambda_constructs.signing.topics import check_topic

        check_topic(sns.Topic(stack, "Topic"))
        ```
    """
    if not (hasattr(type(topic), "topic_arn") and hasattr(type(topic), "grant_publish")):
        raise InvalidInputError(
            f"alarms go to an SNS topic, got {topic!r}: write sns.Topic(stack, 'Alerts'), or "
            "sns.Topic.from_topic_arn(...)"
        )


def refuse_topic_elsewhere(
    topic: "sns.ITopic", *, account: str | None, region: str | None, of: str, because: str
) -> None:
    """Refuse a topic of another account or region, where that is known before the deployment.

    Both where the topic is and where its stack is are looked at: an imported topic may be of
    another environment than the stack that it is imported into.

    Args:
        topic: The topic.
        account: The account that it must be of, or `None` where that is not known.
        region: The region that it must be of, or `None` where that is not known.
        of: Whose account and region they are, such as `its relay`.
        because: Why it must be there, as a half sentence.

    Raises:
        InvalidInputError: It is of another one.

    Example:
        ```python
        from aws_cdk import aws_sns as sns

        from secure_lambda_constructs.signing.topics import refuse_topic_elsewhere

        topic = sns.Topic(stack, "Alerts")
        refuse_topic_elsewhere(
            topic, account=None, region="us-east-1", of="its relay", because="alarms are there"
        )
        ```
    """
    for place in (cdk.Stack.of(topic), topic.env):
        for what, value, wanted in (
            ("account", literal_or_none(place.account), account),
            ("region", literal_or_none(place.region), region),
        ):
            if None not in (value, wanted) and value != wanted:
                raise InvalidInputError(
                    f"the topic {topic.node.path} must be of the {what} of {of}, {wanted}, got "
                    f"{value}: {because}, so make a topic there"
                )


def notify(alarm: "cloudwatch.Alarm", topic: "sns.ITopic") -> None:
    """Send a message when an alarm goes off, and let CloudWatch do so.

    Any statement in the policy of a topic takes the right away that CloudWatch has on a topic
    without one, so it is given. It is bound to the account of the alarm, and not to the alarm's
    ARN, since a key's policy gets the same condition, and the ARN in that would be a cycle. See
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html.

    Args:
        alarm: The alarm.
        topic: Where the message goes. One that was imported is not given the right; its own
            policy, and the policy of its key, have to.

    Example:
        ```python
        from aws_cdk import aws_sns as sns

        from secure_lambda_constructs.signing.topics import notify

        function = lambda_.Function.from_function_name(stack, "Orders", "orders")
        alarm = function.metric_errors().create_alarm(
            stack, "Errors", threshold=1, evaluation_periods=1
        )
        notify(alarm, sns.Topic(stack, "OnCall"))
        ```
    """
    from aws_cdk import aws_cloudwatch_actions as actions

    alarm.add_alarm_action(actions.SnsAction(topic))
    topic.grant_publish(
        iam.ServicePrincipal(
            "cloudwatch.amazonaws.com",
            conditions={"StringEquals": {"aws:SourceAccount": cdk.Stack.of(alarm).account}},
        )
    )
