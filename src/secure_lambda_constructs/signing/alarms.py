"""Notice of signing that fails, and of code that was deployed without a trusted signature."""

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from ..errors import InvalidInputError
from .identity import SigningIdentity
from .stacks import same, surroundings
from .topics import check_topic, notify, refuse_topic_elsewhere

if TYPE_CHECKING:
    from aws_cdk import aws_sns as sns

__all__ = ["SigningAlarms", "make_alarms"]

# https://docs.aws.amazon.com/signer/latest/developerguide/monitoring-overview.html shows the event
# and no name of a profile in it, but the bucket. Where the profile is of another account, both
# accounts get the event. API_DescribeSigningJob knows InProgress, Failed and Succeeded: whatever
# else there may be, such as a cancelled job, has not succeeded either.
_FINE = ("InProgress", "Succeeded")

# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html#deployment-metrics
# names the metric and not its dimensions. The query takes it with whatever ones it has, and each
# new function with it:
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Metrics_Insights_Alarm.html
_ERRORS = 'SELECT SUM(SignatureValidationErrors) FROM "AWS/Lambda"'
_MINUTES = 5


class SigningAlarms(Construct):
    """The rule and the alarm of a baseline; `signing.add_alarms(topic)` makes them.

    Example:
        ```python
        from aws_cdk import aws_sns as sns

        from secure_lambda_constructs import SigningBaseline

        signing = SigningBaseline(stack, "WatchedSigning")
        signing.add_alarms(sns.Topic(stack, "Alerts", enforce_ssl=True))
        ```
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        topic: "sns.ITopic",
        bucket_name: str,
        enforcement: lambda_.UntrustedArtifactOnDeployment | None,
    ) -> None:
        """Make the rule, and the alarm where Lambda may accept unsigned code.

        Args:
            scope: What they are made in.
            id: The construct's id.
            topic: Where the messages go.
            bucket_name: Name of the staging bucket, by which a signing job is known.
            enforcement: The policy, or `None` where it is not known.
        """
        super().__init__(scope, id)
        # Here, since few apps ask for alarms: these modules would slow down the start of all.
        from aws_cdk import aws_events as events
        from aws_cdk import aws_events_targets as targets

        events.Rule(
            self,
            "FailedJobs",
            description="Signing jobs that did not succeed, known by their staging bucket",
            event_pattern=events.EventPattern(
                source=["aws.signer"],
                detail_type=["Signer Job Status Change"],
                detail={
                    "status": events.Match.anything_but(*_FINE),
                    "source": {"bucketName": [bucket_name]},
                },
            ),
            targets=[targets.SnsTopic(topic)],
        )
        if enforcement != lambda_.UntrustedArtifactOnDeployment.ENFORCE:
            self._watch_deployments(topic)

    def _watch_deployments(self, topic: "sns.ITopic") -> None:
        from aws_cdk import aws_cloudwatch as cloudwatch

        alarm = cloudwatch.Alarm(
            self,
            "UnsignedDeployments",
            alarm_description=(
                "Lambda accepted code that no trusted publisher has signed, because a code "
                "signing configuration only warns. CloudTrail says which function it was."
            ),
            metric=cloudwatch.MathExpression(
                expression=_ERRORS,
                using_metrics={},
                label="Deployments without a trusted signature",
                period=cdk.Duration.minutes(_MINUTES),
            ),
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            threshold=1,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        notify(alarm, topic)


def make_alarms(
    baseline: Construct,
    topic: "sns.ITopic",
    identity: SigningIdentity,
    enforcement: lambda_.UntrustedArtifactOnDeployment | None,
) -> None:
    """Make a baseline's alarms in the stack of their topic.

    In the companion stack, a topic of the functions' stack would be a cycle: that stack waits for
    the companion.

    Args:
        baseline: The baseline.
        topic: Where the messages go.
        identity: Profile and bucket of the baseline.
        enforcement: The policy, or `None` where it is not known.

    Raises:
        InvalidInputError: Where the topic is none, or is of another account or region, or the
            alarms were made before.

    Example:
        ```python
        from aws_cdk import aws_sns as sns
        from constructs import Construct

        from secure_lambda_constructs.signing.alarms import make_alarms
        from secure_lambda_constructs.signing.identity import SigningIdentity

        identity = SigningIdentity(
            profile_name="users",
            profile_owner=None,
            bucket_name="users-{account}-{region}",
            account=None,
            region="us-east-1",
            revision="",
            python="python3",
            baseline_stack="App-Signing",
        )
        make_alarms(Construct(stack, "Baseline"), sns.Topic(stack, "Topic"), identity, None)
        ```
    """
    check_topic(topic)
    refuse_topic_elsewhere(
        topic,
        account=identity.account,
        region=identity.region,
        of="its signing baseline",
        because="signing jobs and deployments are reported there only",
    )
    where = cdk.Stack.of(topic)
    own = surroundings(baseline)
    scope, id = baseline, "Alarms"
    if own.stack is None or not same(cdk.Stack.of(baseline), where):
        ids = (own.stack.node.id, *own.path) if own.stack is not None else own.path
        scope, id = where, "-".join((*ids, "Alarms"))
    if scope.node.try_find_child(id) is not None:
        raise InvalidInputError(
            f"the alarms of a signing baseline go to one topic, got another one for "
            f"{baseline.node.path}: subscribe everybody to the first"
        )
    SigningAlarms(
        scope,
        id,
        topic=topic,
        bucket_name=identity.resolved_bucket_name(),
        enforcement=enforcement,
    )
