"""R01-R05: relays that do more, or for more, than they should."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3

from .base import (
    AGNOSTIC,
    CENTRAL,
    EU,
    US,
    WAYS,
    WRITES,
    Base,
    allow,
    document,
    log_group,
    role,
    trust,
)
from .parts import Endpoints, Relay

__all__: list[str] = []


@WAYS.way("R01", "S01")
def _the_signing_config_of_the_relay_only_warns(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    relay = Relay(base)
    policies = cdk.CfnMapping(
        base.stack, "Stages", mapping={"test": {"policy": "Warn"}, "live": {"policy": "Enforce"}}
    )
    stage = cdk.CfnParameter(base.stack, "Stage", default="test" if is_open else "live")
    config = base.signing_config(
        "RelaySigning", policies.find_in_map(stage.value_as_string, "policy")
    )
    relay.function.code_signing_config_arn = config.attr_code_signing_config_arn


@WAYS.way("R01", "S01")
def _a_patch_of_the_relay_in_the_template(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=EU, is_apart=True)
    relay = Relay(base)
    code = {"ZipFile": "def handler(event, context): ..."}
    relay.function.add_property_override(
        "Code", code if is_open else {"S3Bucket": "artifacts", "S3Key": "patched.zip"}
    )


@WAYS.way("R02", "N01", "R05")
def _the_stack_of_the_data_lets_the_relay_read(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=EU, is_apart=True)
    relay = Relay(base)
    data = cdk.Stack(app, "Data", env=EU)
    reader = relay.role if is_open else base.role
    iam.CfnRolePolicy(
        data,
        "Reads",
        policy_name="reads",
        role_name=reader.ref,
        policy_document=document(
            (allow if is_open else base.inside)("dynamodb:Query", base.table.attr_arn)
        ),
    )


@WAYS.way("R02")
def _a_bucket_admits_all_roles_of_the_account(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    Relay(base)
    bucket = s3.CfnBucket(base.stack, "Reports")
    # Whoever is admitted as somebody of the account needs no right of his own.
    ours = {"StringEquals": {"aws:PrincipalAccount": base.account}}
    principal = {"AWS": "*"} if is_open else {"AWS": base.account}
    s3.CfnBucketPolicy(
        base.stack,
        "Readers",
        bucket=bucket.ref,
        policy_document=document(
            allow(
                "s3:GetObject",
                cdk.Fn.join("/", [bucket.attr_arn, "*"]),
                Principal=principal,
                Condition=ours,
            )
        ),
    )


@WAYS.way("R03")
def _operators_call_functions_by_a_pattern(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=AGNOSTIC)
    Relay(base, name="orders-relay")
    operators = cdk.Stack(app, "Operators", env=AGNOSTIC)
    person = iam.CfnRole(
        operators,
        "Operator",
        assume_role_policy_document=trust({"AWS": operators.account}),
    )
    arn = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:"
    iam.CfnRolePolicy(
        operators,
        "Calls",
        policy_name="calls",
        role_name=person.ref,
        policy_document=document(
            allow("lambda:Invoke*", cdk.Fn.sub(arn + ("orders-*" if is_open else "reports-*")))
        ),
    )


@WAYS.way("R03")
def _a_schedule_calls_the_relay(app: cdk.App, is_open: bool) -> None:
    base = Base(app, is_apart=True)
    relay = Relay(base)
    schedules = cdk.Stack(app, "Schedules", env=US)
    called = relay.function if is_open else base.function
    lambda_.CfnPermission(
        schedules,
        "Called",
        action="lambda:InvokeFunction",
        function_name=called.attr_arn,
        principal="events.amazonaws.com",
        source_account=schedules.account,
        source_arn=cdk.Fn.sub(
            "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/hourly"
        ),
    )


@WAYS.way("R03")
def _a_function_that_gets_the_log(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=CENTRAL)
    Relay(base)
    own = log_group(base.stack, "ForwarderLogs")
    in_the_vpc = [] if is_open else [base.rights[1], *base.denies]
    of = role(base.stack, "ForwarderRole", allow(WRITES, own.attr_arn), *in_the_vpc)
    forwarder = base.signed(
        "Forwarder",
        of,
        own,
        reserved_concurrent_executions=1,
        timeout=20,
        # Outside it forwards what the code prints to wherever it likes.
        vpc_config=None if is_open else base.place(),
    )
    lambda_.CfnEventInvokeConfig(
        base.stack,
        "ForwarderOnce",
        function_name=forwarder.ref,
        maximum_retry_attempts=0,
        qualifier="$LATEST",
    )
    lambda_.CfnPermission(
        base.stack,
        "Forwards",
        action="lambda:InvokeFunction",
        function_name=forwarder.ref,
        principal="logs.amazonaws.com",
        source_account=base.account,
        source_arn=base.logs.attr_arn,
    )
    logs.CfnSubscriptionFilter(
        base.stack,
        "Forwarded",
        destination_arn=forwarder.attr_arn,
        filter_pattern="",
        log_group_name=base.logs.ref,
    )


@WAYS.way("R04")
def _the_bound_is_on_a_condition(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=CENTRAL)
    relay = Relay(base)
    cdk.CfnParameter(base.stack, "Reserve", default="false" if is_open else "true")
    reserved = cdk.CfnCondition(
        base.stack, "IsReserved", expression=cdk.Fn.condition_equals({"Ref": "Reserve"}, "true")
    )
    relay.function.add_property_override(
        "ReservedConcurrentExecutions",
        {"Fn::If": [reserved.logical_id, 2, {"Ref": "AWS::NoValue"}]},
    )


@WAYS.way("R04")
def _a_parameter_says_how_long_it_runs(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    relay = Relay(base)
    longest = cdk.CfnParameter(base.stack, "Longest", type="Number", default=900 if is_open else 25)
    relay.function.timeout = longest.value_as_number


@WAYS.way("R05")
def _secrets_by_their_tags(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=AGNOSTIC)
    relay = Relay(base)
    relay.secret.tags.set_tag("relay", "true")
    relay.grant(
        allow(
            "secretsmanager:GetSecretValue",
            "*" if is_open else relay.secret.ref,
            Condition={"StringEquals": {"secretsmanager:ResourceTag/relay": "true"}},
        )
    )


@WAYS.way("R05")
def _a_role_for_more_than_the_relay(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=EU)
    relay = Relay(base, Endpoints(base))
    services = ["lambda.amazonaws.com", *(["edgelambda.amazonaws.com"] if is_open else [])]
    relay.role.assume_role_policy_document = trust({"Service": services})
