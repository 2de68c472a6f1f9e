"""I01-I08: rights of the role that do more than they seem to."""

import aws_cdk as cdk
from aws_cdk import aws_batch as batch
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_pipes as pipes

from .base import (
    AGNOSTIC,
    CENTRAL,
    EU,
    ITEMS,
    US,
    WAYS,
    WRITES,
    Base,
    allow,
    deny,
    document,
    log_group,
    role,
    trust,
)
from .parts import Endpoints, Relay, queue

__all__: list[str] = []


@WAYS.way("I01", "I02")
def _the_denies_are_attached_to_another_role(app: cdk.App, is_open: bool) -> None:
    base = Base(app, is_apart=True)
    other = role(base.shared, "OtherRole")
    base.rights = [base.rights[0], base.rights[1], base.denies[0]]
    if is_open:
        base.grant(allow(ITEMS, base.table.attr_arn))
    else:
        base.grant(base.items)
    perimeter = cdk.Stack(app, "Perimeter", env=US)
    iam.CfnManagedPolicy(
        perimeter,
        "FromTheVpcOnly",
        policy_document=document(base.denies[1]),
        roles=[(other if is_open else base.role).ref],
    )


@WAYS.way("I01", "I02")
def _a_right_that_holds_for_a_tag(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=EU)
    base.table.tags.set_tag("app", "orders")
    tagged = {"aws:ResourceTag/app": "orders"}
    place = {} if is_open else {"aws:SourceVpc": base.vpc.ref}
    # "*" stands for the tables that are tagged.
    base.rights = [
        *base.rights[:2],
        base.denies[0],
        allow(ITEMS, "*", Condition={"StringEquals": {**tagged, **place}}),
    ]
    base.grant(*([] if is_open else base.denies[1:]))


@WAYS.way("I02")
def _private_addresses_are_taken_for_the_vpc(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=AGNOSTIC)
    # Other VPCs have these addresses as well.
    network = {"aws:VpcSourceIp": base.vpc.attr_cidr_block}
    from_code = {"lambda:SourceFunctionArn": "false"}
    addresses = deny({"NotIpAddress": network, "Null": from_code}, NotAction=WRITES)
    inside = {"IpAddress": network}
    if not is_open:
        inside["StringEquals"] = {"aws:SourceVpc": base.vpc.ref}
    base.rights = [*base.rights[:2], base.denies[0], addresses]
    base.grant(allow(ITEMS, base.table.attr_arn, Condition=inside))
    base.grant(*([] if is_open else base.denies[1:]))


