"""The command line of the audit: arguments, help, rights, documentation, and how it ends."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from secure_lambda_constructs import DeveloperBoundary, GuardrailScp
from secure_lambda_constructs.checks.audit import audit as audit_module
from secure_lambda_constructs.checks.audit import calls, looks
from secure_lambda_constructs.checks.audit.changes_since import Made
from secure_lambda_constructs.checks.audit.findings import KINDS, Change, Finding
from secure_lambda_constructs.checks.audit.formats import as_data, as_text
from secure_lambda_constructs.checks.audit.permissions import (
    ACTIONS_BY_OPERATION,
    read_only_policy,
)
from secure_lambda_constructs.checks.evaluator import CompiledPolicies, PolicySet, Request
from secure_lambda_constructs.cli import audit as command
from secure_lambda_constructs.signing.command.interrupts import Interrupted

from .conftest import Run
from .fake_account import NUMBER, REGION, account_with, refused
from .recorded import NOTHING

REPOSITORY = Path(__file__).parents[2]
PAGE = (REPOSITORY / "docs/audit.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--region", "europe"], "argument --region: a region expected, for example eu-west-1"),
        (["--organization", "acme"], "argument --organization: the id of an organization expected"),
        (["--accept", "odd=*"], "argument --accept: KIND=RESOURCE expected, with one of the kinds"),
        (["--accept", "url-open"], "argument --accept: KIND=RESOURCE expected"),
        (["--severity", "high"], "unrecognized arguments: --severity high"),
        (["--baseline", "/nowhere"], "/nowhere holds no cloud assembly that can be read (manifest"),
    ],
)
def test_wrong_arguments_end_with_2(run: Run, arguments: list[str], sentence: str) -> None:
    output, errors = run(*arguments, code=2)
    assert sentence in errors
    assert (output, errors.count("\n")) == ("", 1)


@pytest.mark.parametrize(
    ("manifest", "sentence"),
    [
        ("{}", "has no stacks: name the folder that `cdk synth` wrote"),
        ("[]", "holds no cloud assembly: manifest.json holds no object"),
        ("{", "holds no cloud assembly that can be read (manifest.json: Expecting property name"),
    ],
)
def test_an_assembly_that_is_none_ends_with_2(
    run: Run, tmp_path: Path, manifest: str, sentence: str
) -> None:
    (tmp_path / "manifest.json").write_text(manifest)
    _, errors = run("--baseline", str(tmp_path), code=2)
    assert sentence in errors


def test_help_says_what_each_option_does(run: Run) -> None:
    text, _ = run("--help")
    options = set(re.findall(r"--[a-z-]+", text)) - {"--help", "--debug"}
    assert options == {
        "--region",
        "--baseline",
        "--boundary",
        "--organization",
        "--accept",
        "--no-history",
        "--resume",
        "--changes-since",
        "--json",
        "--output",
    }
    assert "3 not all could be looked at" in " ".join(text.split())


def test_it_starts_without_the_cdk_and_without_botocore() -> None:
    code = (
        "import sys; from secure_lambda_constructs.cli.main import main; main(['audit', '--help'])"
    )
    outcome = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", code],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line for line in outcome.stderr.splitlines() if line.startswith("import time:")]
    packages = {line.rsplit("|", 1)[1].strip().split(".")[0] for line in lines}
    assert "secure_lambda_constructs" in packages
    assert not packages & {"aws_cdk", "boto3", "botocore", "jsii", "tqdm"}


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Answers of AWS; a test changes them."""
    answers: dict[str, Any] = {"list_functions": {"Functions": []}}
    monkeypatch.setattr(command, "connect", lambda region: account_with(**answers))
    return answers


def test_nothing_is_found_in_an_empty_account(run: Run, connected: dict[str, Any]) -> None:
    text, errors = run("--region", REGION)
    assert text == f"account {NUMBER}: 0 functions, 1 region, 0 findings\n"
    assert errors == ""


def test_all_enabled_regions_are_looked_at(run: Run, connected: dict[str, Any]) -> None:
    regions = {
        "eu-west-1": "opt-in-not-required",
        "ap-east-1": "not-opted-in",
        "me-south-1": "opted-in",
    }
    connected["describe_regions"] = {
        "Regions": [{"RegionName": name, "OptInStatus": how} for name, how in regions.items()]
    }
    assert json.loads(run("--json")[0])["regions"] == ["eu-west-1", "me-south-1"]
    connected["describe_regions"] = refused("UnauthorizedOperation")
    _, errors = run(code=3)
    needs = f"AWS denied it: the caller in account {NUMBER} needs ec2:DescribeRegions"
    assert errors == (
        "secure-lambda audit: DescribeRegions failed on the enabled regions in eu-west-1: "
        f"{needs}\n"
    )


