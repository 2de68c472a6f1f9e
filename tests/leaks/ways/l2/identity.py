"""I01-I08: ways out with the keys of the role."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks

from .base import ACCOUNT, FOREIGN, WAYS, Network, stack_of
from .plain import Plain, denies_of, relay_of, role_of

__all__: list[str] = []

_SOURCE = "aws:SourceVpc"


def _but(vpc_id: str, conditions: dict[str, Any]) -> list[iam.PolicyStatement]:
    """Return Denies that hold under `conditions` instead of "from elsewhere"."""
    return [
        *denies_of(vpc_id)[:1],
        iam.PolicyStatement(
            effect=iam.Effect.DENY,
            not_actions=["logs:CreateLogStream", "logs:PutLogEvents", "ec2:*"],
            resources=["*"],
            conditions=conditions,
        ),
    ]


@WAYS.way("I01", "I02")
def _without_denies(app: cdk.App, is_open: bool) -> None:
    """The grant of the table is all that the role has; nothing binds its keys to the VPC."""
    stack = stack_of(app)
    network = Network(stack)
    ec2_only, *others = denies_of(network.vpc.vpc_id)
    Plain(stack, network=network, denies=[ec2_only, *([] if is_open else others)])


@WAYS.way("I01")
def _only_where_there_is_a_vpc(app: cdk.App, is_open: bool) -> None:
    """The Deny is about requests that come out of a VPC, and not about those of the internet."""
    stack = stack_of(app, region="eu-west-1")
    network = Network(stack)
    conditions: dict[str, Any] = {"StringNotEquals": {_SOURCE: network.vpc.vpc_id}}
    if is_open:
        conditions["Null"] = {_SOURCE: "false"}
    Plain(stack, network=network, denies=_but(network.vpc.vpc_id, conditions))


@WAYS.way("I01")
def _address_of_the_office(app: cdk.App, is_open: bool) -> None:
    """The Deny leaves out addresses of the internet, or those of a private network."""
    stack = stack_of(app)
    network = Network(stack)
    addresses = ["52.94.76.0/24"] if is_open else ["10.20.0.0/16"]
    conditions = {
        "StringNotEquals": {_SOURCE: network.vpc.vpc_id},
        "NotIpAddress": {"aws:SourceIp": addresses},
    }
    Plain(stack, network=network, denies=_but(network.vpc.vpc_id, conditions))


@WAYS.way("I02")
def _any_vpc(app: cdk.App, is_open: bool) -> None:
    """The Deny is about the internet: what comes out of a VPC, whosever it is, may pass."""
    stack = stack_of(app)
    network = Network(stack)
    conditions: dict[str, Any] = {"Null": {_SOURCE: "true"}}
    if not is_open:
        conditions = {"StringNotLike": {_SOURCE: [network.vpc.vpc_id]}}
    Plain(stack, network=network, denies=_but(network.vpc.vpc_id, conditions))


@WAYS.way("I02")
def _private_addresses(app: cdk.App, is_open: bool) -> None:
    """The Deny goes by the address, and other VPCs have the same ones."""
    stack = stack_of(app)
    network = Network(stack)
    conditions: dict[str, Any] = {"NotIpAddress": {"aws:VpcSourceIp": "10.0.0.0/16"}}
    denies = _but(network.vpc.vpc_id, conditions)
    if not is_open:
        denies += _but(network.vpc.vpc_id, {"StringNotEquals": {_SOURCE: network.vpc.vpc_id}})
    Plain(stack, network=network, denies=denies)


@WAYS.way("I02")
def _further_vpc(app: cdk.App, is_open: bool) -> None:
    """The Deny leaves out the VPC of the functions, and a further one of nobody knows whom."""
    stack = stack_of(app)
    network = Network(stack)
    vpcs = [network.vpc.vpc_id, *(["vpc-0a1b2c3d4e5f60718"] if is_open else [])]
    conditions = {"StringNotEquals": {_SOURCE: vpcs}}
    Plain(stack, network=network, denies=_but(network.vpc.vpc_id, conditions))


@WAYS.way("I03")
def _wrong_key(app: cdk.App, is_open: bool) -> None:
    """The Deny of EC2 asks for a key that requests of the code do not have."""
    stack = stack_of(app)
    network = Network(stack)
    key = "lambda:FunctionArn" if is_open else "lambda:SourceFunctionArn"
    _, *others = denies_of(network.vpc.vpc_id)
    deny = iam.PolicyStatement(
        effect=iam.Effect.DENY,
        actions=["ec2:*"],
        resources=["*"],
        conditions={"Null": {key: "false"}},
    )
    Plain(stack, network=network, denies=[deny, *others])


@WAYS.way("I03", "I01", "I02", "I06")
def _role_by_default(app: cdk.App, is_open: bool) -> None:
    """The role is the one that the CDK makes, with the managed policies."""
    stack = stack_of(app, region=None)
    plain = Plain(stack)
    role = None
    if not is_open:
        role = role_of(stack, "ReportRole", denies=denies_of(plain.network.vpc.vpc_id))
    plain.table.grant(plain.add("Report", role=role), "dynamodb:Query")


@WAYS.way("I04")
def _full_access(app: cdk.App, is_open: bool) -> None:
    """A grant method gives all there is, exports and policies too, or items only."""
    plain = Plain(stack_of(app))
    if is_open:
        plain.table.grant_full_access(plain.role)
    else:
        plain.table.grant_read_write_data(plain.role)


@WAYS.way("I04")
def _acl_of_objects(app: cdk.App, is_open: bool) -> None:
    """The function may make objects public, or just write them."""
    stack = stack_of(app, region="eu-west-1")
    plain = Plain(stack)
    bucket = s3.Bucket(stack, "Reports", enforce_ssl=True)
    bucket.grant_put(plain.role)
    if is_open:
        bucket.grant_put_acl(plain.role)


@WAYS.way("I05")
def _role_that_trusts_the_function(app: cdk.App, is_open: bool) -> None:
    """Another role names that of the function in its trust policy, or only names the account."""
    stack = stack_of(app)
    plain = Plain(stack)
    trusted: iam.IPrincipal = plain.role if is_open else iam.AccountRootPrincipal()
    admin = iam.Role(stack, "Admin", assumed_by=trusted)
    cloudwatch.Metric.grant_put_metric_data(admin)


@WAYS.way("I05")
def _shared_by_services(app: cdk.App, is_open: bool) -> None:
    """The role of the function is also that of something else."""
    stack = stack_of(app)
    network = Network(stack)
    service = iam.ServicePrincipal("lambda.amazonaws.com")
    both = iam.CompositePrincipal(service, iam.ServicePrincipal("ec2.amazonaws.com"))
    role = role_of(
        stack,
        "Role",
        denies=denies_of(network.vpc.vpc_id),
        assumed_by=both if is_open else service,
    )
    Plain(stack, network=network, role=role)


@WAYS.way("I05")
def _grant_assume_role(app: cdk.App, is_open: bool) -> None:
    """The function, or a job of the operators, may take the role of the support."""
    stack = stack_of(app, region="eu-west-1")
    plain = Plain(stack)
    support = iam.Role(stack, "Support", assumed_by=iam.AccountRootPrincipal())
    job = iam.Role(stack, "Job", assumed_by=iam.ServicePrincipal("ssm.amazonaws.com"))
    support.grant_assume_role(plain.role if is_open else job)


@WAYS.way("I06")
def _log_group_of_another(app: cdk.App, is_open: bool) -> None:
    """The role may write to a second log group, or somebody else may."""
    stack = stack_of(app)
    plain = Plain(stack)
    shared = logs.LogGroup(stack, "Shared")
    others = role_of(stack, "OthersRole", is_inside=False)
    shared.grant_write(plain.role if is_open else others)


@WAYS.way("I06")
def _basic_execution_role(app: cdk.App, is_open: bool) -> None:
    """The role has the managed policy that lets it write to every log group."""
    stack = stack_of(app, region="eu-west-1")
    plain = Plain(stack)
    basic = iam.ManagedPolicy.from_aws_managed_policy_name(
        "service-role/AWSLambdaBasicExecutionRole"
    )
    others = role_of(stack, "OthersRole", is_inside=False)
    (plain.role if is_open else others).add_managed_policy(basic)


@WAYS.way("I07")
def _topic(app: cdk.App, is_open: bool) -> None:
    """The function publishes to a topic, which may mail it, or sends to a queue of the app."""
    stack = stack_of(app)
    plain = Plain(stack)
    if is_open:
        sns.Topic(stack, "Done", enforce_ssl=True).grant_publish(plain.role)
    else:
        sqs.Queue(stack, "Done", enforce_ssl=True).grant_send_messages(plain.role)


@WAYS.way("I07")
def _event_bus(app: cdk.App, is_open: bool) -> None:
    """The function puts events on the bus of the account, or something else does."""
    stack = stack_of(app, region=None)
    plain = Plain(stack)
    bus = events.EventBus.from_event_bus_name(stack, "Bus", "default")
    others = role_of(stack, "OthersRole", is_inside=False)
    bus.grant_put_events_to(plain.role if is_open else others)


@WAYS.way("I08")
def _function_by_its_name(app: cdk.App, is_open: bool) -> None:
    """The function may call one that no template creates, or the relay."""
    stack = stack_of(app)
    plain = Plain(stack)
    relay = relay_of(plain)
    plain.caller_of(relay)
    if is_open:
        legacy = lambda_.Function.from_function_name(stack, "Legacy", "legacy-reports")
        legacy.grant_invoke(plain.role)


@WAYS.way("I08")
def _all_of_a_prefix(app: cdk.App, is_open: bool) -> None:
    """The role may call what has a name of the shop's, or the relay with all its versions."""
    stack = stack_of(app, region="eu-west-1")
    plain = Plain(stack)
    relay = relay_of(plain, function_name="shop-relay")
    plain.caller_of(relay)
    name = "shop-*" if is_open else "shop-relay:*"
    arn = stack.format_arn(
        service="lambda",
        resource="function",
        resource_name=name,
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
    )
    plain.role.add_to_policy(
        iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[arn])
    )


