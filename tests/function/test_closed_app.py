"""What is refused on a function wherever in the app it was made, and what beside it is not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_elasticloadbalancingv2_targets as elbv2_targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_logs as logs
from aws_cdk import aws_logs_destinations as logs_destinations
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_notifications as notifications
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import IConstruct

from secure_lambda_constructs import SignedVpcFunction

from .conftest import ACCOUNT, World

FOREIGN = "999988887777"
LOOT = f"arn:aws:sqs:eu-west-1:{FOREIGN}:loot"
Change = Callable[[cdk.Stack, SignedVpcFunction], Any]


def alias(stack: cdk.Stack, fn: SignedVpcFunction) -> lambda_.Alias:
    return lambda_.Alias(stack, "Live", alias_name="live", version=fn.function.current_version)


def group_again(stack: cdk.Stack, fn: SignedVpcFunction) -> ec2.ISecurityGroup:
    return ec2.SecurityGroup.from_security_group_id(
        stack,
        "Again",
        fn.security_group.security_group_id,
        # By default the CDK takes the group for open already, and adds no rule.
        allow_all_outbound=False,
    )


def permission(stack: cdk.Stack, name: str, **properties: Any) -> lambda_.CfnPermission:
    return lambda_.CfnPermission(
        stack,
        "Open",
        **{
            "action": "lambda:InvokeFunction",
            "function_name": name,
            "principal": FOREIGN,
            **properties,
        },
    )


def subscribe(stack: cdk.Stack, fn: SignedVpcFunction, arn: str) -> None:
    logs.CfnSubscriptionFilter(
        stack,
        "Tail",
        log_group_name=fn.log_group.log_group_name,
        filter_pattern="",
        destination_arn=arn,
    )


def cross_account(stack: cdk.Stack, fn: SignedVpcFunction) -> None:
    destination = logs.CrossAccountDestination(
        stack,
        "Shared",
        role=iam.Role(stack, "Reader", assumed_by=iam.ServicePrincipal("logs.amazonaws.com")),
        target_arn=f"arn:aws:kinesis:eu-west-1:{FOREIGN}:stream/loot",
    )
    fn.log_group.add_subscription_filter(
        "Tail", destination=destination, filter_pattern=logs.FilterPattern.all_events()
    )


def source(**given: Any) -> Change:
    return lambda s, fn: fn.function.add_permission(
        "Open", principal=iam.ServicePrincipal("sns.amazonaws.com"), **given
    )


# Each is made in another stack and again in the function's own.
ELSEWHERE: dict[str, tuple[Change, str]] = {
    "permission": (
        lambda s, fn: fn.function.add_permission(
            "Open", principal=iam.AccountPrincipal(FOREIGN), scope=s
        ),
        f"/Open lets account {FOREIGN} call the function; only callers of the function's own",
    ),
    "URL": (
        lambda s, fn: lambda_.CfnUrl(
            s, "Url", auth_type="NONE", target_function_arn=fn.function.function_arn
        ),
        "/Url is a URL with auth type NONE",
    ),
    "permission of an alias": (
        lambda s, fn: alias(s, fn).add_permission("Open", principal=iam.AccountPrincipal(FOREIGN)),
        f"lets account {FOREIGN} call the function",
    ),
    "permission of a version": (
        lambda s, fn: permission(s, fn.function.current_version.function_arn),
        f"/Open lets account {FOREIGN} call the function",
    ),
    "permission by a name that is written out": (
        lambda s, fn: permission(s, "user-info:live"),
        f"/Open lets account {FOREIGN} call the function",
    ),
    "permission by an ARN that is written out": (
        lambda s, fn: permission(s, f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:user-info"),
        f"/Open lets account {FOREIGN} call the function",
    ),
    "egress": (
        lambda s, fn: group_again(s, fn).add_egress_rule(
            ec2.Peer.any_ipv4(), ec2.Port.all_traffic()
        ),
        "lets the function send to 0.0.0.0/0; remove it, and allow a security group",
    ),
    "egress resource": (
        lambda s, fn: ec2.CfnSecurityGroupEgress(
            s,
            "Out",
            group_id=fn.security_group.security_group_id,
            ip_protocol="-1",
            destination_prefix_list_id="pl-1",
        ),
        "/Out lets the function send to pl-1; remove it",
    ),
    "managed policy": (
        lambda s, fn: iam.ManagedPolicy(
            s,
            "Managed",
            roles=[fn.role],
            statements=[iam.PolicyStatement(actions=["sqs:*"], resources=["*"])],
        ),
        "/Managed/Resource attaches a managed policy to the role of a SignedVpcFunction",
    ),
    "subscription": (
        lambda s, fn: subscribe(s, fn, f"arn:aws:logs:eu-west-1:{FOREIGN}:destination:loot"),
        f"/Tail sends the function's log to arn:aws:logs:eu-west-1:{FOREIGN}:destination:loot; "
        "subscribe something of the function's own account",
    ),
}


@pytest.mark.parametrize("name", ELSEWHERE)
@pytest.mark.parametrize("place", ["own", "other", "nested"])
def test_opening_elsewhere_is_refused(code: Path, name: str, place: str) -> None:
    world = World(code, region="eu-west-1")
    places: dict[str, Callable[[], cdk.Stack]] = {
        "own": lambda: world.stack,
        "other": lambda: world.new_stack("Other"),
        "nested": lambda: cdk.NestedStack(world.stack, "Nested"),
    }
    stack = places[place]()
    change, message = ELSEWHERE[name]
    change(stack, world.function(function_name="user-info"))
    with pytest.raises(RuntimeError) as caught:
        world.app.synth()
    assert message in str(caught.value)
    assert "env=" not in str(caught.value)


OPENINGS: dict[str, tuple[Change, str]] = {
    "service for another account": (
        source(source_account=FOREIGN),
        f"lets sns.amazonaws.com call the function for account {FOREIGN}; write source_account=",
    ),
    "service for another account's resource": (
        source(source_arn=f"arn:aws:sns:eu-west-1:{FOREIGN}:topic"),
        f"lets sns.amazonaws.com call the function for account {FOREIGN}; write source_account=",
    ),
    "service for all accounts": (
        source(source_arn="arn:aws:sns:eu-west-1:*:topic"),
        "lets sns.amazonaws.com call the function for account *; write source_account=",
    ),
    "service for a bucket of whoever": (
        source(source_arn="arn:aws:s3:::bucket"),
        "lets sns.amazonaws.com call the function for any account; write source_arn or",
    ),
    "service by half a name": (
        lambda s, fn: permission(s, fn.function.function_name, principal="a.amazonaws.com.evil"),
        "lets 'a.amazonaws.com.evil' call the function, which is no account, role or service",
    ),
    "foreign account with a partition that is not known": (
        lambda s, fn: permission(
            s, fn.function.function_name, principal=iam.AccountPrincipal(FOREIGN).arn
        ),
        f"lets account {FOREIGN} call the function; only callers",
    ),
    "success of another account": (
        lambda s, fn: fn.function.configure_async_invoke(
            on_success=destinations.SqsDestination(sqs.Queue.from_queue_arn(s, "Loot", LOOT))
        ),
        f"sends what the function was called with (onSuccess) to {LOOT}; write a queue of the",
    ),
    "failure of an event source": (
        lambda s, fn: fn.function.add_event_source_mapping(
            "Source",
            event_source_arn=f"arn:aws:kinesis:eu-west-1:{ACCOUNT}:stream/x",
            starting_position=lambda_.StartingPosition.LATEST,
            on_failure=sources.SqsDlq(sqs.Queue.from_queue_arn(s, "Loot", LOOT)),
        ),
        f"sends what the function was called with (onFailure) to {LOOT}; write a queue of the",
    ),
    "shared destination": (
        cross_account,
        "sends the function's log to App/Shared/Resource, which hands it to another account",
    ),
}


@pytest.mark.parametrize("name", OPENINGS)
def test_opening_is_refused(code: Path, name: str) -> None:
    world = World(code, region="eu-west-1")
    change, message = OPENINGS[name]
    change(world.stack, world.function())
    with pytest.raises(RuntimeError) as caught:
        world.app.synth()
    assert message in str(caught.value)


def set_on(**values: Any) -> Callable[[lambda_.CfnFunction], None]:
    def change(resource: lambda_.CfnFunction) -> None:
        for name, value in values.items():
            setattr(resource, name, value)

    return change


OWN_CHANGES: dict[str, tuple[Callable[[lambda_.CfnFunction], None], str]] = {
    "code": (
        set_on(code=lambda_.CfnFunction.CodeProperty(zip_file="x = 1")),
        "the code is not the signed code; remove the Aspect, property injector or assignment",
    ),
    "no code signing": (
        set_on(code_signing_config_arn=None),
        "the code signing configuration is not the baseline's; remove",
    ),
    "other code signing": (
        set_on(code_signing_config_arn="arn:aws:lambda:eu-west-1:1:code-signing-config:csc-1"),
        "the code signing configuration is not the baseline's; remove",
    ),
    "no VPC": (set_on(vpc_config=None), "the VPC configuration is not the isolated network's"),
    "role": (
        set_on(role=f"arn:aws:iam::{ACCOUNT}:role/admin"),
        "the role is not the closed one; remove",
    ),
    "layers": (
        set_on(layers=["arn:aws:lambda:eu-west-1:464622532012:layer:Extension:1"]),
        "has layers that nobody checked, arn:aws:lambda:eu-west-1:464622532012:layer:Extension:1",
    ),
    "environment": (
        set_on(
            environment=lambda_.CfnFunction.EnvironmentProperty(
                variables={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/x"}
            )
        ),
        "is refused: the environment variable AWS_LAMBDA_EXEC_WRAPPER makes the runtime load",
    ),
    "environment known at deployment": (
        set_on(
            environment=lambda_.CfnFunction.EnvironmentProperty(
                variables={"PATH": cdk.Fn.import_value("path")}
            )
        ),
        "is refused: the environment variable PATH",
    ),
    "file system": (
        set_on(
            file_system_configs=[
                lambda_.CfnFunction.FileSystemConfigProperty(
                    arn=f"arn:aws:elasticfilesystem:eu-west-1:{ACCOUNT}:access-point/fsap-1",
                    local_mount_path="/mnt/data",
                )
            ]
        ),
        "has fileSystemConfigs, which a SignedVpcFunction cannot have: Lambda mounts the file "
        "system from its own network",
    ),
    "state that Lambda keeps": (
        set_on(
            durable_config=lambda_.CfnFunction.DurableConfigProperty(
                execution_timeout=60, retention_period_in_days=1
            )
        ),
        "has durableConfig, which a SignedVpcFunction cannot have: the code hands what it works on",
    ),
    "image": (set_on(package_type="Image"), "has packageType, which a SignedVpcFunction cannot"),
    "what nobody has looked at": (
        set_on(publish_to_latest_published=True),
        "has publishToLatestPublished, which a SignedVpcFunction cannot have: nobody has looked at "
        "what it opens; remove the Aspect, property injector or assignment that sets it",
    ),
    "dead letters": (
        set_on(dead_letter_config=lambda_.CfnFunction.DeadLetterConfigProperty(target_arn=LOOT)),
        f"sends failed calls to {LOOT}; write a queue of the function's own account: sqs.Queue(",
    ),
}


@pytest.mark.parametrize("name", OWN_CHANGES)
def test_change_by_an_aspect_is_refused(code: Path, name: str) -> None:
    change, message = OWN_CHANGES[name]

    @jsii.implements(cdk.IAspect)
    class Change:
        def visit(self, node: IConstruct) -> None:
            if isinstance(node, lambda_.CfnFunction):
                change(node)

    world = World(code, region="eu-west-1")
    world.function()
    cdk.Aspects.of(world.app).add(Change())
    with pytest.raises(RuntimeError) as caught:
        world.app.synth()
    assert "App/UserInfo/Function/Resource " in str(caught.value)
    assert message in str(caught.value)


def test_tags_and_the_type_of_the_package_stay(code: Path) -> None:
    world = World(code, region="eu-west-1")
    function = world.function()
    cdk.Tags.of(function).add("team", "data")
    resource = function.function.node.default_child
    assert isinstance(resource, lambda_.CfnFunction)
    resource.package_type = "Zip"
    properties = world.template().one("AWS::Lambda::Function")
    assert properties["Tags"] == [{"Key": "team", "Value": "data"}]


def test_allowed_variable_and_own_additions_stay(code: Path) -> None:
    world = World(code, region="eu-west-1")
    function = world.function(
        environment={"NODE_OPTIONS": "--enable-source-maps"},
        environment_variables_that_may_load_code=["NODE_OPTIONS"],
    )
    function.function.add_environment("TABLE", world.table().table_name)
    function.connections.add_security_group(
        ec2.SecurityGroup(world.stack, "More", vpc=world.network.vpc, allow_all_outbound=False)
    )
    properties = world.template().one("AWS::Lambda::Function")
    assert set(properties["Environment"]["Variables"]) == {"NODE_OPTIONS", "TABLE"}


@pytest.mark.parametrize("region", [None, "eu-west-1"])
def test_integrations_stay(code: Path, region: str | None) -> None:
    world = World(code, region=region)
    stack, function = world.stack, world.function()
    elbv2.ApplicationTargetGroup(
        stack, "Targets", targets=[elbv2_targets.LambdaTarget(function.function)]
    )
    secretsmanager.Secret(stack, "Secret").add_rotation_schedule(
        "Rotation", rotation_lambda=function.function
    )
    sns.Topic(stack, "Topic").add_subscription(subscriptions.LambdaSubscription(function.function))
    s3.Bucket(stack, "Bucket").add_event_notification(
        s3.EventType.OBJECT_CREATED, notifications.LambdaDestination(function.function)
    )
    function.function.configure_async_invoke(
        on_failure=destinations.SqsDestination(
            sqs.Queue(stack, "Failed", encryption=sqs.QueueEncryption.KMS_MANAGED, enforce_ssl=True)
        )
    )
    function.function.add_permission(
        "Parameter",
        principal=iam.ServicePrincipal("sns.amazonaws.com"),
        source_account=cdk.CfnParameter(stack, "Account").value_as_string,
    )
    alias(stack, function).add_permission("Own", principal=iam.AccountPrincipal(stack.account))
    person = iam.Role(stack, "Person", assumed_by=iam.AccountPrincipal(stack.account))
    permission(stack, function.function.function_name, principal=person.role_arn)
    logs.CrossAccountDestination(stack, "OfOthers", role=person, target_arn=LOOT)
    stream = kinesis.Stream(stack, "Stream")
    function.log_group.add_subscription_filter(
        "Tail",
        destination=logs_destinations.KinesisDestination(stream),
        filter_pattern=logs.FilterPattern.all_events(),
    )
    ec2.CfnSecurityGroupEgress(
        stack,
        "ToDatabase",
        group_id=function.security_group.security_group_id,
        ip_protocol="tcp",
        destination_security_group_id="sg-1",
    )
    account = ACCOUNT if region else {"Ref": "AWS::AccountId"}
    sources_of = {
        str(item["Principal"]): item.get("SourceAccount")
        for item in world.template().all("AWS::Lambda::Permission")
    }
    assert sources_of["elasticloadbalancing.amazonaws.com"] == account
    assert sources_of["secretsmanager.amazonaws.com"] == account


def test_neighbours_may_be_open(code: Path) -> None:
    """Another function is none of the check's business."""
    world = World(code, region="eu-west-1")
    world.function(function_name="user-info")
    plain = lambda_.Function(
        world.stack,
        "Plain",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=world.code(),
    )
    plain.add_permission("Open", principal=iam.AccountPrincipal(FOREIGN))
    plain.add_function_url(auth_type=lambda_.FunctionUrlAuthType.NONE)
    iam.ManagedPolicy(
        world.stack,
        "Managed",
        roles=[plain.role] if plain.role else [],
        statements=[iam.PolicyStatement(actions=["sqs:*"], resources=["*"])],
    )
    permission(world.stack, f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:user-info")
    assert len(world.template().all("AWS::Lambda::Permission")) == 4


def test_twin_with_the_same_logical_id_is_another_function(code: Path) -> None:
    world = World(code, region="eu-west-1")
    own = world.function()
    twin = world.new_stack("Twin")
    resource = lambda_.CfnFunction(
        twin,
        "Any",
        code=lambda_.CfnFunction.CodeProperty(zip_file="x = 1"),
        role=f"arn:aws:iam::{ACCOUNT}:role/any",
    )
    made = own.function.node.default_child
    assert isinstance(made, lambda_.CfnFunction)
    resource.override_logical_id(world.stack.resolve(made.logical_id))
    permission(twin, resource.ref)
    assert len(world.templates()["Twin"]["Resources"]) == 2


def test_what_is_added_between_two_syntheses_is_seen(code: Path) -> None:
    world = World(code, region="eu-west-1")
    function = world.function()
    world.app.synth()
    permission(world.stack, function.function.function_name)
    with pytest.raises(RuntimeError, match=f"lets account {FOREIGN} call"):
        world.app.synth(force=True)


def test_functions_of_two_stages_are_checked(code: Path) -> None:
    world = World(code, region="eu-west-1", stage=True)
    function = world.function()
    assert world.app.node.find_all()
    permission(world.new_stack("Other"), function.function.function_arn)
    with pytest.raises(RuntimeError, match=f"lets account {FOREIGN} call"):
        world.app.synth()


def test_literal_account_in_an_unbound_stack_cannot_be_compared(world: World) -> None:
    function = world.function()
    function.function.configure_async_invoke(
        on_success=destinations.SqsDestination(sqs.Queue.from_queue_arn(world.stack, "Q", LOOT))
    )
    with pytest.raises(RuntimeError, match="bound to no account"):
        world.app.synth()
