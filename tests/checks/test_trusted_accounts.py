"""Accounts without a stack are told apart by name, and a cause is told once."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from secure_lambda_constructs import InvalidInputError, SigningBaseline
from secure_lambda_constructs.checks.acknowledgement_sources import acknowledgements_of_nodes
from secure_lambda_constructs.checks.evaluation import default_evaluator
from secure_lambda_constructs.checks.formats.text import as_text
from secure_lambda_constructs.checks.judgement import judge
from secure_lambda_constructs.checks.leak_checks import LeakChecks
from secure_lambda_constructs.checks.model.sources import StackTemplate
from secure_lambda_constructs.checks.model.world import World
from secure_lambda_constructs.checks.outcome import check, check_accounts
from secure_lambda_constructs.cli.main import main
from secure_lambda_constructs.governance.pipeline.closed_role import ClosedRole

from ..leaks.by_hand import allow, att, function, resource, role, table, world_of

_STRANGER = "210987654321"
_PROFILE = f"arn:aws:signer:us-east-1:{_STRANGER}:/signing-profiles/central/0a1b2c3d4e"
_SIGNED = {
    "Config": resource(
        "AWS::Lambda::CodeSigningConfig",
        AllowedPublishers={"SigningProfileVersionArns": [_PROFILE]},
        CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"},
    ),
    **function("Plain", CodeSigningConfigArn=att("Config", "CodeSigningConfigArn")),
}


@pytest.mark.parametrize(
    ("trusted", "code"),
    [
        pytest.param([], 1, id="nobody"),
        pytest.param(["--trusted-account", _STRANGER], 0, id="the account"),
        pytest.param(["--trusted-account", "123456789012"], 1, id="another one"),
    ],
)
def test_the_command_trusts_whom_it_is_told_to(
    trusted: list[str], code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "shop.json"
    path.write_text(json.dumps({"Resources": _SIGNED}))
    assert main(["check", str(path), *trusted]) == code
    printed = capsys.readouterr().out
    assert ("trusts a publisher of another account" in printed) is (code == 1)
    main(["check", str(path), *trusted, "--json"])
    assert json.loads(capsys.readouterr().out)["trustedAccounts"] == trusted[1:]


@pytest.mark.parametrize(
    ("accounts", "match"),
    [
        pytest.param("444455556666", "must be a list of accounts, got '444455556666'", id="text"),
        pytest.param(
            ["4444"], "must be an account of 12 digits, as a text, got '4444'", id="short"
        ),
        pytest.param([444455556666], "12 digits, as a text, got 444455556666", id="number"),
    ],
)
def test_what_is_no_account_is_refused(accounts: Any, match: str) -> None:
    with pytest.raises(InvalidInputError, match=match):
        check_accounts("trusted_accounts", accounts)
    with pytest.raises(InvalidInputError, match="trusted_accounts"):
        LeakChecks(trusted_accounts=accounts)


def test_the_command_refuses_what_is_no_account(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["check", str(tmp_path), "--trusted-account", "mine"])
    assert ended.value.code == 2
    assert "--trusted-account: an account of 12 digits expected" in capsys.readouterr().err


def test_the_text_lists_a_cause_once() -> None:
    reads = allow("dynamodb:GetItem", att("Table"))
    world = world_of({"Table": table()}, function("Reader", reads), function("Plain"))
    outcome = check(world, default_evaluator(), inputs=["shop"], templates={})
    of_o05, _, of_s01 = as_text(outcome).partition("\nO05 ")[2].partition("\nS01 ")
    assert "App/Reader (" in of_o05
    assert "- what is listed under O05" in of_s01
    assert "App/Plain (" in of_s01
    assert "App/Reader (" not in of_s01


def test_a_cause_that_is_listed_already_is_not_listed_again() -> None:
    reads = allow("dynamodb:GetItem", att("Table"))
    world = world_of({"Table": table()}, function("Reader", reads))
    outcome = check(world, default_evaluator(), inputs=["shop"], templates={})
    of_s01 = as_text(outcome).partition("\nS01 ")[2]
    assert "- what is listed under O05" in of_s01
    assert "mend:" not in of_s01


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        pytest.param(
            lambda stack: ClosedRole(stack, "Role", assumed_by=iam.AccountRootPrincipal()),
            [("N01", "Shop/Role")],
            id="a role that takes no more",
        ),
        pytest.param(
            lambda stack: iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal()),
            [],
            id="any other",
        ),
    ],
)
def test_who_reads_nothing_but_what_it_signs_is_answered_for(
    make: Callable[[cdk.Stack], iam.Role], expected: list[tuple[str, str]]
) -> None:
    stack = cdk.Stack(cdk.App(), "Shop")
    made = make(stack)
    SigningBaseline(stack, "Signing").grant_sign(made)
    entries = [{"type": each.type, "data": each.data} for each in made.node.metadata]
    found = acknowledgements_of_nodes({made.node.path: entries}, "the app")
    assert [(each.rule, each.at) for each in found] == expected


def test_what_no_template_tells_is_in_the_verdict() -> None:
    template = {"Transform": "SomebodysMacro", "Resources": {}}
    stack = StackTemplate(name="App", account="444455556666", region="us-east-1", template=template)
    verdict = judge(World([stack]), default_evaluator())
    assert [path.id for path in verdict.open] == ["U01"]


def test_the_role_that_api_gateway_logs_with_reads_no_data() -> None:
    managed = "arn:aws:iam::aws:policy/service-role/{}"

    def said(name: str) -> list[str]:
        logs = role(service="apigateway", ManagedPolicyArns=[managed.format(name)])
        verdict = judge(world_of({"Logs": logs}), default_evaluator())
        (path,) = [each for each in verdict.paths if each.id == "N01"]
        return [finding.cause for finding in path.findings]

    assert said("AmazonAPIGatewayPushToCloudWatchLogs") == []
    assert "is not known, so it is everything" in said("NobodyKnowsThisOne")[0]
