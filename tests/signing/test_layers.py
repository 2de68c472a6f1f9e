"""Layers with signed code."""

from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_

from secure_lambda_constructs import SigningBaseline

from .everything import FUNCTION, LAYER, LocalBundling, code_of, signed_resources
from .support import asset, function, only, synthesize, warnings_of


def other(directory: Path) -> Path:
    """Other code."""
    code = directory / "other"
    code.mkdir()
    (code / "shared.py").write_text("shared = True\n")
    return code


def test_layer_has_the_signed_object(
    app: cdk.App, stack: cdk.Stack, signing: SigningBaseline, code: Path
) -> None:
    lambda_.LayerVersion(
        stack,
        "Layer",
        code=signing.signed(asset(code)),
        compatible_runtimes=[lambda_.Runtime.PYTHON_3_13],
        description="shared code",
    )
    assembly = synthesize(app)
    [layer] = signed_resources(assembly, "App").values()
    assert layer["Type"] == LAYER
    assert layer["Properties"]["Description"] == "shared code"
    assert code_of(layer)["S3Key"] == assembly.request("App").identity
    assert "App-Signing" in assembly.artifact("App")["dependencies"]
    # A layer has no code signing configuration, so there is nothing to warn of.
    assert warnings_of(app, "App") == []


def test_function_and_layer_of_the_same_code_are_one_object(
    app: cdk.App, stack: cdk.Stack, signing: SigningBaseline, code: Path
) -> None:
    signed = signing.signed(asset(code))
    function(stack, signing, signed)
    lambda_.LayerVersion(stack, "Layer", code=signed)
    assembly = synthesize(app)
    keys = {code_of(item)["S3Key"] for item in signed_resources(assembly, "App").values()}
    assert keys == {assembly.request("App").identity}


def test_function_with_a_signed_layer(
    app: cdk.App, stack: cdk.Stack, signing: SigningBaseline, code: Path, tmp_path: Path
) -> None:
    layer = lambda_.LayerVersion(stack, "Layer", code=signing.signed(asset(other(tmp_path))))
    function(stack, signing, code).add_layers(layer)
    assembly = synthesize(app)
    assert len(signed_resources(assembly, "App")) == 2
    assert len(assembly.requests("App")) == 2
    layers = only(assembly.template("App"), FUNCTION)["Properties"]["Layers"]
    assert layers == [{"Ref": stack.get_logical_id(layer.node.default_child)}]  # type: ignore[arg-type]


def test_changed_code_makes_another_layer(tmp_path: Path, code: Path) -> None:
    def content(case: str, code: Path, revision: str) -> dict[str, str]:
        app = cdk.App(outdir=str(tmp_path / case))
        stack = cdk.Stack(app, "App")
        signing = SigningBaseline(stack, "Signing", signing_revision=revision)
        lambda_.LayerVersion(stack, "Layer", code=signing.signed(asset(code)))
        return code_of(only(synthesize(app).template("App"), LAYER))

    first = content("first", code, "1")
    assert content("same", code, "1") == first
    assert content("revision", code, "2") != first
    assert content("code", other(tmp_path), "1") != first


def test_bundled_layer(
    app: cdk.App, stack: cdk.Stack, signing: SigningBaseline, code: Path
) -> None:
    bundling = cdk.BundlingOptions(
        image=cdk.DockerImage.from_registry("never-pulled"), local=LocalBundling()
    )
    lambda_.LayerVersion(stack, "Layer", code=signing.signed(asset(code, bundling=bundling)))
    assembly = synthesize(app)
    assert len(signed_resources(assembly, "App")) == 1


def test_layer_in_a_nested_stack(
    app: cdk.App, stack: cdk.Stack, signing: SigningBaseline, code: Path
) -> None:
    nested = cdk.NestedStack(stack, "Nested")
    lambda_.LayerVersion(nested, "Layer", code=signing.signed(asset(code)))
    assembly = synthesize(app)
    [file] = assembly.directory.glob("*.nested.template.json")
    template = file.name.removesuffix(".template.json")
    assert len(signed_resources(assembly, "App", template=template)) == 1


def test_layer_in_the_stack_of_the_baseline(app: cdk.App, stack: cdk.Stack, code: Path) -> None:
    signing = SigningBaseline(stack, "Signing", companion_stack=False)
    with pytest.raises(RuntimeError, match="stack App holds the signing baseline"):
        lambda_.LayerVersion(stack, "Layer", code=signing.signed(asset(code)))
