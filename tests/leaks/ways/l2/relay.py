"""R01-R05: ways out through a relay."""

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_logs_destinations as destinations
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secretsmanager

from .base import ACCOUNT, WAYS, stack_of
from .plain import Plain, code_of, denies_of, relay_of, role_of, table_of

__all__: list[str] = []


@WAYS.way("R01", "S01")
def _relay_without_signing(app: cdk.App, is_open: bool) -> None:
    """The relay has no code signing config, or that of the functions."""
    plain = Plain(stack_of(app))
    signing = None if is_open else plain.signing
    plain.caller_of(relay_of(plain, code_signing_config=signing))


@WAYS.way("R01", "S01")
def _inline_relay(app: cdk.App, is_open: bool) -> None:
    """The relay is a line in the template, or code that was signed."""
    plain = Plain(stack_of(app, region="eu-west-1"))
    if is_open:
        code = lambda_.Code.from_inline("def handler(event, context): ...")
        plain.caller_of(relay_of(plain, code=code))
    else:
        plain.caller_of(relay_of(plain))


@WAYS.way("R02", "N01", "R05")
def _relay_with_the_table(app: cdk.App, is_open: bool) -> None:
    """A second grant of the table is for the relay, or for the function inside."""
    plain = Plain(stack_of(app))
    relay = relay_of(plain)
    plain.caller_of(relay)
    plain.table.grant(relay if is_open else plain.function, "dynamodb:Query")


@WAYS.way("R02")
def _table_that_admits_the_relay(app: cdk.App, is_open: bool) -> None:
    """The policy of the table admits the role of the relay, or that of the function."""
    stack = stack_of(app, region="eu-west-1")
    plain = Plain(stack, table=table_of(stack))
    role = role_of(stack, "Fetcher", is_inside=False)
    plain.caller_of(relay_of(plain, role=role))
    plain.table.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ArnPrincipal((role if is_open else plain.role).role_arn)],
            actions=["dynamodb:GetItem"],
            resources=["*"],
        )
    )


@WAYS.way("R03")
def _kept_warm(app: cdk.App, is_open: bool) -> None:
    """A rule calls the relay every five minutes, or the function inside."""
    stack = stack_of(app)
    plain = Plain(stack)
    relay = relay_of(plain)
    plain.caller_of(relay)
    warm = targets.LambdaFunction(relay if is_open else plain.function)
    schedule = events.Schedule.rate(cdk.Duration.minutes(5))
    events.Rule(stack, "Warm", schedule=schedule, targets=[warm])


@WAYS.way("R03")
def _shared_relay(app: cdk.App, is_open: bool) -> None:
    """Two functions call one relay, or each one of its own."""
    stack = stack_of(app, region="eu-west-1")
    plain = Plain(stack)
    role = role_of(stack, "LettersRole", denies=denies_of(plain.network.vpc.vpc_id))
    plain.add("Letters", role=role)
    relay = relay_of(plain)
    if is_open:
        plain.caller_of(relay)
        relay.grant_invoke(role)
        return
    second = relay_of(plain, "Second")
    plain.caller_of(relay, others=[second])
    second.grant_invoke(role)


@WAYS.way("R03")
def _deployment_calls_it(app: cdk.App, is_open: bool) -> None:
    """The role of the pipeline may call what has a tag, or publish versions of it only."""
    stack = stack_of(app, region=None)
    plain = Plain(stack)
    relay = relay_of(plain)
    plain.caller_of(relay)
    pipeline = iam.Role(stack, "Pipeline", assumed_by=iam.AccountRootPrincipal())
    action = "lambda:InvokeFunction" if is_open else "lambda:PublishVersion"
    pipeline.add_to_policy(
        iam.PolicyStatement(
            actions=[action],
            resources=["*"],
            conditions={"StringEquals": {"aws:ResourceTag/smoke-test": "true"}},
        )
    )


@WAYS.way("R03")
def _log_forwarder(app: cdk.App, is_open: bool) -> None:
    """The log of the function is fed to a relay, which sends it on, or to a stream of the app."""
    stack = stack_of(app, region="eu-west-1")
    plain = Plain(stack)
    relay = relay_of(plain)
    target: logs.ILogSubscriptionDestination
    if is_open:
        target = destinations.LambdaDestination(relay)
    else:
        plain.caller_of(relay)
        target = destinations.KinesisDestination(kinesis.Stream(stack, "Stream"))
    plain.function.log_group.add_subscription_filter(
        "Forwarded", destination=target, filter_pattern=logs.FilterPattern.all_events()
    )


