"""O01-O03: ways out through what the function hands on, and to whom it answers."""

from collections.abc import Iterator
from typing import Any

from ...model.policies import VERSION, pessimistic, statements
from ...model.values import Unknown, as_list, dig
from ...model.views import Function
from ...model.world import Resource
from ..attackers import FOREIGN_ACCOUNT, MALLORY, foreign_context, unsigned_context
from ..case import Case
from ..questions import Question
from ..reasons import Reason, told
from ..register import path
from .foreigners import as_foreigner
from .named import concerning
from .reach import guarded, has_guarded, relays

__all__ = ["permissions_of"]

_INVOCATIONS = ("lambda:InvokeFunction", "lambda:InvokeFunctionUrl", "lambda:GetFunction")

# Services that call functions for whoever has an account with them.
_CALLING_SERVICES = (
    "apigateway.amazonaws.com",
    "events.amazonaws.com",
    "s3.amazonaws.com",
    "sns.amazonaws.com",
)

# What ships log data to where the resource says.
_LOG_SHIPPING = {
    "AWS::Logs::AccountPolicy": ("PolicyDocument",),
    "AWS::Logs::DeliveryDestination": ("DestinationResourceArn",),
    "AWS::Logs::SubscriptionFilter": ("DestinationArn",),
    "AWS::Oam::Link": ("SinkIdentifier",),
}

_LOGGED_TO = ("AWS::Logs::LogGroup", "AWS::S3::Bucket")
_SHIPPED_TO = ("AWS::Kinesis::Stream", "AWS::Lambda::Function", "AWS::S3::Bucket", "AWS::Oam::Sink")
# Property of a permission: the condition that it stands for.
_CONDITIONS = (
    ("SourceArn", "ArnLike", "aws:SourceArn"),
    ("SourceAccount", "StringEquals", "aws:SourceAccount"),
    ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
    ("FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"),
    ("InvokedViaFunctionUrl", "Bool", "lambda:InvokedViaFunctionUrl"),
)

_NO_TRACES = ("PassThrough", None)


@path(
    "O01",
    "dead letters and destinations",
    present=has_guarded,
    attack="The code fails on purpose, or answers an asynchronous call, and Lambda sends the event "
    "or the answer with the rows to a queue, a topic or a bus that others read.",
    mend="Give dead_letter_queue=, on_failure= and on_success= an encrypted queue of this app with "
    "a policy that denies what comes without TLS: sqs.Queue(encryption=sqs.QueueEncryption.KMS, "
    "enforce_ssl=True). SignedVpcFunction refuses all else.",
)
def _o01(case: Case) -> Iterator[Reason]:
    for source, target in _targets(case):
        queue = case.world.find(target, "AWS::SQS::Queue", near=source)
        if queue is None:
            yield Reason(source, "sends events to what is no queue of these stacks", told(target))
            continue
        if queue.get("KmsMasterKeyId") is None and queue.get("SqsManagedSseEnabled") is not True:
            yield Reason(queue, "gets events of a function and is not encrypted")
        if not _wants_tls(case, queue):
            yield Reason(queue, "gets events of a function and takes messages without TLS")
        yield from case.still_open(_foreign_receivers(case, queue))


@path(
    "O02",
    "logs, traces and mounts, which leave through Lambda's own network",
    present=has_guarded,
    attack="The code prints the rows or writes them into a trace or a mounted file, and Lambda "
    "takes them past the VPC to where the attacker reads them.",
    mend="Give the function a logs.LogGroup of this app, as SignedVpcFunction has one, and leave "
    "out tracing=, filesystem= and what ships logs or flow logs to another account. Where traces "
    "are wanted, SignedVpcFunction(tracing=...) asks for them by name.",
)
def _o02(case: Case) -> Iterator[Reason]:
    for kind, names in _LOG_SHIPPING.items():
        for shipping in case.world.of(kind):
            target = shipping.get(*names)
            if case.world.find(target, *_SHIPPED_TO, near=shipping) is None:
                yield Reason(
                    shipping,
                    "ships logs to what is no stream, function or bucket of these stacks",
                    told(target),
                )
    for flow_log in case.world.of("AWS::EC2::FlowLog"):
        target = flow_log.get("LogDestination")
        named = target is not None and case.world.find(target, *_LOGGED_TO, near=flow_log) is None
        if named and not case.is_own_account(target):
            yield Reason(flow_log, "sends flow logs outside the account", told(target))
        if flow_log.get("DeliverCrossAccountRole") is not None:
            yield Reason(flow_log, "sends flow logs to another account")
    for function in guarded(case):
        resource = function.resource
        if resource.get("TracingConfig", "Mode") not in _NO_TRACES:
            yield Reason(resource, "sends traces")
        for mount in as_list(resource.get("FileSystemConfigs")):
            if case.world.find(dig(mount, "Arn"), "AWS::EFS::AccessPoint") is None:
                text = "mounts a file system that no template creates"
                yield Reason(resource, text, told(dig(mount, "Arn")))
        named = resource.get("LoggingConfig", "LogGroup")
        if named is not None and function.log_group is None:
            yield Reason(resource, "logs to a group that no template creates", told(named))


