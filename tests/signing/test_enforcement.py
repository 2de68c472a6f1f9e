"""`enforcement=WARN`: a step on the way to enforcement, and said to be one."""

from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_

from secure_lambda_constructs import InvalidInputError, SigningBaseline

from .support import function, only, synthesize, warnings_of

WARN = lambda_.UntrustedArtifactOnDeployment.WARN


def test_warn(stack: cdk.Stack, code: Path) -> None:
    function(stack, SigningBaseline(stack, "Signing", enforcement=WARN), code)
    config = only(synthesize(stack).template("App-Signing"), "AWS::Lambda::CodeSigningConfig")
    assert config["Properties"]["CodeSigningPolicies"] == {"UntrustedArtifactOnDeployment": "Warn"}
    description = config["Properties"]["Description"]
    assert description.startswith("Warns of code that is not signed by the profile App_Signing_")


def test_warn_says_what_to_do_next(stack: cdk.Stack) -> None:
    SigningBaseline(stack, "Signing", enforcement=WARN)
    [warning] = warnings_of(stack, "App-Signing")
    assert "deploy every function with signed code, see that the alarm of" in warning
    assert "then take enforcement= away" in warning
    assert "[ack: secure-lambda-constructs:signingNotEnforced]" in warning


def test_the_warning_comes_through_where_there_is_no_stack_around(app: cdk.App) -> None:
    SigningBaseline(app, "Signing", enforcement=WARN)
    assert len(warnings_of(app, "Signing-Stack")) == 1


def test_the_warning_comes_through_in_the_stack_around(app: cdk.App) -> None:
    platform = cdk.Stack(app, "Platform")
    SigningBaseline(platform, "Signing", enforcement=WARN, companion_stack=False)
    assert len(warnings_of(app, "Platform")) == 1


def test_enforced_by_default_without_a_warning(stack: cdk.Stack) -> None:
    SigningBaseline(stack, "Signing")
    config = only(synthesize(stack).template("App-Signing"), "AWS::Lambda::CodeSigningConfig")
    assert config["Properties"]["CodeSigningPolicies"] == {
        "UntrustedArtifactOnDeployment": "Enforce"
    }
    assert warnings_of(stack, "App-Signing") == []


def test_the_step_keeps_resources_and_signatures(app: cdk.App, code: Path) -> None:
    """Enforcement is switched on by an update, and signs nothing anew."""
    identities, ids = [], []
    for name, enforcement in (("A", WARN), ("B", lambda_.UntrustedArtifactOnDeployment.ENFORCE)):
        stack = cdk.Stack(cdk.Stage(app, name), "App")
        signing = SigningBaseline(stack, "Signing", profile_name="users", enforcement=enforcement)
        function(stack, signing, code)
        identities.append(signing._signer.identity.asset_id("1a2b"))
        ids.append(stack.get_logical_id(signing.code_signing_config.node.default_child))  # type: ignore[arg-type]
    assert identities[0] == identities[1]
    assert ids[0] == ids[1]


@pytest.mark.parametrize("value", ["Warn", None, True])
def test_other_values_are_refused(stack: cdk.Stack, value: object) -> None:
    with pytest.raises(InvalidInputError, match="enforcement must be an UntrustedArtifactOnDep"):
        SigningBaseline(stack, "Signing", enforcement=value)  # type: ignore[arg-type]
