"""Apps with signed code, synthesized, and what is in their assemblies."""

import functools
import json
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import cx_api
from constructs import Construct

from secure_lambda_constructs import ISigningBaseline
from secure_lambda_constructs.signing.command.arguments import Request, parse_arguments

__all__ = [
    "Assembly",
    "asset",
    "function",
    "new_app",
    "only",
    "recommended_flags",
    "request_of",
    "resources_of",
    "synthesize",
    "validate_if_asked",
    "warnings_of",
]

_FLAG = "@aws-cdk/core:validateAgainstDefaultRules"


@functools.cache
def recommended_flags() -> dict[str, Any]:
    """Return the feature flags that `cdk init` writes, out of aws-cdk-lib itself."""
    [package] = (Path(cdk.__file__).parent / "_jsii").glob("*.tgz")
    with tarfile.open(package) as archive:
        for member in archive:
            if member.name == "package/recommended-feature-flags.json":
                content = archive.extractfile(member)
                assert content is not None
                flags: dict[str, Any] = json.load(content)
                return flags
    raise LookupError(f"no recommended-feature-flags.json in {package}")


@functools.cache
def _validation() -> Any:
    """Return what validates templates, one for all apps; None if this CDK has no such thing."""
    plugin = getattr(cdk, "CloudFormationValidatePlugin", None)
    return plugin and plugin()


def validate_if_asked(app: cdk.App) -> None:
    """Have a synth fail on what the CDK finds in the templates, if a flag of the app says so.

    In a real app that is so without any doing; the tests have the validation off.
    """
    if app.node.try_get_context(_FLAG) and _validation():
        cdk.Validations.of(app).add_plugins(_validation())


def new_app(directory: Path, **context: Any) -> cdk.App:
    """Return an app without feature flags (unless given), with its assembly in `directory`."""
    app = cdk.App(outdir=str(directory / "cdk.out"), context=context)
    validate_if_asked(app)
    return app


def asset(code: Path, **options: Any) -> lambda_.AssetCode:
    """Return unsigned code."""
    return lambda_.Code.from_asset(str(code), **options)


def function(
    scope: Construct,
    signing: ISigningBaseline,
    code: lambda_.Code | Path,
    id: str = "Function",
) -> lambda_.Function:
    """Return a function with signed code."""
    unsigned = asset(code) if isinstance(code, Path) else code
    return lambda_.Function(
        scope,
        id,
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=signing.signed(unsigned),
        code_signing_config=signing.code_signing_config,
    )


@dataclass(frozen=True)
class Assembly:
    """A cloud assembly on disk."""

    directory: Path

    def read(self, name: str) -> Any:
        return json.loads((self.directory / name).read_text())

    def template(self, stack: str) -> dict[str, Any]:
        template: dict[str, Any] = self.read(f"{stack}.template.json")
        return template

    def artifact(self, name: str) -> dict[str, Any]:
        artifact: dict[str, Any] = self.read("manifest.json")["artifacts"][name]
        return artifact

    def sources(self, stack: str) -> dict[str, dict[str, Any]]:
        """Return the sources of all file assets but templates."""
        files = self.read(f"{stack}.assets.json")["files"]
        return {
            name: entry["source"]
            for name, entry in files.items()
            if not str(entry["source"].get("path")).endswith(".template.json")
        }

    def requests(self, stack: str) -> list[Request]:
        """Return what is to be signed; every asset that is no template must be."""
        sources = self.sources(stack)
        assert all(set(source) == {"executable"} for source in sources.values()), sources
        requests = [request_of(source["executable"]) for source in sources.values()]
        assert [request.identity for request in requests] == list(sources)
        return requests

    def request(self, stack: str) -> Request:
        [request] = self.requests(stack)
        return request


def request_of(executable: list[str]) -> Request:
    """Return what the signing program would understand."""
    return parse_arguments(executable[executable.index("--source") :])


def synthesize(scope: Construct) -> Assembly:
    """Synthesize the app that a construct is in."""
    root = scope.node.root
    assert isinstance(root, cdk.App)
    return Assembly(Path(root.synth().directory))


def warnings_of(scope: Construct, stack: str) -> list[str]:
    """Return the warnings of this library that `cdk deploy` prints about a stack."""
    root = scope.node.root
    assert isinstance(root, cdk.App)
    return [
        text
        for message in root.synth().get_stack_by_name(stack).messages
        if message.level is cx_api.SynthesisMessageLevel.WARNING
        and "[ack: secure-lambda-constructs:" in (text := str(message.entry.data))
    ]


def resources_of(template: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """Return the resources of one type."""
    return [
        resource for resource in template.get("Resources", {}).values() if resource["Type"] == kind
    ]


def only(template: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return the only resource of a type."""
    [resource] = resources_of(template, kind)
    return resource
