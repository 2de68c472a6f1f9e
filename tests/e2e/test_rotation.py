"""From warnings to enforcement, and from one profile to the next, with the real CDK CLI."""

import datetime
import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cdk_cli import CdkProject
from local_aws import LocalAws

from .conftest import APPS

pytestmark = [pytest.mark.e2e, pytest.mark.local_aws]


@dataclass
class Rotated:
    """The app ``rotated``, and what is deployed of it."""

    aws: LocalAws
    project: CdkProject
    name: str = ""

    def deploy(self, **context: str) -> None:
        pairs = [f"{key}={value}" for key, value in context.items()]
        options = [part for pair in pairs for part in ("--context", pair)]
        self.name = str(self.project.deploy("Rotated", options=options)["Rotated"]["FunctionName"])

    @property
    def configuration(self) -> dict[str, Any]:
        found = self.aws.client("lambda").get_function(FunctionName=self.name)
        return dict(found["Configuration"])

    @property
    def config(self) -> dict[str, Any]:
        client = self.aws.client("lambda")
        arn = client.get_function_code_signing_config(FunctionName=self.name)[
            "CodeSigningConfigArn"
        ]
        found = client.get_code_signing_config(CodeSigningConfigArn=arn)["CodeSigningConfig"]
        return dict(found)

    @property
    def publishers(self) -> list[str]:
        return list(self.config["AllowedPublishers"]["SigningProfileVersionArns"])

    def put(self, code: bytes | str) -> None:
        """Deploy code by hand: a ZIP, or an object that was published."""
        bucket = f"cdk-hnb659fds-assets-{self.aws.account}-{self.aws.region}"
        content = (
            {"S3Bucket": bucket, "S3Key": code} if isinstance(code, str) else {"ZipFile": code}
        )
        self.aws.client("lambda").update_function_code(FunctionName=self.name, **content)

    def published(self) -> str:
        """The object with the function's code."""
        template = json.loads(
            (self.project.directory / "cdk.out" / "Rotated.template.json").read_text()
        )
        [key] = [
            resource["Properties"]["Code"]["S3Key"]
            for resource in template["Resources"].values()
            if resource["Type"] == "AWS::Lambda::Function"
        ]
        return str(key)


def unsigned() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("index.py", "def handler(e, c): return 'unsigned'")
    return content.getvalue()


def test_from_warnings_to_enforcement_to_another_profile(
    bootstrapped: LocalAws, tmp_path: Path
) -> None:
    project = CdkProject.copy_of(APPS / "rotated", tmp_path / "app", bootstrapped.environment())
    app = Rotated(bootstrapped, project)
    today = datetime.datetime.now(datetime.UTC).date()

    app.deploy(profile="rotated_1", enforcement="WARN")
    app.put(unsigned())
    assert "SigningProfileVersionArn" not in app.configuration

    app.deploy(profile="rotated_1")
    config = app.config["CodeSigningConfigArn"]
    with pytest.raises(ClientError, match="CodeVerificationFailedException"):
        app.put(unsigned())

    [first] = app.publishers
    old_code = app.published()
    app.put(old_code)
    assert app.configuration["SigningProfileVersionArn"] == first

    # The old version is trusted for a while: what it signed can be deployed, if need be.
    app.deploy(profile="rotated_2", retiring=first, until=today.isoformat())
    second, retiring = app.publishers
    assert retiring == first != second
    assert app.configuration["SigningProfileVersionArn"] == second
    assert app.published() != old_code
    app.put(old_code)
    assert app.configuration["SigningProfileVersionArn"] == first
    app.put(app.published())

    # The day is over, the entry was forgotten.
    yesterday = (today - datetime.timedelta(days=2)).isoformat()
    app.deploy(profile="rotated_2", retiring=first, until=yesterday)
    assert app.publishers == [second]
    with pytest.raises(ClientError, match="CodeVerificationFailedException"):
        app.put(old_code)
    assert app.configuration["SigningProfileVersionArn"] == second

    assert app.config["CodeSigningConfigArn"] == config
    old = bootstrapped.client("signer").get_signing_profile(profileName="rotated_1")
    assert old["status"] == "Active"


def test_the_rule_takes_the_documented_event(bootstrapped: LocalAws, tmp_path: Path) -> None:
    """The event as the Signer developer guide shows it, with what a failed job has in it."""
    project = CdkProject.copy_of(APPS / "rotated", tmp_path / "app", bootstrapped.environment())
    project.run("synth", "--quiet", "--context", "profile=rotated_3")
    template = json.loads((project.directory / "cdk.out" / "Rotated.template.json").read_text())
    [rule] = [
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Events::Rule"
    ]
    pattern = json.dumps(rule["EventPattern"])
    [bucket] = rule["EventPattern"]["detail"]["source"]["bucketName"]
    events = bootstrapped.client("events")

    def matches(status: str, source: str = bucket, account: str = bootstrapped.account) -> bool:
        event = {
            "version": "0",
            "id": "6f0d1c2e-0000-4000-8000-000000000000",
            "detail-type": "Signer Job Status Change",
            "source": "aws.signer",
            "account": account,
            "time": "2026-11-28T00:00:00Z",
            "region": bootstrapped.region,
            "resources": [f"arn:aws:signer:us-east-1:{account}:/signing-jobs/1"],
            "detail": {
                "job_id": "1",
                "destination": {"bucketName": source, "key": "signed/1.zip"},
                "source": {"bucketName": source, "key": "unsigned/1.zip", "version": "1"},
                "platform": "AWSLambda-SHA384-ECDSA",
                "status": status,
            },
        }
        answer = events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))
        return bool(answer["Result"])

    assert matches("Failed")
    assert matches("Canceled")
    assert not matches("InProgress")
    assert not matches("Succeeded")
    assert not matches("Failed", source="somebody-elses")