@path(
    "O03",
    "whoever may invoke the function reads its answers",
    present=has_guarded,
    attack="The attacker calls the function from his own account, or by its URL without any keys, "
    "and the code answers with the rows.",
    mend="Admit callers by name, which is all that a SignedVpcFunction lets pass: a permission has "
    "a principal of this account, or a service with source_arn= and source_account=. With the "
    "CDK's own classes: no add_permission() for another account or without a source, and "
    "lambda_.FunctionUrlAuthType.AWS_IAM at each URL.",
)
def _o03(case: Case) -> Iterator[Reason]:
    for function in guarded(case):
        policy = permissions_of(case, function)
        if statements(policy):
            yield from case.still_open(_foreign_callers(function, policy))
        for url in concerning(case, function, "AWS::Lambda::Url", "TargetFunctionArn"):
            if url.get("AuthType") != "AWS_IAM":
                yield Reason(url, "is a URL of the function that needs no signature")


def permissions_of(case: Case, function: Function) -> dict[str, Any]:
    """Return the resource policy that the `AWS::Lambda::Permission`s of `function` make up."""
    made = [
        _permission(permission)
        for permission in concerning(case, function, "AWS::Lambda::Permission", "FunctionName")
    ]
    return pessimistic({"Version": VERSION, "Statement": made}, of_resource=True)


def _permission(permission: Resource) -> dict[str, Any]:
    principal = permission.get("Principal")
    if isinstance(principal, Unknown):
        who: Any = principal
    elif principal == "*":
        who = "*"
    elif str(principal).endswith(".amazonaws.com"):
        who = {"Service": principal}
    else:
        who = {"AWS": principal}
    conditions: dict[str, Any] = {}
    for name, operator, key in _CONDITIONS:
        if permission.get(name) is not None:
            conditions.setdefault(operator, {})[key] = permission.get(name)
    action = permission.get("Action")
    allowed = {"Effect": "Allow", "Principal": who, "Action": action, "Resource": "*"}
    return {**allowed, "Condition": conditions} if conditions else allowed


def _foreign_callers(function: Function, policy: dict[str, Any]) -> Iterator[Question]:
    region, account = function.resource.region, function.resource.account
    people: list[tuple[str, str | None, dict[str, Any]]] = [
        ("other accounts", MALLORY, foreign_context(region, vpc=None, owner=account)),
        ("everybody", None, unsigned_context(region, vpc=None, owner=account)),
    ]
    services = [
        (f"{service} for other accounts", service, _for_another_account(service, region))
        for service in _CALLING_SERVICES
    ]
    for action in _INVOCATIONS:
        by_url = action == "lambda:InvokeFunctionUrl"
        extra = {"lambda:FunctionUrlAuthType": "NONE"} if by_url else {}
        for who, principal, context in people if by_url else [*people, *services]:
            yield Question(
                label=f"may be called by {who}",
                action=action,
                resource=str(function.arn),
                context={**context, **extra},
                principal=principal,
                resource_policy=policy,
                about=function.resource,
            )


def _for_another_account(service: str, region: str) -> dict[str, Any]:
    source = f"arn:aws:{service.partition('.')[0]}:{region}:{FOREIGN_ACCOUNT}:loot"
    return {"aws:SourceAccount": FOREIGN_ACCOUNT, "aws:SourceArn": source}


def _foreign_receivers(case: Case, queue: Resource) -> Iterator[Question]:
    for policy in _queue_policies(case, queue):
        actions = ("sqs:ReceiveMessage", "sqs:SendMessage")
        yield from as_foreigner(queue, str(queue.arn), actions, policy)


def _queue_policies(case: Case, queue: Resource) -> list[Any]:
    return case.once(_policies_of_queues).get(str(queue.id), [])


def _policies_of_queues(case: Case) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for policy in case.world.of("AWS::SQS::QueuePolicy"):
        for queue in as_list(policy.get("Queues")):
            found.setdefault(str(queue), []).append(policy.get("PolicyDocument"))
    return found


def _wants_tls(case: Case, queue: Resource) -> bool:
    return any(
        entry.get("Effect") == "Deny"
        and str(dig(entry, "Condition", "Bool", "aws:SecureTransport")).lower() == "false"
        for policy in _queue_policies(case, queue)
        for entry in statements(policy)
    )


def _targets(case: Case) -> Iterator[tuple[Resource, Any]]:
    judged = [*guarded(case), *relays(case)]
    for function in judged:
        dead_letters = function.resource.get("DeadLetterConfig", "TargetArn")
        if dead_letters is not None:
            yield function.resource, dead_letters
    for kind in ("AWS::Lambda::EventInvokeConfig", "AWS::Lambda::EventSourceMapping"):
        sources = {
            source.path: source
            for function in judged
            for source in concerning(case, function, kind, "FunctionName")
        }
        for source in sources.values():
            for event in ("OnFailure", "OnSuccess"):
                target = source.get("DestinationConfig", event, "Destination")
                if target is not None:
                    yield source, target
