"""`secure-lambda bootstrap-template`: what it reads and writes, and a bootstrap with the result."""

import io
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cdk_cli import CDK, cdk_environment
from local_aws import LocalAws
from secure_lambda_constructs import CloudFormationExecutionPolicy
from secure_lambda_constructs.cli.main import main
from secure_lambda_constructs.governance.bootstrap.template import BOOTSTRAP_VARIANT

_DEPLOY = "arn:aws:iam::*:role/deploy"
_SYNTH = "arn:aws:iam::*:role/synth"
_CLEANER = "arn:aws:iam::*:role/cleaner"


def _cdk(directory: Path, environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [str(CDK), "--no-notices", "bootstrap", *arguments],
        cwd=directory,
        env=cdk_environment(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The CDK's template in a file of its own, in a directory that is empty otherwise."""
    file = tmp_path_factory.mktemp("bootstrap") / "cdk.json.txt"
    printed = _cdk(file.parent, {}, "--show-template", "--json")
    file.write_text(printed[printed.index("{") :])
    return file


def _trusted(template: Any, role: str) -> list[str]:
    trust = template["Resources"][role]["Properties"]["AssumeRolePolicyDocument"]
    return list(trust["Statement"][0]["Condition"]["ArnEquals"]["aws:PrincipalArn"])


def test_from_the_standard_input_to_the_standard_output(
    shown: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(shown.read_text()))
    assert main(["bootstrap-template", "--trust", _DEPLOY]) == 0
    template = json.loads(capsys.readouterr().out)
    assert _trusted(template, "DeploymentActionRole") == [_DEPLOY]
    assert template["Parameters"]["BootstrapVariant"]["Default"] == BOOTSTRAP_VARIANT


def test_from_a_file_to_a_file(
    shown: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = tmp_path / "made.json"
    arguments = ["--trust", _DEPLOY, "--trust", f"{_DEPLOY}2", "--trust-for-lookup", _SYNTH]
    arguments += ["--bucket-writer", _CLEANER, str(shown), "-o", str(made)]
    assert main(["bootstrap-template", *arguments]) == 0
    assert capsys.readouterr().out == ""
    template = json.loads(made.read_text())
    assert _trusted(template, "DeploymentActionRole") == [_DEPLOY, f"{_DEPLOY}2"]
    assert _trusted(template, "LookupRole") == [_DEPLOY, f"{_DEPLOY}2", _SYNTH]
    policy = template["Resources"]["StagingBucketPolicy"]["Properties"]["PolicyDocument"]
    assert _CLEANER in policy["Statement"][-1]["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Resources:\n  A: 1\n", "FILE holds no template in JSON: give it what `cdk bootstrap"),
        ("[1]", "FILE holds no template in JSON"),
        ("{}", "the text is no bootstrap template"),
        (None, "FILE cannot be read: No such file or directory"),
    ],
    ids=["yaml", "list", "empty", "missing"],
)
def test_what_is_no_template(
    text: str | None, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "template"
    if text is not None:
        file.write_text(text)
    assert main(["bootstrap-template", "--trust", _DEPLOY, str(file)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    expected = sentence.replace("FILE", str(file))
    assert said.err.startswith(f"secure-lambda bootstrap-template: {expected}")


def test_a_file_that_cannot_be_written(
    shown: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = tmp_path / "missing" / "made.json"
    assert main(["bootstrap-template", "--trust", _DEPLOY, str(shown), "-o", str(made)]) == 1
    assert f"{made} cannot be written: No such file" in capsys.readouterr().err


def test_a_role_that_is_refused(shown: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bootstrap-template", "--trust", "deploy", str(shown)]) == 1
    assert "deployment_roles must be ARNs of roles" in capsys.readouterr().err


def test_somebody_must_be_trusted(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["bootstrap-template"])
    assert "--trust" in capsys.readouterr().err


@pytest.mark.local_aws
def test_a_stack_that_the_cdk_made_is_closed_and_stays_so(
    local_aws: LocalAws, shown: Path, tmp_path: Path
) -> None:
    """The commands of docs/bootstrap.md, on a bootstrap stack beside that of other tests."""
    made = tmp_path / "hardened.json"
    assert main(["bootstrap-template", "--trust", _DEPLOY, str(shown), "-o", str(made)]) == 0
    empty = tmp_path / "empty"
    empty.mkdir()
    environment = local_aws.environment()
    policy = local_aws.client("iam").create_policy(
        PolicyName="CloudFormationExecution",
        PolicyDocument=json.dumps(CloudFormationExecutionPolicy.document(qualifier="hardened")),
    )["Policy"]["Arn"]
    target = f"aws://{local_aws.account}/{local_aws.region}"
    where = [target, "--toolkit-stack-name", "HardenedToolkit", "--qualifier", "hardened"]

    def variant() -> str:
        [stack] = stacks.describe_stacks(StackName="HardenedToolkit")["Stacks"]
        [parameter] = [
            parameter
            for parameter in stack["Parameters"]
            if parameter["ParameterKey"] == "BootstrapVariant"
        ]
        return str(parameter["ParameterValue"])

    def trust() -> str:
        name = f"cdk-hardened-deploy-role-{local_aws.account}-{local_aws.region}"
        role = local_aws.client("iam").get_role(RoleName=name)["Role"]
        return json.dumps(role["AssumeRolePolicyDocument"])

    # What a plain `cdk bootstrap` makes, without its pauses.
    stacks = local_aws.client("cloudformation")
    values = {"Qualifier": "hardened", "FileAssetsBucketKmsKeyId": "AWS_MANAGED_KEY"}
    stacks.create_stack(
        StackName="HardenedToolkit",
        TemplateBody=shown.read_text(),
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[
            {"ParameterKey": name, "ParameterValue": value} for name, value in values.items()
        ],
    )
    stacks.get_waiter("stack_create_complete").wait(
        StackName="HardenedToolkit", WaiterConfig={"Delay": 0.2, "MaxAttempts": 100}
    )
    assert "aws:PrincipalArn" not in trust()
    hardened = ["--template", str(made), "--cloudformation-execution-policies", policy]
    # Without its previous parameters the CLI would also make a key for the bucket.
    overwrite = ["--force", "--no-previous-parameters", "--no-bootstrap-customer-key"]
    _cdk(empty, environment, *where, *hardened, *overwrite)
    assert _DEPLOY in trust()
    assert variant() == BOOTSTRAP_VARIANT
    # A plain bootstrap would open the account again.
    assert "Not overwriting it" in _cdk(empty, environment, *where)
    assert _DEPLOY in trust()
