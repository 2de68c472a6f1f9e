"""A cloud assembly with many assets to sign, as the CDK writes it, and a place to sign it at."""

import json
import os
import secrets
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local_aws import LocalAws
from secure_lambda_constructs.signing.command.archive import SIGNATURE_NAME
from secure_lambda_constructs.signing.command.launcher import launch_command

__all__ = ["Many"]

_ROLE = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/publishing"


@dataclass
class Many:
    """An assembly of `count` assets in two stacks and a Stage, and profile and buckets for it."""

    aws: LocalAws
    assembly: Path
    count: int
    profile: str = field(default_factory=lambda: f"Profile{secrets.token_hex(8)}")
    bucket: str = field(default_factory=lambda: f"code-{secrets.token_hex(8)}")
    published: str = field(default_factory=lambda: f"assets-{secrets.token_hex(8)}")
    identities: list[str] = field(default_factory=list)

    def prepare(self) -> None:
        """Make what the stack of the baseline and the bootstrapping make, and the assembly."""
        s3 = self.aws.client("s3")
        for bucket in (self.bucket, self.published):
            s3.create_bucket(Bucket=bucket)
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        self.aws.client("signer").put_signing_profile(
            profileName=self.profile, platformId="AWSLambda-SHA384-ECDSA"
        )
        self.write()
        self.aws.reset_calls()

    def write(self) -> None:
        """Write the assembly, with code of its own for each asset."""
        stage = self.assembly / "assembly-Prod"
        stage.mkdir(parents=True)
        entries = []
        for number in range(self.count):
            code = self.assembly / f"asset.{number:04}"
            code.mkdir()
            (code / "index.py").write_text(f"def handler(event, context):\n    return {number}\n")
            identity = secrets.token_hex(32)
            self.identities.append(identity)
            entries.append((identity, code.name))
        half = self.count // 2
        _write_assembly(self.assembly, "First", [self._entry(*each) for each in entries[:half]])
        _write_assembly(stage, "Second", [self._entry(*each) for each in entries[half:]])
        manifest = json.loads((self.assembly / "manifest.json").read_text())
        manifest["artifacts"]["assembly-Prod"] = {
            "type": "cdk:cloud-assembly",
            "properties": {"directoryName": "assembly-Prod"},
        }
        (self.assembly / "manifest.json").write_text(json.dumps(manifest))

    def _entry(self, identity: str, source: str) -> tuple[str, dict[str, Any]]:
        command = launch_command(sys.executable, self.arguments(identity, source))
        destination = {
            "bucketName": self.published,
            "objectKey": f"{identity}.zip",
            "region": "us-east-1",
            "assumeRoleArn": _ROLE,
        }
        return identity, {
            "displayName": f"{source} (signed)",
            "source": {"executable": command},
            "destinations": {"here": destination},
        }

    def arguments(self, identity: str, source: str) -> list[str]:
        """The arguments of the signing program for one asset."""
        options = {
            "--source": source,
            "--id": identity,
            "--assembly": "cdk.out",
            "--profile-name": self.profile,
            "--bucket": self.bucket,
            "--baseline-stack": "App-Signing",
            "--timeout": "60",
        }
        return [part for option in options.items() for part in option]

    def source(self, number: int) -> Path:
        return self.assembly / f"asset.{number:04}"

    def result(self, number: int) -> Path:
        return self.assembly / "signed-assets" / f"{self.identities[number]}.zip"

    # --- running --------------------------------------------------------------------------------

    def start(
        self, *options: str, environment: dict[str, str | None] | None = None
    ) -> "subprocess.Popen[str]":
        """Start ``secure-lambda sign`` in the project."""
        program = [sys.executable, "-m", "secure_lambda_constructs.cli", "sign", *options]
        return self._started(program, environment)

    def start_one(
        self, number: int, *, environment: dict[str, str | None] | None = None
    ) -> "subprocess.Popen[str]":
        """Start what the CDK CLI starts for one asset."""
        arguments = self.arguments(self.identities[number], f"asset.{number:04}")
        return self._started(launch_command(sys.executable, arguments), environment)

    def run(self, *options: str, **others: Any) -> "subprocess.CompletedProcess[str]":
        return _finished(self.start(*options, **others))

    def run_one(self, number: int, **others: Any) -> "subprocess.CompletedProcess[str]":
        return _finished(self.start_one(number, **others))

    def _started(
        self, program: list[str], environment: dict[str, str | None] | None
    ) -> "subprocess.Popen[str]":
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        merged: dict[str, str | None] = {**clean, **self.aws.environment(), **(environment or {})}
        return subprocess.Popen(
            program,
            cwd=self.assembly.parent,
            env={name: value for name, value in merged.items() if value is not None},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    # --- what there is --------------------------------------------------------------------------

    def jobs(self) -> list[dict[str, Any]]:
        """The signing jobs of the profile."""
        pages = self.aws.client("signer").get_paginator("list_signing_jobs").paginate()
        jobs = [job for page in pages for job in page["jobs"]]
        return [job for job in jobs if job["profileName"] == self.profile]

    def sources(self) -> dict[str, dict[str, Any]]:
        """What the manifests name for each asset."""
        return {
            identity: entry["source"]
            for path in self.manifests()
            for identity, entry in json.loads(path.read_text())["files"].items()
            if identity != "template"
        }

    def manifests(self) -> list[Path]:
        return sorted(self.assembly.rglob("*.assets.json"))

    def signed(self) -> set[int]:
        """The numbers of the assets with a signed zip in the cache."""
        found = set()
        for number in range(self.count):
            if self.result(number).exists():
                with zipfile.ZipFile(self.result(number)) as archive:
                    assert SIGNATURE_NAME in archive.namelist()
                    expected = (self.source(number) / "index.py").read_bytes()
                    assert archive.read("index.py") == expected
                found.add(number)
        return found

    def left_over(self) -> list[str]:
        """Files that nobody wants: temporary ones of the cache or of the manifests."""
        return [str(path) for path in self.assembly.rglob("*.tmp")]

    def publish(self, *numbers: int) -> None:
        """Put something at the destination of assets, as a deployment would have done."""
        s3 = self.aws.client("s3")
        for number in numbers:
            key = f"{self.identities[number]}.zip"
            s3.put_object(Bucket=self.published, Key=key, Body=b"published some time ago" * 9)
        self.aws.reset_calls()


def _write_assembly(folder: Path, stack: str, entries: list[tuple[str, dict[str, Any]]]) -> None:
    properties = {"file": f"{stack}.assets.json"}
    artifacts = {f"{stack}.assets": {"type": "cdk:asset-manifest", "properties": properties}}
    (folder / "manifest.json").write_text(json.dumps({"version": "55.0.0", "artifacts": artifacts}))
    template = {
        "displayName": "Template",
        "source": {"path": f"{stack}.template.json", "packaging": "file"},
        "destinations": {"here": {"bucketName": "somewhere", "objectKey": "template"}},
    }
    files = {"template": template, **dict(entries)}
    manifest = {"version": "55.0.0", "files": files, "dockerImages": {}}
    (folder / f"{stack}.assets.json").write_text(json.dumps(manifest))


def _finished(process: "subprocess.Popen[str]") -> "subprocess.CompletedProcess[str]":
    with process:
        output, errors = process.communicate(timeout=240)
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)
