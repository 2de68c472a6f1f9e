"""What grants make of the role."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs

from secure_lambda_constructs import InvalidInputError
from secure_lambda_constructs.function.role import IsolatedRole

from .conftest import Template, World

LAMBDA_ONLY = {"Null": {"lambda:SourceFunctionArn": "true"}}
NEW_POLICIES = {"@aws-cdk/aws-lambda:createNewPoliciesWithAddToRolePolicy": True}


def allowed(template: Template) -> dict[str, dict[str, Any]]:
    """The granted statements by action."""
    return {
        action: statement
        for statement in template.policy("Grants")
        for action in (
            [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        )
    }


def test_all_grants_stay_within_four_resources(world: World) -> None:
    function = world.function()
    key = kms.Key(world.stack, "Key")
    old = dynamodb.Table(
        world.stack,
        "Old",
        partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
        encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
    )
    grants = [
        world.table().grant_read_write_data(function),
        old.grant_read_data(function),
        key.grant_encrypt_decrypt(function),
        sqs.Queue(world.stack, "Queue", encryption_master_key=key).grant_send_messages(function),
        s3.Bucket(world.stack, "Bucket", encryption_key=key).grant_read_write(function),
        secretsmanager.Secret(world.stack, "Secret").grant_read(function),
    ]
    function.function.add_to_role_policy(
        iam.PolicyStatement(actions=["states:StartExecution"], resources=["*"])
    )
    function.function.role.add_to_principal_policy(  # type: ignore[union-attr]
        iam.PolicyStatement(actions=["states:StopExecution"], resources=["*"])
    )
    assert all(grant.success for grant in grants)
    template = world.template()
    assert len(template.of("UserInfo")) == 4
    assert {
        "dynamodb:PutItem",
        "kms:Decrypt",
        "s3:PutObject",
        "secretsmanager:GetSecretValue",
        "sqs:SendMessage",
        "states:StartExecution",
        "states:StopExecution",
    } <= set(allowed(template))
    assert template.circles() == []


def test_same_grant_twice_is_one_statement(world: World) -> None:
    function, table = world.function(), world.table()
    for _ in range(3):
        table.grant_read_data(function)
    assert len(world.template().policy("Grants")) == 1


def test_no_grant_no_policy(world: World) -> None:
    world.function()
    (policy,) = world.template().one("AWS::IAM::Role")["Policies"]
    assert policy["PolicyName"] == "Isolation"


def test_grant_can_be_depended_on(world: World) -> None:
    function = world.function()
    grant = world.table().grant_read_data(function)
    later = cdk.CfnResource(world.stack, "Later", type="Test::Any::Thing")
    grant.apply_before(later)
    assert world.template().resources["Later"]["DependsOn"] == ["UserInfoRole3AFD0E8D"]


@pytest.mark.parametrize("context", [None, NEW_POLICIES])
def test_statements_of_the_function_stay_inline(code: Path, context: Any) -> None:
    world = World(code, context=context)
    function = world.function()
    for action in ("GetItem", "Query"):
        function.function.add_to_role_policy(
            iam.PolicyStatement(
                actions=[f"dynamodb:{action}"],
                resources=[
                    world.stack.format_arn(
                        service="dynamodb", resource="table", resource_name="users"
                    )
                ],
            )
        )
    template = world.template()
    assert len(template.of("UserInfo")) == 4
    (statement,) = template.policy("Grants")
    assert statement["Action"] == ["dynamodb:GetItem", "dynamodb:Query"]
    assert "aws:SourceVpc" in statement["Condition"]["StringEquals"]


def test_statement_with_a_list_known_at_deployment_only(world: World) -> None:
    function = world.function()
    names = cdk.Fn.split(",", cdk.Fn.import_value("Queues"))
    for resources in (["arn:aws:sqs:us-east-1:111122223333:one"], names):
        function.function.add_to_role_policy(
            iam.PolicyStatement(actions=["sqs:SendMessage"], resources=resources)
        )
    template = world.template()
    (apart,) = template.all("AWS::IAM::Policy")
    assert "Fn::Split" in json.dumps(apart)
    assert "one" in json.dumps(template.policy("Grants"))
    assert template.circles() == []


def test_items_are_bound_to_the_vpc_and_what_lambda_polls_to_lambda(world: World) -> None:
    function, table = world.function(), world.table()
    function.function.add_event_source(
        event_sources.DynamoEventSource(table, starting_position=lambda_.StartingPosition.LATEST)
    )
    table.grant_write_data(function)
    queue = sqs.Queue(world.stack, "Queue")
    function.function.add_event_source(event_sources.SqsEventSource(queue))
    template = world.template()
    statements = allowed(template)
    assert "aws:SourceVpc" in statements["dynamodb:PutItem"]["Condition"]["StringEquals"]
    for polled in ("dynamodb:DescribeStream", "dynamodb:GetRecords", "sqs:ReceiveMessage"):
        assert statements[polled]["Condition"] == LAMBDA_ONLY
    assert len(template.all("AWS::Lambda::EventSourceMapping")) == 2


@pytest.mark.parametrize("action", ["dynamodb:*", "*", "dynamodb:G*", "DynamoDB:getitem"])
def test_wildcards_that_mean_items_are_bound_to_the_vpc(world: World, action: str) -> None:
    world.function().role.add_to_policy(
        iam.PolicyStatement.from_json({"Effect": "Allow", "Action": action, "Resource": "*"})
    )
    (statement,) = world.template().policy("Grants")
    assert statement["Condition"]["StringEquals"] == {"aws:SourceVpc": {"Ref": "Network1C6012B5"}}


def test_allow_of_everything_but_something_is_bound_to_the_vpc(world: World) -> None:
    world.function().role.add_to_policy(iam.PolicyStatement(not_actions=["s3:*"], resources=["*"]))
    (statement,) = world.template().policy("Grants")
    assert "aws:SourceVpc" in statement["Condition"]["StringEquals"]


def test_conditions_of_the_caller_are_kept(world: World) -> None:
    conditions = {
        "StringEquals": {"aws:RequestedRegion": "us-east-1"},
        "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["me"]},
    }
    statement = iam.PolicyStatement(
        actions=["dynamodb:GetItem"], resources=["*"], conditions=conditions
    )
    other = iam.PolicyDocument(statements=[statement])
    world.function().role.add_to_policy(statement)
    assert other.to_json()["Statement"][0]["Condition"] == conditions
    (granted,) = world.template().policy("Grants")
    assert granted["Condition"]["ForAllValues:StringEquals"] == {"dynamodb:LeadingKeys": ["me"]}
    assert granted["Condition"]["StringEquals"] == {
        "aws:RequestedRegion": "us-east-1",
        "aws:SourceVpc": {"Ref": "Network1C6012B5"},
    }


def test_own_source_vpc_is_kept(world: World) -> None:
    conditions = {"StringEquals": {"AWS:SourceVpc": "vpc-1"}}
    world.function().role.add_to_policy(
        iam.PolicyStatement(actions=["dynamodb:GetItem"], resources=["*"], conditions=conditions)
    )
    assert world.template().policy("Grants")[0]["Condition"] == conditions


def test_denies_stay_as_they_are(world: World) -> None:
    world.function().role.add_to_policy(
        iam.PolicyStatement(
            effect=iam.Effect.DENY, actions=["dynamodb:DeleteItem"], resources=["*"]
        )
    )
    assert "Condition" not in world.template().policy("Grants")[0]


def test_conditions_added_after_the_grant_are_kept(world: World) -> None:
    secret = secretsmanager.Secret(world.stack, "Secret")
    secret.grant_read(world.function(), ["AWSCURRENT"])
    statement = allowed(world.template())["secretsmanager:GetSecretValue"]
    assert statement["Condition"] == {
        "ForAnyValue:StringEquals": {"secretsmanager:VersionStage": ["AWSCURRENT"]}
    }


def test_secret_with_its_own_key_makes_no_circle(world: World) -> None:
    function, table = world.function(), world.table()
    key = kms.Key(world.stack, "Key")
    table.grant_read_data(function)
    secretsmanager.Secret(world.stack, "Secret", encryption_key=key).grant_read(function)
    sqs.Queue(world.stack, "Queue").grant_send_messages(function)
    template = world.template()
    assert template.circles() == []
    (isolation,) = template.one("AWS::IAM::Role")["Policies"]
    assert isolation["PolicyName"] == "Isolation"
    grants = template.one("AWS::IAM::Policy")["PolicyDocument"]["Statement"]
    for action in ("dynamodb:GetItem", "secretsmanager:GetSecretValue", "sqs:SendMessage"):
        assert action in json.dumps(grants)
    assert "aws:SourceVpc" in json.dumps(grants)
    # Functions whose role is no principal of a key policy keep their four resources.
    assert "UserInfoRoleDefaultPolicy" in "".join(
        template.resources["UserInfoFunctionB2C19A87"]["DependsOn"]
    )


@pytest.mark.parametrize("name", ["principal", "arn"])
def test_role_named_in_a_key_policy_makes_no_circle(world: World, name: str) -> None:
    function = world.function()
    key = kms.Key(world.stack, "Key")
    key.grant_decrypt(function)
    principal = function.role if name == "principal" else iam.ArnPrincipal(function.role.role_arn)
    key.add_to_resource_policy(
        iam.PolicyStatement(principals=[principal], actions=["kms:Decrypt"], resources=["*"])
    )
    template = world.template()
    assert template.circles() == []
    assert template.all("AWS::IAM::Policy") != []


def test_managed_policies_are_refused(world: World) -> None:
    function = world.function()
    policy = iam.ManagedPolicy.from_aws_managed_policy_name("ReadOnlyAccess")
    with pytest.raises(
        InvalidInputError,
        match="a managed policy cannot be added to the role of a SignedVpcFunction: what it allows",
    ):
        function.role.add_managed_policy(policy)


def test_policy_made_on_purpose_stays_a_resource(world: World) -> None:
    function, table = world.function(), world.table()
    table.grant_read_data(function)
    iam.Policy(
        world.stack,
        "Mine",
        roles=[function.role],
        statements=[iam.PolicyStatement(actions=["sns:Publish"], resources=["*"])],
    )
    template = world.template()
    assert template.one("AWS::IAM::Policy")["Roles"] == [{"Ref": "UserInfoRole3AFD0E8D"}]
    assert len(template.policy("Grants")) == 1


def test_too_many_grants_are_refused_with_the_count(world: World) -> None:
    function = world.function()
    for number in range(120):
        sqs.Queue(world.stack, f"Queue{number}").grant_send_messages(function)
    function.role.add_to_policy(
        iam.PolicyStatement(
            actions=["s3:ListBucket"],
            resources=["*"],
            conditions={"NumericLessThanEquals": {"s3:max-keys": 10}},
        )
    )
    with pytest.raises(
        RuntimeError,
        match=r"the inline policies of the role have about 1\d,\d{3} characters, and IAM takes "
        r"10,240; grant fewer or wider things",
    ):
        world.app.synth()


def test_many_grants_below_the_limit_stay(world: World) -> None:
    function = world.function()
    for number in range(40):
        sqs.Queue(world.stack, f"Queue{number}").grant_send_messages(function)
    template = world.template()
    (statement,) = template.policy("Grants")
    assert len(statement["Resource"]) == 40


def test_roles_made_by_hand_are_refused() -> None:
    app = cdk.App()
    iam.Role.customize_roles(app)
    stack = cdk.Stack(app, "App")
    with pytest.raises(InvalidInputError, match="keeps the app from making roles, and a role made"):
        IsolatedRole(
            stack,
            "Role",
            log_group_arn="arn:*",
            log_group_has_key=False,
            region="us-east-1",
            vpc_id="vpc-1",
        )


def test_versions_and_callers_add_no_policy(world: World) -> None:
    function, caller = world.function(), world.function(id="Caller")
    function.function.add_alias("live", provisioned_concurrent_executions=1)
    function.function.grant_invoke(caller)
    function.function.metric_errors()
    world.table().grant_read_data(function)
    template = world.template()
    assert len(template.of("Caller")) == 4
    assert template.all("AWS::IAM::Policy") == []


def test_role_that_others_can_assume_is_refused(world: World) -> None:
    document = world.function().role.assume_role_policy
    assert document is not None
    document.add_statements(
        iam.PolicyStatement(
            actions=["sts:AssumeRole"], principals=[iam.AccountPrincipal("999999999999")]
        )
    )
    with pytest.raises(
        RuntimeError,
        match=r"the trust policy of the role is not that of Lambda alone any more.*remove what was "
        r"added to role.assume_role_policy.*999999999999",
    ):
        world.app.synth()


@pytest.mark.parametrize(
    "actions", [["sts:TagSession"], ["sts:AssumeRole", "sts:SetSourceIdentity"]]
)
def test_trust_is_exactly_that_of_lambda(world: World, actions: list[str]) -> None:
    document = world.function().role.assume_role_policy
    assert document is not None
    document.add_statements(
        iam.PolicyStatement(
            actions=actions, principals=[iam.ServicePrincipal("lambda.amazonaws.com")]
        )
    )
    with pytest.raises(RuntimeError, match="the trust policy of the role is not that of Lambda"):
        world.app.synth()


def test_others_may_be_granted_to_try_to_assume_it(world: World) -> None:
    """The right of the other side is of no use while the trust policy names Lambda alone."""
    role = world.function().role
    role.grant_assume_role(iam.Role(world.stack, "Other", assumed_by=iam.AccountRootPrincipal()))
    roles = world.template().all("AWS::IAM::Role")
    assert [
        item["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]
        for item in roles
        if "Policies" in item
    ] == [{"Service": "lambda.amazonaws.com"}]


def test_objects_are_bound_to_the_vpc(world: World) -> None:
    bucket = s3.Bucket(world.stack, "Reports", enforce_ssl=True)
    bucket.grant_read(world.function())
    statement = allowed(world.template())["s3:GetObject*"]
    assert "aws:SourceVpc" in statement["Condition"]["StringEquals"]