def test_what_is_denied_everywhere_is_said_once(run: Run, connected: dict[str, Any]) -> None:
    connected["list_functions"] = refused("AccessDeniedException")
    _, errors = run(
        "--region", "eu-west-1", "--region", "eu-west-2", "--region", "eu-west-3", code=3
    )
    assert errors.startswith(
        "secure-lambda audit: ListFunctions failed on the functions in eu-west-1 and 2 more: AWS"
    )
    assert errors.count("\n") == 1


def test_an_assembly_for_other_places_is_no_clean_result(
    run: Run, connected: dict[str, Any], tmp_path: Path
) -> None:
    stack = {
        "type": "aws:cloudformation:stack",
        "environment": "aws://999900001111/eu-west-1",
        "properties": {"templateFile": "App.json"},
    }
    (tmp_path / "App.json").write_text("{}")
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": {"App": stack}}))
    output, errors = run("--region", REGION, "--baseline", str(tmp_path), code=3)
    assert output == ""
    assert f"has no stack for account {NUMBER} in {REGION}: check the credentials" in errors


@pytest.mark.parametrize(
    ("raised", "sentence"),
    [
        (Interrupted("SIGTERM"), "stopped by SIGTERM: repeat the command, with --resume FILE"),
        (KeyboardInterrupt(), "stopped by SIGINT: repeat the command, with --resume FILE"),
        (KeyError("x"), "unexpected KeyError ('x'): repeat the command with SECURE_LAMBDA_DEBUG=1"),
    ],
)
def test_no_other_end_looks_like_a_result(
    run: Run,
    connected: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    raised: BaseException,
    sentence: str,
) -> None:
    def fail(*arguments: object) -> None:
        raise raised

    monkeypatch.setattr(command, "audit", fail)
    output, errors = run("--region", REGION, code=3)
    assert (output, errors.count("\n")) == ("", 1)
    assert errors.startswith(f"secure-lambda audit: {sentence}")
    _, errors = run("--region", REGION, "--debug", code=3)
    assert "Traceback" in errors


