"""O04: who takes the stream of the table."""

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_

from .base import EU, WAYS, WRITES, Base, allow, log_group, role

__all__: list[str] = []


@WAYS.way("O04", "N01", "R02", "R03", "R05")
def _a_consumer_of_the_stream(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=EU)
    base.table.stream_specification = dynamodb.CfnTable.StreamSpecificationProperty(
        stream_view_type="NEW_IMAGE"
    )
    logs = log_group(base.stack, "ConsumerLogs")
    # Lambda polls with the role, and from its own network.
    polls = allow(
        [
            "dynamodb:DescribeStream",
            "dynamodb:GetRecords",
            "dynamodb:GetShardIterator",
            "dynamodb:ListStreams",
        ],
        base.table.attr_stream_arn,
    )
    in_the_vpc = [] if is_open else [base.rights[1], *base.denies]
    of = role(base.stack, "ConsumerRole", allow(WRITES, logs.attr_arn), polls, *in_the_vpc)
    consumer = base.signed(
        "Consumer",
        of,
        logs,
        reserved_concurrent_executions=1,
        timeout=20,
        vpc_config=None if is_open else base.place(),
    )
    lambda_.CfnEventInvokeConfig(
        base.stack,
        "ConsumerOnce",
        function_name=consumer.attr_arn,
        maximum_retry_attempts=0,
        qualifier="$LATEST",
    )
    lambda_.CfnEventSourceMapping(
        base.stack,
        "Consumes",
        event_source_arn=base.table.attr_stream_arn,
        function_name=consumer.attr_arn,
        starting_position="LATEST",
    )
