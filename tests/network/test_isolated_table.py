"""An isolated table: what it deploys, and what it refuses."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from secure_lambda_constructs import InvalidInputError, IsolatedNetwork, IsolatedTable
from secure_lambda_constructs.network.endpoint_policy import DYNAMODB_ITEM_ACTIONS
from secure_lambda_constructs.network.table_policies import READS, WRITES

ACCOUNT, REGION = "111122223333", "eu-west-1"
EMERGENCY = f"arn:aws:iam::{ACCOUNT}:role/Emergency"
SSO = f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/{REGION}/AWSReservedSSO_Fix_*"


class World:
    """A stack with a network, and tables as a test wants them."""

    def __init__(self, **context: Any) -> None:
        self.app = cdk.App(context=context)
        self.stack = self.new_stack("App")
        self.network = IsolatedNetwork(self.stack, "Network")

    def new_stack(self, id: str) -> cdk.Stack:
        return cdk.Stack(self.app, id, env=cdk.Environment(account=ACCOUNT, region=REGION))

    def table(
        self, scope: Construct | None = None, id: str = "Users", **arguments: Any
    ) -> IsolatedTable:
        return IsolatedTable(
            scope or self.stack,
            id,
            **{
                "network": self.network,
                "partition_key": dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
                **arguments,
            },
        )

    def templates(self) -> dict[str, dict[str, Any]]:
        directory = Path(self.app.synth().directory)
        return {
            path.name.removesuffix(".template.json"): json.loads(path.read_text())["Resources"]
            for path in directory.glob("*.template.json")
        }

    def template(self) -> dict[str, Any]:
        return self.templates()["App"]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def shared_world() -> World:
    """A world for refusals before anything is created."""
    return World()


@pytest.fixture(scope="module")
def plain() -> dict[str, Any]:
    world = World()
    world.table()
    return world.template()


def table_of(resources: dict[str, Any]) -> dict[str, Any]:
    (found,) = (r for r in resources.values() if r["Type"] == "AWS::DynamoDB::GlobalTable")
    return dict(found)


def replica_of(resources: dict[str, Any]) -> dict[str, Any]:
    (replica,) = table_of(resources)["Properties"]["Replicas"]
    return dict(replica)


def policy_of(resources: dict[str, Any]) -> list[dict[str, Any]]:
    return list(replica_of(resources)["ResourcePolicy"]["PolicyDocument"]["Statement"])


def test_logical_ids_are_locked(plain: dict[str, Any]) -> None:
    assert {name: r["Type"] for name, r in plain.items() if name.startswith("Users")} == {
        "UsersKey2BD6E0C6": "AWS::KMS::Key",
        "UsersTable6D91A5EE": "AWS::DynamoDB::GlobalTable",
    }


def test_the_table_stays_can_be_restored_and_is_not_deleted(plain: dict[str, Any]) -> None:
    table, replica = table_of(plain), replica_of(plain)
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert replica["DeletionProtectionEnabled"] is True
    assert replica["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_the_key_is_the_tables_own_and_rotated(plain: dict[str, Any]) -> None:
    key = plain["UsersKey2BD6E0C6"]
    assert key["Properties"]["EnableKeyRotation"] is True
    assert (key["DeletionPolicy"], key["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert replica_of(plain)["SSESpecification"] == {
        "KMSMasterKeyId": {"Fn::GetAtt": ["UsersKey2BD6E0C6", "Arn"]}
    }


def test_the_key_is_used_through_dynamodb_only(plain: dict[str, Any]) -> None:
    management, use = plain["UsersKey2BD6E0C6"]["Properties"]["KeyPolicy"]["Statement"]
    assert use["Condition"] == {
        "StringEquals": {"kms:ViaService": f"dynamodb.{REGION}.amazonaws.com"}
    }
    assert "kms:Decrypt" in use["Action"]
    # Whoever manages the key can neither decrypt with it nor let others do so by a grant.
    assert "Condition" not in management
    assert not set(management["Action"]) & {
        "kms:*",
        "kms:Create*",
        "kms:Decrypt",
        "kms:CreateGrant",
    }


def test_items_are_used_from_the_network_only(plain: dict[str, Any]) -> None:
    elsewhere = {"StringNotEquals": {"aws:SourceVpc": {"Ref": "Network1C6012B5"}}}
    reads, writes = policy_of(plain)
    for statement in (reads, writes):
        assert statement["Effect"] == "Deny"
        assert statement["Principal"] == "*"
        assert statement["Resource"] == "*"
        assert statement["Condition"] == elsewhere
    assert {"dynamodb:GetItem", "dynamodb:Scan", "dynamodb:ExportTableToPointInTime"} <= {
        *reads["Action"]
    }
    assert {"dynamodb:PutItem", "dynamodb:PartiQLUpdate"} <= {*writes["Action"]}


def test_all_that_the_endpoint_carries_is_refused_elsewhere_but_the_description() -> None:
    assert {*DYNAMODB_ITEM_ACTIONS} - {*READS, *WRITES} == {"dynamodb:DescribeTable"}
    assert not {*READS} & {*WRITES}


def test_cloudformation_and_the_poller_of_streams_are_not_in_the_way(plain: dict[str, Any]) -> None:
    refused = {action for statement in policy_of(plain) for action in statement["Action"]}
    needed = (
        *("DescribeTable", "UpdateTable", "DeleteTable", "TagResource", "UpdateTimeToLive"),
        *("PutResourcePolicy", "GetResourcePolicy", "DeleteResourcePolicy"),
        *("UpdateContinuousBackups", "DescribeContinuousBackups", "CreateBackup"),
        *("GetRecords", "GetShardIterator", "DescribeStream", "ListStreams"),
    )
    assert not refused & {f"dynamodb:{action}" for action in needed}
    assert not [action for action in refused if "*" in action]


def test_each_exemption_is_in_its_own_deny(world: World) -> None:
    loader = iam.Role(world.stack, "Loader", assumed_by=iam.AccountRootPrincipal())
    world.table(
        principals_that_may_read_from_outside=[iam.ArnPrincipal(EMERGENCY), iam.ArnPrincipal(SSO)],
        principals_that_may_write_from_outside=[loader],
    )
    reads, writes = policy_of(world.template())
    assert reads["Condition"]["ArnNotLike"] == {"aws:PrincipalArn": [EMERGENCY, SSO]}
    (arn,) = writes["Condition"]["ArnNotLike"]["aws:PrincipalArn"]
    assert arn["Fn::GetAtt"][0].startswith("Loader")
    assert set(reads["Condition"]) == set(writes["Condition"]) == {"ArnNotLike", "StringNotEquals"}


def test_imported_roles_are_exempted_by_their_arn(world: World) -> None:
    role = iam.Role.from_role_name(world.stack, "Imported", "Emergency")
    world.table(principals_that_may_read_from_outside=[role])
    reads, _ = policy_of(world.template())
    (arn,) = reads["Condition"]["ArnNotLike"]["aws:PrincipalArn"]
    assert arn["Fn::Join"][1][-1] == f":iam::{ACCOUNT}:role/Emergency"


def test_a_given_key_is_used_and_none_is_made(world: World) -> None:
    key = kms.Key(world.stack, "Mine", enable_key_rotation=True)
    table = world.table(encryption_key=key)
    assert table.encryption_key is key
    resources = world.template()
    (made,) = (name for name, r in resources.items() if r["Type"] == "AWS::KMS::Key")
    assert made.startswith("Mine")
    assert replica_of(resources)["SSESpecification"] == {
        "KMSMasterKeyId": {"Fn::GetAtt": [made, "Arn"]}
    }


def test_what_the_l2_has_is_passed_on(world: World) -> None:
    name = dynamodb.Attribute(name="name", type=dynamodb.AttributeType.STRING)
    table = world.table(
        sort_key=dynamodb.Attribute(name="at", type=dynamodb.AttributeType.NUMBER),
        billing=dynamodb.Billing.on_demand(max_read_request_units=50),
        dynamo_stream=dynamodb.StreamViewType.NEW_IMAGE,
        global_secondary_indexes=[
            dynamodb.GlobalSecondaryIndexPropsV2(index_name="by-name", partition_key=name)
        ],
        local_secondary_indexes=[
            dynamodb.LocalSecondaryIndexProps(index_name="local", sort_key=name)
        ],
        removal_policy=cdk.RemovalPolicy.DESTROY,
        table_name="users",
        time_to_live_attribute="expires",
        warm_throughput=dynamodb.WarmThroughput(read_units_per_second=15_000),
        contributor_insights_specification=dynamodb.ContributorInsightsSpecification(enabled=True),
        deletion_protection=False,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True, recovery_period_in_days=7
        ),
        table_class=dynamodb.TableClass.STANDARD_INFREQUENT_ACCESS,
        tags=[cdk.CfnTag(key="data", value="personal")],
    )
    assert isinstance(table.table, dynamodb.TableV2)
    resources = world.template()
    properties, replica = table_of(resources)["Properties"], replica_of(resources)
    assert [key["AttributeName"] for key in properties["KeySchema"]] == ["id", "at"]
    assert properties["TableName"] == "users"
    assert properties["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}
    assert properties["TimeToLiveSpecification"]["AttributeName"] == "expires"
    assert properties["WarmThroughput"] == {"ReadUnitsPerSecond": 15_000}
    assert [i["IndexName"] for i in properties["GlobalSecondaryIndexes"]] == ["by-name"]
    assert [i["IndexName"] for i in properties["LocalSecondaryIndexes"]] == ["local"]
    assert replica["ReadOnDemandThroughputSettings"] == {"MaxReadRequestUnits": 50}
    assert replica["ContributorInsightsSpecification"]["Enabled"] is True
    assert replica["DeletionProtectionEnabled"] is False
    assert replica["PointInTimeRecoverySpecification"]["RecoveryPeriodInDays"] == 7
    assert replica["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
    assert replica["Tags"] == [{"Key": "data", "Value": "personal"}]
    kinds = ("AWS::DynamoDB::GlobalTable", "AWS::KMS::Key")
    assert {r["DeletionPolicy"] for r in resources.values() if r["Type"] in kinds} == {"Delete"}


def test_the_table_may_be_in_a_stack_of_its_own(world: World) -> None:
    data = world.new_stack("Data")
    world.table(data)
    templates = world.templates()
    assert [s.node.id for s in data.dependencies] == ["App"]
    reads, _ = policy_of(templates["Data"])
    assert "Fn::ImportValue" in reads["Condition"]["StringNotEquals"]["aws:SourceVpc"]
    assert not any("Users" in json.dumps(r) for r in templates["App"].values())


def test_the_table_may_be_in_a_nested_stack(world: World) -> None:
    world.table(cdk.NestedStack(world.stack, "Inner"))
    (name,) = (name for name in world.templates() if "Inner" in name)
    reads, _ = policy_of(world.templates()[name])
    assert reads["Condition"]["StringNotEquals"]["aws:SourceVpc"] == {
        "Ref": "referencetoAppNetworkDD19403DRef"
    }


@pytest.mark.parametrize(
    "flag", ["@aws-cdk/aws-iam:minimizePolicies", "@aws-cdk/aws-dynamodb:resourcePolicyPerReplica"]
)
def test_the_policy_is_the_same_with_the_flags_that_concern_it(flag: str) -> None:
    world = World(**{flag: True})
    world.table()
    assert [s["Effect"] for s in policy_of(world.template())] == ["Deny", "Deny"]


REFUSED_ARGUMENTS: dict[str, tuple[dict[str, Any], str]] = {
    "no network": (
        {"network": "vpc-1"},
        r"network is 'vpc-1', not an IsolatedNetwork.*write network=IsolatedNetwork\(self",
    ),
    "one text": (
        {"principals_that_may_read_from_outside": EMERGENCY},
        r"principals_that_may_read_from_outside is 'arn:aws:.*; write a list of principals",
    ),
    "a text": (
        {"principals_that_may_write_from_outside": [EMERGENCY]},
        r"principals_that_may_write_from_outside has 'arn:aws:.*; write a principal: a role",
    ),
    **{
        name: (
            {"principals_that_may_read_from_outside": [principal]},
            r"principals_that_may_read_from_outside has .*, which is not one role or user",
        )
        for name, principal in {
            "everybody": iam.AnyPrincipal(),
            "an account": iam.AccountPrincipal(ACCOUNT),
            "a service": iam.ServicePrincipal("athena.amazonaws.com"),
            "every role": iam.ArnPrincipal(f"arn:aws:iam::{ACCOUNT}:role/*"),
            "a short beginning": iam.ArnPrincipal(f"arn:aws:iam::{ACCOUNT}:role/path/Admin*"),
            "any account": iam.ArnPrincipal("arn:aws:iam::*:role/Emergency"),
            "the root user": iam.ArnPrincipal(f"arn:aws:iam::{ACCOUNT}:root"),
            "a session": iam.ArnPrincipal(f"arn:aws:sts::{ACCOUNT}:assumed-role/Emergency/me"),
            "conditions": iam.ArnPrincipal(EMERGENCY).with_conditions(
                {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
            ),
        }.items()
    },
}


@pytest.mark.parametrize(
    ("arguments", "message"), REFUSED_ARGUMENTS.values(), ids=list(REFUSED_ARGUMENTS)
)
def test_arguments_that_are_refused(
    arguments: dict[str, Any], message: str, shared_world: World
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        shared_world.table(**arguments)
    assert shared_world.stack.node.try_find_child("Users") is None


def test_a_stack_without_a_region_is_refused() -> None:
    world = World()
    with pytest.raises(InvalidInputError, match=r"Other is bound to no region.*env=cdk\.Env"):
        world.table(cdk.Stack(world.app, "Other"))


@pytest.mark.parametrize(
    ("account", "region", "message"),
    [
        (ACCOUNT, "us-east-1", r"App/Network is in eu-west-1 and the table in us-east-1"),
        ("444455556666", REGION, r"is in 111122223333 and the table in 444455556666"),
        (None, REGION, r"is in 111122223333 and the table in no known account"),
    ],
)
def test_a_network_elsewhere_is_refused(account: str | None, region: str, message: str) -> None:
    world = World()
    env = cdk.Environment(account=account, region=region)
    with pytest.raises(InvalidInputError, match=message):
        world.table(cdk.Stack(world.app, "Other", env=env))


_SPECIFICATION = dynamodb.CfnGlobalTable
_STREAM = _SPECIFICATION.KinesisStreamSpecificationProperty(
    stream_arn=f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/copy"
)


def _policy(effect: iam.Effect) -> dynamodb.CfnGlobalTable.ResourcePolicyProperty:
    statement = iam.PolicyStatement(
        effect=effect,
        principals=[iam.AnyPrincipal()],
        actions=["dynamodb:GetRecords"],
        resources=["*"],
    )
    document = iam.PolicyDocument(statements=[statement])
    return _SPECIFICATION.ResourcePolicyProperty(policy_document=document)


def _replica(
    table: IsolatedTable, **changes: Any
) -> dynamodb.CfnGlobalTable.ReplicaSpecificationProperty:
    """The table's own replica as an Aspect might write it again."""
    document = table.table.resource_policy
    return _SPECIFICATION.ReplicaSpecificationProperty(
        **{
            "region": REGION,
            "resource_policy": _SPECIFICATION.ResourcePolicyProperty(policy_document=document),
            "sse_specification": _SPECIFICATION.ReplicaSSESpecificationProperty(
                kms_master_key_id=table.encryption_key.key_arn
            ),
            **changes,
        }
    )


