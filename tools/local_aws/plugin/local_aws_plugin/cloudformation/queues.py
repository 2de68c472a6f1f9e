"""``AWS::SQS::Queue``: changed in place, which LocalStack says that it does."""

from __future__ import annotations

import json
from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceRequest

from .base import Model, OurProvider, tag_changes, tags_as_dict

__all__ = ["QueueProvider"]

# What an attribute becomes when a template no longer has it.
_DEFAULTS = {
    "ContentBasedDeduplication": "false",
    "DelaySeconds": "0",
    "KmsDataKeyReusePeriodSeconds": "300",
    "KmsMasterKeyId": "",
    "MaximumMessageSize": "262144",
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "RedriveAllowPolicy": "",
    "RedrivePolicy": "",
    "SqsManagedSseEnabled": "true",
    "VisibilityTimeout": "30",
}
# SQS knows them for FIFO queues only.
_FIFO = frozenset({"ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"})


class QueueProvider(OurProvider):
    """A queue."""

    TYPE = "AWS::SQS::Queue"
    SUPPORTED = frozenset({*_DEFAULTS, *_FIFO, "FifoQueue", "QueueName", "Tags"})

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        sqs = request.aws_client_factory.sqs
        is_fifo = str(wanted.get("FifoQueue", False)).lower() == "true"
        suffix = ".fifo" if is_fifo else ""
        name = wanted.get("QueueName") or self._name(request, 80 - len(suffix)) + suffix
        attributes = {"FifoQueue": "true"} if is_fifo else {}
        url = sqs.create_queue(
            QueueName=name,
            Attributes=attributes | _attributes(wanted),
            tags=tags_as_dict(wanted.get("Tags")),
        )["QueueUrl"]
        return wanted | {"QueueName": name} | _identity(sqs, url)

    def _change(self, request: ResourceRequest, before: Model, wanted: Model) -> Model:
        sqs, url = request.aws_client_factory.sqs, before["QueueUrl"]
        old, new = _attributes(before), _attributes(wanted)
        gone = {key: _DEFAULTS[key] for key in old.keys() - new.keys() if key in _DEFAULTS}
        changed = {key: value for key, value in new.items() if old.get(key) != value}
        if gone or changed:
            sqs.set_queue_attributes(QueueUrl=url, Attributes=gone | changed)
        tag_changes(
            before,
            wanted,
            add=lambda tags: sqs.tag_queue(QueueUrl=url, Tags=tags),
            remove=lambda keys: sqs.untag_queue(QueueUrl=url, TagKeys=keys),
        )
        return wanted | {"QueueName": before["QueueName"]} | _identity(sqs, url)

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        request.aws_client_factory.sqs.delete_queue(QueueUrl=before["QueueUrl"])


def _attributes(model: Model) -> dict[str, str]:
    """The attributes as the API takes them: all of them text."""
    return {
        key: _text(model[key]) for key in (*_DEFAULTS, *_FIFO) if model.get(key) not in (None, {})
    }


def _text(value: object) -> str:
    if isinstance(value, dict):
        return json.dumps(value, sort_keys=True)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _identity(sqs: Any, url: str) -> Model:
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    return {"QueueUrl": url, "Arn": arn["QueueArn"]}