def test_without_credentials_or_region_nothing_is_looked_at(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    _, errors = run(code=3)
    assert "no AWS region is known: add --region, or set AWS_REGION" in errors
    _, errors = run("--region", REGION, code=3)
    assert "no AWS credentials were found (NoCredentialsError)" in errors


def test_a_terminal_shows_how_far_it_has_come(
    run: Run, connected: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    _, errors = run("--region", REGION)
    assert "auditing" in errors


def test_the_page_says_what_the_code_does() -> None:
    [policy] = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert json.loads(policy) == read_only_policy(account="111122223333")
    for name, kind in KINDS.items():
        assert f"| `{name}` | {kind.title} |" in PAGE
    # Only kinds, and members of the JSON, have rows that begin so.
    named = set(re.findall(r"^\| `([a-z]+(?:-[a-z]+)+)` \|", PAGE, re.MULTILINE))
    assert named == set(KINDS)
    members = {"version", "time", "account", "regions", "complete", "functions", "findings"}
    members |= {"accepted", "changes", "unread", "leftOut", "notCompared"}
    report = audit_module.Report(NUMBER, [REGION], 0, [], [], [], [], {}, [])
    assert set(as_data(report)) == members
    for name in members:
        assert f"| `{name}` |" in PAGE
    for compared in looks._LOOKS:
        assert f"`{compared}`" in PAGE, compared
    assert f"after {calls._READ_SECONDS} seconds for each attempt" in PAGE
    assert f"{calls.AT_ONCE} at the same time" in PAGE.replace("eight", "8")
    for operation in (name for _, name in NOTHING):
        assert f":{operation}`" in PAGE


def test_several_findings_begin_with_a_table_of_them() -> None:
    change = Change("2026-11-28T09:30:00+00:00", "arn:mallory", "DeleteBucketPolicy", "id")
    findings = [
        Finding("resource-policy-changed", REGION, "arn:b", "", "x", "App/Files", (), change),
        Finding("url-open", REGION, "arn:f", "", "y"),
    ]
    made = Made(REGION, "b", "App/Files", change, False)
    compared = {"AWS::EC2::Subnet": 2, "AWS::RDS::DBCluster": 1}
    report = audit_module.Report(NUMBER, [REGION], 1, findings, [], [], [], compared, [made])
    lines = as_text(report).splitlines()
    assert lines[:6] == [
        f"account {NUMBER}: 1 function, 1 region, 2 findings",
        "not compared: 2 AWS::EC2::Subnet, 1 AWS::RDS::DBCluster",
        "",
        "finding                  where      construct or resource  changed                    by",
        "resource-policy-changed  eu-west-1  App/Files              2026-11-28T09:30:00+00:00  "
        "arn:mallory",
        "url-open                 eu-west-1  arn:f",
    ]
    assert lines[-2:] == [
        "changed                    call                construct or stack  by",
        "2026-11-28T09:30:00+00:00  DeleteBucketPolicy  App/Files           arn:mallory",
    ]


def test_nothing_is_called_but_reads() -> None:
    verbs = ("Describe", "Get", "List", "Lookup")
    assert all(operation.startswith(verbs) for operation in ACTIONS_BY_OPERATION)
    policy = read_only_policy(account=NUMBER, partition="aws-cn")
    actions = [action for each in policy["Statement"] for action in [each["Action"]]]
    assert not any("*" in action for action in actions[0])
    assert policy["Statement"][1]["Resource"] == f"arn:aws-cn:s3:::cdk-*-assets-{NUMBER}-*/*"


@pytest.fixture(scope="module")
def guardrails() -> dict[str, dict[str, Any]]:
    """The documents of the boundary and of the service control policy."""
    app = cdk.App()
    stack = cdk.Stack(app, "Guardrails", env=cdk.Environment(account=NUMBER, region=REGION))
    DeveloperBoundary(stack, "Boundary")
    GuardrailScp(
        stack,
        "Scp",
        code_signing_config_arns=[
            f"arn:aws:lambda:{REGION}:{NUMBER}:code-signing-config:csc-0123456789abcdef0"
        ],
        vpc_ids=["vpc-0123456789abcdef0"],
        pipeline_roles=[f"arn:aws:iam::{NUMBER}:role/ci-deploy"],
    )
    resources = app.synth().get_stack_by_name("Guardrails").template["Resources"].values()
    properties = {each["Type"]: each["Properties"] for each in resources}
    partition = json.loads(
        json.dumps(properties["AWS::IAM::ManagedPolicy"]["PolicyDocument"]).replace(
            '{"Ref": "AWS::Partition"}', '"aws"'
        )
    )
    return {
        "boundary": partition,
        "scp": properties["AWS::Organizations::Policy"]["Content"],
    }


def _refused(**guardrails: Any) -> set[str]:
    """Return the actions of the policy that guardrails take away."""
    policies = CompiledPolicies(
        PolicySet(identity=[read_only_policy(account=NUMBER)], **guardrails)
    )
    code = f"arn:aws:s3:::cdk-hnb659fds-assets-{NUMBER}-{REGION}/0123"
    refused = set()
    for action in {each for needed in ACTIONS_BY_OPERATION.values() for each in needed}:
        request = Request(
            principal=f"arn:aws:sts::{NUMBER}:assumed-role/auditor/nightly",
            action=action,
            resource=code if action == "s3:GetObject" else "*",
            context={
                "aws:PrincipalArn": f"arn:aws:iam::{NUMBER}:role/auditor",
                "aws:PrincipalAccount": NUMBER,
                "aws:RequestedRegion": REGION,
                "aws:ResourceAccount": NUMBER,
                "aws:SecureTransport": "true",
            },
            account=NUMBER,
        )
        if not policies.decide(request).is_open:
            refused.add(action)
    return refused


def test_the_policy_works_below_our_own_guardrails(guardrails: dict[str, dict[str, Any]]) -> None:
    everything = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
    }
    assert _refused(service_control=[[everything, guardrails["scp"]]]) == set()
    # A developer reads no bucket of the CDK; the code is compared with the assembly alone then.
    # The other two are told as what could not be looked at.
    assert _refused(boundary=[guardrails["boundary"]]) == {
        "oam:ListLinks",
        "s3:GetInventoryConfiguration",
        "s3:GetObject",
    }
