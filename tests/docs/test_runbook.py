"""The runbook: every command and every line of Python of `docs/revocation.md`, in their order.

The commands run in a shell, with the real CDK CLI, the AWS CLI and our own command. A line of a
`console` block that is no command must appear in what the command before it prints.
"""

import ast
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cdk_cli import CdkProject, bootstrap
from local_aws import LocalAws

from .page import DOCS, REPOSITORY, commands, read_sections, run

pytestmark = [pytest.mark.e2e, pytest.mark.local_aws]

_PAGE = DOCS / "revocation.md"
_ACCOUNT = "777788889999"  # of its own, so that no function of another test is listed

_ARN = re.compile(r"arn:aws:signer:[^\"]*/AbCdEfGhIj")


@dataclass
class Deployment:
    """The deployed app, and what the words in capitals stand for."""

    aws: LocalAws
    project: CdkProject
    function: str
    words: dict[str, str] = field(default_factory=dict)
    signed: dict[str, str] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        return self.aws.client(service, account=_ACCOUNT)

    def configuration(self) -> dict[str, Any]:
        answer = self.client("lambda").get_function_configuration(FunctionName=self.function)
        return dict(answer)

    def take_stock(self) -> None:
        """Read what the words stand for, and where the signed code of the function is."""
        configuration = self.configuration()
        job_id = configuration["SigningJobArn"].rsplit("/", 1)[1]
        job = self.client("signer").describe_signing_job(jobId=job_id)
        self.signed = {
            "S3Bucket": job["signedObject"]["s3"]["bucketName"],
            "S3Key": job["signedObject"]["s3"]["key"],
        }
        self.words = {
            "FUNCTION": self.function,
            "JOB_ID": job_id,
            "JOB": configuration["SigningJobArn"],
            "VERSION": configuration["SigningProfileVersionArn"],
            "PROFILE": job["profileName"],
            "TIME": job["createdAt"].astimezone(UTC).isoformat(),
        }

    def fill_in(self, text: str) -> str:
        return re.sub(r"\b[A-Z][A-Z_]+\b", lambda match: self.words.get(match[0], match[0]), text)

    def run(self, command: str) -> str:
        return run(self.fill_in(command), self.project.directory, self.project.environment)

    def change_app(self, block: str) -> None:
        """Put the baseline of a block into the app."""
        block = _ARN.sub(self.words["VERSION"], block)
        today = datetime.now(UTC).date()
        day = today + timedelta(days=30)
        block = re.sub(r"date\(\d+, \d+, \d+\)", f"date({day.year}, {day.month}, {day.day})", block)
        path = self.project.directory / "app.py"
        app = path.read_text()
        path.write_text(app.replace(_baseline(app), _baseline(block)))
        assert path.read_text() != app

    def accepts_signed_code(self) -> bool:
        """Whether Lambda would deploy the signed code of when stock was taken."""
        try:
            self.client("lambda").update_function_code(
                FunctionName=self.function, DryRun=True, **self.signed
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "CodeVerificationFailedException":
                raise
            return False
        return True

    def answers(self) -> bool:
        """Whether the function runs; a stopped one is throttled."""
        try:
            answer = self.client("lambda").invoke(FunctionName=self.function, Payload=b'"hello"')
        except ClientError as error:
            if error.response["Error"]["Code"] != "TooManyRequestsException":
                raise
            return False
        return bool(json.loads(answer["Payload"].read()) == "hello")

    def profile_status(self) -> str:
        answer = self.client("signer").get_signing_profile(profileName=self.words["PROFILE"])
        return str(answer["status"])


def _baseline(source: str) -> str:
    """Return the statement that makes the baseline."""
    [found] = [
        ast.get_source_segment(source, node)
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "signing"
    ]
    assert found is not None
    return found


@pytest.fixture(scope="module")
def deployment(local_aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    environment = local_aws.environment(account=_ACCOUNT)
    bootstrap(environment)
    project = CdkProject.copy_of(
        Path(__file__).parent / "runbook", tmp_path_factory.mktemp("runbook") / "app", environment
    )
    # The AWS CLI is installed beside the stand-in; nothing else of there is to be found.
    tools = tmp_path_factory.mktemp("bin")
    (tools / "aws").symlink_to(REPOSITORY / ".local-aws" / "venv" / "bin" / "aws")
    project.environment["PATH"] += os.pathsep + str(tools)
    outputs = project.deploy("UserInfo")
    return Deployment(local_aws, project, outputs["UserInfo"]["FunctionName"])


def _stopped(deployment: Deployment) -> None:
    assert not deployment.answers()
    assert deployment.accepts_signed_code()


def _one_signature_taken_back(deployment: Deployment) -> None:
    assert not deployment.accepts_signed_code()
    job = deployment.client("signer").describe_signing_job(jobId=deployment.words["JOB_ID"])
    assert job["revocationRecord"]["reason"] == "a secret was in the code"
    after = deployment.configuration()
    assert after["SigningJobArn"] != deployment.words["JOB"]
    assert after["SigningProfileVersionArn"] == deployment.words["VERSION"]
    assert deployment.answers()


def _version_taken_back(deployment: Deployment) -> None:
    assert not deployment.accepts_signed_code()
    assert deployment.profile_status() == "Revoked"
    assert "/user_info_b/" in deployment.configuration()["SigningProfileVersionArn"]
    assert deployment.answers()


def _rotated(deployment: Deployment) -> None:
    # The old version is still trusted: that is what the overlap is for.
    assert deployment.accepts_signed_code()
    assert deployment.profile_status() == "Canceled"
    assert "/user_info_c/" in deployment.configuration()["SigningProfileVersionArn"]
    assert deployment.answers()


_OUTCOMES: dict[str, Callable[[Deployment], None]] = {
    "Stop a function now": _stopped,
    "Take one signature back": _one_signature_taken_back,
    "Take a profile version back": _version_taken_back,
    "Rotate": _rotated,
}


def test_the_runbook_does_what_it_says(deployment: Deployment) -> None:
    assert deployment.answers()
    ran = 0
    for section in read_sections(_PAGE):
        deployment.take_stock()
        assert deployment.accepts_signed_code()
        for language, block in section.blocks:
            if language == "python":
                deployment.change_app(block)
                continue
            assert language == "console", f"a block of {section.title!r} that no test runs"
            for command, expected in commands(block):
                output = deployment.run(command)
                for line in expected:
                    assert deployment.fill_in(line) in output, (command, output)
                ran += 1
        if section.blocks:
            _OUTCOMES[section.title](deployment)
    assert ran == _PAGE.read_text().count("\n$ ")


def test_each_outcome_belongs_to_a_section_with_blocks() -> None:
    assert [each.title for each in read_sections(_PAGE) if each.blocks] == list(_OUTCOMES)
