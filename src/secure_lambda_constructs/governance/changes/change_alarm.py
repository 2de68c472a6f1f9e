"""`ChangeAlarm`: a message for each change of governed resources by anybody but the pipeline."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import aws_logs as logs
from constructs import Construct

from ...errors import InvalidInputError
from ...function.arguments import check_signing
from ...signing.identity import literal_or_none
from ...signing.topics import check_topic, notify, refuse_topic_elsewhere
from ..arguments import check_prefix
from ..documents import refuse_too_long
from .events import AREAS, LONGEST_PATTERN, Area, event_pattern
from .findings import answer_queue_findings
from .freeze_function import FreezeFunction, check_freeze_functions
from .principals import Principals, filled

if TYPE_CHECKING:
    from aws_cdk import aws_events as events
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs

    from ...signing.members import ISigningBaseline

__all__ = ["ChangeAlarm"]

# As long as the ARN of a role can be that CloudFormation names.
_LONG_ROLE = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/" + 64 * "x"


class ChangeAlarm(Construct):
    """Reports changes of governed resources that the pipeline did not make, within minutes.

    CloudTrail records each change, EventBridge matches the records to rules, one for each area,
    and SNS sends a message: what was called, by whom, from where, and whether it was refused. What
    the pipeline, CloudFormation for the pipeline, and services do on their own is not reported,
    and neither are changes of the developers' own functions.

    - It needs a trail that records the write events of management; it makes none. See
      <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html>.
    - It sees the account and region of its stack. IAM and other global services are recorded in
      us-east-1 alone, so make one there as well.
    - Calls that were refused are reported too: somebody tried.
    - With `freeze_functions`, a changed function takes no more calls until somebody looked at it.
      That is an outage, for whoever manages to change a function: it is off by default.

    Example:
        ```python
        from aws_cdk import aws_sns as sns

        from secure_lambda_constructs import ChangeAlarm, SigningBaseline

        ChangeAlarm(
            stack,
            "Changes",
            topic=sns.Topic(stack, "Security", enforce_ssl=True),
            pipeline_roles=["arn:aws:iam::*:role/deploy"],
            break_glass_roles=["arn:aws:iam::*:role/break-glass"],
            freeze_functions=["prod-*"],
            signing=SigningBaseline(stack, "ChangesSigning"),
        )
        ```
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        topic: "sns.ITopic",
        pipeline_roles: Sequence[str],
        break_glass_roles: Sequence[str] = (),
        developer_prefix: str | None = "dev-",
        qualifier: str = "hnb659fds",
        freeze_functions: "Sequence[lambda_.IFunction | str]" = (),
        signing: "ISigningBaseline | None" = None,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_YEAR,
    ) -> None:
        """Make the rules, and on request the function that freezes.

        Args:
            scope: What it is made in. Its stack's account and region are watched.
            id: Its id.
            topic: Where the messages go: an SNS topic of the same account and region. A topic of
                the app gets the rights that it takes; one that was imported must let
                `events.amazonaws.com` and `cloudwatch.amazonaws.com` publish.
            pipeline_roles: ARNs of the roles whose changes are expected. `*` for the account
                stands for the account of the stack, and elsewhere for a part of the name. The
                CDK's deployment role and CloudFormation with the CDK's execution role are expected
                as well.
            break_glass_roles: ARNs of roles of people who may change what is governed in an
                emergency. That one of them was taken and what it changed is reported; it freezes
                nothing, and can let a function run again. By default there are none.
            developer_prefix: How the names of the developers' own functions begin. Changes of
                these are reported only where a role, a network or an event source is given to
                them. `None` reports all. By default `dev-`.
            qualifier: Of the CDK bootstrap. By default that of `cdk bootstrap`.
            freeze_functions: Functions, or names of functions in which `-*` may stand for the
                rest, that take no more calls once somebody else than the pipeline has changed
                them. By default nothing is frozen.
            signing: Signs the code of the function that freezes. Needed with `freeze_functions`.
            log_retention: How long the log of that function is kept. By default for one year.

        Raises:
            InvalidInputError: Something was given that cannot be used, the topic is of another
                account or region, or there are more roles than a pattern of EventBridge can hold.
        """
        check_topic(topic)
        stack = cdk.Stack.of(scope)
        account = literal_or_none(stack.account)
        principals = Principals.of(pipeline_roles, break_glass_roles, qualifier, account)
        if developer_prefix is not None:
            check_prefix("developer_prefix", developer_prefix)
        check_freeze_functions(freeze_functions)
        _check_signing(signing, freezes=bool(freeze_functions))
        refuse_topic_elsewhere(
            topic,
            account=account,
            region=literal_or_none(stack.region),
            of="its ChangeAlarm",
            because="EventBridge sends its messages there only",
        )
        patterns = {area.id: _checked_pattern(area, principals, developer_prefix) for area in AREAS}
        super().__init__(scope, id)
        self._queue = self._undelivered(topic)
        self._freeze: FreezeFunction | None = None
        # With functions to freeze, and only then.
        if signing is not None:
            self._freeze = FreezeFunction(
                self,
                "Freeze",
                functions=freeze_functions,
                principals=principals,
                signing=signing,
                topic=topic,
                log_retention=log_retention,
            )
            # Its own calls would freeze a function again that is being let run.
            patterns["Functions"] = event_pattern(
                AREAS[0], principals, developer_prefix, self._freeze.role.role_arn
            )
        self._rules = {
            area.id: self._rule(area, _filled(stack, patterns[area.id]), topic) for area in AREAS
        }

    @property
    def rules(self) -> "dict[str, events.Rule]":
        """The rules, by the area that each watches: `Functions`, `Signing`, `Network`, ..."""
        return dict(self._rules)

    @property
    def freeze_function(self) -> "lambda_.Function | None":
        """The function that freezes, or `None` where nothing is frozen."""
        return None if self._freeze is None else self._freeze.function

    @property
    def dead_letter_queue(self) -> "sqs.Queue":
        """The queue with what could not be delivered; an alarm says when there is something."""
        return self._queue

    def _rule(self, area: Area, pattern: Mapping[str, Any], topic: "sns.ITopic") -> "events.Rule":
        from aws_cdk import aws_events as events
        from aws_cdk import aws_events_targets as targets

        rule = events.Rule(
            self,
            area.id,
            description=f"Changes outside the pipeline: {area.what}",
            event_pattern=events.EventPattern(
                source=events.Match.prefix(pattern["source"][0]["prefix"]),
                detail_type=pattern["detail-type"],
                detail=pattern["detail"],
            ),
        )
        rule.add_target(
            targets.SnsTopic(
                topic,
                message=events.RuleTargetInput.from_multiline_text(_message(area)),
                dead_letter_queue=self._queue,
            )
        )
        if area.id == "Functions" and self._freeze is not None:
            rule.add_target(
                targets.LambdaFunction(self._freeze.function, dead_letter_queue=self._queue)
            )
        return rule

    def _undelivered(self, topic: "sns.ITopic") -> "sqs.Queue":
        """Make the queue for what reaches neither the topic nor the function, and its alarm."""
        from aws_cdk import aws_cloudwatch as cloudwatch
        from aws_cdk import aws_sqs as sqs

        queue = sqs.Queue(
            self,
            "Undelivered",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
        )
        answer_queue_findings(queue)
        alarm = cloudwatch.Alarm(
            self,
            "UndeliveredAlarm",
            alarm_description=(
                "Changes outside the pipeline could not be reported, or not be answered. They are "
                "in the queue, for 14 days."
            ),
            metric=queue.metric_approximate_number_of_messages_visible(
                period=cdk.Duration.minutes(5), statistic="Maximum"
            ),
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            threshold=1,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        notify(alarm, topic)
        return queue


def _check_signing(signing: object, *, freezes: bool) -> None:
    """Refuse a function without signed code, and a baseline for nothing."""
    if freezes:
        if signing is None:
            raise InvalidInputError(
                "freeze_functions needs signing, since the function that freezes is signed like "
                "all others: write signing=SigningBaseline(self, 'Signing')"
            )
        check_signing(signing)
    elif signing is not None:
        raise InvalidInputError(
            "signing is for the function that freezes, and freeze_functions is empty: write "
            "freeze_functions=['prod-*'], or leave signing out"
        )


def _checked_pattern(
    area: Area, principals: Principals, developer_prefix: str | None
) -> dict[str, Any]:
    """The pattern of an area, refused where EventBridge would refuse it for its length."""
    longest = (_LONG_ROLE,) if area.id == "Functions" else ()
    refuse_too_long(
        f"the event pattern of the rule {area.id}",
        event_pattern(area, principals, developer_prefix, *longest),
        LONGEST_PATTERN,
        "write fewer pipeline_roles and break_glass_roles, with * for a part of the name",
    )
    return event_pattern(area, principals, developer_prefix)


def _filled(stack: cdk.Stack, value: Any) -> Any:
    """Replace the pseudo parameters in all texts of a pattern."""
    if isinstance(value, str):
        return filled(stack, value)
    if isinstance(value, Mapping):
        return {key: _filled(stack, item) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(stack, item) for item in value]
    return value


def _message(area: Area) -> str:
    """What the message says, of the fields that nobody can write a quotation mark into.

    EventBridge puts values into a message as they are, and one with a quotation mark or a line
    break in it might not be sent. So there is no user agent in it, no error text and none of the
    parameters, but the name of a function or role: a call with a name that is none fails. Each line
    is a text of its own, as EventBridge takes no line break within one:
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html.
    """
    from aws_cdk import aws_events as events

    def field(path: str) -> str:
        return str(events.EventField.from_path(f"$.{path}"))

    call, event_id = field("detail.eventName"), field("detail.eventID")
    region = field("detail.awsRegion")
    identity = "detail.userIdentity"
    lines = [
        f"A change outside the pipeline: {area.what}.",
        f"What: {call} of {field('detail.eventSource')}",
    ]
    if area.id == "Functions":
        lines.append(f"Function: {field('detail.requestParameters.functionName')}")
    if area.id == "Roles":
        lines.append(f"Role: {field('detail.requestParameters.roleArn')}")
    lines += [
        f"Who: {field(f'{identity}.type')} {field(f'{identity}.arn')} "
        f"of account {field(f'{identity}.accountId')}",
        f"By way of: {field(f'{identity}.invokedBy')}",
        f"From: {field('detail.sourceIPAddress')}",
        f"Where: account {field('account')}, {region}",
        f"When: {field('detail.eventTime')}",
        f"Refused with (if nothing, it was done): {field('detail.errorCode')}",
        f"aws cloudtrail lookup-events --region {region} "
        f"--lookup-attributes AttributeKey=EventId,AttributeValue={event_id}",
    ]
    return "\n".join(lines)
