"""Who reads and writes an isolated table, as a policy evaluator decides it.

The callers may do everything by their own policies; what decides is the policy of the table.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from secure_lambda_constructs.checks.leaks.attackers import role_context
from secure_lambda_constructs.checks.leaks.case import Case
from secure_lambda_constructs.checks.leaks.questions import Decision, Question
from secure_lambda_constructs.checks.model.policies import pessimistic
from secure_lambda_constructs.checks.model.world import Resource

from .synthesis import ISOLATED_TABLE, ISOLATED_TABLE_APART

READS = (
    "dynamodb:BatchGetItem",
    "dynamodb:EnableKinesisStreamingDestination",
    "dynamodb:ExportTableToPointInTime",
    "dynamodb:GetItem",
    "dynamodb:PartiQLSelect",
    "dynamodb:Query",
    "dynamodb:RestoreTableToPointInTime",
    "dynamodb:Scan",
)
WRITES = (
    "dynamodb:BatchWriteItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem",
    "dynamodb:PartiQLDelete",
    "dynamodb:PartiQLInsert",
    "dynamodb:PartiQLUpdate",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
)
CHANGES = (
    "dynamodb:CreateBackup",
    "dynamodb:DeleteResourcePolicy",
    "dynamodb:DeleteTable",
    "dynamodb:DescribeContinuousBackups",
    "dynamodb:DescribeTable",
    "dynamodb:GetResourcePolicy",
    "dynamodb:ListTagsOfResource",
    "dynamodb:PutResourcePolicy",
    "dynamodb:TagResource",
    "dynamodb:UpdateContinuousBackups",
    "dynamodb:UpdateTable",
    "dynamodb:UpdateTimeToLive",
)
INDEXED = ("dynamodb:Query", "dynamodb:Scan", "dynamodb:PartiQLSelect")
OUTSIDE = {"aws:SourceIp": "203.0.113.7"}
ELSEWHERE = {"aws:SourceVpc": "vpc-0bad0bad0bad0bad0", "aws:SourceVpce": "vpce-0bad"}


@pytest.fixture(scope="module", params=[ISOLATED_TABLE, ISOLATED_TABLE_APART])
def case(request: pytest.FixtureRequest, case_of: Callable[[str], Case]) -> Case:
    return case_of(request.param)


@pytest.fixture(scope="module")
def apart(case_of: Callable[[str], Case]) -> Case:
    return case_of(ISOLATED_TABLE_APART)


def table_of(case: Case) -> Resource:
    (table,) = case.world.of("AWS::DynamoDB::GlobalTable")
    return table


def policy_of(table: Resource) -> dict[str, Any]:
    (replica,) = table.get("Replicas")
    return pessimistic(replica["ResourcePolicy"]["PolicyDocument"], of_resource=True)


def asked(
    case: Case,
    actions: tuple[str, ...],
    *,
    role: str = "Developer",
    place: dict[str, Any] = OUTSIDE,
    policy: bool = True,
    index: bool = False,
) -> list[Decision]:
    """What is decided on actions of somebody with AdministratorAccess."""
    table = table_of(case)
    account = table.account
    context = {
        "aws:PrincipalAccount": account,
        "aws:PrincipalArn": f"arn:aws:iam::{account}:role/{role}",
        "aws:PrincipalIsAWSService": "false",
        "aws:PrincipalType": "AssumedRole",
        "aws:RequestedRegion": table.region,
        "aws:ResourceAccount": account,
        "aws:SecureTransport": "true",
        "aws:ViaAWSService": "false",
        "aws:userid": "AROAEXAMPLEEXAMPLE:me",
        **place,
    }
    return case.evaluator.decide(
        Question(
            label=role,
            action=action,
            resource=f"{table.arn}/index/by-name" if index else str(table.arn),
            context=context,
            principal=f"arn:aws:sts::{account}:assumed-role/{role}/me",
            resource_policy=policy_of(table) if policy else None,
            account=account,
        )
        for action in actions
    )


@pytest.mark.parametrize("place", [OUTSIDE, ELSEWHERE], ids=["internet", "another VPC"])
@pytest.mark.parametrize("actions", [READS, WRITES], ids=["reads", "writes"])
def test_an_administrator_is_refused_outside_the_network(
    case: Case, actions: tuple[str, ...], place: dict[str, Any]
) -> None:
    assert set(asked(case, actions, place=place)) == {Decision.DENIED}


def test_and_is_let_in_without_the_policy(case: Case) -> None:
    """What the refusals above are owed to."""
    assert set(asked(case, (*READS, *WRITES), policy=False)) == {Decision.ALLOWED}


def test_an_administrator_is_refused_on_an_index(case: Case) -> None:
    assert set(asked(case, INDEXED, index=True)) == {Decision.DENIED}
    assert set(asked(case, INDEXED, index=True, policy=False)) == {Decision.ALLOWED}


def test_a_service_that_asks_for_an_administrator_is_refused(case: Case) -> None:
    """Athena and the like: a forward access session."""
    via = {"aws:ViaAWSService": "true", "aws:CalledVia": ["athena.amazonaws.com"]}
    assert set(asked(case, READS, place=via)) == {Decision.DENIED}


def test_cloudformation_changes_the_table_and_its_policy(case: Case) -> None:
    assert set(asked(case, CHANGES, role="Deployment")) == {Decision.ALLOWED}


def test_the_function_reads_through_the_endpoint(case: Case) -> None:
    table = table_of(case)
    (function,), (endpoint,) = case.isolated, case.endpoints_of("dynamodb")
    vpc = str(endpoint.resource.get("VpcId"))

    def decided(place: str | None) -> Iterator[Decision]:
        for endpoint_policy, resource_policy in (
            (None, policy_of(table)),
            (endpoint.strict_policy, None),
        ):
            yield from case.evaluator.decide(
                Question(
                    label="the function",
                    action=action,
                    resource=str(table.arn),
                    context=role_context(function, vpc=place),
                    principal=function.session,
                    identity=function.documents,
                    resource_policy=resource_policy,
                    endpoint_policy=endpoint_policy,
                    account=table.account,
                )
                for action in ("dynamodb:GetItem", "dynamodb:Query", "dynamodb:BatchGetItem")
            )

    assert set(decided(vpc)) == {Decision.ALLOWED}
    assert set(decided(None)) == {Decision.DENIED}


def test_lambda_polls_the_stream_outside_the_network(case_of: Callable[[str], Case]) -> None:
    case = case_of(ISOLATED_TABLE)
    (function,), table = case.isolated, table_of(case)
    actions = ("DescribeStream", "GetRecords", "GetShardIterator")
    decisions = case.evaluator.decide(
        Question(
            label="Lambda for the function",
            action=f"dynamodb:{action}",
            resource=f"{table.arn}/stream/2026-01-01T00:00:00.000",
            context=role_context(function, vpc=None, from_code=False),
            principal=function.session,
            identity=function.documents,
            account=table.account,
        )
        for action in actions
    )
    assert set(decisions) == {Decision.ALLOWED}
    # The stream has no policy that could refuse it, and that of the table names none of these.
    (replica,) = table.get("Replicas")
    assert "ReplicaStreamSpecification" not in replica


def test_who_is_named_reads_or_writes_from_outside_and_not_both(apart: Case) -> None:
    assert set(asked(apart, READS, role="Emergency")) == {Decision.ALLOWED}
    assert set(asked(apart, WRITES, role="Emergency")) == {Decision.DENIED}
    assert set(asked(apart, WRITES, role="Loader")) == {Decision.ALLOWED}
    assert set(asked(apart, READS, role="Loader")) == {Decision.DENIED}


def test_nobody_decrypts_with_the_key_but_through_dynamodb(case: Case) -> None:
    table = table_of(case)
    (replica,) = table.get("Replicas")
    key = case.world.find(replica["SSESpecification"]["KMSMasterKeyId"], "AWS::KMS::Key")
    assert key is not None
    context = {
        "aws:PrincipalAccount": table.account,
        "aws:PrincipalArn": f"arn:aws:iam::{table.account}:role/Developer",
        "aws:ResourceAccount": table.account,
    }

    def decided(via: dict[str, str]) -> set[Decision]:
        return set(
            case.evaluator.decide(
                Question(
                    label="an administrator",
                    action=action,
                    resource=str(key.arn),
                    context={**context, **via},
                    principal=f"arn:aws:sts::{table.account}:assumed-role/Developer/me",
                    identity=_ADMINISTRATOR,
                    resource_policy=pessimistic(key.get("KeyPolicy"), of_resource=True),
                    account=table.account,
                )
                for action in ("kms:Decrypt", "kms:CreateGrant")
            )
        )

    assert decided({}) == {Decision.DENIED}
    assert decided({"kms:ViaService": f"dynamodb.{table.region}.amazonaws.com"}) == {
        Decision.ALLOWED
    }


_ADMINISTRATOR: tuple[dict[str, Any], ...] = (
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    },
)
