"""`sign_everything`: the functions that the CDK makes by itself.

Each name is a row of the table in the docs.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_deployment as s3_deployment
from aws_cdk import aws_s3_notifications as s3_notifications
from aws_cdk import custom_resources as cr
from aws_cdk import triggers

from secure_lambda_constructs import SigningBaseline

from .everything import ACCOUNT, FUNCTION, LAYER, plain, signed_resources
from .support import Assembly, asset, new_app, resources_of, synthesize

DESTROY = cdk.RemovalPolicy.DESTROY
CLI = {"aws:cdk:enable-asset-metadata": True, "aws:cdk:enable-path-metadata": True}


def auto_delete_objects(stack: cdk.Stack, _: Path) -> None:
    s3.Bucket(stack, "Bucket", auto_delete_objects=True, removal_policy=DESTROY)


def restrict_default_security_group(stack: cdk.Stack, _: Path) -> None:
    ec2.Vpc(stack, "Vpc", restrict_default_security_group=True, nat_gateways=0)


def log_retention(stack: cdk.Stack, _: Path) -> None:
    logs.LogRetention(
        stack, "Retention", log_group_name="/app", retention=logs.RetentionDays.ONE_WEEK
    )


def provider_framework(stack: cdk.Stack, code: Path) -> None:
    provider = cr.Provider(
        stack,
        "Provider",
        on_event_handler=plain(stack, code, "OnEvent"),
        is_complete_handler=plain(stack, code, "IsComplete"),
    )
    cdk.CustomResource(stack, "Custom", service_token=provider.service_token)


def aws_custom_resource(stack: cdk.Stack, _: Path) -> None:
    cr.AwsCustomResource(
        stack,
        "Call",
        on_update=cr.AwsSdkCall(
            service="S3",
            action="ListBuckets",
            physical_resource_id=cr.PhysicalResourceId.of("call"),
        ),
        policy=cr.AwsCustomResourcePolicy.from_sdk_calls(resources=["*"]),
    )


def custom_resource_provider(stack: cdk.Stack, code: Path) -> None:
    (code / "index.js").write_text("exports.handler = async () => ({});\n")
    cdk.CustomResourceProvider.get_or_create(
        stack,
        "Custom::Ours",
        code_directory=str(code),
        runtime=cdk.CustomResourceProviderRuntime.NODEJS_22_X,
    )


def singleton_function(stack: cdk.Stack, code: Path) -> None:
    lambda_.SingletonFunction(
        stack,
        "Singleton",
        uuid="f7d4f730-4ee1-11e8-9c2d-fa7ae01bbebc",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=asset(code),
    )


def trigger_function(stack: cdk.Stack, code: Path) -> None:
    triggers.TriggerFunction(
        stack,
        "Trigger",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=asset(code),
    )


def open_id_connect_provider(stack: cdk.Stack, _: Path) -> None:
    iam.OpenIdConnectProvider(stack, "Oidc", url="https://oidc.example.com")


def ecr_auto_delete_images(stack: cdk.Stack, _: Path) -> None:
    ecr.Repository(stack, "Images", auto_delete_images=True, removal_policy=DESTROY)


def dns_validated_certificate(stack: cdk.Stack, _: Path) -> None:
    zone = route53.HostedZone(stack, "Zone", zone_name="example.com")
    acm.DnsValidatedCertificate(stack, "Old", domain_name="example.com", hosted_zone=zone)


def cross_account_zone_delegation(stack: cdk.Stack, _: Path) -> None:
    route53.CrossAccountZoneDelegationRecord(
        stack,
        "Delegation",
        delegated_zone=route53.HostedZone(stack, "Zone", zone_name="sub.example.com"),
        parent_hosted_zone_id="Z123",
        delegation_role=iam.Role.from_role_arn(
            stack, "Role", "arn:aws:iam::444455556666:role/delegation"
        ),
    )


# What makes them, and how many functions there are then, those of the app among them.
HELPERS: dict[str, tuple[Callable[[cdk.Stack, Path], None], int]] = {
    "s3.Bucket(auto_delete_objects=True)": (auto_delete_objects, 1),
    "ec2.Vpc(restrict_default_security_group=True)": (restrict_default_security_group, 1),
    "logs.LogRetention": (log_retention, 1),
    "custom_resources.Provider": (provider_framework, 5),
    "custom_resources.AwsCustomResource": (aws_custom_resource, 1),
    "CustomResourceProvider": (custom_resource_provider, 1),
    "lambda_.SingletonFunction": (singleton_function, 1),
    "triggers.TriggerFunction": (trigger_function, 2),
    "iam.OpenIdConnectProvider": (open_id_connect_provider, 1),
    "ecr.Repository(auto_delete_images=True)": (ecr_auto_delete_images, 1),
    "acm.DnsValidatedCertificate": (dns_validated_certificate, 1),
    "route53.CrossAccountZoneDelegationRecord": (cross_account_zone_delegation, 1),
}


def new_stack(directory: Path, region: str = "us-east-1") -> cdk.Stack:
    return cdk.Stack(
        new_app(directory, **CLI), "App", env=cdk.Environment(account=ACCOUNT, region=region)
    )


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", HELPERS)
def test_helper_is_signed(tmp_path: Path, code: Path, name: str) -> None:
    make, functions = HELPERS[name]
    stack = new_stack(tmp_path)
    SigningBaseline(stack, "Signing").sign_everything(stack)
    make(stack, code)
    assembly = synthesize(stack)
    found = signed_resources(assembly, "App")
    assert [resource["Type"] for resource in found.values()] == [FUNCTION] * functions
    # No unsigned object is published.
    assert assembly.requests("App")


def test_bucket_deployment(tmp_path: Path, code: Path) -> None:
    """Its function and the layer with the AWS CLI are signed; what it deploys is no code."""
    stack = new_stack(tmp_path)
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("hello")
    SigningBaseline(stack, "Signing").sign_everything(stack)
    s3_deployment.BucketDeployment(
        stack,
        "Site",
        sources=[s3_deployment.Source.asset(str(site))],
        destination_bucket=s3.Bucket(stack, "Bucket"),
    )
    assembly = synthesize(stack)
    kinds = sorted(item["Type"] for item in signed_resources(assembly, "App").values())
    assert kinds == [FUNCTION, LAYER]
    kept = [source for source in assembly.sources("App").values() if "path" in source]
    [source] = kept
    assert (assembly.directory / source["path"] / "index.html").read_text() == "hello"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_replicas_of_a_table(tmp_path: Path) -> None:
    """`dynamodb.Table(replication_regions=[...])` has its functions in a nested stack."""
    stack = new_stack(tmp_path)
    SigningBaseline(stack, "Signing").sign_everything(stack)
    dynamodb.Table(
        stack,
        "Table",
        partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
        replication_regions=["eu-west-1"],
    )
    assembly = synthesize(stack)
    [file] = assembly.directory.glob("*.nested.template.json")
    template = file.name.removesuffix(".template.json")
    assert len(signed_resources(assembly, "App", template=template)) == 5
    for name, source in assembly.sources("App").items():
        assert source.keys() == {"executable"}, name


def test_cross_region_references(tmp_path: Path) -> None:
    """Writer and reader are made when the CDK resolves references, after all Aspects."""
    app = new_app(tmp_path, **CLI)
    stacks = [
        cdk.Stack(
            app,
            name,
            env=cdk.Environment(account=ACCOUNT, region=region),
            cross_region_references=True,
        )
        for name, region in (("Here", "us-east-1"), ("There", "eu-west-1"))
    ]
    for stack in stacks:
        SigningBaseline(stack, "Signing").sign_everything(stack)
    cdk.CfnOutput(stacks[1], "Name", value=s3.Bucket(stacks[0], "Bucket").bucket_name)
    assembly = synthesize(app)
    for name in ("Here", "There"):
        [resource] = signed_resources(assembly, name).values()
        outputs = assembly.template(f"{name}-Signing")["Outputs"].values()
        assert resource["Properties"]["CodeSigningConfigArn"] in [
            {"Fn::ImportValue": output["Export"]["Name"]} for output in outputs
        ]
        assert assembly.request(name)
        assert f"{name}-Signing" in assembly.artifact(name)["dependencies"]


def test_bucket_notifications_must_be_skipped(tmp_path: Path, code: Path) -> None:
    """Their function has inline code."""
    handler = "App/BucketNotificationsHandler050a0587b7544547bf325f094a3db834"

    def stack_with(case: str, skip: list[str]) -> cdk.Stack:
        stack = new_stack(tmp_path / case)
        SigningBaseline(stack, "Signing").sign_everything(stack, skip=skip)
        s3.Bucket(stack, "Bucket").add_event_notification(
            s3.EventType.OBJECT_CREATED,
            s3_notifications.LambdaDestination(plain(stack, code)),
        )
        return stack

    with pytest.raises(RuntimeError, match=f"{handler} cannot be signed: it has inline code"):
        synthesize(stack_with("refused", []))
    template = synthesize(stack_with("skipped", [handler])).template("App")
    configured = [
        "CodeSigningConfigArn" in resource["Properties"]
        for resource in resources_of(template, FUNCTION)
    ]
    assert sorted(configured) == [False, True]


# NodejsFunction looks for esbuild on the PATH of the CDK's own process: hence a process of its own.
TOOLS = Path(__file__).parents[2] / "node_modules" / ".bin"
NODEJS = """
import sys
import aws_cdk as cdk
from aws_cdk import aws_lambda_nodejs as nodejs
from secure_lambda_constructs import SigningBaseline

app = cdk.App(outdir=sys.argv[1])
stack = cdk.Stack(app, "App")
nodejs.NodejsFunction(
    stack, "Node", entry="index.ts", deps_lock_file_path="package-lock.json", project_root="."
)
SigningBaseline(stack, "Signing").sign_everything(app)
app.synth()
"""


def test_nodejs_function(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    source = "const answer: string = 'bundled'; export const handler = async () => answer;\n"
    (project / "index.ts").write_text(source)
    (project / "package-lock.json").write_text("{}")
    subprocess.run(
        [sys.executable, "-c", NODEJS, str(tmp_path / "out")],
        cwd=project,
        env={**os.environ, "PATH": os.pathsep.join([str(TOOLS), os.environ["PATH"]])},
        check=True,
        timeout=120,
    )
    assembly = Assembly(tmp_path / "out")
    assert len(signed_resources(assembly, "App")) == 1
    staged = assembly.directory / assembly.request("App").source
    bundled = (staged / "index.js").read_text()
    assert "bundled" in bundled
    assert ": string" not in bundled
