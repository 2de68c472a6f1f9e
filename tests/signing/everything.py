"""Apps for the tests of `sign_everything`, and what their assemblies must look like."""

import zipfile
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from .support import Assembly, asset

__all__ = [
    "ACCOUNT",
    "FUNCTION",
    "LAYER",
    "LocalArchive",
    "LocalBundling",
    "code_of",
    "plain",
    "plain_layer",
    "signed_resources",
]

ACCOUNT = "111122223333"
FUNCTION = "AWS::Lambda::Function"
LAYER = "AWS::Lambda::LayerVersion"


def plain(scope: Construct, code: Path | lambda_.Code, id: str = "Plain") -> lambda_.Function:
    """Return a function that knows nothing of signing."""
    return lambda_.Function(
        scope,
        id,
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=asset(code) if isinstance(code, Path) else code,
    )


def plain_layer(scope: Construct, code: Path, id: str = "Layer") -> lambda_.LayerVersion:
    """Return a layer that knows nothing of signing."""
    return lambda_.LayerVersion(scope, id, code=asset(code))


@jsii.implements(cdk.ILocalBundling)
class LocalBundling:
    """Bundles without Docker, as `PythonFunction` and `NodejsFunction` may."""

    def try_bundle(self, output_dir: str, *, image: cdk.DockerImage, **_options: Any) -> bool:
        Path(output_dir, "index.py").write_text("def handler(event, context): ...\n")
        return True


@jsii.implements(cdk.ILocalBundling)
class LocalArchive:
    """Bundles to an archive, as a build tool may."""

    def try_bundle(self, output_dir: str, *, image: cdk.DockerImage, **_options: Any) -> bool:
        with zipfile.ZipFile(Path(output_dir, "built.zip"), "w") as archive:
            archive.writestr("index.py", "def handler(event, context): ...\n")
        return True


def code_of(resource: dict[str, Any]) -> dict[str, Any]:
    """Return where the code of a resource is."""
    place: dict[str, Any] = resource["Properties"][
        "Code" if resource["Type"] == FUNCTION else "Content"
    ]
    return place


def signed_resources(
    assembly: Assembly, stack: str, *, template: str | None = None, export: str | None = None
) -> dict[str, dict[str, Any]]:
    """Check that all functions and layers of a template are signed, and return them by their ids.

    Each must have the code of a command in the manifest of its stack, and each function the code
    signing configuration: that of the companion stack, or the one that is named.
    """
    signed = {
        name for name, source in assembly.sources(stack).items() if set(source) == {"executable"}
    }
    found = {
        name: resource
        for name, resource in assembly.template(template or stack)["Resources"].items()
        if resource["Type"] in (FUNCTION, LAYER)
    }
    for name, resource in found.items():
        assert code_of(resource).keys() == {"S3Bucket", "S3Key"}, name
        assert code_of(resource)["S3Key"].rsplit("/")[-1] in signed, name
        if resource["Type"] == FUNCTION:
            arn = resource["Properties"]["CodeSigningConfigArn"]
            if export is None:
                assert "CodeSigningConfig" in str(arn), name
            else:
                assert arn == export, name
    return found
