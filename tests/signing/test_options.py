"""What the unsigned code was told holds for the signed one."""

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_

from secure_lambda_constructs import SigningBaseline

from .support import Assembly, asset, function, new_app, only, synthesize


def files_in(assembly: Assembly, stack: str = "App") -> set[str]:
    source = assembly.directory / assembly.request(stack).source
    return {path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()}


def test_exclude(stack: cdk.Stack, signing: SigningBaseline, code: Path) -> None:
    (code / "notes.md").write_text("")
    function(stack, signing, asset(code, exclude=["*.md"]))
    assert files_in(synthesize(stack)) == {"index.py"}


def test_asset_hash(stack: cdk.Stack, signing: SigningBaseline, code: Path) -> None:
    function(stack, signing, asset(code, asset_hash="one"), "One")
    function(stack, signing, asset(code, asset_hash="two"), "Two")
    assert len(synthesize(stack).requests("App")) == 2


def test_bundling(stack: cdk.Stack, signing: SigningBaseline, code: Path) -> None:
    bundling = bundling_of(Bundler("bundled.py"))
    function(stack, signing, asset(code, bundling=bundling))
    assert files_in(synthesize(stack)) == {"bundled.py"}


def test_bundling_to_an_archive(stack: cdk.Stack, signing: SigningBaseline, code: Path) -> None:
    bundling = bundling_of(Bundler("bundled.zip"), cdk.BundlingOutput.ARCHIVED)
    function(stack, signing, asset(code, bundling=bundling))
    assembly = synthesize(stack)
    source = assembly.directory / assembly.request("App").source
    assert zipfile.ZipFile(source).namelist() == ["index.py"]


@pytest.mark.parametrize(("stacks", "bundled"), [(["App"], True), (["Other"], False)])
def test_only_deployed_stacks_are_bundled(
    tmp_path: Path, code: Path, stacks: list[str], bundled: bool
) -> None:
    app = new_app(tmp_path, **{"aws:cdk:bundling-stacks": stacks})
    stack = cdk.Stack(app, "App")
    bundler = Bundler("bundled.py")
    nested = cdk.NestedStack(stack, "Nested")
    bundling = bundling_of(bundler)
    function(nested, SigningBaseline(stack, "Signing"), asset(code, bundling=bundling))
    request = synthesize(app).request("App")
    assert bundler.called is bundled
    assert os.path.isabs(request.source) is not bundled


def test_readers(stack: cdk.Stack, signing: SigningBaseline, code: Path) -> None:
    role = iam.Role(stack, "Reader", assumed_by=iam.AccountRootPrincipal())
    function(stack, signing, asset(code, readers=[role]))
    policy = json.dumps(only(synthesize(stack).template("App"), "AWS::IAM::Policy"))
    assert "cdk-hnb659fds-assets-" in policy


def test_source_kms_key(stack: cdk.Stack, signing: SigningBaseline, code: Path) -> None:
    arn = "arn:aws:kms:us-east-1:111122223333:key/0"
    key = kms.Key.from_key_arn(stack, "Key", arn)
    function(stack, signing, asset(code, source_kms_key=key))
    template = synthesize(stack).template("App")
    properties = only(template, "AWS::Lambda::Function")["Properties"]
    assert properties["Code"]["SourceKMSKeyArn"] == arn


def test_staging_disabled(tmp_path: Path, code: Path) -> None:
    app = new_app(tmp_path, **{"aws:cdk:disable-asset-staging": True})
    stack = cdk.Stack(app, "App")
    function(stack, SigningBaseline(stack, "Signing"), code)
    assert synthesize(app).request("App").source == str(code)


def test_context_of_the_stack(app: cdk.App, code: Path) -> None:
    stack = cdk.Stack(app, "App")
    stack.node.set_context("aws:cdk:disable-asset-staging", True)
    function(stack, SigningBaseline(stack, "Signing"), code)
    assert synthesize(app).request("App").source == str(code)


@pytest.mark.parametrize("kind", ["function", "layer"])
def test_metadata_for_local_runs(tmp_path: Path, code: Path, kind: str) -> None:
    app = new_app(tmp_path, **{"aws:cdk:enable-asset-metadata": True})
    stack = cdk.Stack(app, "App")
    signing = SigningBaseline(stack, "Signing")
    if kind == "function":
        function(stack, signing, code)
    else:
        lambda_.LayerVersion(stack, "Layer", code=signing.signed(asset(code)))
    assembly = synthesize(app)
    [resource] = (
        assembly.template("App")["Resources"].values()
        if kind == "layer"
        else [only(assembly.template("App"), "AWS::Lambda::Function")]
    )
    assert resource["Metadata"] == {
        "aws:asset:path": assembly.request("App").source,
        "aws:asset:is-bundled": False,
        "aws:asset:property": "Code" if kind == "function" else "Content",
    }


def test_no_metadata_otherwise(stack: cdk.Stack, signing: SigningBaseline, code: Path) -> None:
    function(stack, signing, code)
    template = synthesize(stack).template("App")
    assert "Metadata" not in only(template, "AWS::Lambda::Function")


def bundling_of(
    bundler: "Bundler", output: cdk.BundlingOutput = cdk.BundlingOutput.AUTO_DISCOVER
) -> cdk.BundlingOptions:
    image = cdk.DockerImage.from_registry("never-used")
    return cdk.BundlingOptions(image=image, local=bundler, output_type=output)


@jsii.implements(cdk.ILocalBundling)
class Bundler:
    def __init__(self, result: str) -> None:
        self.result = result
        self.called = False

    def try_bundle(self, output_dir: str, *, image: cdk.DockerImage, **_options: Any) -> bool:
        self.called = True
        path = Path(output_dir, self.result)
        if path.suffix == ".zip":
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("index.py", "")
        else:
            path.write_text("def handler(event, context): ...\n")
        return True
