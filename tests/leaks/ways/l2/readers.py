"""N01: ways to let something read the table that is not in the VPC."""

import aws_cdk as cdk
from aws_cdk import aws_appsync as appsync
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks

from .base import ACCOUNT, WAYS, stack_of
from .plain import Plain, denies_of, role_of

__all__: list[str] = []


@WAYS.way("N01", "I01", "I02")
def _report_without_a_vpc(app: cdk.App, is_open: bool) -> None:
    """Somebody forgets vpc= at the second function."""
    stack = stack_of(app)
    plain = Plain(stack)
    if is_open:
        role = role_of(stack, "ReportRole", is_inside=False)
        report = plain.add("Report", role=role, vpc=None, vpc_subnets=None, security_groups=None)
    else:
        role = role_of(stack, "ReportRole", denies=denies_of(plain.network.vpc.vpc_id))
        report = plain.add("Report", role=role)
    plain.table.grant(report, "dynamodb:Query")


@WAYS.way("N01")
def _state_machine(app: cdk.App, is_open: bool) -> None:
    """A state machine reads the table itself, instead of calling the function that does."""
    stack = stack_of(app, region="eu-west-1")
    plain = Plain(stack)
    read: sfn.IChainable = tasks.LambdaInvoke(stack, "Call", lambda_function=plain.function)
    if is_open:
        key = {"id": tasks.DynamoAttributeValue.from_string("7")}
        read = tasks.DynamoGetItem(stack, "Get", key=key, table=plain.table)
    sfn.StateMachine(stack, "Machine", definition_body=sfn.DefinitionBody.from_chainable(read))


@WAYS.way("N01")
def _task_in_a_container(app: cdk.App, is_open: bool) -> None:
    """The role of a task may read the table, or just that of the function may."""
    stack = stack_of(app)
    plain = Plain(stack)
    task = ecs.FargateTaskDefinition(stack, "Task")
    task.add_container("Main", image=ecs.ContainerImage.from_registry("public.ecr.aws/x/y:1"))
    plain.table.grant_read_data(task.task_role if is_open else plain.role)


@WAYS.way("N01")
def _graph_ql(app: cdk.App, is_open: bool) -> None:
    """An API reads the table itself, or calls the function."""
    stack = stack_of(app)
    plain = Plain(stack)
    schema = appsync.CfnGraphQLApi(stack, "Api", authentication_type="AWS_IAM", name="orders")
    api = appsync.GraphqlApi.from_graphql_api_attributes(
        stack, "Imported", graphql_api_id=schema.attr_api_id
    )
    if is_open:
        api.add_dynamo_db_data_source("Table", plain.table)
    else:
        api.add_lambda_data_source("Function", plain.function)


@WAYS.way("N01")
def _keys_of_a_partner(app: cdk.App, is_open: bool) -> None:
    """A user with keys that never end may read the table, or write what it does not read."""
    stack = stack_of(app, region="eu-west-1")
    plain = Plain(stack)
    user = iam.User(stack, "Partner")
    iam.AccessKey(stack, "Key", user=user)
    plain.table.grant(user, "dynamodb:Query" if is_open else "dynamodb:DescribeTable")


@WAYS.way("N01")
def _group_of_the_support(app: cdk.App, is_open: bool) -> None:
    """A group of users has a managed policy that reads the table, or describes it."""
    stack = stack_of(app)
    plain = Plain(stack)
    action = "dynamodb:Scan" if is_open else "dynamodb:DescribeTable"
    statement = iam.PolicyStatement(actions=[action], resources=[plain.table.table_arn])
    group = iam.Group(stack, "Support")
    iam.ManagedPolicy(stack, "Reads", groups=[group], statements=[statement])


@WAYS.way("N01")
def _imported_role(app: cdk.App, is_open: bool) -> None:
    """A role is named by its ARN: that of some program, or that of the function."""
    platform, stack = stack_of(app, "Platform"), stack_of(app)
    plain = Plain(platform)
    arn = f"arn:aws:iam::{ACCOUNT}:role/reports" if is_open else plain.role.role_arn
    plain.table.grant_read_data(iam.Role.from_role_arn(stack, "Reports", arn))


@WAYS.way("N01")
def _all_of_a_bucket(app: cdk.App, is_open: bool) -> None:
    """A job may do to a bucket and what is in it whatever reads, or lists it only."""
    stack = stack_of(app)
    Plain(stack)
    bucket = s3.Bucket(stack, "Reports", enforce_ssl=True)
    job = iam.Role(stack, "Job", assumed_by=iam.ServicePrincipal("glue.amazonaws.com"))
    actions = ["s3:Get*" if is_open else "s3:List*"]
    job.add_to_policy(iam.PolicyStatement(actions=actions, resources=[f"{bucket.bucket_arn}*"]))
