"""The promise, end to end: the real CDK CLI deploys the example to the local AWS stand-in."""

import io
import json
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws

from .conftest import Deployed

pytestmark = [pytest.mark.e2e, pytest.mark.local_aws]

ROW = {"user_id": "u-1", "name": "Aiko Tanaka"}


def invoke(deployed: Deployed, payload: dict[str, Any]) -> Any:
    answer = deployed.aws.client("lambda").invoke(
        FunctionName=deployed.outputs["FunctionName"], Payload=json.dumps(payload).encode()
    )
    content = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, content
    return content


def signing_jobs(aws: LocalAws) -> list[dict[str, Any]]:
    pages = aws.client("signer").get_paginator("list_signing_jobs").paginate()
    return [job for page in pages for job in page["jobs"]]


def zip_of(source: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("index.py", source)
    return content.getvalue()


def test_the_function_reads_its_row(user_info: Deployed) -> None:
    user_info.aws.client("dynamodb").put_item(
        TableName=user_info.outputs["TableName"],
        Item={name: {"S": value} for name, value in ROW.items()},
    )
    assert invoke(user_info, {"user_id": "u-1"}) == {"found": True, "user": ROW}
    assert invoke(user_info, {"user_id": "u-2"}) == {"found": False, "user_id": "u-2"}


def test_the_deployed_code_is_signed_by_the_baselines_profile(user_info: Deployed) -> None:
    client = user_info.aws.client("lambda")
    name = user_info.outputs["FunctionName"]
    function = client.get_function(FunctionName=name)["Configuration"]
    config_arn = client.get_function_code_signing_config(FunctionName=name)["CodeSigningConfigArn"]
    config = client.get_code_signing_config(CodeSigningConfigArn=config_arn)["CodeSigningConfig"]
    publishers = config["AllowedPublishers"]["SigningProfileVersionArns"]
    assert [function["SigningProfileVersionArn"]] == publishers
    assert config["CodeSigningPolicies"]["UntrustedArtifactOnDeployment"] == "Enforce"
    job_id = function["SigningJobArn"].rsplit("/", 1)[-1]
    assert job_id in [job["jobId"] for job in signing_jobs(user_info.aws)]


def test_unsigned_code_is_refused_and_the_function_stays_as_it_was(user_info: Deployed) -> None:
    client = user_info.aws.client("lambda")
    name = user_info.outputs["FunctionName"]
    before = client.get_function(FunctionName=name)["Configuration"]["CodeSha256"]
    with pytest.raises(ClientError) as refusal:
        client.update_function_code(
            FunctionName=name, ZipFile=zip_of("def handler(e, c): return 'leaked'")
        )
    assert refusal.value.response["Error"]["Code"] == "CodeVerificationFailedException"
    assert client.get_function(FunctionName=name)["Configuration"]["CodeSha256"] == before


def test_code_signed_by_another_profile_is_refused(user_info: Deployed) -> None:
    aws = user_info.aws
    s3, signer = aws.client("s3"), aws.client("signer")
    s3.create_bucket(Bucket="insider")
    s3.put_bucket_versioning(Bucket="insider", VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(
        Bucket="insider", Key="code.zip", Body=zip_of("def handler(e, c): return 'leaked'")
    )["VersionId"]
    signer.put_signing_profile(profileName="insider", platformId="AWSLambda-SHA384-ECDSA")
    job = signer.start_signing_job(
        source={"s3": {"bucketName": "insider", "key": "code.zip", "version": version}},
        destination={"s3": {"bucketName": "insider", "prefix": "signed/"}},
        profileName="insider",
    )["jobId"]
    signer.get_waiter("successful_signing_job").wait(
        jobId=job, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )
    key = signer.describe_signing_job(jobId=job)["signedObject"]["s3"]["key"]
    with pytest.raises(ClientError) as refusal:
        aws.client("lambda").update_function_code(
            FunctionName=user_info.outputs["FunctionName"], S3Bucket="insider", S3Key=key
        )
    assert refusal.value.response["Error"]["Code"] == "CodeVerificationFailedException"


def test_a_second_deploy_signs_and_uploads_nothing(user_info: Deployed) -> None:
    jobs = len(signing_jobs(user_info.aws))
    user_info.aws.reset_calls()
    user_info.project.deploy("UserInfo")
    assert len(signing_jobs(user_info.aws)) == jobs
    assert user_info.aws.calls("signer", "StartSigningJob") == []
    assert user_info.aws.calls("s3", "PutObject") == []


def test_a_changed_file_is_signed_once_and_the_new_code_answers(user_info: Deployed) -> None:
    jobs = len(signing_jobs(user_info.aws))
    source = user_info.project.directory / "lambda" / "index.py"
    text = source.read_text()
    source.write_text(text.replace('"found": False,', '"found": False, "version": 2,'))
    assert source.read_text() != text
    user_info.project.deploy("UserInfo")
    assert len(signing_jobs(user_info.aws)) == jobs + 1
    assert invoke(user_info, {"user_id": "u-9"})["version"] == 2


def test_no_unsigned_object_is_published(user_info: Deployed) -> None:
    """Of all that the assembly publishes, templates apart, there is nothing but signed ZIPs."""
    s3 = user_info.aws.client("s3")
    bucket = f"cdk-hnb659fds-assets-{user_info.aws.account}-{user_info.aws.region}"
    manifests = (user_info.project.directory / "cdk.out").glob("*.assets.json")
    keys = [
        destination["objectKey"]
        for manifest in manifests
        for file in json.loads(manifest.read_text())["files"].values()
        for destination in file["destinations"].values()
    ]
    archives = [key for key in keys if not key.endswith(".json")]
    assert len(archives) == 1
    body = s3.get_object(Bucket=bucket, Key=archives[0])["Body"].read()
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert "META_INF/aws_signer_signature_v1.0.SF" in archive.namelist()
