"""CloudTrail's event history, which LocalStack has not: the management calls from outside.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html. Of the look-up
attributes there is `ResourceName` alone. The names of an event's resources are guessed: whatever
the request has below a key that ends in Name, Id or Arn. What CloudFormation and other services of
the stand-in call among themselves is not recorded.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext, handler

__all__ = ["TRAIL", "CloudTrailProvider", "Trail"]

_READS = ("Get", "List", "Describe", "Head", "Lookup", "Invoke", "Assume", "Simulate")
_DATA_SERVICES = {"dynamodb", "s3", "sqs"}
_KEYS = ("Name", "Names", "Id", "Ids", "Arn", "Arns")
# IAM's calls are recorded where its endpoint is.
_HOME = {"iam": "us-east-1"}
# https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html
_LAMBDA_NAMES = {
    "AddPermission": "AddPermission20150331v2",
    "CreateFunction": "CreateFunction20150331",
    "DeleteFunction": "DeleteFunction20150331",
    "PublishVersion": "PublishVersion20150331",
    "RemovePermission": "RemovePermission20150331v2",
    "UpdateAlias": "UpdateAlias20150331",
    "UpdateFunctionCode": "UpdateFunctionCode20150331v2",
    "UpdateFunctionConfiguration": "UpdateFunctionConfiguration20150331v2",
}
_PAGE = 50


class Trail:
    """The events, latest first when asked for; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: list[tuple[str, str, dict[str, Any]]] = []

    def record(self, context: RequestContext, error: str | None) -> None:
        """Keeps a call, unless it reads or is about data."""
        service, operation = context.service.service_name, context.operation.name
        if service in _DATA_SERVICES or operation.startswith(_READS):
            return
        name = _LAMBDA_NAMES.get(operation, operation) if service == "lambda" else operation
        arn = f"arn:aws:iam::{context.account_id}:root"
        moment, identifier = datetime.now(UTC).replace(microsecond=0), str(uuid.uuid4())
        record = {
            "eventID": identifier,
            "eventName": name,
            "userIdentity": {"type": "Root", "arn": arn, "accountId": context.account_id},
            "sourceIPAddress": "127.0.0.1",
            **({"errorCode": error} if error else {}),
        }
        event = {
            "EventId": identifier,
            "EventName": name,
            "EventSource": f"{service}.amazonaws.com",
            "EventTime": moment,
            "ReadOnly": "false",
            "Username": "root",
            "Resources": [{"ResourceName": each} for each in _names(context.service_request)],
            "CloudTrailEvent": json.dumps(record),
        }
        with self._lock:
            region = _HOME.get(service, context.region)
            self._events.append((context.account_id, region, event))

    def find(self, account: str, region: str, resource: str) -> list[dict[str, Any]]:
        """The events of an account and region that name a resource, latest first."""
        with self._lock:
            return [
                event
                for owner, place, event in reversed(self._events)
                if (owner, place) == (account, region)
                and {"ResourceName": resource} in event["Resources"]
            ]


def _names(request: Any) -> Iterator[str]:
    for key, value in (request or {}).items():
        values = value if isinstance(value, list) else [value]
        if str(key).endswith(_KEYS) or str(key).endswith(("name", "id", "arn")):
            yield from dict.fromkeys(each for each in values if isinstance(each, str))


class CloudTrailProvider:
    """Answers the calls; what is not here answers 501, loudly."""

    service = "cloudtrail"
    version = "2013-11-01"

    @handler("LookupEvents", expand=False)
    def lookup_events(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Lists the events that name a resource."""
        attributes = request.get("LookupAttributes") or []
        if [each["AttributeKey"] for each in attributes] != ["ResourceName"]:
            raise CommonServiceException(
                "InvalidLookupAttributesException",
                "the stand-in looks up by ResourceName alone",
                400,
                sender_fault=True,
            )
        value = attributes[0]["AttributeValue"]
        found = TRAIL.find(context.account_id, context.region, value)
        begin = int(request.get("NextToken") or 0)
        end = begin + min(int(request.get("MaxResults") or _PAGE), _PAGE)
        more = {"NextToken": str(end)} if end < len(found) else {}
        return {"Events": found[begin:end], **more}


TRAIL = Trail()
"""The one trail of this process."""
