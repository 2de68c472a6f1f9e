"""O05, S01 and S02: code and layers that nobody signed."""

from typing import Any, cast

import aws_cdk as cdk
import jsii
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import custom_resources
from constructs import IConstruct

from .base import ACCOUNT, FOREIGN, HTTPS, WAYS, Network, isolated_vpc, stack_of
from .plain import Plain, code_of, code_signing_of, denies_of, role_of

__all__: list[str] = []


@WAYS.way("O05", "S01")
def _warning_by_default(app: cdk.App, is_open: bool) -> None:
    """The config warns of what nobody signed, as it does by default, or refuses it."""
    stack = stack_of(app)
    kinds = lambda_.UntrustedArtifactOnDeployment
    signing = code_signing_of(
        stack, untrusted_artifact_on_deployment=None if is_open else kinds.ENFORCE
    )
    Plain(stack, signing=signing)


@WAYS.way("O05", "S01")
def _image(app: cdk.App, is_open: bool) -> None:
    """The function is an image, which nobody signs, or a ZIP file."""
    stack = stack_of(app, region="eu-west-1")
    plain = Plain(stack)
    role = role_of(stack, "ReportRole", denies=denies_of(plain.network.vpc.vpc_id))
    plain.table.grant(role, "dynamodb:Query")
    if not is_open:
        plain.add("Report", role=role)
        return
    image = lambda_.EcrImageCode(ecr.Repository(stack, "Images"), tag_or_digest="1")
    plain.add(
        "Report",
        role=role,
        code=image,
        code_signing_config=None,
        handler=lambda_.Handler.FROM_IMAGE,
        runtime=lambda_.Runtime.FROM_IMAGE,
    )


@WAYS.way("O05", "S01")
def _code_by_the_environment(app: cdk.App, is_open: bool) -> None:
    """A variable makes Node.js load a file that is not part of the code, or maps lines only."""
    value = "--require /tmp/agent.js" if is_open else "--enable-source-maps"
    plain = Plain(stack_of(app, region=None), runtime=lambda_.Runtime.NODEJS_22_X)
    plain.function.add_environment("NODE_OPTIONS", value)


@WAYS.way("S01")
def _bucket_that_empties_itself(app: cdk.App, is_open: bool) -> None:
    """A property makes the CDK add a function of its own, which nobody signs."""
    stack = stack_of(app)
    Plain(stack)
    s3.Bucket(
        stack,
        "Reports",
        auto_delete_objects=is_open,
        enforce_ssl=True,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )


@WAYS.way("S01")
def _default_group_is_closed(app: cdk.App, is_open: bool) -> None:
    """The same, by a property of the VPC that the CDK recommends."""
    stack = stack_of(app, region="eu-west-1")
    vpc = isolated_vpc(stack, restrict_default_security_group=is_open)
    Plain(stack, network=Network(stack, vpc=vpc))


@WAYS.way("S01")
def _profile_of_another_account(app: cdk.App, is_open: bool) -> None:
    """A function without data takes what another account has signed too, or just this one."""
    stack = stack_of(app)
    Plain(stack)
    signing = code_signing_of(stack, "Second")
    arns = [f"arn:aws:signer:us-east-1:{ACCOUNT}:/signing-profiles/own/0a1b2c3d4e"]
    if is_open:
        arns.append(f"arn:aws:signer:us-east-1:{FOREIGN}:/signing-profiles/partner/0a1b2c3d4e")
    child = cast(lambda_.CfnCodeSigningConfig, signing.node.default_child)
    child.add_property_override("AllowedPublishers.SigningProfileVersionArns", arns)
    _helper(stack, code_signing_config=signing)


def _helper(stack: cdk.Stack, **more: Any) -> lambda_.Function:
    """Return a function outside that has no data."""
    return lambda_.Function(
        stack,
        "Helper",
        code=code_of(stack, "Helper"),
        handler="index.handler",
        runtime=lambda_.Runtime.PYTHON_3_13,
        **more,
    )