@WAYS.way("I01", "I02", "I03")
def _boundary(app: cdk.App, is_open: bool) -> None:
    """The Denies are in a boundary that the stack has for all of its roles; or it has none."""
    stack = stack_of(app)
    network = Network(stack)
    everything = iam.PolicyStatement(actions=["*"], resources=["*"])
    denies = [] if is_open else denies_of(network.vpc.vpc_id)
    boundary = iam.ManagedPolicy(stack, "Boundary", statements=[everything, *denies])
    Plain(stack, network=network, denies=[])
    iam.PermissionsBoundary.of(stack).apply(boundary)


@WAYS.way("I05", "I01", "I02", "I03", "I04", "I06", "I07", "I08")
def _role_of_the_administrators(app: cdk.App, is_open: bool) -> None:
    """The role is imported: nobody knows what it may do, or another stack of the app makes it."""
    platform, stack = stack_of(app, "Platform"), stack_of(app)
    plain = Plain(platform)
    imported = iam.Role.from_role_arn(stack, "Imported", plain.role.role_arn)
    if is_open:
        imported = iam.Role.from_role_name(stack, "Known", "orders-function")
    plain.add("Report", role=imported, stack=stack, log_group=plain.function.log_group)


@WAYS.way("I05")
def _trust_of_another_account(app: cdk.App, is_open: bool) -> None:
    """Another account may take the role too, or Lambda may for this account only."""
    plain = Plain(stack_of(app))
    principal: iam.IPrincipal = iam.ServicePrincipal("lambda.amazonaws.com").with_conditions(
        {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    )
    if is_open:
        principal = iam.AccountPrincipal(FOREIGN)
    trust = plain.role.assume_role_policy
    assert trust is not None
    trust.add_statements(iam.PolicyStatement(principals=[principal], actions=["sts:AssumeRole"]))


@WAYS.way("I07")
def _every_path_of_an_api(app: cdk.App, is_open: bool) -> None:
    """The function may call an API with all of its paths, or read how it is made."""
    stack = stack_of(app)
    plain = Plain(stack)
    if is_open:
        arn = stack.format_arn(service="execute-api", resource="a1b2c3d4e5", resource_name="*")
        statement = iam.PolicyStatement(actions=["execute-api:Invoke"], resources=[arn])
    else:
        arn = "arn:aws:apigateway:us-east-1::/restapis/a1b2c3d4e5/*"
        statement = iam.PolicyStatement(actions=["apigateway:GET"], resources=[arn])
    plain.role.add_to_policy(statement)


@WAYS.way("I07")
def _queue_that_others_read(app: cdk.App, is_open: bool) -> None:
    """The function sends to a queue of the app, which another account may read; or this one."""
    stack = stack_of(app)
    plain = Plain(stack)
    queue = sqs.Queue(stack, "Done", enforce_ssl=True)
    queue.grant_send_messages(plain.role)
    queue.grant_consume_messages(iam.AccountPrincipal(FOREIGN if is_open else ACCOUNT))


@WAYS.way("I07")
def _state_machine(app: cdk.App, is_open: bool) -> None:
    """The function starts a state machine, which may call any host; or it is called by that."""
    stack = stack_of(app, region="eu-west-1")
    plain = Plain(stack)
    call = tasks.LambdaInvoke(stack, "Call", lambda_function=plain.function)
    body = sfn.DefinitionBody.from_chainable(sfn.Pass(stack, "Pass") if is_open else call)
    machine = sfn.StateMachine(stack, "Machine", definition_body=body)
    if is_open:
        machine.grant_start_execution(plain.role)


# What the Denies of data do not name, such as Athena, works without the ARN of the function.
@WAYS.way("I04", "I01", "I02", "I06", "I07", "I08")
def _all_but_the_identities(app: cdk.App, is_open: bool) -> None:
    """The role may do everything but change identities, or nothing but read metrics."""
    stack = stack_of(app)
    plain = Plain(stack)
    if is_open:
        taken = ["cloudformation:*", "ec2:*", "iam:*", "organizations:*", "sso:*", "sts:*"]
        statement = iam.PolicyStatement(not_actions=taken, resources=["*"])
    else:
        statement = iam.PolicyStatement(actions=["cloudwatch:GetMetricData"], resources=["*"])
    plain.function.add_to_role_policy(statement)