def _set_replicas(
    table: IsolatedTable, *replicas: dynamodb.CfnGlobalTable.ReplicaSpecificationProperty
) -> None:
    resource = table.table.node.default_child
    assert isinstance(resource, dynamodb.CfnGlobalTable)
    resource.replicas = list(replicas)


def test_what_an_aspect_writes_again_as_it_was_is_welcome(world: World) -> None:
    table = world.table()
    _set_replicas(table, _replica(table))
    assert len(policy_of(world.template())) == 2


def _set_policy(table: IsolatedTable, policy: iam.PolicyDocument | None) -> None:
    table.table.resource_policy = policy


OPENINGS: dict[str, tuple[Callable[[IsolatedTable], object], str]] = {
    "a grant to an account": (
        lambda t: t.table.grant_read_data(iam.AccountPrincipal("444455556666")),
        r"App/Users/Table/Resource lets .*444455556666.* use it by its resource policy; remove",
    ),
    "a statement for everybody": (
        lambda t: t.table.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.AnyPrincipal()], actions=["dynamodb:Scan"], resources=["*"]
            )
        ),
        r"lets .* use it by its resource policy; remove the grant or statement",
    ),
    "an empty policy": (
        lambda t: _set_policy(t, iam.PolicyDocument()),
        r"has another resource policy than it was made with",
    ),
    "a replica": (
        lambda t: _set_replicas(t, _replica(t), _replica(t, region="us-east-1")),
        r"has a replica in us-east-1, where the network is not; remove it",
    ),
    "a Kinesis stream": (
        lambda t: _set_replicas(t, _replica(t, kinesis_stream_specification=_STREAM)),
        r"copies its items to a Kinesis stream, which everybody reads",
    ),
    "another key": (
        lambda t: _set_replicas(t, _replica(t, sse_specification=None)),
        r"is not encrypted with a key of the account any more",
    ),
    "a stream for everybody": (
        lambda t: _set_replicas(
            t,
            _replica(
                t,
                replica_stream_specification=_SPECIFICATION.ReplicaStreamSpecificationProperty(
                    resource_policy=_policy(iam.Effect.ALLOW)
                ),
            ),
        ),
        r"lets .* use it by its resource policy",
    ),
}