@WAYS.way("R04")
def _as_often_as_it_likes(app: cdk.App, is_open: bool) -> None:
    """The relay has no reserved concurrency, as by default, or one."""
    plain = Plain(stack_of(app))
    plain.caller_of(relay_of(plain, reserved_concurrent_executions=None if is_open else 1))


@WAYS.way("R04")
def _alias_with_retries(app: cdk.App, is_open: bool) -> None:
    """The relay is not called again, and its alias is by default."""
    plain = Plain(stack_of(app, region="eu-west-1"))
    relay = relay_of(plain)
    alias = relay.add_alias("live", retry_attempts=None if is_open else 0)
    plain.caller_of(alias)


@WAYS.way("R04")
def _for_a_quarter_of_an_hour(app: cdk.App, is_open: bool) -> None:
    """A call of the relay may take as long as Lambda lets it, or half a minute."""
    plain = Plain(stack_of(app))
    timeout = cdk.Duration.minutes(15) if is_open else cdk.Duration.seconds(30)
    plain.caller_of(relay_of(plain, timeout=timeout))


@WAYS.way("R05")
def _relay_writes_its_secret(app: cdk.App, is_open: bool) -> None:
    """A grant lets the relay write a secret, where it could keep what it is given; or read it."""
    stack = stack_of(app)
    plain = Plain(stack)
    relay = relay_of(plain)
    plain.caller_of(relay)
    session = secretsmanager.Secret(stack, "Session")
    if is_open:
        session.grant_write(relay)
    else:
        session.grant_read(relay)


@WAYS.way("R05")
def _relay_counts(app: cdk.App, is_open: bool) -> None:
    """The relay may put metrics, which have names; or another function may."""
    stack = stack_of(app, region="eu-west-1")
    plain = Plain(stack)
    relay = relay_of(plain)
    plain.caller_of(relay)
    others = role_of(stack, "OthersRole", is_inside=False)
    cloudwatch.Metric.grant_put_metric_data(relay if is_open else others)


@WAYS.way("R02")
def _password_of_the_database(app: cdk.App, is_open: bool) -> None:
    """A grant gives the relay the password of the database, or one that is of no database."""
    stack = stack_of(app)
    plain = Plain(stack)
    relay = relay_of(plain)
    plain.caller_of(relay)
    cluster = rds.DatabaseCluster.from_database_cluster_attributes(
        stack, "Database", cluster_identifier="orders"
    )
    password = rds.DatabaseSecret(stack, "Password", username="orders")
    token = secretsmanager.Secret(stack, "Token")
    password.attach(cluster)
    (password if is_open else token).grant_read(relay)


@WAYS.way("R03")
def _imported_caller(app: cdk.App, is_open: bool) -> None:
    """A role that no template creates may call the relay, or the one of the function again."""
    stack = stack_of(app)
    plain = Plain(stack)
    relay = relay_of(plain)
    plain.caller_of(relay)
    arn = f"arn:aws:iam::{ACCOUNT}:role/reports"
    reports = iam.Role.from_role_arn(stack, "Reports", arn)
    relay.grant_invoke(reports if is_open else plain.role)


@WAYS.way("R05")
def _relay_role_by_default(app: cdk.App, is_open: bool) -> None:
    """The role of the relay is the one that the CDK makes, or one that logs to its own group."""
    stack = stack_of(app, region="eu-west-1")
    plain = Plain(stack)
    if not is_open:
        plain.caller_of(relay_of(plain))
        return
    relay = lambda_.Function(
        stack,
        "Relay",
        code=code_of(stack, "Relay"),
        code_signing_config=plain.signing,
        handler="index.handler",
        log_group=logs.LogGroup(stack, "RelayLogs"),
        reserved_concurrent_executions=2,
        retry_attempts=0,
        runtime=lambda_.Runtime.PYTHON_3_13,
    )
    plain.caller_of(relay)


@WAYS.way("R04")
def _called_by_its_version(app: cdk.App, is_open: bool) -> None:
    """The function calls a version of the relay, whose calls are made again by default."""
    plain = Plain(stack_of(app))
    retries = None if is_open else 0
    options = lambda_.VersionOptions(retry_attempts=retries)
    plain.caller_of(relay_of(plain, current_version_options=options).current_version)
