"""No feature flag, region, account or partition is taken for granted; the real CLI agrees."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from secure_lambda_constructs import SigningBaseline

from .support import Assembly, function, new_app, only, recommended_flags, synthesize

REPOSITORY = Path(__file__).resolve().parents[2]


def app_with_everything(directory: Path, env: cdk.Environment | None, **context: Any) -> cdk.App:
    app = new_app(directory, **context)
    code = directory / "code"
    stack = cdk.Stack(app, "App", env=env)
    signing = SigningBaseline(stack, "Signing")
    function(stack, signing, code)
    function(cdk.NestedStack(stack, "Nested"), signing, code)
    other = cdk.Stack(app, "Other", env=env)
    function(other, signing, code)
    staged = cdk.Stack(cdk.Stage(app, "Prod", env=env), "App")
    function(staged, SigningBaseline(staged, "Signing"), code)
    return app


@pytest.mark.parametrize("flags", [False, True], ids=["no flags", "recommended flags"])
@pytest.mark.parametrize(
    "env",
    [
        None,
        cdk.Environment(account="111122223333", region="us-east-1"),
        cdk.Environment(region="us-gov-west-1"),
    ],
    ids=["anywhere", "us-east-1", "us-gov-west-1"],
)
def test_synthesizes(tmp_path: Path, code: Path, env: cdk.Environment | None, flags: bool) -> None:
    context = recommended_flags() if flags else {}
    assembly = synthesize(app_with_everything(tmp_path, env, **context))
    assert len(assembly.requests("App")) == 1
    assert len(assembly.requests("Other")) == 1
    assert assembly.sources("App-Signing") == {}
    profile = only(assembly.template("App-Signing"), "AWS::Signer::SigningProfile")
    assert profile["Properties"]["ProfileName"] == assembly.request("App").profile_name
    templates = "".join(path.read_text() for path in assembly.directory.rglob("*.template.json"))
    assert not re.search("arn:aws:(signer|s3|lambda)", templates)
    assert "Custom::" not in templates
    assert '"ZipFile"' not in templates


@pytest.mark.skipif(
    not hasattr(cdk, "CloudFormationValidatePlugin"), reason="this CDK does not validate templates"
)
def test_the_flags_have_the_templates_validated(tmp_path: Path) -> None:
    """The control: what is said above of all flags is said of templates without an error."""
    app = new_app(tmp_path, **recommended_flags())
    stack = cdk.Stack(app, "App")
    cdk.CfnResource(stack, "Table", type="AWS::DynamoDB::Table", properties={"TableName": "t"})
    with pytest.raises(RuntimeError, match="KeySchema"):
        app.synth()


def test_flags_do_not_change_the_identity(tmp_path: Path, code: Path) -> None:
    identities = {
        synthesize(app_with_everything(directory, env, **context)).request("App").identity
        for env in [cdk.Environment(account="111122223333", region="us-gov-west-1")]
        for directory, context in (
            (with_code(tmp_path / "none", code), {}),
            (with_code(tmp_path / "all", code), recommended_flags()),
        )
    }
    assert len(identities) == 1


@pytest.mark.parametrize("flags", [False, True], ids=["no flags", "recommended flags"])
def test_china(tmp_path: Path, code: Path, flags: bool) -> None:
    """CloudFormation makes no profiles there, as the CDK's own rules know; others may have."""
    app = new_app(tmp_path, **(recommended_flags() if flags else {}))
    env = cdk.Environment(account="111122223333", region="cn-north-1")
    stack = cdk.Stack(app, "App", env=env)
    config = "arn:aws-cn:lambda:cn-north-1:111122223333:code-signing-config:csc-0123456789abcdef0"
    signing = SigningBaseline.from_attributes(
        stack,
        "Signing",
        code_signing_config_arn=config,
        signing_profile_name="users",
        staging_bucket_name="users-{account}-{region}",
        signing_profile_version_arn=(
            "arn:aws-cn:signer:cn-north-1:111122223333:/signing-profiles/users/1a2B3c4D5e"
        ),
    )
    function(stack, signing, code)
    signing.grant_sign(iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal()))
    assembly = synthesize(app)
    assert assembly.request("App").region == "cn-north-1"
    assert "arn:aws:" not in (assembly.directory / "App.template.json").read_text()


def with_code(directory: Path, code: Path) -> Path:
    shutil.copytree(code, directory / "code")
    return directory


def test_the_cli_reads_the_assembly(tmp_path: Path, code: Path) -> None:
    """It validates every manifest against the schema, and orders the stacks."""
    cli = REPOSITORY / "node_modules" / ".bin" / "cdk"
    assert cli.exists(), "the development environment has no CDK CLI: run the set-up"
    assembly = synthesize(app_with_everything(tmp_path, None))
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))
    }
    done = subprocess.run(
        [str(cli), "list", "--app", str(assembly.directory), "--show-dependencies", "--json"],
        cwd=tmp_path,
        env={**environment, "HOME": str(tmp_path), "CI": "true", "CDK_DISABLE_CLI_TELEMETRY": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    # An id is "Prod/App (Prod-App)" where the stack's name is another one than its path.
    assert {
        stack["id"].split()[0]: [other["id"].split()[0] for other in stack["dependencies"]]
        for stack in json.loads(done.stdout)
    } == {
        "App": ["App-Signing"],
        "App-Signing": [],
        "Other": ["App-Signing"],
        "Prod/App": ["Prod/App-Signing"],
        "Prod/App-Signing": [],
    }
    assert Assembly(assembly.directory).requests("App")