@pytest.mark.parametrize(("change", "message"), OPENINGS.values(), ids=list(OPENINGS))
def test_what_opens_the_table_is_refused(
    change: Callable[[IsolatedTable], object], message: str, world: World
) -> None:
    change(world.table())
    with pytest.raises(RuntimeError, match=message):
        world.app.synth()


def test_the_cdk_has_no_key_for_a_replica(world: World) -> None:
    world.table().table.add_replica(region="us-east-1")
    with pytest.raises(RuntimeError):
        world.app.synth()


def test_a_further_deny_is_welcome(world: World) -> None:
    world.table().table.add_to_resource_policy(
        iam.PolicyStatement(
            effect=iam.Effect.DENY,
            principals=[iam.AnyPrincipal()],
            actions=["dynamodb:DeleteTable"],
            resources=["*"],
        )
    )
    assert len(policy_of(world.template())) == 3


def test_a_grant_to_a_role_of_the_account_is_in_its_own_policy(world: World) -> None:
    role = iam.Role(world.stack, "Reader", assumed_by=iam.AccountRootPrincipal())
    world.table().table.grant_read_data(role)
    resources = world.template()
    assert [s["Effect"] for s in policy_of(resources)] == ["Deny", "Deny"]
    (policy,) = (r["Properties"] for r in resources.values() if r["Type"] == "AWS::IAM::Policy")
    granted = json.dumps(policy["PolicyDocument"])
    assert "dynamodb:GetItem" in granted
    assert "kms:Decrypt" in granted


