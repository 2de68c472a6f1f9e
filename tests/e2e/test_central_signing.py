"""``examples/central_signing`` with the real CDK CLI: two accounts, two regions."""

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cdk_cli import EXAMPLES, CdkProject, bootstrap
from local_aws import LocalAws

pytestmark = [pytest.mark.e2e, pytest.mark.local_aws]

CENTRAL, WORKLOAD = "444455556666", "111122223333"
REGIONS = ("us-east-1", "eu-central-1")


@dataclass(frozen=True)
class Central:
    """The example with credentials of each account, and what each region has."""

    aws: LocalAws
    central: CdkProject
    workload: CdkProject
    versions: dict[str, str]
    functions: dict[str, str]

    def configuration(self, region: str) -> dict[str, Any]:
        client = self.aws.client("lambda", account=WORKLOAD, region=region)
        function: dict[str, Any] = client.get_function(FunctionName=self.functions[region])
        return dict(function["Configuration"])

    def jobs(self, account: str, region: str) -> list[dict[str, Any]]:
        signer = self.aws.client("signer", account=account, region=region)
        pages = signer.get_paginator("list_signing_jobs").paginate()
        jobs = [job for page in pages for job in page["jobs"]]
        return [job for job in jobs if job["profileName"].startswith("central")]


def deploy_profiles(project: CdkProject) -> dict[str, str]:
    """Do the first two steps of the example's README."""
    outputs = project.deploy("Central-*")
    versions = {
        region: str(outputs[f"Central-{region}"]["ProfileVersionArn"]) for region in REGIONS
    }
    settings = project.directory / "cdk.json"
    content = json.loads(settings.read_text())
    content["context"]["profile-versions"] = versions
    settings.write_text(json.dumps(content))
    return versions


@pytest.fixture(scope="module")
def central(local_aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Central:
    for account in (CENTRAL, WORKLOAD):
        for region in REGIONS:
            bootstrap(local_aws.environment(account=account, region=region))
    directory = tmp_path_factory.mktemp("central") / "app"
    owner = CdkProject.copy_of(
        EXAMPLES / "central_signing", directory, local_aws.environment(account=CENTRAL)
    )
    workload = CdkProject(directory, local_aws.environment(account=WORKLOAD))
    versions = deploy_profiles(owner)
    outputs = workload.deploy("Echo-*")
    functions = {region: str(outputs[f"Echo-{region}"]["FunctionName"]) for region in REGIONS}
    return Central(local_aws, owner, workload, versions, functions)


@pytest.mark.parametrize("region", REGIONS)
def test_the_regions_central_profile_has_signed_the_function(central: Central, region: str) -> None:
    version = central.versions[region]
    assert version.startswith(f"arn:aws:signer:{region}:{CENTRAL}:/signing-profiles/central/")
    assert central.configuration(region)["SigningProfileVersionArn"] == version
    [job] = central.jobs(CENTRAL, region)
    assert (job["jobOwner"], job["jobInvoker"]) == (CENTRAL, WORKLOAD)
    signer = central.aws.client("signer", account=WORKLOAD, region=region)
    own = [profile["profileName"] for profile in signer.list_signing_profiles()["profiles"]]
    assert not any(name.startswith("central") for name in own)
    client = central.aws.client("lambda", account=WORKLOAD, region=region)
    answer = client.invoke(FunctionName=central.functions[region], Payload=b'"hello"')
    assert json.loads(answer["Payload"].read()) == {"region": region, "echo": "hello"}


@pytest.mark.parametrize("region", REGIONS)
def test_code_that_is_not_signed_is_refused(central: Central, region: str) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("index.py", "def handler(e, c): return 'leaked'")
    with pytest.raises(ClientError, match="CodeVerificationFailedException"):
        central.aws.client("lambda", account=WORKLOAD, region=region).update_function_code(
            FunctionName=central.functions[region], ZipFile=content.getvalue()
        )


def test_an_account_that_is_not_named_cannot_sign(central: Central) -> None:
    stranger = central.aws.client("signer", account="777788889999")
    place = {"bucketName": "elsewhere", "key": "code.zip", "version": "1"}
    with pytest.raises(ClientError, match="AccessDeniedException"):
        stranger.start_signing_job(
            source={"s3": place},
            destination={"s3": {"bucketName": "elsewhere"}},
            profileName="central",
            profileOwner=CENTRAL,
        )


def test_a_new_profile_signs_everything_anew_and_the_old_one_stays(central: Central) -> None:
    """The last part of the example's README."""
    region = REGIONS[0]
    before = central.configuration(region)
    app: Path = central.central.directory / "app.py"
    app.write_text(app.read_text().replace('profile_name="central"', 'profile_name="central_2"'))
    versions = deploy_profiles(central.central)
    central.workload.deploy(f"Echo-{region}")
    after = central.configuration(region)
    assert after["SigningProfileVersionArn"] == versions[region] != central.versions[region]
    assert after["SigningJobArn"] != before["SigningJobArn"]
    signer = central.aws.client("signer", account=CENTRAL, region=region)
    assert signer.get_signing_profile(profileName="central")["status"] == "Active"
    config = central.aws.client(
        "lambda", account=WORKLOAD, region=region
    ).get_function_code_signing_config(FunctionName=central.functions[region])
    publishers = central.aws.client(
        "lambda", account=WORKLOAD, region=region
    ).get_code_signing_config(CodeSigningConfigArn=config["CodeSigningConfigArn"])
    trusted = publishers["CodeSigningConfig"]["AllowedPublishers"]["SigningProfileVersionArns"]
    assert trusted == [versions[region]]
