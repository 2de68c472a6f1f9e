"""The program is started for each asset, so starting it must cost next to nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from secure_lambda_constructs.signing.command.archive import SIGNATURE_NAME

SOURCES = Path(__file__).parents[2] / "src"
PROGRAM = "secure_lambda_constructs.signing.command"


def _environment() -> dict[str, str]:
    """Without what would make coverage measure the processes, and with known credentials."""
    kept = ("PATH", "HOME", "SYSTEMROOT", "LD_LIBRARY_PATH", "TMPDIR")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "PYTHONPATH": str(SOURCES),
    }


def _modules(*arguments: str, directory: Path) -> set[str]:
    outcome = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments],
        cwd=directory,
        env=_environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    lines = [line for line in outcome.stderr.splitlines() if line.startswith("import time:")]
    return {line.rsplit("|", 1)[1].strip() for line in lines[1:]}


def _packages(modules: set[str]) -> set[str]:
    return {name.split(".")[0] for name in modules}


def test_help_imports_neither_the_cdk_nor_boto3(tmp_path: Path) -> None:
    packages = _packages(_modules("-m", PROGRAM, "--help", directory=tmp_path))
    assert "secure_lambda_constructs" in packages
    assert not packages & {"aws_cdk", "jsii", "constructs", "boto3", "botocore", "urllib3"}


def test_nothing_of_the_package_but_the_exceptions_is_imported(tmp_path: Path) -> None:
    code = f"import {PROGRAM}.main, {PROGRAM}.aws, {PROGRAM}.aws_failures, {PROGRAM}.jobs"
    modules = _modules("-c", code, directory=tmp_path)
    assert not _packages(modules) & {"aws_cdk", "jsii", "constructs", "boto3", "s3transfer"}
    ours = {name for name in modules if name.startswith("secure_lambda_constructs.")}
    foreign = {name for name in ours if not name.startswith(PROGRAM)}
    assert foreign == {"secure_lambda_constructs.errors", "secure_lambda_constructs.signing"}


def test_a_cached_result_is_answered_without_boto3(
    assembly: Path, identity: str, pack: object, tmp_path: Path
) -> None:
    import zipfile

    result = assembly / "signed-assets" / f"{identity}.zip"
    result.parent.mkdir()
    result.write_bytes(pack(assembly / "asset.code"))  # type: ignore[operator]
    with zipfile.ZipFile(result, "a") as archive:
        archive.writestr(SIGNATURE_NAME, "PKCS7")
    options = ["--assembly", "cdk.out", "--id", identity, "--profile-name", "P", "--bucket", "b"]
    arguments = ["--source", "asset.code", *options, "--baseline-stack", "S"]
    packages = _packages(_modules("-m", PROGRAM, *arguments, directory=assembly.parent))
    assert not packages & {"aws_cdk", "boto3", "botocore", "urllib3", "hashlib"}


@pytest.mark.parametrize("module", ["permissions", "launcher"])
def test_what_the_constructs_read_imports_nothing(module: str, tmp_path: Path) -> None:
    with_it = _modules("-c", f"import {PROGRAM}.{module}", directory=tmp_path)
    without = _modules("-c", f"import {PROGRAM}", directory=tmp_path)
    assert with_it - without == {f"{PROGRAM}.{module}"}