READING = {"kms:Decrypt", "kms:DescribeKey"}


@pytest.mark.parametrize(
    ("actions", "of_the_key"),
    [
        (("dynamodb:GetItem", "dynamodb:Query"), READING),
        (
            ("dynamodb:GetItem", "dynamodb:PutItem"),
            {*READING, "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"},
        ),
    ],
    ids=["read", "write"],
)
def test_a_grant_of_some_actions_has_the_key_with_it(
    actions: tuple[str, ...], of_the_key: set[str], world: World
) -> None:
    role = iam.Role(world.stack, "Reader", assumed_by=iam.AccountRootPrincipal())
    grant = world.table(
        global_secondary_indexes=[
            dynamodb.GlobalSecondaryIndexPropsV2(
                index_name="by-name",
                partition_key=dynamodb.Attribute(name="n", type=dynamodb.AttributeType.STRING),
            )
        ]
    ).grant(role, *actions)
    assert grant.success
    resources = world.template()
    (policy,) = (r["Properties"] for r in resources.values() if r["Type"] == "AWS::IAM::Policy")
    key, table = policy["PolicyDocument"]["Statement"]
    assert {*key["Action"]} == of_the_key
    assert key["Resource"] == {"Fn::GetAtt": ["UsersKey2BD6E0C6", "Arn"]}
    assert {*table["Action"]} == {*actions}
    own, indexes = table["Resource"]
    assert own == {"Fn::GetAtt": ["UsersTable6D91A5EE", "Arn"]}
    assert indexes["Fn::Join"][1][-1] == "/index/*"
