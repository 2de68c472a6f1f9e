"""An app that exists, signed by one line, and deployed by the real CDK CLI."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from cdk_cli import CdkProject
from local_aws import LocalAws

from .conftest import APPS, Deployed
from .test_user_info import zip_of

pytestmark = [pytest.mark.e2e, pytest.mark.local_aws]

SIGNED = ("Top", "Single", "Below")


@pytest.fixture(scope="module")
def everything(bootstrapped: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    directory = tmp_path_factory.mktemp("everything") / "app"
    project = CdkProject.copy_of(APPS / "everything", directory, bootstrapped.environment())
    return Deployed(bootstrapped, project, project.deploy("Live/Shop")["Live-Shop"])


@pytest.mark.parametrize("name", SIGNED)
def test_each_function_and_its_layer_are_signed(everything: Deployed, name: str) -> None:
    client = everything.aws.client("lambda")
    function = everything.outputs[f"{name}Name"]
    configuration = client.get_function(FunctionName=function)["Configuration"]
    assert "SigningJobArn" in configuration
    assert "SigningJobArn" in configuration["Layers"][0]
    answer = client.invoke(FunctionName=function, Payload=b"null")
    assert json.loads(answer["Payload"].read()) == "hello from the layer"
    with pytest.raises(ClientError) as refusal:
        client.update_function_code(FunctionName=function, ZipFile=zip_of("handler = None"))
    assert refusal.value.response["Error"]["Code"] == "CodeVerificationFailedException"


def test_what_is_left_out_is_as_it_was(everything: Deployed) -> None:
    client = everything.aws.client("lambda")
    function = everything.outputs["InlineName"]
    assert not client.get_function_code_signing_config(FunctionName=function).get(
        "CodeSigningConfigArn"
    )
    answer = client.invoke(FunctionName=function, Payload=b"null")
    assert json.loads(answer["Payload"].read()) == "inline"


def test_no_unsigned_code_is_published(everything: Deployed) -> None:
    manifests = (everything.project.directory / "cdk.out").rglob("*.assets.json")
    sources = [
        entry["source"]
        for manifest in manifests
        for entry in json.loads(manifest.read_text())["files"].values()
    ]
    others = [source for source in sources if "executable" not in source]
    assert len(sources) - len(others) >= 2  # the code and the layer
    assert all(source["path"].endswith(".template.json") for source in others), others


def test_what_is_left_out_is_told_before_a_deployment(everything: Deployed) -> None:
    outcome = subprocess.run(
        [sys.executable, "-m", "secure_lambda_constructs.cli", "sign"],
        cwd=everything.project.directory,
        env=everything.project.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "left unsigned on purpose: Live/Shop/Inline\n" in outcome.stdout


def test_a_second_deployment_signs_nothing(everything: Deployed, tmp_path: Path) -> None:
    everything.aws.reset_calls()
    everything.project.deploy("Live/Shop")
    assert everything.aws.calls("signer", "StartSigningJob") == []
