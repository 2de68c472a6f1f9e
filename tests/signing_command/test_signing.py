"""Signing against the local AWS stand-in, where everything goes well."""

import os
import shutil
import stat
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from secure_lambda_constructs.signing.command.launcher import launch_command

pytestmark = pytest.mark.local_aws

Site = Any  # the class in conftest.py
MakeZip = Callable[..., bytes]


def _operations(site: Site) -> list[str]:
    return [call["operation"] for call in site.aws.calls()]


def test_a_directory_is_signed(site: Site) -> None:
    with zipfile.ZipFile(site.signs()) as archive:
        assert archive.namelist()[:3] == ["index.py", "package/data.bin", "run.sh"]
        assert archive.read("package/data.bin") == bytes(range(256)) * 50
        assert archive.getinfo("run.sh").external_attr >> 16 == stat.S_IFREG | 0o755
    assert len(site.jobs()) == 1
    assert len(site.sources()) == 1


def test_a_zip_is_signed_as_it_is(site: Site, make_zip: MakeZip) -> None:
    code = site.assembly / "asset.code.zip"
    code.write_bytes(make_zip(("z.py", b"z"), ("a/", b"", 0o40755), ("a/a.py", b"a", 0o100755)))
    with zipfile.ZipFile(site.signs(source="asset.code.zip")) as archive:
        assert archive.namelist()[:3] == ["z.py", "a/", "a/a.py"]
        assert archive.getinfo("z.py").date_time == (2024, 5, 6, 7, 8, 10)
    body = site.aws.client("s3").get_object(
        Bucket=site.bucket, Key=f"unsigned/{site.identity}.zip"
    )["Body"]
    assert body.read() == code.read_bytes()


def test_the_calls_of_a_first_run(site: Site) -> None:
    site.signs()
    operations = _operations(site)
    assert operations[:3] == ["GetCallerIdentity", "PutObject", "StartSigningJob"]
    assert operations[-1] == "GetObject"
    assert set(operations[3:-1]) == {"DescribeSigningJob"}


def test_a_cached_result_needs_no_aws_at_all(site: Site) -> None:
    path = site.signs()
    before = path.stat()
    site.aws.reset_calls()
    gone = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ACCESS_KEY_ID": None}
    assert site.signs(environment=gone) == path
    assert site.aws.calls() == []
    assert path.stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize("damage", ["cut", "swapped", "empty"])
def test_a_cached_result_that_does_not_fit_is_fetched_again(site: Site, damage: str) -> None:
    path = site.signs()
    content = path.read_bytes()
    changed = {
        "cut": content[: len(content) // 2],
        "swapped": content.replace(b"index.py", b"other.py"),
        "empty": b"",
    }
    path.write_bytes(changed[damage])
    assert site.signs().read_bytes() == content
    assert len(site.jobs()) == 1


def test_another_checkout_of_the_same_code_uses_the_same_job(site: Site, tmp_path: Path) -> None:
    site.signs()
    again = type(site)(
        site.aws, tmp_path / "other" / "cdk.out", site.profile, site.bucket, site.identity
    )
    shutil.copytree(site.assembly / "asset.code", again.assembly / "asset.code")
    site.aws.reset_calls()
    again.signs()
    assert len(site.jobs()) == 1
    assert len(site.sources()) == 1
    [upload] = site.aws.calls("s3", "PutObject")
    assert upload["error"] == "PreconditionFailed"


def test_changed_code_under_a_new_identity_makes_one_more_job(site: Site) -> None:
    site.signs()
    (site.assembly / "asset.code" / "index.py").write_text("def handler(event, context): ...\n")
    site.result.unlink()
    site.identity = "f" * 64
    site.signs()
    assert len(site.jobs()) == 2


@pytest.mark.parametrize("from_assembly", [False, True])
def test_names_are_filled_in_and_the_assembly_is_found(
    site: Site, from_assembly: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3 = site.aws.client("s3")
    name = f"{site.bucket}-{site.aws.account}-{site.aws.region}"
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    site.bucket += "-{account}-{region}"
    hint = "somewhere/else" if from_assembly else "cdk.out"
    environment = {"SECURE_LAMBDA_ASSEMBLY": str(site.assembly) if from_assembly else None}
    site.signs(assembly=hint, environment=environment, account=site.aws.account)
    assert s3.list_objects_v2(Bucket=name)["KeyCount"] == 2


def test_the_region_comes_from_the_configuration_at_last(site: Site, tmp_path: Path) -> None:
    configuration = tmp_path / "config"
    configuration.write_text("[profile here]\nregion = us-east-1\n")
    environment = {
        "AWS_REGION": None,
        "AWS_DEFAULT_REGION": None,
        "AWS_CONFIG_FILE": str(configuration),
        "AWS_PROFILE": "here",
    }
    credentials = tmp_path / "credentials"
    credentials.write_text(
        f"[here]\naws_access_key_id = {site.aws.account}\naws_secret_access_key = test\n"
    )
    site.signs(environment={**environment, "AWS_SHARED_CREDENTIALS_FILE": str(credentials)})


def test_a_profile_of_another_account(site: Site) -> None:
    central = "111122223333"
    owner = site.aws.client("signer", account=central)
    owner.put_signing_profile(profileName="Central", platformId="AWSLambda-SHA384-ECDSA")
    owner.add_profile_permission(
        profileName="Central",
        action="signer:StartSigningJob",
        principal=site.aws.account,
        statementId="ci",
    )
    site.signs(profile_name="Central", profile_owner=central)
    assert site.jobs() == []  # none on the account's own profile


def test_an_object_of_somebody_else_is_covered_by_our_own_version(site: Site) -> None:
    """Code under our key that we did not send must never be signed in our name."""
    s3 = site.aws.client("s3")
    key = f"unsigned/{site.identity}.zip"
    foreign = s3.put_object(Bucket=site.bucket, Key=key, Body=b"evil")["VersionId"]
    site.signs()
    (job,) = site.jobs()
    assert job["source"]["s3"]["version"] != foreign
    assert len(site.sources()) == 2


def test_a_signed_object_that_the_lifecycle_took_is_made_anew(site: Site) -> None:
    site.signs()
    site.result.unlink()
    s3 = site.aws.client("s3")
    for item in s3.list_objects_v2(Bucket=site.bucket, Prefix="signed/")["Contents"]:
        s3.delete_object(Bucket=site.bucket, Key=item["Key"])
    site.signs()
    assert len(site.jobs()) == 2
    assert len(site.sources()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs /bin/sh")
def test_through_the_launcher_as_the_cdk_cli_starts_it(site: Site) -> None:
    import subprocess

    outcome = subprocess.run(
        launch_command(sys.executable, site.arguments()),
        cwd=site.assembly.parent,
        env=site.environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (outcome.returncode, outcome.stderr) == (0, "")
    assert outcome.stdout == f"{site.result}\n"


def test_two_at_once_make_one_job(site: Site) -> None:
    site.aws.set_signer(latency_seconds=1.0)
    processes = [site.start() for _ in range(2)]
    for process in processes:
        with process:
            output, errors = process.communicate(timeout=120)
        assert (process.returncode, errors) == (0, "")
        assert output == f"{site.result}\n"
    assert site.content() == [site.result.name]
    assert len(site.jobs()) == 1
    assert len(site.sources()) == 1


def test_a_path_with_odd_characters_is_printed_byte_for_byte(site: Site) -> None:
    moved = site.assembly.parent.parent / "pro jéct ☃"
    os.rename(site.assembly.parent, moved)
    site.assembly = moved / "cdk.out"
    site.signs(environment={"LC_ALL": "C.UTF-8"})
