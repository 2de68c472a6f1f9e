"""Signed code in an assembly: only it is published, under a name that says what it is."""

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_lambda as lambda_
from aws_cdk.cloudformation_include import CfnInclude, CfnIncludeProps
from constructs import Construct, IConstruct

from secure_lambda_constructs import SignedCode, SigningBaseline
from secure_lambda_constructs.signing.command.launcher import launch_command

from .support import Assembly, asset, function, new_app, only, synthesize, warnings_of


def test_manifest_names_only_the_signed_code(
    stack: cdk.Stack, signing: SigningBaseline, code: Path
) -> None:
    function(stack, signing, code)
    assembly = synthesize(stack)
    request = assembly.request("App")  # asserts that there is no asset with a path
    assert (assembly.directory / request.source / "index.py").read_bytes() == (
        code / "index.py"
    ).read_bytes()
    files = assembly.read("App.assets.json")["files"]
    assert files[request.identity]["displayName"] == "Function (signed)"
    key = only(assembly.template("App"), "AWS::Lambda::Function")["Properties"]["Code"]["S3Key"]
    assert key == request.identity


def test_the_whole_command(stack: cdk.Stack, code: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signing = SigningBaseline(stack, "Signing", python="python3", profile_name="users")
    monkeypatch.chdir(code.parent)
    function(stack, signing, code)
    assembly = synthesize(stack)
    request = assembly.request("App")
    arguments = ["--source", request.source, "--id", request.identity, "--assembly", "cdk.out"]
    arguments += ["--profile-name", "users", "--bucket", request.bucket_template]
    arguments += ["--baseline-stack", "App-Signing"]
    [source] = assembly.sources("App").values()
    assert source == {"executable": launch_command("python3", arguments, windows=os.name == "nt")}
    assert request.source.startswith("asset.")
    assert request.bucket_template == "app-signing-074483a5-{account}-{region}"


def test_assembly_elsewhere_is_found_from_here(
    stack: cdk.Stack, signing: SigningBaseline, code: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(code)
    function(stack, signing, code)
    assert synthesize(stack).request("App").assembly == "../cdk.out"


def test_assembly_on_another_drive(
    stack: cdk.Stack, signing: SigningBaseline, code: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Windows there is no relative path to it."""

    def relpath(path: str) -> str:
        raise ValueError(path)

    monkeypatch.setattr(os.path, "relpath", relpath)
    function(stack, signing, code)
    assembly = synthesize(stack)
    assert assembly.request("App").assembly == str(assembly.directory)


def test_account_and_region_are_named_where_they_are_known(app: cdk.App, code: Path) -> None:
    environments = {
        "Bound": cdk.Environment(account="111122223333", region="eu-central-1"),
        "Regional": cdk.Environment(region="eu-central-1"),
        "Free": None,
    }
    for name, env in environments.items():
        stack = cdk.Stack(app, name, env=env)
        function(stack, SigningBaseline(stack, "Signing"), code)
    assembly = synthesize(app)
    assert {
        name: (assembly.request(name).account, assembly.request(name).region)
        for name in environments
    } == {
        "Bound": ("111122223333", "eu-central-1"),
        "Regional": (None, "eu-central-1"),
        "Free": (None, None),
    }


def test_a_zip_is_passed_on(stack: cdk.Stack, signing: SigningBaseline, tmp_path: Path) -> None:
    archive = tmp_path / "code.zip"
    with zipfile.ZipFile(archive, "w") as content:
        content.writestr("index.py", "")
    function(stack, signing, archive)
    assembly = synthesize(stack)
    source = assembly.directory / assembly.request("App").source
    assert source.suffix == ".zip"
    assert source.read_bytes() == archive.read_bytes()


def test_a_jar_is_a_zip(stack: cdk.Stack, signing: SigningBaseline, tmp_path: Path) -> None:
    archive = tmp_path / "code.jar"
    with zipfile.ZipFile(archive, "w") as content:
        content.writestr("META-INF/MANIFEST.MF", "")
    function(stack, signing, archive)
    assert synthesize(stack).request("App").source.endswith(".jar")


def test_a_layer(stack: cdk.Stack, signing: SigningBaseline, code: Path) -> None:
    lambda_.LayerVersion(stack, "Layer", code=signing.signed(asset(code)))
    assembly = synthesize(stack)
    layer = only(assembly.template("App"), "AWS::Lambda::LayerVersion")
    assert layer["Properties"]["Content"]["S3Key"] == assembly.request("App").identity
    # A layer refers to nothing of the companion, and yet cannot be signed before it is there.
    assert "App-Signing" in assembly.artifact("App")["dependencies"]


class TestNests:
    """Nested stacks, stages, and several stacks."""

    def test_nested_stack(self, stack: cdk.Stack, signing: SigningBaseline, code: Path) -> None:
        function(cdk.NestedStack(stack, "Nested"), signing, code)
        assembly = synthesize(stack)
        assert assembly.request("App").assembly.endswith("cdk.out")
        assert "App-Signing" in assembly.artifact("App")["dependencies"]

    def test_nested_in_a_nested_stack(
        self, stack: cdk.Stack, signing: SigningBaseline, code: Path
    ) -> None:
        outer = cdk.NestedStack(stack, "Outer")
        function(cdk.NestedStack(outer, "Inner"), signing, code)
        assert len(synthesize(stack).requests("App")) == 1

    def test_stage(self, app: cdk.App, code: Path) -> None:
        stack = cdk.Stack(cdk.Stage(app, "Prod"), "App")
        function(stack, SigningBaseline(stack, "Signing"), code)
        root = synthesize(app)
        stage = Assembly(root.directory / "assembly-Prod")
        [name] = [
            artifact
            for artifact, content in stage.read("manifest.json")["artifacts"].items()
            if content.get("displayName") == "Prod/App"
        ]
        request = stage.request(name)
        # The code is staged in the root assembly, whichever stage it is for.
        assert (root.directory / request.source / "index.py").is_file()
        assert request.assembly == os.path.relpath(root.directory)
        assert request.baseline_stack == "Prod/App-Signing"

    def test_two_stacks_of_one_baseline(
        self, app: cdk.App, stack: cdk.Stack, signing: SigningBaseline, code: Path
    ) -> None:
        function(stack, signing, code)
        function(cdk.Stack(app, "Other"), signing, code)
        assembly = synthesize(app)
        assert assembly.requests("App") == assembly.requests("Other")
        assert "App-Signing" in assembly.artifact("Other")["dependencies"]

    def test_stack_that_makes_its_app_itself(self, code: Path) -> None:
        """As in unit tests. Python sees another object of that app each time it looks."""
        stack = cdk.Stack()
        signing = SigningBaseline(stack, "Signing")
        function(stack, signing, code, "One")
        function(stack, signing, code, "Two")
        assert len(synthesize(stack).requests("Default")) == 1

    def test_stack_that_python_has_not_made(self, app: cdk.App, code: Path) -> None:
        (code.parent / "nested.json").write_text('{"Resources": {}}')
        nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://x"}}
        template = code.parent / "template.json"
        template.write_text(json.dumps({"Resources": {"Nested": nested}}))
        stack = cdk.Stack(app, "App")
        options = CfnIncludeProps(template_file=str(code.parent / "nested.json"))
        include = CfnInclude(
            stack, "I", template_file=str(template), load_nested_stacks={"Nested": options}
        )
        signing = SigningBaseline(stack, "Signing")
        shared = asset(code)
        for id in ("One", "Two"):
            function(include.get_nested_stack("Nested").stack, signing, shared, id)
        assert len(synthesize(stack).requests("App")) == 1

    def test_the_same_code_is_one_asset(
        self, stack: cdk.Stack, signing: SigningBaseline, code: Path
    ) -> None:
        shared = asset(code)
        signed = signing.signed(shared)
        function(stack, signing, code, "One")
        function(stack, signing, shared, "Two")
        function(stack, signing, shared, "Three")
        function(stack, signing, signed, "Four")
        function(stack, signing, signed, "Five")
        lambda_.LayerVersion(stack, "Layer", code=signed)
        assert len(synthesize(stack).requests("App")) == 1

    def test_synthesizer_of_the_stack(self, app: cdk.App, code: Path) -> None:
        """Python sees an unbound synthesizer there, which takes no assets."""
        synthesizer = cdk.DefaultStackSynthesizer(bucket_prefix="code/", qualifier="team")
        stack = cdk.Stack(app, "App", synthesizer=synthesizer)
        signing = SigningBaseline(stack, "Signing")
        function(stack, signing, code)
        function(cdk.NestedStack(stack, "Nested"), signing, code)
        assembly = synthesize(app)
        [entry] = [
            entry
            for entry in assembly.read("App.assets.json")["files"].values()
            if "executable" in entry["source"]
        ]
        [destination] = entry["destinations"].values()
        assert destination["objectKey"] == f"code/{assembly.request('App').identity}"
        assert destination["bucketName"].startswith("cdk-team-assets-")


class TestIdentity:
    """What the signed object is called."""

    def identity(self, directory: Path, code: Path, **keywords: Any) -> str:
        stack = cdk.Stack(new_app(directory), "App", env=keywords.pop("env", None))
        function(stack, SigningBaseline(stack, "Signing", **keywords), code)
        return synthesize(stack).request("App").identity

    def test_changes_with_what_it_stands_for(self, tmp_path: Path, code: Path) -> None:
        before = self.identity(tmp_path / "1", code)
        identities = {
            before,
            self.identity(tmp_path / "2", code, signing_revision="2026-11"),
            self.identity(tmp_path / "3", code, profile_name="another"),
            self.identity(tmp_path / "4", code, env=cdk.Environment(region="us-east-1")),
        }
        (code / "index.py").write_text("def handler(event, context):\n    return 2\n")
        identities.add(self.identity(tmp_path / "5", code))
        assert len(identities) == 5

    def test_stays_with_what_does_not_matter(self, tmp_path: Path, code: Path) -> None:
        before = self.identity(tmp_path / "1", code)
        assert self.identity(tmp_path / "2", code, python="python3") == before
        assert self.identity(tmp_path / "3", code, staging_bucket_prefix="other") == before

    def test_second_synth_is_identical(self, tmp_path: Path, code: Path) -> None:
        def content(name: str) -> dict[str, str]:
            app = cdk.App(outdir=str(tmp_path / name / "cdk.out"), tree_metadata=False)
            stack = cdk.Stack(app, "App")
            signing = SigningBaseline(stack, "Signing")
            function(stack, signing, code)
            function(cdk.NestedStack(stack, "Nested"), signing, code)
            directory = synthesize(app).directory
            return {
                path.relative_to(directory).as_posix(): path.read_text().replace(
                    os.path.relpath(directory), "cdk.out"
                )
                for path in directory.rglob("*")
                if path.is_file()
            }

        first = content("first")
        assert "App.assets.json" in first
        assert content("second") == first


class TestTraces:
    """The stack in which the unsigned asset is made leaves nothing behind."""

    def test_tree(self, stack: cdk.Stack, signing: SigningBaseline, code: Path) -> None:
        function(stack, signing, code)
        function(cdk.NestedStack(stack, "Nested"), signing, code)
        assembly = synthesize(stack)
        everything = [
            path.read_text() for path in assembly.directory.glob("*.json") if path.is_file()
        ]
        assert "Function" in "".join(everything)
        assert "SignedCode" not in "".join(everything)
        assert {path.name for path in assembly.directory.glob("*.template.json")} == {
            "App.template.json",
            "App-Signing.template.json",
            *(path.name for path in assembly.directory.glob("AppNested*.nested.template.json")),
        }

    def test_aspects_see_no_unsigned_asset(
        self, stack: cdk.Stack, signing: SigningBaseline, code: Path
    ) -> None:
        function(stack, signing, code)
        seen = Paths()
        cdk.Aspects.of(stack.node.root).add(seen)
        synthesize(stack)
        assert "App/Function/Resource" in seen.paths
        assert not [path for path in seen.paths if "SignedCode" in path or "Code/Stage" in path]

    def test_templates_are_as_without_us(self, tmp_path: Path, code: Path) -> None:
        def template(directory: str, signed: bool) -> dict[str, Any]:
            stack = cdk.Stack(new_app(tmp_path / directory), "App")
            unsigned = asset(code)
            lambda_.Function(
                stack,
                "Function",
                runtime=lambda_.Runtime.PYTHON_3_13,
                handler="index.handler",
                code=SigningBaseline(stack, "Signing").signed(unsigned) if signed else unsigned,
            )
            return synthesize(stack).template("App")

        plain, ours = template("plain", False), template("ours", True)
        for each in (plain, ours):
            each["Resources"]["Function76856677"]["Properties"]["Code"].pop("S3Key")
        assert ours == plain


def test_code_may_be_bound_twice(stack: cdk.Stack, signing: SigningBaseline, code: Path) -> None:
    signed = signing.signed(asset(code))
    scope = Construct(stack, "Own")
    first, second = signed.bind(scope), signed.bind(scope)
    assert first.s3_location == second.s3_location
    assert len(synthesize(stack).requests("App")) == 1


def test_signed_code_is_signed_once(signing: SigningBaseline, code: Path) -> None:
    signed = signing.signed(asset(code))
    assert isinstance(signed, SignedCode)
    assert signing.signed(signed) is signed
    assert signed.is_inline is False


@jsii.implements(cdk.IAspect)
class Paths:
    def __init__(self) -> None:
        self.paths: list[str] = []

    def visit(self, node: IConstruct) -> None:
        self.paths.append(node.node.path)


class TestEnforcement:
    """Signed code alone keeps no other code out."""

    def test_function_without_a_configuration(
        self, stack: cdk.Stack, signing: SigningBaseline, code: Path
    ) -> None:
        lambda_.Function(
            stack,
            "Function",
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="index.handler",
            code=signing.signed(asset(code)),
        )
        [warning] = warnings_of(stack, "App")
        assert "Lambda would run unsigned code too: write code_signing_config=signing." in warning
        assert "[ack: secure-lambda-constructs:signedCodeNotEnforced]" in warning

    def test_nothing_to_warn_of(
        self, stack: cdk.Stack, signing: SigningBaseline, code: Path
    ) -> None:
        function(stack, signing, code)
        lambda_.LayerVersion(stack, "Layer", code=signing.signed(asset(code)))
        assert warnings_of(stack, "App") == []
