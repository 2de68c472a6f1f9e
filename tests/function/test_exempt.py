"""What a role may do from outside the VPC, because it was granted it by name: traces, logins."""

import json
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secretsmanager

from .conftest import Template, World

NEW_POLICIES = {"@aws-cdk/aws-lambda:createNewPoliciesWithAddToRolePolicy": True}
LOGS = ["logs:CreateLogStream", "logs:PutLogEvents"]
TRACES = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]


def left_out(template: Template) -> list[str]:
    """What the Deny of everything from outside the VPC leaves out."""
    actions: list[str] = template.statement("NothingFromOutsideTheVpc")["NotAction"]
    return actions


def exempt(template: Template) -> list[list[str]]:
    """The same for each role of a function, where the template has other roles too."""
    return [
        next(s["NotAction"] for s in policy["PolicyDocument"]["Statement"] if "NotAction" in s)
        for role in template.all("AWS::IAM::Role")
        for policy in role.get("Policies", [])
        if policy["PolicyName"] == "Isolation"
    ]


def cluster(world: World) -> rds.DatabaseCluster:
    return rds.DatabaseCluster(
        world.stack,
        "Database",
        engine=rds.DatabaseClusterEngine.aurora_postgres(
            version=rds.AuroraPostgresEngineVersion.VER_16_6
        ),
        writer=rds.ClusterInstance.serverless_v2("Writer"),
        iam_authentication=True,
        vpc=world.network.vpc,
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
    )


@pytest.mark.parametrize("mode", ["ACTIVE", "PASS_THROUGH"])
@pytest.mark.parametrize("context", [None, NEW_POLICIES])
def test_traces_on_request(code: Path, mode: str, context: Any) -> None:
    world = World(code, context=context)
    world.function(tracing=lambda_.Tracing[mode])
    template = world.template()
    assert template.one("AWS::Lambda::Function")["TracingConfig"] == {
        "Mode": {"ACTIVE": "Active", "PASS_THROUGH": "PassThrough"}[mode]
    }
    assert left_out(template) == [*LOGS, *TRACES]
    (granted,) = template.policy("Grants")
    assert sorted(granted["Action"]) == TRACES
    assert "Condition" not in granted
    assert len(template.of("UserInfo")) == 4


def test_login_to_a_database(world: World) -> None:
    function = world.function()
    cluster(world).grant_connect(function, "reports")
    template = world.template()
    assert left_out(template) == [*LOGS, "rds-db:connect"]
    (granted,) = template.policy("Grants")
    assert granted["Action"] == "rds-db:connect"
    assert "DBClusterResourceId" in json.dumps(granted["Resource"])
    assert template.circles() == []
    assert len(template.of("UserInfo")) == 4


def test_login_through_a_proxy(world: World) -> None:
    database = cluster(world)
    assert database.secret is not None
    proxy = database.add_proxy(
        "Proxy",
        secrets=[database.secret],
        vpc=world.network.vpc,
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
        iam_auth=True,
    )
    proxy.grant_connect(world.function(), "reports")
    assert exempt(world.template()) == [[*LOGS, "rds-db:connect"]]


def test_only_the_role_that_was_granted_it(world: World) -> None:
    cluster(world).grant_connect(world.function(id="Reports"), "reports")
    world.function()
    assert sorted(exempt(world.template()), key=len) == [LOGS, [*LOGS, "rds-db:connect"]]


def test_login_granted_after_the_grants_moved(world: World) -> None:
    function, key = world.function(), kms.Key(world.stack, "Key")
    secretsmanager.Secret(world.stack, "Secret", encryption_key=key).grant_read(function)
    cluster(world).grant_connect(function, "reports")
    template = world.template()
    assert exempt(template) == [[*LOGS, "rds-db:connect"]]
    assert template.circles() == []


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Deny", "Action": ["rds-db:connect", *TRACES], "Resource": "*"},
        {"Effect": "Allow", "Action": "rds-db:*", "Resource": "*"},
        {"Effect": "Allow", "Action": ["xray:*", "xray:GetTraceSummaries"], "Resource": "*"},
        {"Effect": "Allow", "NotAction": "rds-db:connect", "Resource": "*"},
    ],
)
def test_nothing_else_exempts(world: World, statement: dict[str, Any]) -> None:
    world.function(initial_policy=[iam.PolicyStatement.from_json(statement)])
    assert left_out(world.template()) == LOGS


def test_initial_policy_is_granted(world: World) -> None:
    world.function(
        initial_policy=[
            iam.PolicyStatement(actions=["dynamodb:GetItem"], resources=["*"]),
            iam.PolicyStatement(actions=["XRAY:PutTraceSegments"], resources=["*"]),
        ]
    )
    template = world.template()
    assert left_out(template) == [*LOGS, "xray:PutTraceSegments"]
    conditions = [s.get("Condition") for s in template.policy("Grants")]
    assert {"StringEquals": {"aws:SourceVpc": {"Ref": "Network1C6012B5"}}} in conditions


ANY = "arn:aws:rds-db:eu-west-1:111122223333:dbuser:*/reports"


@pytest.mark.parametrize(
    ("actions", "resources", "shown"),
    [
        (["rds-db:connect"], ["*"], r'on "\*"\), such as one that the internet reaches'),
        (["rds-db:connect"], [ANY], r"dbuser:\*/reports"),
        (["rds-db:*"], ["*"], r"\(rds-db:connect on "),
    ],
)
def test_login_to_whatever_database_is_refused(
    world: World, actions: list[str], resources: list[str], shown: str
) -> None:
    function = world.function()
    cluster(world).grant_connect(function, "reports")
    function.function.add_to_role_policy(iam.PolicyStatement(actions=actions, resources=resources))
    with pytest.raises(
        RuntimeError, match=f"the role may log in to databases that are not named.*{shown}"
    ):
        world.app.synth()


def test_login_to_several_databases_by_name(world: World) -> None:
    names = [f"arn:aws:rds-db:eu-west-1:111122223333:dbuser:{n}" for n in ("cluster-A/x", "db-B/*")]
    world.function(
        initial_policy=[iam.PolicyStatement(actions=["rds-db:connect"], resources=names)]
    )
    assert left_out(world.template()) == [*LOGS, "rds-db:connect"]
