"""Several functions and a layer by one plain `cdk deploy`: the first command signs for all."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cdk_cli import CdkProject
from local_aws import LocalAws

from .conftest import APPS, Deployed
from .test_user_info import zip_of

pytestmark = [pytest.mark.e2e, pytest.mark.local_aws]

FUNCTIONS = 6


def started(aws: LocalAws) -> int:
    return len(aws.calls("signer", "StartSigningJob"))


@pytest.fixture(scope="module")
def several(bootstrapped: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    directory = tmp_path_factory.mktemp("several") / "app"
    project = CdkProject.copy_of(APPS / "several", directory, bootstrapped.environment())
    bootstrapped.reset_calls()
    bootstrapped.set_signer(latency_seconds=1.0)
    outputs = project.deploy("Several")["Several"]
    bootstrapped.clear_faults()
    return Deployed(bootstrapped, project, outputs)


def answers(deployed: Deployed) -> list[Any]:
    client = deployed.aws.client("lambda")
    found = []
    for number in range(FUNCTIONS):
        name = deployed.outputs[f"Name{number}"]
        answer = client.invoke(FunctionName=name, Payload=b"null")
        found.append(json.loads(answer["Payload"].read()))
    return found


def test_all_are_signed_by_one_job_each(several: Deployed) -> None:
    assert started(several.aws) == FUNCTIONS + 1  # and the layer
    client = several.aws.client("lambda")
    for number in range(FUNCTIONS):
        name = several.outputs[f"Name{number}"]
        function = client.get_function(FunctionName=name)["Configuration"]
        assert "SigningJobArn" in function
        assert "SigningJobArn" in function["Layers"][0]


def test_functions_use_the_signed_layer(several: Deployed) -> None:
    assert answers(several) == [
        {"number": number, "greeting": "hello from the layer"} for number in range(FUNCTIONS)
    ]


def test_an_unsigned_layer_is_refused(several: Deployed) -> None:
    client = several.aws.client("lambda")
    unsigned = client.publish_layer_version(
        LayerName="insider", Content={"ZipFile": zip_of("TEXT = 'leaked'")}
    )["LayerVersionArn"]
    with pytest.raises(ClientError) as refusal:
        client.update_function_configuration(
            FunctionName=several.outputs["Name0"], Layers=[unsigned]
        )
    assert refusal.value.response["Error"]["Code"] == "CodeVerificationFailedException"


def test_one_changed_file_is_one_job(several: Deployed) -> None:
    several.aws.reset_calls()
    several.project.deploy("Several")
    assert started(several.aws) == 0
    layer = several.project.directory / "layer" / "python" / "greeting.py"
    layer.write_text('TEXT = "hello again"\n')
    several.project.deploy("Several")
    assert started(several.aws) == 1
    assert {answer["greeting"] for answer in answers(several)} == {"hello again"}


def test_signed_before_and_deployed_without_python_or_the_right_to_sign(
    several: Deployed, tmp_path: Path
) -> None:
    """The job that deploys has neither; what it deploys was signed in a step before."""
    aws, project = several.aws, several.project
    handler = project.directory / "lambda" / "index.py"
    handler.write_text(handler.read_text().replace("return {", 'return {"signed": "before",'))
    nowhere = "secure-lambda-constructs:python=/nonexistent/python3"
    project.run("synth", "--quiet", "--output", "signed.out", "--context", nowhere)
    aws.reset_calls()
    outcome = subprocess.run(
        [sys.executable, "-m", "secure_lambda_constructs.cli", "sign", "--json"],
        cwd=project.directory,
        env={**project.environment, "SECURE_LAMBDA_ASSEMBLY": "signed.out"},
        capture_output=True,
        text=True,
        check=True,
    )
    summary = json.loads(outcome.stdout)
    assert (summary["signed"], summary["published"]) == (FUNCTIONS, 1)
    aws.add_fault(service="signer", kind="access_denied", times=None)
    try:
        project.deploy("Several", options=["--app", "signed.out"])
    finally:
        aws.clear_faults()
    assert {answer["signed"] for answer in answers(several)} == {"before"}
