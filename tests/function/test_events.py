"""Where events come from and go: sources, dead letters and destinations."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from secure_lambda_constructs import InvalidInputError, SignedVpcFunction

from .conftest import ACCOUNT, Template, World

FOREIGN = "999988887777"
LAMBDA_ONLY = {"Null": {"lambda:SourceFunctionArn": "true"}}
INSTEAD = (
    "; write a queue of the function's own account: sqs.Queue(self, 'Failed', "
    "encryption=sqs.QueueEncryption.KMS_MANAGED, enforce_ssl=True)"
)
SOURCES = (
    "; a SignedVpcFunction takes events from SQS queues, Kinesis streams and DynamoDB streams of "
    "its own account"
)


def closed_queue(scope: cdk.Stack, id: str = "Failed", **properties: Any) -> sqs.Queue:
    return sqs.Queue(
        scope,
        id,
        **{"encryption": sqs.QueueEncryption.KMS_MANAGED, "enforce_ssl": True, **properties},
    )


def granted(template: Template, action: str) -> list[dict[str, Any]]:
    """The granted statements that have an action."""
    return [s for s in template.policy("Grants") if action in json.dumps(s["Action"])]


@pytest.fixture
def bound(code: Path) -> World:
    """A world bound to an account and a region."""
    return World(code, region="eu-west-1")


def test_all_sources_are_polled_by_lambda_alone(world: World) -> None:
    stream = kinesis.Stream(world.stack, "Clicks")
    world.function(
        events=[
            event_sources.SqsEventSource(sqs.Queue(world.stack, "Orders")),
            event_sources.KinesisEventSource(
                stream, starting_position=lambda_.StartingPosition.LATEST
            ),
            event_sources.DynamoEventSource(
                world.table(),
                starting_position=lambda_.StartingPosition.LATEST,
                on_failure=event_sources.SqsDlq(closed_queue(world.stack)),
            ),
        ]
    )
    template = world.template()
    assert len(template.all("AWS::Lambda::EventSourceMapping")) == 3
    for action in (
        "sqs:ReceiveMessage",
        "sqs:SendMessage",
        "kinesis:GetRecords",
        "dynamodb:GetRecords",
    ):
        (statement,) = granted(template, action)
        assert statement["Condition"] == LAMBDA_ONLY
    assert template.circles() == []
    assert len(template.of("UserInfoRole")) == 1


def test_what_the_code_is_granted_besides_is_the_codes(world: World) -> None:
    queue = sqs.Queue(world.stack, "Orders")
    function = world.function(events=[event_sources.SqsEventSource(queue)])
    queue.grant_consume_messages(function)
    conditions = [s.get("Condition") for s in granted(world.template(), "sqs:ReceiveMessage")]
    assert sorted(conditions, key=str) == [None, LAMBDA_ONLY]


def test_a_source_of_ones_own_grants_the_code_what_it_reads(world: World) -> None:
    bucket = s3.Bucket(world.stack, "Bucket")

    class Notified(event_sources.S3EventSource):
        """Reads the object that it is told of, and writes to no queue."""

        def bind(self, target: lambda_.IFunction) -> None:
            bucket.grant_read(target)
            target.add_to_role_policy(
                iam.PolicyStatement(
                    effect=iam.Effect.DENY, actions=["sqs:SendMessage"], resources=["*"]
                )
            )

    world.function(events=[Notified(bucket, events=[s3.EventType.OBJECT_CREATED])])
    template = world.template()
    (read,) = granted(template, "s3:GetObject*")
    assert "Null" not in read.get("Condition", {})
    (deny,) = granted(template, "sqs:SendMessage")
    assert "Condition" not in deny


def test_sources_of_queues_with_a_key_make_no_circle(world: World) -> None:
    key = kms.Key(world.stack, "Key")
    function = world.function(
        dead_letter_queue=closed_queue(world.stack, encryption_master_key=key),
        events=[
            event_sources.SqsEventSource(
                sqs.Queue(world.stack, "Orders", encryption_master_key=key)
            )
        ],
        environment_encryption=key,
    )
    key.add_to_resource_policy(
        iam.PolicyStatement(principals=[function.role], actions=["kms:Decrypt"], resources=["*"])
    )
    assert world.template().circles() == []


def test_dead_letters(world: World) -> None:
    key = kms.Key(world.stack, "Key")
    queue = closed_queue(world.stack, encryption_master_key=key)
    function = world.function(dead_letter_queue=queue)
    assert function.function.dead_letter_queue is queue
    template = world.template()
    assert len(template.of("UserInfo")) == 4
    assert template.one("AWS::Lambda::Function")["DeadLetterConfig"] == {
        "TargetArn": {"Fn::GetAtt": ["Failed178E83A2", "Arn"]}
    }
    # The CDK forgets the key, and Lambda would drop the calls.
    for action in ("sqs:SendMessage", "kms:GenerateDataKey"):
        (statement,) = granted(template, action)
        assert statement["Condition"] == LAMBDA_ONLY


@pytest.mark.parametrize("context", [None, {"createNewPolicies": True}])
def test_dead_letters_stay_inline_with_all_flags(code: Path, context: Any) -> None:
    flag = "@aws-cdk/aws-lambda:createNewPoliciesWithAddToRolePolicy"
    world = World(code, context={flag: True} if context else None)
    world.function(dead_letter_queue=closed_queue(world.stack))
    template = world.template()
    assert template.all("AWS::IAM::Policy") == []
    assert len(granted(template, "sqs:SendMessage")) == 1


def test_destinations(world: World) -> None:
    failed, done = closed_queue(world.stack), closed_queue(world.stack, "Done")
    world.function(
        on_failure=destinations.SqsDestination(failed),
        on_success=destinations.SqsDestination(done),
        retry_attempts=0,
        max_event_age=cdk.Duration.hours(1),
    )
    template = world.template()
    config = template.one("AWS::Lambda::EventInvokeConfig")
    assert set(config["DestinationConfig"]) == {"OnFailure", "OnSuccess"}
    assert (config["MaximumRetryAttempts"], config["MaximumEventAgeInSeconds"]) == (0, 3600)
    (statement,) = granted(template, "sqs:SendMessage")
    assert len(statement["Resource"]) == 2
    assert statement["Condition"] == LAMBDA_ONLY


def test_queue_of_the_own_account_that_was_imported_stays(bound: World) -> None:
    arn = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:failed"
    bound.function(
        dead_letter_queue=sqs.Queue.from_queue_arn(bound.stack, "Imported", arn),
        events=[
            event_sources.SqsEventSource(
                sqs.Queue.from_queue_arn(
                    bound.stack, "Orders", f"arn:aws:sqs:eu-west-1:{ACCOUNT}:orders"
                )
            ),
            event_sources.SqsEventSource(
                sqs.Queue.from_queue_arn(bound.stack, "Exported", cdk.Fn.import_value("Orders"))
            ),
        ],
    )
    config = bound.template().one("AWS::Lambda::Function")["DeadLetterConfig"]
    assert config == {"TargetArn": arn}


def test_queue_of_the_own_account_in_an_unbound_stack_stays(world: World) -> None:
    arn = world.stack.format_arn(service="sqs", resource="failed")
    world.function(dead_letter_queue=sqs.Queue.from_queue_arn(world.stack, "Imported", arn))
    assert len(world.template().all("AWS::Lambda::Function")) == 1


def test_queue_of_another_stack_with_its_policy_there(bound: World) -> None:
    data = bound.new_stack("Data")
    bound.function(dead_letter_queue=closed_queue(data))
    assert "Fn::ImportValue" in json.dumps(bound.template().policy("Grants"))


def test_queue_made_of_resources(world: World) -> None:
    queue = sqs.CfnQueue(world.stack, "Raw", sqs_managed_sse_enabled=True)
    sqs.CfnQueuePolicy(
        world.stack,
        "RawPolicy",
        queues=[queue.ref],
        policy_document={
            "Statement": {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sqs:*",
                "Resource": "*",
                "Condition": {"Bool": {"aws:SecureTransport": False}},
            }
        },
    )
    function = world.function()
    lambda_.CfnEventInvokeConfig(
        world.stack,
        "Config",
        function_name=function.function.function_name,
        qualifier="$LATEST",
        destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
            on_failure=lambda_.CfnEventInvokeConfig.OnFailureProperty(destination=queue.attr_arn)
        ),
    )
    assert len(world.template().all("AWS::Lambda::EventInvokeConfig")) == 1


Change = Callable[[World, SignedVpcFunction], Any]


def fail_to(destination: Callable[[cdk.Stack], lambda_.IDestination]) -> Change:
    return lambda world, fn: fn.function.configure_async_invoke(on_failure=destination(world.stack))


def fail_to_queue(**properties: Any) -> Change:
    return fail_to(lambda s: destinations.SqsDestination(closed_queue(s, **properties)))


def fail_to_read_queue(*principals: iam.IPrincipal) -> Change:
    def change(world: World, fn: SignedVpcFunction) -> None:
        queue = closed_queue(world.stack)
        queue.add_to_resource_policy(
            iam.PolicyStatement(
                principals=list(principals), actions=["sqs:Receive*"], resources=["*"]
            )
        )
        fn.function.configure_async_invoke(on_failure=destinations.SqsDestination(queue))

    return change


def poll(arn: str | None, **properties: Any) -> Change:
    return lambda world, fn: lambda_.CfnEventSourceMapping(
        world.stack,
        "Mapping",
        function_name=fn.function.function_arn,
        event_source_arn=arn,
        **properties,
    )


SENDS = "sends what the function was called with (onFailure) to "
REFUSED: dict[str, tuple[Change, str]] = {
    "topic": (
        fail_to(lambda s: destinations.SnsDestination(sns.Topic(s, "Topic"))),
        f"{SENDS}App/Topic/Resource, which is not known to be a queue, and may hand it on (by "
        f"mail, for example){INSTEAD}",
    ),
    "topic by its ARN": (
        fail_to(
            lambda s: destinations.SnsDestination(
                sns.Topic.from_topic_arn(s, "Topic", f"arn:aws:sns:eu-west-1:{ACCOUNT}:mail")
            )
        ),
        f"{SENDS}arn:aws:sns:eu-west-1:{ACCOUNT}:mail, which is no queue, and may hand it on",
    ),
    "event bus": (
        fail_to(lambda s: destinations.EventBridgeDestination(events.EventBus(s, "Bus"))),
        f"{SENDS}App/Bus/Resource, which is not known to be a queue",
    ),
    "bucket": (
        fail_to(lambda s: destinations.S3Destination(s3.Bucket(s, "Bucket"))),
        f"{SENDS}App/Bucket/Resource, which is not known to be a queue",
    ),
    "parameter": (
        fail_to(
            lambda s: destinations.SqsDestination(
                sqs.Queue.from_queue_arn(s, "Queue", cdk.CfnParameter(s, "Arn").value_as_string)
            )
        ),
        f"{SENDS}App/Arn, which is not known to be a queue",
    ),
    "export": (
        fail_to(
            lambda s: destinations.SqsDestination(
                sqs.Queue.from_queue_arn(s, "Queue", cdk.Fn.import_value("Queue"))
            )
        ),
        f"{SENDS}something that is known at deployment only, which is not known to be a queue",
    ),
    "account that is a parameter": (
        fail_to(
            lambda s: destinations.SqsDestination(
                sqs.Queue.from_queue_arn(
                    s,
                    "Queue",
                    f"arn:aws:sqs:eu-west-1:{cdk.CfnParameter(s, 'Account').value_as_string}:q",
                )
            )
        ),
        f"{SENDS}arn:aws:sqs:eu-west-1::q, whose account is not known",
    ),
    "queue without encryption": (
        fail_to_queue(encryption=None),
        f"{SENDS}App/Failed/Resource, which is not said to be encrypted; write "
        "encryption=sqs.QueueEncryption.KMS_MANAGED, or KMS with a key of your own",
    ),
    "unencrypted queue": (
        fail_to_queue(encryption=sqs.QueueEncryption.UNENCRYPTED),
        f"{SENDS}App/Failed/Resource, which is not said to be encrypted",
    ),
    "queue without TLS": (
        fail_to_queue(enforce_ssl=None),
        f"{SENDS}App/Failed/Resource, which takes messages without TLS; write enforce_ssl=True",
    ),
    "queue that another account reads": (
        fail_to_read_queue(iam.AccountPrincipal(ACCOUNT), iam.AccountPrincipal(FOREIGN)),
        f"{SENDS}App/Failed/Resource, whose policy lets account {FOREIGN} read it; allow the "
        "function's own account only",
    ),
    "queue that anybody reads": (
        fail_to_read_queue(iam.AnyPrincipal()),
        "whose policy lets anybody read it",
    ),
    "foreign queue as the source": (
        poll(f"arn:aws:sqs:eu-west-1:{FOREIGN}:orders"),
        f"App/Mapping takes events from arn:aws:sqs:eu-west-1:{FOREIGN}:orders{SOURCES}",
    ),
    "broker as the source": (
        poll(f"arn:aws:mq:eu-west-1:{ACCOUNT}:broker:b"),
        f"App/Mapping takes events from arn:aws:mq:eu-west-1:{ACCOUNT}:broker:b{SOURCES}",
    ),
    "nonsense as the source": (
        poll("orders"),
        f"App/Mapping takes events from orders{SOURCES}",
    ),
    "Kafka as the source": (
        poll(None, topics=["orders"]),
        f"App/Mapping takes events from a Kafka cluster{SOURCES}",
    ),
    "parameter as the source": (
        lambda world, fn: poll(cdk.CfnParameter(world.stack, "Arn").value_as_string)(world, fn),
        f"App/Mapping takes events from App/Arn{SOURCES}",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_other_ways_are_refused(bound: World, name: str) -> None:
    change, message = REFUSED[name]
    change(bound, bound.function())
    with pytest.raises(RuntimeError) as caught:
        bound.app.synth()
    assert message in str(caught.value)


def test_dead_letters_to_a_topic_by_an_assignment(world: World) -> None:
    function = world.function()
    resource = function.function.node.default_child
    assert isinstance(resource, lambda_.CfnFunction)
    resource.dead_letter_config = lambda_.CfnFunction.DeadLetterConfigProperty(
        target_arn=sns.Topic(world.stack, "Mail").topic_arn
    )
    with pytest.raises(RuntimeError, match="sends failed calls to App/Mail/Resource, which is not"):
        world.app.synth()


def test_policies_of_other_queues_do_not_count(bound: World) -> None:
    closed_queue(bound.stack, "Other")
    change, message = REFUSED["queue without TLS"]
    change(bound, bound.function())
    with pytest.raises(RuntimeError) as caught:
        bound.app.synth()
    assert message in str(caught.value)


def test_services_and_the_own_account_may_use_the_queue(bound: World) -> None:
    change = fail_to_read_queue(
        iam.ServicePrincipal("sns.amazonaws.com"), iam.AccountPrincipal(ACCOUNT)
    )
    change(bound, bound.function())
    assert len(bound.template().all("AWS::SQS::QueuePolicy")) == 1


def test_arguments_of_the_wrong_kind(shared_world: World) -> None:
    topic = sns.Topic(shared_world.stack, "Topic")
    source = event_sources.SqsEventSource(sqs.Queue(shared_world.stack, "Orders"))
    for argument, message in (
        ({"dead_letter_queue": topic}, "dead_letter_queue is a Topic, not a queue; write dead_"),
        ({"events": source}, r"events is a SqsEventSource, not a list; write events=\[...\]"),
        ({"initial_policy": None}, "initial_policy is None, not a list; write initial_policy="),
    ):
        with pytest.raises(InvalidInputError, match=message):
            shared_world.function(id="Refused", **argument)
    assert shared_world.stack.node.try_find_child("Refused") is None


def test_kafka_of_amazon_is_refused_by_the_role(world: World) -> None:
    cluster = event_sources.ManagedKafkaEventSource(
        cluster_arn="arn:aws:kafka:eu-west-1:111122223333:cluster/c/1",
        topic="orders",
        starting_position=lambda_.StartingPosition.LATEST,
    )
    with pytest.raises(RuntimeError, match="a managed policy cannot be added to the role"):
        world.function(events=[cluster])
