"""Metrics of a relay, and alarms on what it refused and on how much went out.

The handler writes the metrics as part of its audit records, in the format that CloudWatch reads
them from:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import aws_cdk as cdk
from constructs import Construct

from ..errors import InvalidInputError
from ..signing.identity import literal_or_none
from ..signing.topics import check_topic, notify, refuse_topic_elsewhere
from .handler.audit import NAMESPACE

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_sns as sns

__all__ = ["RelayAlarms", "add_relay_alarms", "relay_metric"]

_ID = "Alarms"
_MINUTES = 5


def relay_metric(
    relay_name: str,
    name: str,
    route: str | None = None,
    *,
    statistic: str = "Sum",
    period: cdk.Duration | None = None,
) -> "cloudwatch.Metric":
    """A metric of a relay, for alarms and dashboards.

    Args:
        relay_name: Name of the relay's function.
        name: Name of the metric: `Calls`, `Refused`, `Failed`, `WouldRefuse`, `BytesOut`,
            `BytesIn` or `Duration`.
        route: Name of a route, or `-` for calls that no route was meant by. By default the metric
            is of all calls.
        statistic: What is made of the values of a period. By default their sum.
        period: How long that is. By default five minutes.

    Returns:
        The metric. CloudWatch charges each by the month and only while there are calls:
        https://aws.amazon.com/cloudwatch/pricing/.

    Example:
        ```python
        from secure_lambda_constructs.relay.alarms import relay_metric

        bytes_out = relay_metric("payments", "BytesOut", "charge")
        assert bytes_out.dimensions == {"Relay": "payments", "Route": "charge"}
        ```
    """
    # Here, since few apps ask for alarms: the module would slow down the start of all.
    from aws_cdk import aws_cloudwatch as cloudwatch

    dimensions = {"Relay": relay_name}
    if route is not None:
        dimensions["Route"] = route
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map=dimensions,
        statistic=statistic,
        period=period or cdk.Duration.minutes(_MINUTES),
    )


class RelayAlarms(Construct):
    """The alarms of one relay; `add_relay_alarms` makes them.

    Example:
        ```python
        from aws_cdk import aws_sns as sns

        from secure_lambda_constructs.relay.alarms import RelayAlarms

        RelayAlarms(
            stack,
            "PaymentAlarms",
            topic=sns.Topic(stack, "OnCall", enforce_ssl=True),
            relay_name="payments",
            max_bytes_out={"charge": cdk.Size.kibibytes(64)},
            period=cdk.Duration.minutes(5),
        )
        ```
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        topic: "sns.ITopic",
        relay_name: str,
        max_bytes_out: Mapping[str, cdk.Size],
        period: cdk.Duration,
    ) -> None:
        """Make an alarm on refused calls, and one on the bytes of each route.

        Args:
            scope: What they are made in.
            id: The construct's id.
            topic: Where the messages go.
            relay_name: Name of the relay's function.
            max_bytes_out: How much may go out in a period, by the names of the routes.
            period: How long a period is.
        """
        super().__init__(scope, id)
        from aws_cdk import aws_cloudwatch as cloudwatch

        refused = cloudwatch.Alarm(
            self,
            "Refused",
            alarm_description=(
                "The relay refused a call. Its audit records say why, and which route was meant: "
                "either a caller is not what it was, or a route does not allow what it needs."
            ),
            metric=relay_metric(relay_name, "Refused", period=period),
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            threshold=1,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        notify(refused, topic)
        for route, size in max_bytes_out.items():
            much = cloudwatch.Alarm(
                self,
                f"BytesOut-{route}",
                alarm_description=(
                    f"More went out by the route {route} than it usually needs. The audit records "
                    "of the relay have the bytes of each call."
                ),
                metric=relay_metric(relay_name, "BytesOut", route, period=period),
                comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
                threshold=size.to_bytes(),
                evaluation_periods=1,
                treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            )
            notify(much, topic)


def add_relay_alarms(
    scope: Construct,
    topic: "sns.ITopic",
    *,
    relay_name: str,
    routes: Sequence[str],
    max_bytes_out: Mapping[str, cdk.Size] | cdk.Size,
    period: cdk.Duration | None = None,
) -> RelayAlarms:
    """Have a message sent when a relay refuses a call, and when much goes out by a route.

    What a route allows can still carry data, a little in each call. The alarm on the bytes is what
    notices it: set it a little above what the callers need.

    Each alarm is paid by the month, and so is the metric of each route:
    https://aws.amazon.com/cloudwatch/pricing/. There is one alarm, and one more for each route.

    Args:
        scope: The relay, or whatever else the alarms are to be in.
        topic: Where the messages go: a topic of the same account and region. One that is encrypted
            needs a key of the account, since CloudWatch may not use the one of SNS.
        relay_name: Name of the relay's function.
        routes: Names of its routes.
        max_bytes_out: How much may be sent in a period, with paths and headers, for each route by
            its name, or the same for all. More of it raises the alarm of that route.
        period: How long a period is. By default five minutes.

    Returns:
        The alarms.

    Raises:
        InvalidInputError: Where the topic is none, or is of another account or region; where a
            route has no size, or a size no route; where the alarms were made before.

    Example:
        ```python
        from aws_cdk import aws_sns as sns

        from secure_lambda_constructs.relay.alarms import add_relay_alarms

        add_relay_alarms(
            stack,
            sns.Topic(stack, "Alerts", enforce_ssl=True),
            relay_name="payments",
            routes=["charge", "refund"],
            max_bytes_out=cdk.Size.kibibytes(64),
        )
        ```
    """
    check_topic(topic)
    stack = cdk.Stack.of(scope)
    refuse_topic_elsewhere(
        topic,
        account=literal_or_none(stack.account),
        region=literal_or_none(stack.region),
        of="its relay",
        because="CloudWatch sends the messages of an alarm from there",
    )
    sizes = _sizes(list(routes), max_bytes_out)
    if scope.node.try_find_child(_ID) is not None:
        raise InvalidInputError(
            f"the alarms of a relay go to one topic, got another one for {scope.node.path}: "
            "subscribe everybody to the first"
        )
    return RelayAlarms(
        scope,
        _ID,
        topic=topic,
        relay_name=relay_name,
        max_bytes_out=sizes,
        period=period or cdk.Duration.minutes(_MINUTES),
    )


def _sizes(
    routes: list[str], max_bytes_out: Mapping[str, cdk.Size] | cdk.Size
) -> dict[str, cdk.Size]:
    """The size of each route, in the order of the routes."""
    if isinstance(max_bytes_out, cdk.Size):
        return dict.fromkeys(routes, max_bytes_out)
    if not isinstance(max_bytes_out, Mapping):
        raise InvalidInputError(
            f"max_bytes_out is {max_bytes_out!r}; write cdk.Size.kibibytes(64), or one for each "
            "route by its name"
        )
    strangers = [name for name in max_bytes_out if name not in routes]
    missing = [name for name in routes if name not in max_bytes_out]
    if strangers or missing:
        what = (
            f"{strangers[0]!r}, which is no route of the relay"
            if strangers
            else f"no size for the route {missing[0]!r}"
        )
        raise InvalidInputError(
            f"max_bytes_out has {what}; write a cdk.Size for each of {', '.join(routes)}"
        )
    for name, size in max_bytes_out.items():
        if not isinstance(size, cdk.Size):
            raise InvalidInputError(
                f"max_bytes_out has {size!r} for the route {name}; write cdk.Size.kibibytes(64)"
            )
    return {name: max_bytes_out[name] for name in routes}
