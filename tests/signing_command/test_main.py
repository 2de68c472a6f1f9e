"""The program as a function: what only a call in this process can be made to meet."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from secure_lambda_constructs.errors import SigningError
from secure_lambda_constructs.signing.command import main as module
from secure_lambda_constructs.signing.command.arguments import Request
from secure_lambda_constructs.signing.command.assembly import Asset
from secure_lambda_constructs.signing.command.aws import Aws, Target, connect
from secure_lambda_constructs.signing.command.main import main
from secure_lambda_constructs.signing.command.sign import sign_asset
from secure_lambda_constructs.signing.command.traffic import Traffic
from secure_lambda_constructs.signing.command.workspace import Workspace


@pytest.fixture
def line(assembly: Path, identity: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(assembly.parent)
    monkeypatch.delenv("SECURE_LAMBDA_DEBUG", raising=False)
    monkeypatch.delenv("SECURE_LAMBDA_ASSEMBLY", raising=False)
    options = "--source asset.code --assembly cdk.out --profile-name P --bucket b"
    return [*options.split(), "--baseline-stack", "S", "--id", identity]


def _sentence(capsys: pytest.CaptureFixture[str]) -> str:
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    return output.err.removeprefix("cannot sign asset.code: ").strip()


def test_the_path_is_printed(
    line: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    monkeypatch.setattr(module, "sign", lambda request: Path("/a/b.zip"))
    assert main(line) == 0
    assert capfdbinary.readouterr() == (os.fsencode(Path("/a/b.zip")) + b"\n", b"")


def test_a_defect_of_the_program_is_one_sentence_too(
    line: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(request: Request) -> Path:
        raise KeyError("oh\nno")

    monkeypatch.setattr(module, "sign", broken)
    assert main(line) == 1
    sentence = _sentence(capsys)
    assert sentence.startswith("unexpected KeyError (")
    assert "SECURE_LAMBDA_DEBUG=1" in sentence


def test_ctrl_c_before_the_handlers_are_set(
    line: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def early(request: Request) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "sign", early)
    assert main(line) == 1
    assert _sentence(capsys).startswith("stopped by SIGINT, and nothing was published")


def test_a_read_only_assembly(
    line: list[str],
    assembly: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Rights would not keep root from writing, so the system's answer is played."""

    def refuse(path: Path, *arguments: Any, **options: Any) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(Path, "mkdir", refuse)
    assert main(line) == 1
    sentence = _sentence(capsys)
    assert f"{assembly / 'signed-assets'} cannot be written (Read-only file system)" in sentence
    assert "set SECURE_LAMBDA_ASSEMBLY to a copy" in sentence


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere"
)
def test_an_assembly_without_the_right_to_write(
    line: list[str], assembly: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assembly.chmod(0o555)
    try:
        assert main(line) == 1
    finally:
        assembly.chmod(0o755)
    assert "cannot be written (Permission denied)" in _sentence(capsys)


class _EmptyBucket:
    """Takes everything, and has lost every result."""

    jobs = 0
    deleted = 0

    def head_object(self, **parameters: Any) -> dict[str, Any]:
        raise ClientError({"Error": {"Code": "404", "Message": ""}}, "HeadObject")

    def put_object(self, **parameters: Any) -> dict[str, Any]:
        return {"VersionId": "v1"}

    def delete_object(self, **parameters: Any) -> dict[str, Any]:
        self.deleted += 1
        return {}

    def get_object(self, **parameters: Any) -> dict[str, Any]:
        raise ClientError({"Error": {"Code": "NoSuchKey", "Message": ""}}, "GetObject")

    def start_signing_job(self, **parameters: Any) -> dict[str, Any]:
        self.jobs += 1
        self.prefix = parameters["destination"]["s3"]["prefix"]
        return {"jobId": "job"}

    def describe_signing_job(self, **parameters: Any) -> dict[str, Any]:
        place = {"bucketName": "bucket", "key": f"{self.prefix}job.zip"}
        return {"status": "Succeeded", "signedObject": {"s3": place}}


def test_a_result_that_is_gone_at_once_is_not_sought_for_ever(
    assembly: Path, make_request: Any
) -> None:
    bucket = _EmptyBucket()
    aws = Aws(bucket, bucket, Target("P", "", "bucket", "1" * 12, "us-east-1", "App-Signing"))
    asset = Asset(assembly / "asset.code", assembly)
    workspace = Workspace(assembly)
    gone = pytest.raises(SigningError, match="is gone from the staging bucket bucket at once")
    with gone, workspace.opened():
        sign_asset(make_request(), asset, workspace, aws, Traffic())
    assert (bucket.jobs, bucket.deleted) == (2, 2)
    assert not (assembly / "signed-assets").exists()


def test_the_users_own_settings_for_retries_are_kept(
    make_request: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        BaseClient, "_make_api_call", lambda self, *a, **k: {"Account": "1" * 12}, raising=True
    )
    for name in ("AWS_PROFILE", "AWS_RETRY_MODE", "AWS_MAX_ATTEMPTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    aws: Any = connect(make_request())
    assert aws.target.bucket == f"code-{'1' * 12}-us-east-1"
    assert aws.s3.meta.config.retries == {"mode": "standard", "total_max_attempts": 6}
    assert aws.s3.meta.config.connect_timeout == 10
    assert aws.signer.meta.config.read_timeout == 60
    monkeypatch.setenv("AWS_RETRY_MODE", "adaptive")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "9")
    aws = connect(make_request())
    assert aws.signer.meta.config.retries == {"mode": "adaptive", "total_max_attempts": 9}


def test_a_missing_boto3(make_request: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "botocore.session", None)
    with pytest.raises(SigningError, match=r"the Python package botocore.* is missing .* boto3"):
        connect(make_request())