@WAYS.way("S02", "S01")
def _layer_of_a_helper(app: cdk.App, is_open: bool) -> None:
    """A function outside, without data, loads a layer, and its signature is checked or not."""
    stack = stack_of(app)
    signing = None if is_open else code_signing_of(stack)
    layer = lambda_.LayerVersion(stack, "Tools", code=code_of(stack, "Tools"))
    _helper(stack, code_signing_config=signing, layers=[layer])


@WAYS.way("S02", "O05", "S01")
def _layer_by_its_arn(app: cdk.App, is_open: bool) -> None:
    """The function that reads the table loads a layer of the company."""
    stack = stack_of(app, region="eu-west-1")
    plain = Plain(stack)
    signing = plain.signing
    if is_open:
        kind = lambda_.UntrustedArtifactOnDeployment.WARN
        signing = code_signing_of(stack, "Lenient", untrusted_artifact_on_deployment=kind)
    arn = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:layer:metrics:3"
    layer = lambda_.LayerVersion.from_layer_version_arn(stack, "Metrics", arn)
    role = role_of(stack, "ReportRole", denies=denies_of(plain.network.vpc.vpc_id))
    report = plain.add("Report", role=role, code_signing_config=signing)
    report.add_layers(layer)
    plain.table.grant(role, "dynamodb:Query")


@WAYS.way("S01")
def _looked_up_at_deployment(app: cdk.App, is_open: bool) -> None:
    """The id of a prefix list is asked for at deployment, by a function of the CDK; or known."""
    stack = stack_of(app)
    network = Network(stack)
    Plain(stack, network=network)
    if not is_open:
        network.group.add_egress_rule(network.prefix_list("dynamodb"), HTTPS, "again")
        return
    call = custom_resources.AwsSdkCall(
        service="EC2",
        action="describeManagedPrefixLists",
        physical_resource_id=custom_resources.PhysicalResourceId.of("lists"),
    )
    policy = custom_resources.AwsCustomResourcePolicy.from_sdk_calls(resources=["*"])
    custom_resources.AwsCustomResource(stack, "Lists", on_create=call, policy=policy)


@WAYS.way("S01", "O05")
def _aspect_for_tests(app: cdk.App, is_open: bool) -> None:
    """An aspect takes the signing off all functions, to be quick: of this app, or of a test's."""
    stack, test = stack_of(app), stack_of(app, "Test")
    Plain(stack)
    signing = code_signing_of(test)
    lambda_.Function(
        test,
        "Helper",
        code=code_of(test, "Helper"),
        code_signing_config=signing,
        handler="index.handler",
        runtime=lambda_.Runtime.PYTHON_3_13,
    )
    cdk.Aspects.of(stack if is_open else signing).add(_Unsigned())


@jsii.implements(cdk.IAspect)
class _Unsigned:
    """Takes the code signing config off."""

    def visit(self, node: IConstruct) -> None:
        if isinstance(node, lambda_.CfnFunction):
            node.code_signing_config_arn = None


@WAYS.way("O05", "S01")
def _config_of_the_platform(app: cdk.App, is_open: bool) -> None:
    """The code signing config is imported: one that nobody can look at, or the platform's."""
    platform, stack = stack_of(app, "Platform"), stack_of(app)
    made = code_signing_of(platform)
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:code-signing-config:csc-0a1b2c3d4e5f60718"
    if not is_open:
        arn = made.code_signing_config_arn
    imported = lambda_.CodeSigningConfig.from_code_signing_config_arn(stack, "Imported", arn)
    Plain(stack, signing=imported)


@WAYS.way("S01")
def _log_retention(app: cdk.App, is_open: bool) -> None:
    """How long a log is kept is said by a construct that brings a function along, or of the log."""
    stack = stack_of(app)
    Plain(stack)
    name, days = "/aws/lambda/others", logs.RetentionDays.ONE_WEEK
    if is_open:
        logs.LogRetention(stack, "Kept", log_group_name=name, retention=days)
    else:
        logs.LogGroup(stack, "Kept", log_group_name=name, retention=days)
