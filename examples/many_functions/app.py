"""Twelve functions in three stacks: one network, one baseline, one table, a layer that all share.

Run ``python app.py`` to synthesize it (no credentials needed), ``cdk deploy --all`` to deploy it.
"""

import os
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from secure_lambda_constructs import (
    IsolatedNetwork,
    IsolatedTable,
    SignedVpcFunction,
    SigningBaseline,
)

HERE = Path(__file__).resolve().parent

# Each function of the shop's orders, and what it may do with the table.
ORDERS = {
    "Create": ["dynamodb:PutItem"],
    "Get": ["dynamodb:GetItem"],
    "Find": ["dynamodb:Query"],
    "Change": ["dynamodb:UpdateItem"],
    "Cancel": ["dynamodb:DeleteItem"],
    "Count": ["dynamodb:Scan"],
}
# What else happens to an order: one queue and one worker for each.
EVENTS = ["Paid", "Packed", "Shipped", "Delivered", "Returned", "Refunded"]


class PlatformStack(cdk.Stack):
    """What the platform team owns: the closed network, and who signs."""

    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self.signing = SigningBaseline(self, "Signing")
        self.network = IsolatedNetwork(self, "Network")


class ShopStack(cdk.Stack):
    """A stack with functions of the shop, and the layer that they share."""

    def __init__(
        self, scope: Construct, construct_id: str, platform: PlatformStack, **kwargs: Any
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self.platform = platform
        # Each stack has a layer of its own, made of the same files: they are signed and published
        # once. One layer for two stacks would be an export, which CloudFormation does not let
        # change while another stack uses it.
        self.layer = lambda_.LayerVersion(
            self,
            "Layer",
            code=platform.signing.signed(lambda_.Code.from_asset(str(HERE / "layer"))),
            compatible_runtimes=[lambda_.Runtime.PYTHON_3_14],
        )

    def function(
        self, construct_id: str, handler: str, code: str, table: IsolatedTable, **more: Any
    ) -> SignedVpcFunction:
        """Add a function whose code is in the folder `code`."""
        function = SignedVpcFunction(
            self,
            construct_id,
            signing=self.platform.signing,
            network=self.platform.network,
            runtime=lambda_.Runtime.PYTHON_3_14,
            handler=handler,
            code=lambda_.Code.from_asset(str(HERE / code)),
            layers=[self.layer],
            environment={"TABLE_NAME": table.table.table_name, "EVENT": construct_id},
            **more,
        )
        cdk.CfnOutput(self, f"{construct_id}Name", value=function.function.function_name)
        return function


class OrdersStack(ShopStack):
    """The table of orders, and the six functions that an API would call."""

    def __init__(
        self, scope: Construct, construct_id: str, platform: PlatformStack, **kwargs: Any
    ) -> None:
        super().__init__(scope, construct_id, platform, **kwargs)
        self.table = IsolatedTable(
            self,
            "Orders",
            network=platform.network,
            partition_key=dynamodb.Attribute(name="customer", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="order", type=dynamodb.AttributeType.STRING),
        )
        for name, actions in ORDERS.items():
            function = self.function(name, f"orders.{name.lower()}", "orders", self.table)
            self.table.grant(function, *actions)


class WorkersStack(ShopStack):
    """Six queues, and a worker behind each that notes what happened to an order.

    Lambda polls a queue outside the network, so that the network needs no endpoint of SQS.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        platform: PlatformStack,
        table: IsolatedTable,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, platform, **kwargs)
        failed = _queue(self, "Failed", retention_period=cdk.Duration.days(14))
        for event in EVENTS:
            queue = _queue(
                self,
                f"{event}Queue",
                # As long as AWS advises: six times the timeout of the function.
                visibility_timeout=cdk.Duration.seconds(60),
                dead_letter_queue=sqs.DeadLetterQueue(queue=failed, max_receive_count=3),
            )
            worker = self.function(
                event,
                "worker.handler",
                "workers",
                table,
                timeout=cdk.Duration.seconds(10),
                events=[event_sources.SqsEventSource(queue, report_batch_item_failures=True)],
            )
            table.grant(worker, "dynamodb:UpdateItem")
            cdk.CfnOutput(self, f"{event}Url", value=queue.queue_url)


def _queue(scope: Construct, construct_id: str, **arguments: Any) -> sqs.Queue:
    """Add an encrypted queue that is used over TLS only."""
    return sqs.Queue(
        scope,
        construct_id,
        # With the account's own key of SQS, which costs nothing by the month.
        encryption=sqs.QueueEncryption.KMS_MANAGED,
        enforce_ssl=True,
        **arguments,
    )


def build(app: cdk.App) -> None:
    """Add the stacks to `app`, in the account and region the CDK CLI names."""
    env = cdk.Environment(
        account=os.environ.get("CDK_DEFAULT_ACCOUNT"),
        region=os.environ.get("CDK_DEFAULT_REGION", "us-east-1"),
    )
    platform = PlatformStack(app, "ShopPlatform", env=env)
    orders = OrdersStack(app, "ShopOrders", platform, env=env)
    WorkersStack(app, "ShopWorkers", platform, orders.table, env=env)


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
