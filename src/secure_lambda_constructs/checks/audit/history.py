"""Who changed what, by CloudTrail's event history: 90 days, in every account, at no charge.

<https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html> allows two
calls a second in a region; more are throttled and repeated.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from .calls import Account, UnreadError
from .findings import KINDS, Change, Finding
from .roles import GLOBAL

__all__ = ["LATEST", "read_changes", "with_history"]

LATEST = 500
"""How many calls are read of one resource at most."""

_CLOUDFORMATION = "cloudformation.amazonaws.com"
_NONE = "no such call in CloudTrail's event history, which goes back 90 days"
_MANY = f"no such call among the latest {LATEST} that CloudTrail has for the resource"
_UNREAD = "CloudTrail could not be read"


def with_history(account: Account, finding: Finding) -> Finding:
    """Add to a finding the latest call that can have brought it about.

    Args:
        account: The connection.
        finding: The finding.

    Returns:
        The finding, with the call, or with the reason why none is known.
    """
    kind = KINDS[finding.kind]
    if not kind.calls or finding.change is not None:
        return finding
    region = account.home if finding.region == GLOBAL else finding.region
    changes: list[Change] = []
    note = _NONE
    for name in finding.trail or (finding.resource,):
        try:
            answer = read_changes(account, region, name)
        except UnreadError:
            note = _UNREAD
            continue
        if answer["more"] and note == _NONE:
            note = _MANY
        changes += [
            Change(each["time"], each["by"], each["call"], each["event_id"])
            for each in answer["changes"]
            if finding.is_brought_about_by(each["call"])
        ]
    if not changes:
        return replace(finding, note=note)
    return replace(finding, change=max(changes, key=lambda each: each.time))


def read_changes(account: Account, region: str, name: str, **parameters: Any) -> dict[str, Any]:
    """Look up the calls that have changed a resource.

    Args:
        account: The connection.
        region: The region in which they are recorded.
        name: The name under which CloudTrail knows the resource.
        parameters: What else is asked of CloudTrail.

    Returns:
        `changes`, the latest first, each with `time`, `by`, `call`, `event_id` and
        `by_cloudformation`; and `more`, whether there are more than `LATEST`.

    Raises:
        UnreadError: CloudTrail cannot be read.
    """
    return account.ask(
        region,
        "cloudtrail",
        "LookupEvents",
        f"the changes of {name}",
        limit=LATEST,
        read=_reduced,
        LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": name}],
        **parameters,
    )


def _reduced(answer: dict[str, Any]) -> dict[str, Any]:
    """Keep what is needed: an event also holds parameters, and may hold much."""
    changes = [each for event in answer["Events"] for each in _changes(event)]
    return {"changes": changes, "more": "NextToken" in answer}


def _changes(event: dict[str, Any]) -> Iterator[dict[str, Any]]:
    record = json.loads(event.get("CloudTrailEvent") or "{}")
    if record.get("errorCode") or str(event.get("ReadOnly")).lower() == "true":
        return
    identity = record.get("userIdentity") or {}
    by = str(identity.get("arn") or event.get("Username") or identity.get("type") or "unknown")
    through = identity.get("invokedBy") or record.get("sourceIPAddress") or ""
    if str(through).endswith(".amazonaws.com") and through != by:
        by = f"{by} through {through}"
    yield {
        "time": event["EventTime"].isoformat(),
        "by": by,
        "call": str(event["EventName"]),
        "event_id": str(event["EventId"]),
        "by_cloudformation": _CLOUDFORMATION in (through, event.get("EventSource")),
    }
