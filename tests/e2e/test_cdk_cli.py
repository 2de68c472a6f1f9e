"""What the real CDK CLI does with our asset manifests, and with the CDK's own."""

import json
import shutil
from pathlib import Path

import pytest

from cdk_cli import CdkCliError, CdkProject
from local_aws import LocalAws

from .conftest import APPS

pytestmark = [pytest.mark.e2e, pytest.mark.local_aws]


def project(app: str, directory: Path, aws: LocalAws) -> CdkProject:
    return CdkProject.copy_of(APPS / app, directory / "app", aws.environment())


def keys(aws: LocalAws, bucket: str) -> set[str]:
    objects = aws.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])
    return {item["Key"] for item in objects}


def test_the_cdk_alone_does_not_sign(bootstrapped: LocalAws, tmp_path: Path) -> None:
    """The control: without this library the same CLI and the same account refuse the code."""
    with pytest.raises(CdkCliError, match="CodeVerificationFailedException"):
        project("unsigned", tmp_path, bootstrapped).deploy("Unsigned")


def test_a_stage_and_a_nested_stack_deploy(bootstrapped: LocalAws, tmp_path: Path) -> None:
    staged = project("staged", tmp_path, bootstrapped)
    outputs = staged.deploy("Prod/Echo")["Prod-Echo"]
    client = bootstrapped.client("lambda")
    for name in (outputs["Top"], outputs["Below"]):
        configuration = client.get_function(FunctionName=name)["Configuration"]
        assert "SigningProfileVersionArn" in configuration
        answer = client.invoke(FunctionName=name, Payload=b'"hello"')
        assert json.loads(answer["Payload"].read()) == {"echo": "hello"}


def test_a_synthesized_assembly_deploys_from_another_directory(
    bootstrapped: LocalAws, tmp_path: Path
) -> None:
    staged = project("staged", tmp_path, bootstrapped)
    staged.run("synth", "--quiet", "--context", "stage=Blue")
    shutil.copytree(staged.directory / "cdk.out", tmp_path / "elsewhere" / "cdk.out")
    elsewhere = CdkProject(tmp_path / "elsewhere", bootstrapped.environment())
    outputs = elsewhere.deploy("Blue/Echo", options=["--app", "cdk.out"])["Blue-Echo"]
    answer = bootstrapped.client("lambda").invoke(FunctionName=outputs["Top"], Payload=b"1")
    assert json.loads(answer["Payload"].read()) == {"echo": 1}


def test_a_failed_signature_stops_the_deploy_and_publishes_nothing(
    bootstrapped: LocalAws, tmp_path: Path
) -> None:
    staged = project("staged", tmp_path, bootstrapped)
    source = staged.directory / "lambda" / "index.py"
    source.write_text(source.read_text().replace("echo", "never"))
    bucket = f"cdk-hnb659fds-assets-{bootstrapped.account}-{bootstrapped.region}"
    published = keys(bootstrapped, bucket)
    bootstrapped.set_job_outcome("fail")
    try:
        with pytest.raises(CdkCliError, match="signing job"):
            staged.deploy("Prod/Echo")
    finally:
        bootstrapped.clear_faults()
    assert {key for key in keys(bootstrapped, bucket) - published if ".json" not in key} == set()
    assert not list((staged.directory / "cdk.out").glob("signed-assets/*.zip"))
