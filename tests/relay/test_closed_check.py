"""What opens a relay is refused when the app synthesizes."""

from collections.abc import Callable

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import IConstruct

from secure_lambda_constructs import EgressRelayFunction

from .conftest import RelayWorld


def resource_of(relay: EgressRelayFunction) -> lambda_.CfnFunction:
    resource = relay.function.node.default_child
    assert isinstance(resource, lambda_.CfnFunction)
    return resource


def permission(world: RelayWorld, relay: EgressRelayFunction) -> None:
    relay.function.add_permission("Others", principal=iam.AccountPrincipal("444455556666"))


def service(world: RelayWorld, relay: EgressRelayFunction) -> None:
    rule = events.Rule(world.stack, "Nightly", schedule=events.Schedule.rate(cdk.Duration.hours(1)))
    rule.add_target(targets.LambdaFunction(relay.function))


def url(world: RelayWorld, relay: EgressRelayFunction) -> None:
    lambda_.CfnUrl(
        world.stack, "Url", auth_type="AWS_IAM", target_function_arn=relay.function.function_arn
    )


def queue(world: RelayWorld, relay: EgressRelayFunction) -> None:
    lambda_.CfnEventSourceMapping(
        world.stack,
        "Polled",
        function_name=relay.function.function_name,
        event_source_arn=sqs.Queue(world.stack, "Queue").queue_arn,
    )


def alias(world: RelayWorld, relay: EgressRelayFunction) -> None:
    live = lambda_.Alias(
        world.stack, "Live", alias_name="live", version=relay.function.current_version
    )
    live.add_permission("Others", principal=iam.ServicePrincipal("events.amazonaws.com"))


def destination(world: RelayWorld, relay: EgressRelayFunction) -> None:
    lambda_.CfnEventInvokeConfig(
        world.stack,
        "Results",
        function_name=relay.function.function_name,
        qualifier="$LATEST",
        destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
            on_success=lambda_.CfnEventInvokeConfig.OnSuccessProperty(
                destination=sqs.Queue(world.stack, "Queue").queue_arn
            )
        ),
    )


def subscription(world: RelayWorld, relay: EgressRelayFunction) -> None:
    logs.CfnSubscriptionFilter(
        world.stack,
        "Subscription",
        log_group_name=relay.log_group.log_group_name,
        filter_pattern="",
        destination_arn="arn:aws:logs:eu-west-1:111122223333:destination:others",
    )


def managed_policy(world: RelayWorld, relay: EgressRelayFunction) -> None:
    iam.CfnManagedPolicy(
        world.stack,
        "Further",
        policy_document={"Version": "2012-10-17", "Statement": []},
        roles=[relay.role.role_name],
    )


def trust(world: RelayWorld, relay: EgressRelayFunction) -> None:
    policy = relay.role.assume_role_policy
    assert policy is not None
    policy.add_statements(
        iam.PolicyStatement(
            actions=["sts:AssumeRole"], principals=[iam.AccountPrincipal("444455556666")]
        )
    )


def no_bound(world: RelayWorld, relay: EgressRelayFunction) -> None:
    resource_of(relay).reserved_concurrent_executions = None


def other_role(world: RelayWorld, relay: EgressRelayFunction) -> None:
    resource_of(relay).role = "arn:aws:iam::111122223333:role/admin"


def layer(world: RelayWorld, relay: EgressRelayFunction) -> None:
    relay.function.add_layers(
        lambda_.LayerVersion.from_layer_version_arn(
            world.stack, "Layer", "arn:aws:lambda:eu-west-1:111122223333:layer:other:1"
        )
    )


def variable(world: RelayWorld, relay: EgressRelayFunction) -> None:
    relay.function.add_environment("PYTHONPATH", "/tmp")


def aspect(world: RelayWorld, relay: EgressRelayFunction) -> None:
    @jsii.implements(cdk.IAspect)
    class Unsigned:
        def visit(self, node: IConstruct) -> None:
            if isinstance(node, lambda_.CfnFunction):
                node.code_signing_config_arn = None

    cdk.Aspects.of(relay).add(Unsigned())


OPENERS: dict[str, tuple[Callable[[RelayWorld, EgressRelayFunction], None], str]] = {
    "permission": (permission, "lets others call the relay"),
    "service": (service, "lets others call the relay"),
    "url": (url, "is a URL, by which others can call the relay"),
    "queue": (queue, "has Lambda call the relay with what it polls"),
    "alias": (alias, "lets others call the relay"),
    "destination": (destination, "hands on what the relay was asked and answered"),
    "subscription": (subscription, "hands the relay's audit records on"),
    "managed_policy": (managed_policy, "is attached to the relay's role"),
    "trust": (trust, "the trust policy of the role is not that of Lambda alone"),
    "no_bound": (no_bound, "nothing would bound what leaves in a time"),
    "other_role": (other_role, "the role is not the relay's"),
    "layer": (layer, "a layer would run with the relay's credentials"),
    "variable": (variable, "the environment is not what the routes need"),
    "aspect": (aspect, "the code signing configuration is not the baseline's"),
}


@pytest.fixture(scope="module")
def refusal(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is said of an app with one relay, in a stack of its own, for each way to open it."""
    code = tmp_path_factory.mktemp("code")
    (code / "index.py").write_text("def handler(event, context):\n    return event\n")
    world = RelayWorld(code, region="eu-west-1")
    for name, (open_it, _) in OPENERS.items():
        world.stack = world.new_stack(name.replace("_", "-"))
        open_it(world, world.relay())
    with pytest.raises(RuntimeError) as refused:
        world.app.synth()
    return str(refused.value)


@pytest.mark.parametrize("name", OPENERS)
def test_what_opens_a_relay_is_refused(refusal: str, name: str) -> None:
    _, message = OPENERS[name]
    said = [line for line in refusal.splitlines() if f"{name.replace('_', '-')}/" in line]
    assert any(message in line for line in said), said


def test_event_source_needs_a_right_that_is_refused(world: RelayWorld) -> None:
    relay = world.relay()
    with pytest.raises(RuntimeError, match="no rights but to read the credentials"):
        relay.function.add_event_source(
            event_sources.SqsEventSource(sqs.Queue(world.stack, "Queue"))
        )


def test_what_opens_nothing_is_left_alone(world: RelayWorld) -> None:
    relay, _ = world.connected()
    lambda_.Alias(world.stack, "Live", alias_name="live", version=relay.function.current_version)
    cdk.Tags.of(relay).add("team", "payments")
    relay.log_group.add_metric_filter(
        "Refusals",
        filter_pattern=logs.FilterPattern.literal("refused"),
        metric_namespace="Own",
        metric_name="Refusals",
    )
    world.app.synth()
