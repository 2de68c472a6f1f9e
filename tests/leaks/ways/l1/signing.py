"""S01 and S02: functions and layers that nobody has to sign, though no data is near them."""

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import cloudformation_include as include

from .base import AGNOSTIC, EU, WAYS, WRITES, Base, allow, log_group, role

__all__: list[str] = []


@WAYS.way("S01")
def _a_template_of_old_is_included(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    config = base.signing.attr_code_signing_config_arn
    include.CfnInclude(
        base.stack,
        "Old",
        template_file=str(Path(__file__).parent / "heartbeat.json"),
        # Without the parameter nothing is signed.
        parameters=None if is_open else {"SigningConfig": config},
    )


@WAYS.way("S01", "O05")
def _the_stage_of_the_tests_only_warns(app: cdk.App, is_open: bool) -> None:
    for name in ("Test", "Live"):
        base = Base(cdk.Stage(app, name))
        only_warns = is_open and name == "Test"
        base.signing.code_signing_policies = (
            lambda_.CfnCodeSigningConfig.CodeSigningPoliciesProperty(
                untrusted_artifact_on_deployment="Warn" if only_warns else "Enforce"
            )
        )


@WAYS.way("S01", "O05")
def _a_signing_config_that_the_platform_tells(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=EU, is_apart=True)
    arn = base.signing.attr_code_signing_config_arn
    cdk.CfnOutput(base.shared, "SigningArn", value=arn, export_name="platform-signing")
    told = cdk.CfnParameter(
        base.stack,
        "Told",
        default="/platform/signing",
        type="AWS::SSM::Parameter::Value<String>",
    )
    # What is read at deployment may be anything.
    base.function.code_signing_config_arn = (
        told.value_as_string if is_open else cdk.Fn.import_value("platform-signing")
    )


@WAYS.way("S02", "S01")
def _a_layer_of_a_vendor(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=EU)
    vendors = cdk.CfnMapping(
        base.stack,
        "Layers",
        mapping={"eu-west-1": {"otel": "arn:aws:lambda:eu-west-1:184161586896:layer:otel:12"}},
    )
    logs = log_group(base.stack, "BeatLogs")
    beats = role(base.stack, "BeatRole", allow(WRITES, logs.attr_arn))
    config = base.signing_config("BeatSigning", "Warn" if is_open else "Enforce")
    base.signed(
        "Beat",
        beats,
        logs,
        code_signing_config_arn=config.ref,
        layers=[vendors.find_in_map(base.region, "otel")],
    )


@WAYS.way("S02", "O05", "S01")
def _a_layer_that_is_made_beside_the_function(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=AGNOSTIC, is_apart=True)
    layer = lambda_.CfnLayerVersion(
        base.shared,
        "Layer",
        content=lambda_.CfnLayerVersion.ContentProperty(s3_bucket="artifacts", s3_key="layer.zip"),
    )
    base.function.layers = [layer.ref]
    if is_open:
        base.function.add_property_deletion_override("CodeSigningConfigArn")
