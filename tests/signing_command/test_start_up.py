"""The program is started for each asset, so starting it must cost next to nothing."""

import os
import statistics
import subprocess
import sys
import textwrap
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

    result = assembly / ".signed" / f"{identity}.zip"
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


OURS = """
    import botocore.client
    from secure_lambda_constructs.signing.command import main, jobs, staging
    from secure_lambda_constructs.signing.command.arguments import parse_arguments
    from secure_lambda_constructs.signing.command.aws import connect

    botocore.client.BaseClient._make_api_call = lambda self, *a, **k: {"Account": "1" * 12}
    options = "--source a --assembly b --profile-name P --bucket b --baseline-stack S"
    request = parse_arguments([*options.split(), "--id", "0" * 64])
    assert connect(request).target.account == "1" * 12
"""
BOTO3 = """
    import boto3
    for service in ("sts", "s3", "signer"):
        boto3.client(service)
"""


def _cpu_seconds(code: str, directory: Path) -> float:
    before = os.times()
    subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=directory,
        env=_environment(),
        check=True,
        timeout=60,
    )
    after = os.times()
    return (after.children_user - before.children_user) + (
        after.children_system - before.children_system
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows tells no CPU time of children")
def test_start_up_with_all_clients_costs_no_more_than_boto3_alone(tmp_path: Path) -> None:
    """Side by side, since absolute times are those of the machine.

    0.3 s is asked for where boto3 with its three clients takes 0.2 s.
    """
    ours, boto3 = [], []
    for _ in range(5):
        ours.append(_cpu_seconds(OURS, tmp_path))
        boto3.append(_cpu_seconds(BOTO3, tmp_path))
    ratio = statistics.median(ours) / statistics.median(boto3)
    assert ratio < 1.2, f"{statistics.median(ours):.3f} s against {statistics.median(boto3):.3f} s"
