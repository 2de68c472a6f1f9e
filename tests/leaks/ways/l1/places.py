"""N01, N02 and N08: who is in the network and who is not."""

import aws_cdk as cdk
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_efs as efs
from aws_cdk import aws_elasticache as elasticache
from aws_cdk import aws_iam as iam
from aws_cdk import aws_imagebuilder as imagebuilder
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs

from .base import (
    AGNOSTIC,
    CENTRAL,
    EU,
    WAYS,
    WRITES,
    Base,
    allow,
    deny,
    document,
    log_group,
    role,
    subnet,
    vpc,
)

__all__: list[str] = []


@WAYS.way("N01", "I01", "I02")
def _a_place_in_the_vpc_on_a_condition(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    wanted = cdk.CfnParameter(base.stack, "InVpc", default="no" if is_open else "yes")
    inside = cdk.CfnCondition(
        base.stack, "IsInVpc", expression=cdk.Fn.condition_equals(wanted.value_as_string, "yes")
    )
    logs = log_group(base.stack, "ExportLogs")
    reads = "dynamodb:Query"
    exporter = role(
        base.stack,
        "ExportRole",
        allow(WRITES, logs.attr_arn),
        (allow if is_open else base.inside)(reads, base.table.attr_arn),
        base.rights[1],
        *base.denies[: 1 if is_open else 2],
    )
    place = {
        "SecurityGroupIds": [base.group.attr_group_id],
        "SubnetIds": [each.ref for each in base.subnets],
    }
    base.signed(
        "Export",
        exporter,
        logs,
        vpc_config=cdk.Fn.condition_if(inside.logical_id, place, cdk.Aws.NO_VALUE),
    )


@WAYS.way("N01", "I01", "I02")
def _a_managed_policy_that_the_stack_of_the_data_attaches(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=EU)
    reads = (allow if is_open else base.inside)(["dynamodb:Query"], base.table.attr_arn)
    logs = log_group(base.stack, "ReportLogs")
    reporter = role(base.stack, "ReportRole", allow(WRITES, logs.attr_arn))
    base.signed("Report", reporter, logs)
    readers = cdk.Stack(app, "Readers", env=EU)
    iam.CfnManagedPolicy(
        readers,
        "Readers",
        policy_document=document(reads),
        roles=[reporter.ref if is_open else base.role.ref],
    )


@WAYS.way("N02")
def _a_subnet_that_is_imported_by_a_name_in_use_or_not(app: cdk.App, is_open: bool) -> None:
    base = Base(app, is_apart=True)
    cdk.CfnOutput(base.shared, "ZoneB", value=base.subnets[1].ref, export_name="platform-SubnetB")
    cdk.CfnParameter(base.stack, "Network", default="shared" if is_open else "platform")
    base.function.vpc_config = lambda_.CfnFunction.VpcConfigProperty(
        security_group_ids=[base.group.attr_group_id],
        subnet_ids=[
            base.subnets[0].ref,
            cdk.Fn.import_value(cdk.Fn.sub("${Network}-SubnetB")),
        ],
    )


@WAYS.way("N02")
def _a_list_of_subnets_that_is_imported(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=CENTRAL, is_apart=True)
    ids = [each.ref for each in base.subnets]
    more = ["subnet-0123456789abcdef0"] if is_open else []
    cdk.CfnOutput(
        base.shared, "Ids", value=cdk.Fn.join(",", [*ids, *more]), export_name="platform-Subnets"
    )
    base.function.vpc_config = lambda_.CfnFunction.VpcConfigProperty(
        security_group_ids=[base.group.attr_group_id],
        subnet_ids=cdk.Fn.split(",", cdk.Fn.import_value("platform-Subnets")),
    )


_UNSEEN = ("D01", "D02", "D03", "D04", "N03", "N04", "N05", "N06", "N07", "N08", "N10", "P01")


@WAYS.way("N02", *_UNSEEN, "P03", "P04", "P06", "P08", "P09", "P10", "P11")
def _the_subnets_are_read_at_deployment(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=EU)
    told = cdk.CfnParameter(
        base.stack,
        "Subnets",
        default="/platform/subnets",
        type="AWS::SSM::Parameter::Value<List<AWS::EC2::Subnet::Id>>",
    )
    base.function.vpc_config = lambda_.CfnFunction.VpcConfigProperty(
        security_group_ids=[base.group.attr_group_id],
        subnet_ids=told.value_as_list if is_open else [each.ref for each in base.subnets],
    )


@WAYS.way("N08")
def _instances_in_the_subnets(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=EU, is_apart=True)
    edge = vpc(base.shared, "Edge")
    rooms = subnet(base.shared, "Rooms", edge)
    ids = [each.ref for each in (base.subnets if is_open else [rooms])]
    cdk.CfnOutput(
        base.shared, "Hosts", value=cdk.Fn.join(",", ids), export_name="platform-HostSubnets"
    )
    autoscaling.CfnAutoScalingGroup(
        base.stack,
        "Workers",
        launch_template=autoscaling.CfnAutoScalingGroup.LaunchTemplateSpecificationProperty(
            launch_template_name="workers", version="1"
        ),
        max_size="2",
        min_size="1",
        vpc_zone_identifier=cdk.Fn.split(",", cdk.Fn.import_value("platform-HostSubnets")),
    )


@WAYS.way("N08")
def _a_host_beside_a_cache_and_files(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=AGNOSTIC)
    ids = [each.ref for each in base.subnets]
    # Neither of these hands on what it is given.
    elasticache.CfnSubnetGroup(base.stack, "Cache", description="Cache", subnet_ids=ids)
    files = efs.CfnFileSystem(base.stack, "Files", encrypted=True)
    efs.CfnMountTarget(
        base.stack,
        "Mount",
        file_system_id=files.ref,
        security_groups=[base.group.attr_group_id],
        subnet_id=ids[0],
    )
    if is_open:
        ec2.CfnInstance(base.stack, "Host", instance_type="t4g.nano", subnet_id=ids[0])


@WAYS.way("N08")
def _policies_name_the_vpc(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=EU, is_apart=True)
    inside = {"StringNotEquals": {"aws:SourceVpc": base.vpc.ref}}
    token = secretsmanager.CfnSecret(base.stack, "Token")
    secretsmanager.CfnResourcePolicy(
        base.stack,
        "FromTheVpc",
        resource_policy=document(
            deny(inside, Action="secretsmanager:GetSecretValue", Principal="*")
        ),
        secret_id=token.ref,
    )
    dead = sqs.CfnQueue(base.stack, "Dead", sqs_managed_sse_enabled=True)
    sqs.CfnQueuePolicy(
        base.stack,
        "ReadFromTheVpc",
        policy_document=document(deny(inside, Action="sqs:ReceiveMessage", Principal="*")),
        queues=[dead.ref],
    )
    if is_open:
        imagebuilder.CfnInfrastructureConfiguration(
            base.stack,
            "Images",
            instance_profile_name="images",
            name="images",
            subnet_id=base.subnets[0].ref,
        )


@WAYS.way("N08")
def _builds_in_the_vpc(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    edge = vpc(base.stack, "Edge")
    rooms = subnet(base.stack, "Rooms", edge)
    group = ec2.CfnSecurityGroup(
        base.stack,
        "Builds",
        group_description="Builds",
        vpc_id=(base.vpc if is_open else edge).ref,
    )
    codebuild.CfnProject(
        base.stack,
        "Migrations",
        artifacts=codebuild.CfnProject.ArtifactsProperty(type="NO_ARTIFACTS"),
        environment=codebuild.CfnProject.EnvironmentProperty(
            compute_type="BUILD_GENERAL1_SMALL",
            image="aws/codebuild/standard:7.0",
            type="LINUX_CONTAINER",
        ),
        service_role=role(base.stack, "BuildRole", service="codebuild").attr_arn,
        source=codebuild.CfnProject.SourceProperty(type="NO_SOURCE", build_spec="version: 0.2"),
        vpc_config=codebuild.CfnProject.VpcConfigProperty(
            security_group_ids=[group.attr_group_id],
            subnets=[(base.subnets[0] if is_open else rooms).ref],
            vpc_id=(base.vpc if is_open else edge).ref,
        ),
    )
