"""`CodeSigningInjector`: new functions are signed without touching them."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_lambda as lambda_
from aws_cdk import custom_resources as cr
from constructs import Construct

from secure_lambda_constructs import (
    CodeSigningInjector,
    InvalidInputError,
    SigningBaseline,
)

from .everything import ACCOUNT, FUNCTION, plain, signed_resources
from .support import asset, function, only, resources_of, synthesize, warnings_of


@pytest.fixture
def signing(app: cdk.App, stack: cdk.Stack) -> SigningBaseline:
    signing = SigningBaseline(stack, "Signing")
    cdk.PropertyInjectors.of(app).add(CodeSigningInjector(signing))
    return signing


def test_declares_the_interface(signing: SigningBaseline) -> None:
    injector = CodeSigningInjector(signing)
    assert injector.construct_unique_id == lambda_.Function.PROPERTY_INJECTION_ID
    assert CodeSigningInjector.__jsii_ifaces__ == [cdk.IPropertyInjector]  # type: ignore[attr-defined]


def test_function_gets_signed_code_and_the_configuration(
    app: cdk.App, stack: cdk.Stack, signing: SigningBaseline, code: Path
) -> None:
    lambda_.Function(
        stack,
        "Plain",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=asset(code),
        memory_size=256,
        timeout=cdk.Duration.seconds(9),
        environment={"TABLE": "users"},
    )
    assembly = synthesize(app)
    [resource] = signed_resources(assembly, "App").values()
    properties = resource["Properties"]
    assert properties["MemorySize"] == 256
    assert properties["Timeout"] == 9
    assert properties["Environment"] == {"Variables": {"TABLE": "users"}}
    assert assembly.request("App")
    assert warnings_of(app, "App") == []


def test_functions_of_helpers_and_subclasses(
    app: cdk.App, stack: cdk.Stack, signing: SigningBaseline, code: Path
) -> None:
    class Ours(lambda_.Function):
        pass

    ours = Ours(
        stack,
        "Ours",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=asset(code),
    )
    cr.Provider(stack, "Provider", on_event_handler=ours)
    lambda_.SingletonFunction(
        stack,
        "Singleton",
        uuid="f7d4f730-4ee1-11e8-9c2d-fa7ae01bbebc",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=asset(code),
    )
    assembly = synthesize(app)
    assert len(signed_resources(assembly, "App")) == 3
    assert len(assembly.requests("App")) == 2


def test_together_with_sign_everything(
    app: cdk.App, stack: cdk.Stack, signing: SigningBaseline, code: Path
) -> None:
    signing.sign_everything(app)
    plain(stack, code)
    lambda_.LayerVersion(stack, "Layer", code=asset(code))
    assembly = synthesize(app)
    assert len(signed_resources(assembly, "App")) == 2
    assert len(assembly.requests("App")) == 1


def test_signed_code_is_signed_once(
    app: cdk.App, stack: cdk.Stack, signing: SigningBaseline, code: Path
) -> None:
    plain(stack, signing.signed(asset(code)))
    function(stack, signing, code)
    assembly = synthesize(app)
    assert len(signed_resources(assembly, "App")) == 2
    assert len(assembly.requests("App")) == 1


def test_other_configuration_stays(
    app: cdk.App, stack: cdk.Stack, signing: SigningBaseline, code: Path
) -> None:
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:code-signing-config:csc-0fedcba9876543210"
    lambda_.Function(
        stack,
        "Theirs",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=asset(code),
        code_signing_config=lambda_.CodeSigningConfig.from_code_signing_config_arn(
            stack, "Config", arn
        ),
    )
    assembly = synthesize(app)
    properties = only(assembly.template("App"), FUNCTION)["Properties"]
    assert properties["CodeSigningConfigArn"] == arn
    assert [source.keys() for source in assembly.sources("App").values()] == [{"path", "packaging"}]


def test_other_scopes_are_left_alone(app: cdk.App, stack: cdk.Stack, code: Path) -> None:
    ours = Construct(stack, "Ours")
    signing = SigningBaseline(stack, "Signing")
    cdk.PropertyInjectors.of(ours).add(CodeSigningInjector(signing))
    plain(ours, code)
    plain(stack, code)
    configured = [
        "CodeSigningConfigArn" in resource["Properties"]
        for resource in resources_of(synthesize(app).template("App"), FUNCTION)
    ]
    assert sorted(configured) == [False, True]


def test_code_that_cannot_be_signed(stack: cdk.Stack, signing: SigningBaseline) -> None:
    with pytest.raises(
        RuntimeError,
        match="App/Plain is to be signed by a CodeSigningInjector: code to sign must be a "
        "directory or a zip on this machine, got inline code, which Lambda never verifies: use "
        r"lambda_.Code.from_asset\(...\); or make it in a scope that has another injector",
    ):
        plain(stack, lambda_.Code.from_inline("x = 1"))


def test_way_out_is_another_injector(
    app: cdk.App, stack: cdk.Stack, signing: SigningBaseline
) -> None:
    """What the refusal advises works."""

    @jsii.implements(cdk.IPropertyInjector)
    class Nothing:
        @property
        def construct_unique_id(self) -> str:
            return lambda_.Function.PROPERTY_INJECTION_ID

        def inject(self, original_props: Any, *, id: str, scope: Construct) -> Any:
            return original_props

    scope = Construct(stack, "Inline")
    cdk.PropertyInjectors.of(scope).add(Nothing())
    plain(scope, lambda_.Code.from_inline("x = 1"))
    assert (
        "CodeSigningConfigArn" not in only(synthesize(app).template("App"), FUNCTION)["Properties"]
    )


def test_baseline_that_is_none() -> None:
    signing: Any = "Signing"
    with pytest.raises(
        InvalidInputError, match="signing must be a signing baseline, got 'Signing': write"
    ):
        CodeSigningInjector(signing)
