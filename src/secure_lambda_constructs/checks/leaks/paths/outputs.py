"""O01 and O02: ways out through what the function and Lambda hand on."""

import json
from collections.abc import Iterator
from typing import Any

from ...model.policies import statements
from ...model.values import Unknown, as_list, dig
from ...model.world import Resource
from ..case import Case
from ..reasons import Reason, told
from ..register import path
from .carriers import carried_on
from .queues import event_targets, foreign_receivers, wants_tls
from .reach import guarded, has_guarded

__all__: list[str] = []

# What ships log data to where the resource says.
_LOG_SHIPPING = {
    "AWS::Logs::DeliveryDestination": ("DestinationResourceArn",),
    "AWS::Logs::SubscriptionFilter": ("DestinationArn",),
    "AWS::Oam::Link": ("SinkIdentifier",),
}
# What the policy of an account may do with logs without taking them anywhere.
_LOG_KEEPING = ("FIELD_INDEX_POLICY", "TRANSFORMER_POLICY")

# Where what is found in logs is written to: the property that names it, and the types of that.
_NAME_OF_FINDINGS = {
    "CloudWatchLogs": "LogGroup",
    "Firehose": "DeliveryStream",
    "S3": "Bucket",
}
_FINDINGS_TO = {
    "CloudWatchLogs": ("AWS::Logs::LogGroup",),
    "Firehose": ("AWS::KinesisFirehose::DeliveryStream",),
    "S3": ("AWS::S3::Bucket",),
}

_LOGGED_TO = ("AWS::Logs::LogGroup", "AWS::S3::Bucket")
_SHIPPED_TO = (
    "AWS::Logs::LogGroup",
    "AWS::Kinesis::Stream",
    "AWS::KinesisFirehose::DeliveryStream",
    "AWS::Lambda::Function",
    "AWS::Oam::Sink",
    "AWS::S3::Bucket",
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
    for source, target in event_targets(case):
        queue = case.world.find(target, "AWS::SQS::Queue", near=source)
        if queue is None:
            yield Reason(source, "sends events to what is no queue of these stacks", told(target))
            continue
        # A queue that says nothing of it is encrypted with a key of SQS.
        managed = str(queue.get("SqsManagedSseEnabled", default=True)).lower() == "true"
        if queue.get("KmsMasterKeyId") is None and not managed:
            yield Reason(queue, "gets events of a function and is not encrypted")
        if not wants_tls(case, queue):
            yield Reason(queue, "gets events of a function and takes messages without TLS")
        yield from case.still_open(foreign_receivers(case, queue))


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
    shipped = [
        (shipping, shipping.get(*names))
        for kind, names in _LOG_SHIPPING.items()
        for shipping in case.world.of(kind)
    ]
    shipped += [
        (policy, target)
        for policy in case.world.of("AWS::Logs::AccountPolicy")
        for target in _targets_of_account(case, policy)
    ]
    for shipping, target in shipped:
        found = case.world.find(_unqualified(target), *_SHIPPED_TO, near=shipping)
        if found is None:
            text = "ships logs to what is no stream, function or bucket of these stacks"
            yield Reason(shipping, text, told(target))
        else:
            yield from carried_on(case, found)
    for flow_log in case.world.of("AWS::EC2::FlowLog"):
        target = flow_log.get("LogDestination")
        # It may be a folder of a bucket.
        kept = target.partition("/")[0] if str(target).startswith("arn:aws:s3:") else target
        named = target is not None and case.world.find(kept, *_LOGGED_TO, near=flow_log) is None
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
        if named is not None and named != "" and function.log_group is None:
            yield Reason(resource, "logs to a group that no template creates", told(named))


def _unqualified(target: Any) -> Any:
    """Return the ARN of a function without its version or alias; all else as it is."""
    is_function = isinstance(target, str) and ":lambda:" in target
    return ":".join(target.split(":")[:7]) if is_function else target


def _targets_of_account(case: Case, policy: Resource) -> Iterator[Any]:
    """Yield where a policy of an account on logs sends them."""
    kind = policy.get("PolicyType")
    if kind in _LOG_KEEPING:
        return
    document = policy.get("PolicyDocument")
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError:
            document = Unknown("the policy is no JSON")
    if kind != "DATA_PROTECTION_POLICY":
        yield dig(document, "DestinationArn", default=document)
        return
    if not isinstance(document, dict):
        yield document
    for entry in statements(document):
        found = dig(entry, "Operation", "Audit", "FindingsDestination", default={})
        for service, named in found.items() if isinstance(found, dict) else [("", found)]:
            name = dig(named, _NAME_OF_FINDINGS.get(service, ""), default=named)
            kinds = _FINDINGS_TO.get(service, ())
            known = case.world.find(name, *kinds, near=policy)
            yield name if known is None else known.arn
