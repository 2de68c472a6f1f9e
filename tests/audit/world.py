"""An account of its own in the stand-in, an app deployed to it, and ways to change it by hand."""

import io
import json
import secrets
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from local_aws import LocalAws

from .recorded import NOTHING

__all__ = ["ACCOUNT", "REGION", "World", "make_zip"]

ACCOUNT, REGION = "222233334444", "us-east-1"


def make_zip(text: str) -> bytes:
    """Zip a handler that returns a text."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("index.py", f"def handler(event, context):\n    return {text!r}\n")
    return made.getvalue()


@dataclass(eq=False)
class World:
    """The app as it is deployed, with a client for each service."""

    aws: LocalAws
    assembly: Path
    orders: str
    relay: str
    undo: list[Callable[[], object]] = field(default_factory=list)
    recorded: dict[tuple[str, str], dict[str, Any]] = field(default_factory=lambda: dict(NOTHING))
    answered: set[str] = field(default_factory=set)
    clients: dict[tuple[str, str | None], Any] = field(default_factory=dict)

    def client(self, service: str, region: str = REGION) -> Any:
        """Return a client for the account."""
        return self.aws.client(service, account=ACCOUNT, region=region)

    @cached_property
    def functions(self) -> Any:
        return self.client("lambda")

    @cached_property
    def ec2(self) -> Any:
        return self.client("ec2")

    @cached_property
    def dns(self) -> Any:
        return self.client("route53resolver")

    @cached_property
    def iam(self) -> Any:
        return self.client("iam")

    @cached_property
    def template(self) -> dict[str, Any]:
        return dict(json.loads((self.assembly / "Audited.template.json").read_text()))

    @cached_property
    def config(self) -> str:
        found = self.functions.get_function_code_signing_config(FunctionName=self.orders)
        return str(found["CodeSigningConfigArn"])

    @cached_property
    def configuration(self) -> dict[str, Any]:
        """What Lambda says of the function as deployed."""
        return dict(self.functions.get_function_configuration(FunctionName=self.orders))

    @cached_property
    def physical(self) -> dict[str, str]:
        """Physical ids by logical id."""
        return {
            each["LogicalResourceId"]: each["PhysicalResourceId"]
            for each in self._listed("Audited")
        }

    def _listed(self, stack: str) -> list[dict[str, str]]:
        pages = self.client("cloudformation").get_paginator("list_stack_resources")
        return [
            each
            for page in pages.paginate(StackName=stack)
            for each in page["StackResourceSummaries"]
        ]

    def of_type_in(self, stack: str, kind: str) -> str:
        """Return the physical id of the first resource of a type in another stack."""
        return next(
            each["PhysicalResourceId"]
            for each in self._listed(stack)
            if each["ResourceType"] == kind
        )

    def of_type(self, kind: str, path: str = "") -> str:
        """Return the physical id of the first resource of a type whose path holds a text."""
        for logical, resource in self.template["Resources"].items():
            if resource["Type"] == kind and path in resource["Metadata"]["aws:cdk:path"]:
                return self.physical[logical]
        raise AssertionError(f"no {kind} with {path}")

    @property
    def vpc(self) -> str:
        return self.of_type("AWS::EC2::VPC")

    def arn(self, name: str) -> str:
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"

    def then(self, undo: Callable[..., object], **parameters: Any) -> None:
        """Say how the change is taken back."""
        # Lambda takes no update before it has carried out the last one; nothing else waits.
        settles = getattr(undo, "__self__", None) in (self.functions, self)

        def back() -> None:
            if settles:
                self.settle()
            undo(**parameters)

        self.undo.append(back)

    def restore(self) -> None:
        """Take all changes back, the latest first."""
        changed = bool(self.undo)
        while self.undo:
            self.undo.pop()()
        if changed:
            self.settle()

    def settle(self) -> None:
        """Wait until Lambda has carried out the last update: it takes no other one before."""
        waiter = self.functions.get_waiter("function_updated_v2")
        for name in (self.orders, self.relay):
            waiter.wait(FunctionName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})

    def replace_code(self, code: bytes, config: str) -> None:
        """Deploy code under another signing config, which is taken away again."""
        deployed = next(
            each["Properties"]["Code"]
            for each in self.template["Resources"].values()
            if each["Type"] == "AWS::Lambda::Function"
            and "Orders" in each["Metadata"]["aws:cdk:path"]
        )
        self.set_config(config)
        self.functions.update_function_code(FunctionName=self.orders, ZipFile=code)
        self.set_config(self.config)
        self.then(self.functions.update_function_code, FunctionName=self.orders, **deployed)

    def other_config(self, version: str, policy: str = "Enforce") -> str:
        """Make a signing config that trusts a version of a profile."""
        made = self.functions.create_code_signing_config(
            AllowedPublishers={"SigningProfileVersionArns": [version]},
            CodeSigningPolicies={"UntrustedArtifactOnDeployment": policy},
        )
        return str(made["CodeSigningConfig"]["CodeSigningConfigArn"])

    def set_policy(self, policy: str) -> None:
        self.functions.update_code_signing_config(
            CodeSigningConfigArn=self.config,
            CodeSigningPolicies={"UntrustedArtifactOnDeployment": policy},
        )

    def set_config(self, arn: str) -> None:
        self.functions.put_function_code_signing_config(
            FunctionName=self.orders, CodeSigningConfigArn=arn
        )

    def foreign_version(self) -> tuple[str, bytes]:
        """Sign code with a profile that nobody trusts; return its version and the code."""
        signer, s3 = self.client("signer"), self.client("s3")
        name = f"Foreign{secrets.token_hex(6)}"
        bucket = name.lower()
        version = signer.put_signing_profile(profileName=name, platformId="AWSLambda-SHA384-ECDSA")[
            "profileVersionArn"
        ]
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        source = s3.put_object(Bucket=bucket, Key="code.zip", Body=make_zip(name))["VersionId"]
        job = signer.start_signing_job(
            source={"s3": {"bucketName": bucket, "key": "code.zip", "version": source}},
            destination={"s3": {"bucketName": bucket, "prefix": "signed/"}},
            profileName=name,
        )["jobId"]
        for _ in range(200):
            answer = signer.describe_signing_job(jobId=job)
            if answer["status"] == "Succeeded":
                key = answer["signedObject"]["s3"]["key"]
                return str(version), s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            time.sleep(0.05)
        raise AssertionError(f"the job {job} does not end")

    def create_function(self, region: str = REGION) -> str:
        """Make a function as nobody should; return its name."""
        client = self.client("lambda", region)
        name = f"shadow{secrets.token_hex(6)}"
        client.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=self.configuration["Role"],
            Handler="index.handler",
            Code={"ZipFile": make_zip(name)},
        )
        self.then(client.delete_function, FunctionName=name)
        return name
