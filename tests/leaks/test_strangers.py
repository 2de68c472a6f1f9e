"""An account that the templates name, and in which no stack is, may be the attacker's."""

from collections.abc import Callable, Collection
from typing import Any

import pytest

from secure_lambda_constructs.checks.evaluation import default_evaluator
from secure_lambda_constructs.checks.judgement import Verdict, judge
from secure_lambda_constructs.checks.leaks.strangers import retold
from secure_lambda_constructs.checks.model.sources import StackTemplate
from secure_lambda_constructs.checks.model.world import World

from .by_hand import (
    ACCOUNT,
    REGION,
    Template,
    allow,
    att,
    document,
    function,
    network,
    resource,
    table,
    world_of,
)

STRANGER, PARTNER = "210987654321", "123456789012"
PROFILE = f"arn:aws:signer:{REGION}:{STRANGER}:/signing-profiles/central/0a1b2c3d4e"


def _opens(world: World, trusted: Collection[str] = ()) -> set[str]:
    return {path.id for path in judge(world, default_evaluator(), trusted_accounts=trusted).open}


def _said(verdict: Verdict, path_id: str) -> list[str]:
    (path,) = [each for each in verdict.all if each.id == path_id]
    return [finding.reason for finding in path.findings]


def _permission(principal: Any, **more: Any) -> Template:
    kind = "AWS::Lambda::Permission"
    asked = {"Action": "lambda:InvokeFunction", "FunctionName": {"Ref": "Reader"}}
    return {"Permission": resource(kind, Principal=principal, **asked, **more)}


def _shared_table(principal: str, **more: Any) -> Template:
    statement = allow("dynamodb:GetItem", "*", Principal={"AWS": principal}, **more)
    return {"Table": table(ResourcePolicy={"PolicyDocument": document(statement)})}


def _key(principal: str) -> Template:
    statement = allow("kms:Decrypt", "*", Principal={"AWS": principal})
    return {"Key": resource("AWS::KMS::Key", KeyPolicy=document(statement))}


def _endpoint(**condition: str) -> Template:
    keys = {f"aws:{name}": value for name, value in condition.items()}
    statement = allow("dynamodb:*", "*", Principal="*", Condition={"StringEquals": keys})
    return {
        "Endpoint": resource(
            "AWS::EC2::VPCEndpoint",
            PolicyDocument=document(statement),
            ServiceName=f"com.amazonaws.{REGION}.dynamodb",
            VpcId={"Ref": "Vpc"},
        )
    }


READER = [network(), function("Reader", inside=True)]


@pytest.mark.parametrize(
    ("path_id", "parts"),
    [
        pytest.param("O03", lambda who: _permission(who), id="permission"),
        pytest.param("O03", lambda who: _permission(f"arn:aws:iam::{who}:root"), id="its root"),
        pytest.param(
            "O03", lambda who: _permission(f"arn:aws:iam::{who}:role/teams/x"), id="its role"
        ),
        pytest.param(
            "O03",
            lambda who: _permission("s3.amazonaws.com", SourceAccount=who),
            id="a service for it",
        ),
        pytest.param(
            "O03",
            lambda who: _permission(
                "events.amazonaws.com", SourceArn=f"arn:aws:events:{REGION}:{who}:rule/x"
            ),
            id="a rule of it",
        ),
        pytest.param("O04", lambda who: _shared_table(f"arn:aws:iam::{who}:root"), id="table"),
        pytest.param(
            "O04",
            lambda who: _shared_table(f"arn:aws:sts::{who}:assumed-role/Partner/one"),
            id="table, a session",
        ),
        pytest.param(
            "O04",
            lambda who: _shared_table(
                "*", Condition={"StringEquals": {"aws:PrincipalAccount": who}}
            ),
            id="table, by a condition",
        ),
        pytest.param("O06", lambda who: _key(who), id="key"),
        pytest.param(
            "P01",
            lambda who: _endpoint(PrincipalAccount=who, ResourceAccount=who),
            id="endpoint",
        ),
    ],
)
def test_what_admits_an_account_that_no_stack_is_in_is_open(
    path_id: str, parts: Callable[[str], Template]
) -> None:
    assert path_id in _opens(world_of(*READER, parts(STRANGER)))
    # The same for an own account, and for one that is trusted.
    assert path_id not in _opens(world_of(*READER, parts(ACCOUNT)))
    assert path_id not in _opens(world_of(*READER, parts(STRANGER)), [STRANGER])


def test_a_finding_names_the_account_and_the_construct() -> None:
    verdict = judge(world_of(*READER, _permission(STRANGER)), default_evaluator())
    (path,) = [each for each in verdict.open if each.id == "O03"]
    (finding,) = path.findings
    assert (finding.construct_path, finding.logical_id) == ("App/Reader", "Reader")
    assert finding.cause == "may be called by other accounts"
    assert f"({STRANGER} counts as somebody else's: no stack is bound to it)" in finding.reason


def test_several_strangers_are_all_looked_at() -> None:
    own = [f"11111111111{digit}" for digit in range(6)]
    parts = [{f"Queue{who}": resource("AWS::SQS::Queue", QueueName=who)} for who in own]
    world = world_of(*READER, *parts, _permission(PARTNER), _shared_table(STRANGER))
    assert {"O03", "O04"} <= _opens(world)
    assert [each.stranger for each in retold(world, [ACCOUNT])] == ["", f"{own[0]} or 7 more"]


def test_an_account_of_another_stack_is_no_stranger() -> None:
    parts = world_of(*READER, _permission(STRANGER)).sources
    central = StackTemplate(name="Central", account=STRANGER, region=REGION, template={})
    assert "O03" not in _opens(World([*parts, central]))


def test_a_publisher_of_another_account_is_trusted_by_name() -> None:
    config = resource(
        "AWS::Lambda::CodeSigningConfig",
        AllowedPublishers={"SigningProfileVersionArns": [PROFILE]},
        CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"},
    )
    signed = function("Plain", CodeSigningConfigArn=att("Config", "CodeSigningConfigArn"))
    world = world_of({"Config": config}, signed)
    verdict = judge(world, default_evaluator())
    assert _said(verdict, "S01") == [
        f"trusts a publisher of another account: {PROFILE} (no stack is bound to that account, "
        "and it is not trusted)"
    ]
    assert _opens(world, [STRANGER]) == set()
    assert _opens(world, [PARTNER]) == {"S01"}


def test_the_organization_that_an_app_names_is_its_own() -> None:
    organization = "o-exampleorg1"
    endpoint = _endpoint(PrincipalOrgID=organization, ResourceOrgID=organization)
    reads = allow("dynamodb:GetItem", att("Table"))
    parts = [network(), function("Reader", reads, inside=True), {"Table": table()}, endpoint]
    verdict = judge(world_of(*parts), default_evaluator())
    assert not {"P01", "P02"} & {each.id for each in verdict.open}
    assert "reads" not in verdict.broken
    foreign = _endpoint(PrincipalOrgID="o-0bad0bad0b", ResourceOrgID="o-0bad0bad0b")
    verdict = judge(world_of(*parts[:3], foreign), default_evaluator())
    assert "P01" in {each.id for each in verdict.open}
    assert "reads" in verdict.broken


def test_numbers_that_are_no_accounts_change_nothing() -> None:
    named = {
        "Queue": resource("AWS::SQS::Queue", QueueName="a210987654321", Tags=["1.21098765432"])
    }
    assert len(list(retold(world_of(named), [ACCOUNT]))) == 1
