"""What happened, read strictly from an event: which function was changed, and by whom.

The rule of EventBridge lets through what it should; all of it is looked at here again, since this
has a consequence. What cannot be told for sure freezes nothing: the message is sent in any case.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .settings import Settings, matches

__all__ = ["Change", "Ignored", "read_change"]

_DETAIL_TYPE = "AWS API Call via CloudTrail"
# https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html: UpdateFunctionCode is
# recorded as UpdateFunctionCode20150331v2.
_VERSION = re.compile(r"[0-9]{8}(?:v[0-9]+)?$")
_CALL = re.compile(r"[A-Za-z]{1,128}")
# What takes something away, or only labels: a frozen function would be no safer for it.
_HARMLESS = frozenset(
    {
        "DeleteAlias",
        "DeleteEventSourceMapping",
        "DeleteFunction",
        "DeleteFunctionEventInvokeConfig",
        "DeleteFunctionUrlConfig",
        "DeleteProvisionedConcurrencyConfig",
        "RemovePermission",
        "TagResource",
        "UntagResource",
    }
)

_NAME = r"(?P<name>[A-Za-z0-9_-]{1,64})"
_QUALIFIER = r"(?::(?:\$LATEST|[A-Za-z0-9_-]{1,128}))?"
# https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html: a name, a partial ARN
# or an ARN.
_FUNCTION = re.compile(
    r"(?:(?:arn:(?P<partition>[a-z-]+):lambda:(?P<region>[a-z0-9-]+):)?(?P<account>[0-9]{12})"
    rf":function:)?{_NAME}{_QUALIFIER}"
)
# Where calls name the function that they are about.
_REQUEST_FIELDS = ("functionName", "functionArn", "resource", "resourceArn")


@dataclass(frozen=True)
class Change:
    """A change that has a consequence.

    Attributes:
        function: Name of the function that was changed.
        call: Name of the call, without its version.
        principal: Who it was, as CloudTrail names it.
        event_id: CloudTrail's, to look it up.
        time: When it was.
    """

    function: str
    call: str
    principal: str
    event_id: str
    time: str


@dataclass(frozen=True)
class Ignored:
    """An event that has none.

    Attributes:
        reason: Why, as a few words.
    """

    reason: str


def read_change(event: object, settings: Settings) -> Change | Ignored:
    """Decide whether an event is a change of a governed function by somebody who must not.

    Args:
        event: What EventBridge sends.
        settings: What the function is told.

    Returns:
        The change, or why there is none.
    """
    detail = _member(event, "detail")
    source = _text(event, "source")
    if not source.startswith("aws.") or _text(event, "detail-type") != _DETAIL_TYPE:
        return Ignored("not an event of CloudTrail")
    if _text(detail, "eventSource") != "lambda.amazonaws.com":
        return Ignored("not a call of Lambda")
    place = (_text(event, "account"), _text(detail, "awsRegion"))
    if place != (settings.account, settings.region):
        return Ignored("of another account or region")
    call = _VERSION.sub("", _text(detail, "eventName"))
    if _CALL.fullmatch(call) is None:
        return Ignored("no name of a call")
    request, response = _member(detail, "requestParameters"), _member(detail, "responseElements")
    if detail.get("readOnly") is True or detail.get("eventCategory") == "Data":
        return Ignored("changes nothing")
    if detail.get("errorCode") is not None:
        return Ignored("was refused")
    if request.get("dryRun") is True or call in _HARMLESS:
        return Ignored("changes nothing that matters")
    identity = _member(detail, "userIdentity")
    expected = _expected(identity, settings)
    if expected is not None:
        return Ignored(expected)
    named = [request.get(name) for name in _REQUEST_FIELDS] + [response.get("functionArn")]
    functions = {name for value in named if (name := _function(value, settings)) is not None}
    governed = sorted(filter(settings.governs, functions))
    if not governed:
        return Ignored("of no governed function")
    return Change(
        function=governed[0],
        call=call,
        principal=_text(identity, "arn") or _text(identity, "accountId") or "somebody",
        event_id=_text(detail, "eventID"),
        time=_text(detail, "eventTime"),
    )


def _expected(identity: Mapping[str, Any], settings: Settings) -> str | None:
    """Why a caller may change the function, or `None` for one that must not."""
    if identity.get("type") == "AWSService":
        return "by a service"
    session = _text(identity, "arn")
    if session.startswith(settings.cloudformation_session) and (
        identity.get("invokedBy") == "cloudformation.amazonaws.com"
    ):
        return "by the pipeline"
    role = _text(_member(_member(identity, "sessionContext"), "sessionIssuer"), "arn")
    if role and matches(settings.pipeline_roles, role):
        return "by the pipeline"
    if role and matches(settings.break_glass_roles, role):
        return "by a break-glass role"
    return None


def _function(value: object, settings: Settings) -> str | None:
    """The name in whatever names a function of this account and region."""
    found = _FUNCTION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    own = {
        "partition": settings.partition,
        "region": settings.region,
        "account": settings.account,
    }
    if any(found[what] not in (None, wanted) for what, wanted in own.items()):
        return None
    return found["name"]


def _member(value: object, name: str) -> Mapping[str, Any]:
    """An object within another, or an empty one."""
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _text(value: object, name: str) -> str:
    """A text within an object, or an empty one."""
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, str) else ""
