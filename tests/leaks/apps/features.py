"""Functions with what teams ask of them: events, callers, versions, traces, a database.

``python features.py OUTPUT`` synthesizes each app twice: in one stack, and in three (network and
signing; data; functions).
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_elasticloadbalancingv2_targets as elbv2_targets
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_rds as rds
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as scheduler_targets
from aws_cdk import aws_sqs as sqs

from secure_lambda_constructs import IsolatedNetwork, SignedVpcFunction, SigningBaseline

CODE = Path(__file__).resolve().parent / "article" / "lambda"


@dataclass(frozen=True)
class Stacks:
    """Where the parts of an app are."""

    platform: cdk.Stack
    data: cdk.Stack
    functions: cdk.Stack

    @classmethod
    def one(cls, app: cdk.App) -> "Stacks":
        """All in one stack."""
        stack = cdk.Stack(app, "App", env=_ENVIRONMENT)
        return cls(stack, stack, stack)

    @classmethod
    def three(cls, app: cdk.App) -> "Stacks":
        """Each in a stack of its own."""
        platform, data, functions = (
            cdk.Stack(app, name, env=_ENVIRONMENT) for name in ("Platform", "Data", "Functions")
        )
        return cls(platform, data, functions)


_ENVIRONMENT = cdk.Environment(account="444455556666", region="eu-west-1")


class _Parts:
    """The network, the baseline and a key, and functions with a table that they read."""

    def __init__(self, stacks: Stacks) -> None:
        self.stacks = stacks
        self.network = IsolatedNetwork(stacks.platform, "Network")
        self.signing = SigningBaseline(stacks.platform, "Signing")
        self.key = kms.Key(stacks.data, "Key", enable_key_rotation=True)
        self.table = dynamodb.TableV2(
            stacks.data,
            "Users",
            partition_key=dynamodb.Attribute(name="user_id", type=dynamodb.AttributeType.STRING),
            dynamo_stream=dynamodb.StreamViewType.NEW_IMAGE,
            encryption=dynamodb.TableEncryptionV2.customer_managed_key(self.key),
        )

    def queue(self, id: str) -> sqs.Queue:
        return sqs.Queue(
            self.stacks.data,
            id,
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=self.key,
            enforce_ssl=True,
        )


def build_events(stacks: Stacks) -> None:
    """One function with all event sources, callers and destinations; another for tenants."""
    parts = _Parts(stacks)
    failed, done = parts.queue("Failed"), parts.queue("Done")
    function = SignedVpcFunction(
        stacks.functions,
        "Events",
        signing=parts.signing,
        network=parts.network,
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_asset(str(CODE)),
        environment={"TABLE_NAME": parts.table.table_name},
        environment_encryption=parts.key,
        dead_letter_queue=failed,
        on_failure=destinations.SqsDestination(failed),
        on_success=destinations.SqsDestination(done),
        retry_attempts=1,
        events=[
            event_sources.SqsEventSource(parts.queue("Orders"), report_batch_item_failures=True),
            event_sources.KinesisEventSource(
                kinesis.Stream(
                    stacks.data,
                    "Clicks",
                    encryption=kinesis.StreamEncryption.KMS,
                    encryption_key=parts.key,
                ),
                starting_position=lambda_.StartingPosition.LATEST,
                on_failure=event_sources.SqsDlq(failed),
            ),
            event_sources.DynamoEventSource(
                parts.table,
                starting_position=lambda_.StartingPosition.LATEST,
                on_failure=event_sources.SqsDlq(failed),
            ),
        ],
    )
    parts.table.grant_read_write_data(function)
    _add_callers(stacks.functions, function)
    tenants = SignedVpcFunction(
        stacks.functions,
        "Tenants",
        signing=parts.signing,
        network=parts.network,
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_asset(str(CODE)),
        tenancy_config=lambda_.TenancyConfig.PER_TENANT,
        recursive_loop=lambda_.RecursiveLoop.TERMINATE,
        runtime_management_mode=lambda_.RuntimeManagementMode.FUNCTION_UPDATE,
    )
    parts.table.grant_read_data(tenants)


def _add_callers(stack: cdk.Stack, function: SignedVpcFunction) -> None:
    live = lambda_.Alias(
        stack,
        "Live",
        alias_name="live",
        version=function.current_version,
        provisioned_concurrent_executions=1,
    )
    live.add_auto_scaling(max_capacity=10).scale_on_utilization(utilization_target=0.7)
    rule = events.Rule(stack, "Hourly", schedule=events.Schedule.rate(cdk.Duration.hours(1)))
    rule.add_target(targets.LambdaFunction(live))
    scheduler.Schedule(
        stack,
        "Nightly",
        schedule=scheduler.ScheduleExpression.cron(hour="3", minute="0"),
        target=scheduler_targets.LambdaInvoke(live),
    )
    apigateway.LambdaRestApi(stack, "RestApi", handler=live, cloud_watch_role=False)
    api = apigatewayv2.HttpApi(stack, "HttpApi")
    api.add_routes(
        path="/users", integration=integrations.HttpLambdaIntegration("Users", function.function)
    )
    elbv2.ApplicationTargetGroup(
        stack, "Targets", targets=[elbv2_targets.LambdaTarget(function.function)]
    )


def build_traced(stacks: Stacks) -> None:
    """A function that starts from a snapshot and sends traces."""
    parts = _Parts(stacks)
    function = SignedVpcFunction(
        stacks.functions,
        "Traced",
        signing=parts.signing,
        network=parts.network,
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_asset(str(CODE)),
        snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS,
        tracing=lambda_.Tracing.ACTIVE,
    )
    lambda_.Alias(stacks.functions, "Live", alias_name="live", version=function.current_version)
    parts.table.grant_read_data(function)


def build_database(stacks: Stacks) -> None:
    """A function that logs in to a database, and to its proxy, with the keys of its role."""
    parts = _Parts(stacks)
    database = rds.DatabaseCluster(
        stacks.data,
        "Database",
        engine=rds.DatabaseClusterEngine.aurora_postgres(
            version=rds.AuroraPostgresEngineVersion.VER_16_6
        ),
        writer=rds.ClusterInstance.serverless_v2("Writer"),
        iam_authentication=True,
        storage_encryption_key=parts.key,
        vpc=parts.network.vpc,
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
    )
    assert database.secret is not None
    proxy = database.add_proxy(
        "Proxy",
        secrets=[database.secret],
        iam_auth=True,
        vpc=parts.network.vpc,
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
    )
    function = SignedVpcFunction(
        stacks.functions,
        "Reports",
        signing=parts.signing,
        network=parts.network,
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_asset(str(CODE)),
        environment={"HOST": database.cluster_endpoint.hostname, "PROXY": proxy.endpoint},
    )
    # In three stacks the network's cannot refer to the database.
    parts.network.allow_dns_names("*.abc123def456.eu-west-1.rds.amazonaws.com")
    # In this direction both rules are in the function's stack, which depends on the database's.
    for server in (database, proxy):
        function.connections.allow_to(server, ec2.Port.tcp(5432))
        server.grant_connect(function, "reports")
    parts.table.grant_read_data(function)


def main(output: Path) -> None:
    """Write the cloud assemblies to directories of `output`."""
    for name, build in (
        ("events", build_events),
        ("traced", build_traced),
        ("database", build_database),
    ):
        for arrangement, place in (("one_stack", Stacks.one), ("three_stacks", Stacks.three)):
            app = cdk.App(outdir=str(output / f"{name}_{arrangement}"))
            build(place(app))
            app.synth()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