@WAYS.way("I02")
def _endpoints_of_any_vpc(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    # As an id: whichever VPC; as a Ref: this one.
    where = "vpc-*" if is_open else base.vpc.ref
    held = deny(
        {
            "StringNotLike": {"aws:SourceVpc": where},
            "Null": {"lambda:SourceFunctionArn": "false"},
        },
        NotAction=WRITES,
    )
    base.rights = [*base.rights[:2], base.denies[0], held]
    base.grant(
        allow(ITEMS, base.table.attr_arn, Condition={"StringLike": {"aws:SourceVpc": where}})
    )


@WAYS.way("I02")
def _any_endpoint_of_dynamodb(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=AGNOSTIC)
    # The one endpoint by its id, or whichever.
    endpoint = "vpce-*" if is_open else base.tables.ref
    held = deny(
        {
            "StringNotLike": {"aws:SourceVpce": endpoint},
            "Null": {"lambda:SourceFunctionArn": "false"},
        },
        NotAction=WRITES,
    )
    perimeter = iam.CfnManagedPolicy(base.stack, "FromTheEndpoint", policy_document=document(held))
    base.role.managed_policy_arns = [perimeter.ref]
    base.rights = [*base.rights[:2], base.denies[0]]
    items = [base.table.attr_arn, cdk.Fn.join("/", [base.table.attr_arn, "index", "*"])]
    base.grant(allow(ITEMS, items, Condition={"StringLike": {"aws:SourceVpce": endpoint}}))


@WAYS.way("I03")
def _the_deny_is_for_another_name(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=EU)
    # The ARN by hand: an attribute of the function would go round in a circle.
    name = cdk.Fn.sub(
        "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:orders"
    )
    held = deny({"ArnEquals": {"lambda:SourceFunctionArn": name}}, Action="ec2:*")
    base.rights = [each for each in base.rights if each is not base.denies[0]]
    base.grant(held)
    base.function.function_name = "orders-v2" if is_open else "orders"


@WAYS.way("I03")
def _the_deny_is_for_a_name_of_another_case(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    # CloudFormation makes the name up: App-Orders- and some letters.
    start = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:"
    names = cdk.Fn.sub(start + ("app-orders-*" if is_open else "${AWS::StackName}-Orders-*"))
    held = deny({"ArnLike": {"lambda:SourceFunctionArn": names}}, Action="ec2:*")
    base.rights = [each for each in base.rights if each is not base.denies[0]]
    base.grant(held)


@WAYS.way("I04")
def _all_but_the_actions_that_delete(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    operations = cdk.Stack(app, "Operations", env=US)
    condition = {"StringEquals": {"aws:SourceVpc": base.vpc.ref}}
    whatever = {
        "Effect": "Allow",
        "Resource": base.table.attr_arn,
        "Condition": condition,
        **({"NotAction": ["dynamodb:DeleteTable"]} if is_open else {"Action": ITEMS}),
    }
    iam.CfnRolePolicy(
        operations,
        "Items",
        policy_name="items",
        role_name=base.role.ref,
        policy_document=document(whatever),
    )


@WAYS.way("I04")
def _a_policy_of_whoever_has_that_name(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=EU)
    base.role.role_name = "orders"
    operations = cdk.Stack(app, "Operations", env=EU)
    shares = base.inside("dynamodb:PutResourcePolicy", base.table.attr_arn)
    policy = iam.CfnPolicy(
        operations,
        "Shares",
        policy_name="shares",
        policy_document=document(shares),
    )
    names = cdk.CfnParameter(
        operations,
        "Roles",
        default="operators,orders" if is_open else "operators",
        type="CommaDelimitedList",
    )
    policy.roles = names.value_as_list


@WAYS.way("I04")
def _the_code_shares_the_key(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=AGNOSTIC)
    ours = {"AWS": f"arn:{cdk.Aws.PARTITION}:iam::{base.account}:root"}
    key = kms.CfnKey(base.stack, "Key", key_policy=document(allow("kms:*", "*", Principal=ours)))
    actions = ["kms:Decrypt", "kms:GenerateDataKey*", *(["kms:Create*"] if is_open else [])]
    base.grant(base.inside(actions, key.attr_arn))


@WAYS.way("I04")
def _a_boundary_bounds_it(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=EU)
    more = ["dynamodb:PutResourcePolicy", "dynamodb:UpdateTable"]
    base.grant(base.inside([*ITEMS, *more], base.table.attr_arn))
    boundary = iam.CfnManagedPolicy(
        base.stack,
        "Boundary",
        policy_document=document(
            allow(["logs:*", "ec2:*"], "*"),
            allow("dynamodb:*" if is_open else ITEMS, "*"),
        ),
    )
    base.role.permissions_boundary = boundary.ref


@WAYS.way("I05")
def _a_role_for_everybody_in_the_account(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    operators = role(base.stack, "Operators", allow("cloudwatch:PutMetricData", "*"))
    # An asterisk admits without a further right; the account only who has one.
    operators.assume_role_policy_document = (
        trust({"AWS": "*"}, Condition={"StringEquals": {"aws:PrincipalAccount": base.account}})
        if is_open
        else trust({"AWS": base.account})
    )


@WAYS.way("I05")
def _the_function_may_pass_a_role(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=EU)
    logs = log_group(base.stack, "OtherLogs")
    other = role(base.stack, "OtherRole", allow(WRITES, logs.attr_arn))
    if is_open:
        base.grant(base.inside(["iam:GetRole", "iam:PassRole"], other.attr_arn))
    base.signed("Other", other, logs)


@WAYS.way("I06")
def _log_groups_that_begin_alike(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=AGNOSTIC)
    base.logs.log_group_name = "/orders/api"
    groups = cdk.Fn.sub(
        "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/orders/"
        + ("*" if is_open else "api:log-stream:*")
    )
    base.rights = [allow(WRITES, groups), *base.rights[1:]]
    base.grant()


@WAYS.way("I06")
def _one_more_group_for_the_audit(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    audit = log_group(base.stack, "Audit", log_group_name="/audit/orders")
    writer = base.role
    if not is_open:
        # A function without data writes it.
        writer = role(base.stack, "AuditRole")
    iam.CfnPolicy(
        base.stack,
        "WritesAudit",
        policy_name="audit",
        policy_document=document(allow("logs:PutLogEvents", audit.attr_arn)),
        roles=[writer.ref],
    )


@WAYS.way("I07")
def _events_to_a_bus_of_our_own(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    bus = events.CfnEventBus(base.stack, "Bus", name="orders")
    audit = queue(base, "Audit")
    statement = (
        base.inside("events:PutEvents", bus.attr_arn)
        if is_open
        else base.inside("sqs:SendMessage", audit.attr_arn)
    )
    base.grant(statement)


@WAYS.way("I07")
def _jobs_that_are_started_with_the_rows(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    job = batch.CfnJobDefinition(base.stack, "Report", type="container")
    # What overrides the command of the container is up to the code.
    action = "batch:SubmitJob" if is_open else "batch:DescribeJobs"
    base.grant(base.inside(action, job.ref if is_open else "*"))


@WAYS.way("I07")
def _a_policy_for_debugging(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    debug = cdk.CfnParameter(base.stack, "Debug", default="true" if is_open else "false")
    wanted = cdk.CfnCondition(
        base.stack, "IsDebug", expression=cdk.Fn.condition_equals(debug.value_as_string, "true")
    )
    tells = base.inside("sns:Publish", "*")
    base.role.add_property_override(
        "Policies.1",
        {
            "Fn::If": [
                wanted.logical_id,
                {"PolicyName": "debug", "PolicyDocument": base.stack.resolve(document(tells))},
                {"Ref": "AWS::NoValue"},
            ]
        },
    )


@WAYS.way("I07")
def _a_queue_by_its_name(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=EU)
    queue(base, "Audit", queue_name="orders-audit")
    arn = "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:${Queue}"
    name = "orders-audits" if is_open else "orders-audit"
    base.grant(base.inside("sqs:SendMessage", cdk.Fn.sub(arn, {"Queue": name})))


@WAYS.way("I07")
def _a_pipe_from_the_queue_that_the_code_fills(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=CENTRAL)
    orders = queue(base, "Placed")
    base.grant(base.inside("sqs:SendMessage", orders.attr_arn))
    connection = events.CfnConnection(
        base.stack,
        "Connection",
        auth_parameters=events.CfnConnection.AuthParametersProperty(
            api_key_auth_parameters=events.CfnConnection.ApiKeyAuthParametersProperty(
                api_key_name="key", api_key_value="{{resolve:secretsmanager:partner}}"
            )
        ),
        authorization_type="API_KEY",
    )
    partner = events.CfnApiDestination(
        base.stack,
        "Partner",
        connection_arn=connection.attr_arn,
        http_method="POST",
        invocation_endpoint="https://api.partner.example/orders",
    )
    archive = log_group(base.stack, "Archive")
    taking = allow(["sqs:DeleteMessage", "sqs:ReceiveMessage"], orders.attr_arn)
    pipes.CfnPipe(
        base.stack,
        "Pipe",
        role_arn=role(base.stack, "PipeRole", taking, service="pipes").attr_arn,
        source=orders.attr_arn,
        target=(partner if is_open else archive).attr_arn,
    )


@WAYS.way("I08")
def _functions_that_begin_alike(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=AGNOSTIC)
    relay = Relay(base, name="orders-relay")
    lambda_.CfnAlias(
        base.stack,
        "Live",
        function_name=relay.function.ref,
        function_version="$LATEST",
        name="live",
    )
    lambda_.CfnEventInvokeConfig(
        base.stack,
        "LiveOnce",
        function_name=relay.function.ref,
        maximum_retry_attempts=0,
        qualifier="live",
    )
    arn = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:orders-relay"
    called = cdk.Fn.sub(f"{arn}-*" if is_open else f"{arn}:*")
    base.grant(allow("lambda:InvokeFunction", called))
    relay.endpoint.policy_document = document(
        relay.let_through, base.through("lambda:InvokeFunction", called)
    )


@WAYS.way("I08")
def _the_right_to_call_from_the_side_of_the_other(app: cdk.App, is_open: bool) -> None:
    base = Base(app, is_apart=True)
    relay = Relay(base, Endpoints(base))
    other = cdk.Stack(app, "Other", env=US)
    mailer = cdk.Fn.sub(
        "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:mailer"
    )
    called = mailer if is_open else relay.function.attr_arn
    iam.CfnManagedPolicy(
        other,
        "CallsMailer",
        policy_document=document(allow("lambda:InvokeFunction", called)),
        roles=[base.role.ref],
    )


@WAYS.way("I06")
def _the_log_group_that_lambda_takes_by_its_name(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=EU)
    base.logs.log_group_name = "/aws/lambda/orders"
    base.function.function_name = "orders-v2" if is_open else "orders"
    base.function.add_property_deletion_override("LoggingConfig")
