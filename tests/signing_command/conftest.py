"""Code to sign, requests for it, zips as Signer would return them, and a place to sign at."""

import io
import os
import secrets
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from local_aws import LocalAws
from secure_lambda_constructs.signing.command.archive import (
    SIGNATURE_FOLDER,
    SIGNATURE_NAME,
    write_archive,
)
from secure_lambda_constructs.signing.command.arguments import Request
from secure_lambda_constructs.signing.command.content import read_content

from .many import Many

IDENTITY = "0123456789abcdef" * 4

MakeRequest = Callable[..., Request]
MakeZip = Callable[..., bytes]


@pytest.fixture
def identity() -> str:
    return IDENTITY


@pytest.fixture
def assembly(tmp_path: Path) -> Path:
    """A project's folder with a cloud assembly `cdk.out` that holds the code `asset.code`."""
    folder = tmp_path / "project" / "cdk.out"
    code = folder / "asset.code"
    (code / "package").mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")
    (code / "index.py").write_text("def handler(event, context):\n    return event\n")
    (code / "package" / "data.bin").write_bytes(bytes(range(256)) * 50)
    script = code / "run.sh"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    return folder


@pytest.fixture
def make_request() -> MakeRequest:
    def make(**changes: object) -> Request:
        request = Request(
            source="asset.code",
            assembly="cdk.out",
            identity=IDENTITY,
            profile_name="TestProfile",
            profile_owner=None,
            bucket_template="code-{account}-{region}",
            account=None,
            region="us-east-1",
            baseline_stack="App-Signing",
            timeout_seconds=20.0,
            debug=False,
        )
        return request._replace(**changes)  # type: ignore[arg-type]

    return make


@pytest.fixture
def pack() -> Callable[[Path], bytes]:
    """Packs a directory or takes a zip, as the program does."""

    def make(path: Path) -> bytes:
        output = io.BytesIO()
        with read_content(path) as entries:
            write_archive(entries, output)
        return output.getvalue()

    return make


@pytest.fixture
def make_zip() -> MakeZip:
    """Makes a zip from (name, content[, mode]) in this order; `signature=None` leaves it out."""

    def make(
        *files: Sequence[object],
        signature: bytes | None = None,
        compression: int = zipfile.ZIP_DEFLATED,
    ) -> bytes:
        output = io.BytesIO()
        with zipfile.ZipFile(output, "w", compression) as archive:
            for name, content, *mode in files:
                info = zipfile.ZipInfo(str(name), (2024, 5, 6, 7, 8, 10))
                info.compress_type = compression
                info.create_system = 3
                bits = int(str(mode[0] if mode else stat.S_IFREG | 0o644))
                info.external_attr = bits << 16 or 0x20  # zipfile replaces a plain 0
                archive.writestr(info, content)  # type: ignore[arg-type]
            if signature is not None:
                archive.writestr(SIGNATURE_FOLDER, b"")
                archive.writestr(SIGNATURE_NAME, signature)
        return output.getvalue()

    return make


@dataclass
class Site:
    """An assembly to sign in, and profile and bucket for it in the local AWS stand-in."""

    aws: LocalAws
    assembly: Path
    profile: str = field(default_factory=lambda: f"Profile{secrets.token_hex(8)}")
    bucket: str = field(default_factory=lambda: f"code-{secrets.token_hex(8)}")
    identity: str = field(default_factory=lambda: secrets.token_hex(32))

    def prepare(self) -> None:
        """Make what the stack of the baseline makes."""
        s3 = self.aws.client("s3")
        s3.create_bucket(Bucket=self.bucket)
        s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        self.aws.client("signer").put_signing_profile(
            profileName=self.profile, platformId="AWSLambda-SHA384-ECDSA"
        )
        self.aws.reset_calls()

    @property
    def result(self) -> Path:
        return self.assembly / "signed-assets" / f"{self.identity}.zip"

    def arguments(self, **changes: str | None) -> list[str]:
        options: dict[str, str | None] = {
            "source": "asset.code",
            "assembly": "cdk.out",
            "id": self.identity,
            "profile_name": self.profile,
            "bucket": self.bucket,
            "baseline_stack": "App-Signing",
            "timeout": "30",
        }
        options |= changes
        return [
            part
            for name, value in options.items()
            if value is not None
            for part in ("--" + name.replace("_", "-"), value)
        ]

    def environment(self, **changes: str | None) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        merged: dict[str, str | None] = {**clean, **self.aws.environment(), **changes}
        return {name: value for name, value in merged.items() if value is not None}

    def start(
        self, *, environment: dict[str, str | None] | None = None, **changes: str | None
    ) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "secure_lambda_constructs.signing.command",
                *self.arguments(**changes),
            ],
            cwd=self.assembly.parent,
            env=self.environment(**environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, **options: Any) -> "subprocess.CompletedProcess[str]":
        with self.start(**options) as process:
            output, errors = process.communicate(timeout=120)
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)

    def signs(self, **options: Any) -> Path:
        """Run, expect success, and return the path that was printed."""
        outcome = self.run(**options)
        assert outcome.returncode == 0, outcome.stderr
        assert outcome.stderr == ""
        assert outcome.stdout == f"{self.result}\n"
        assert self.content() == [self.result.name]
        with zipfile.ZipFile(self.result) as archive:
            assert SIGNATURE_NAME in archive.namelist()
        return self.result

    def refuses(self, **options: Any) -> str:
        """Run, expect a failure that leaves nothing behind, and return its sentence."""
        outcome = self.run(**options)
        assert outcome.returncode == 1, outcome.stdout
        assert outcome.stdout == ""
        assert outcome.stderr.count("\n") == 1, outcome.stderr
        sentence = outcome.stderr.removesuffix("\n")
        assert sentence.startswith("cannot sign asset.code: ")
        assert not sentence.endswith(".")
        assert "Traceback" not in sentence
        assert self.content() == []
        assert not self.result.parent.exists()
        return sentence

    def content(self) -> list[str]:
        """What lies in the cache folder, temporary files included."""
        folder = self.result.parent
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []

    def jobs(self) -> list[dict[str, Any]]:
        jobs = self.aws.client("signer").list_signing_jobs()["jobs"]
        return [job for job in jobs if job["profileName"] == self.profile]

    def sources(self) -> list[str]:
        """The versions of the code in the bucket."""
        found = self.aws.client("s3").list_object_versions(Bucket=self.bucket, Prefix="unsigned/")
        assert "DeleteMarkers" not in found
        return [version["VersionId"] for version in found.get("Versions", [])]


@pytest.fixture
def site(local_aws: LocalAws, assembly: Path) -> Iterator[Site]:
    local_aws.clear_faults()
    place = Site(local_aws, assembly)
    place.prepare()
    yield place
    local_aws.clear_faults()


MakeMany = Callable[[int], Many]


@pytest.fixture
def many(local_aws: LocalAws, tmp_path: Path) -> Iterator[MakeMany]:
    """Makes an assembly with so many assets, and what it takes to sign them."""
    local_aws.clear_faults()

    def make(count: int) -> Many:
        place = Many(local_aws, tmp_path / "project" / "cdk.out", count)
        place.prepare()
        return place

    yield make
    local_aws.clear_faults()
