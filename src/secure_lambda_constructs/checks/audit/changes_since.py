"""Who has changed the resources of an assembly since a time, also where nothing differs now."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from .attributes import attribute_of
from .baseline import Baseline
from .calls import Account, UnreadError
from .deployed import Resource
from .findings import Change, Finding, Gap
from .history import LATEST, read_changes
from .looks import is_part
from .roles import GLOBAL

__all__ = ["Made", "changes_by_hand", "find_changes"]

_SHOWN = 5


class Made(NamedTuple):
    """A call that has changed a resource.

    Attributes:
        region: The region; `global` for what IAM has.
        resource: The name of the resource.
        path: Where the construct is in the CDK app.
        change: The call.
        by_cloudformation: Whether CloudFormation made it, or was told to.
    """

    region: str
    resource: str
    path: str
    change: Change
    by_cloudformation: bool


def find_changes(account: Account, baseline: Baseline, since: datetime) -> list[Made]:
    """Look up in CloudTrail what has changed the stacks and their resources.

    Two look-ups for most resources, of which AWS allows two a second in a region.

    Args:
        account: The connection.
        baseline: The deployed stacks.
        since: The time, with its zone.

    Returns:
        The calls, oldest first. What cannot be looked up is among the account's gaps.
    """
    since = since.astimezone(UTC).replace(microsecond=0)  # CloudTrail tells the second
    found: list[Made] = []
    for stack in baseline.stacks:
        found += _of_resource(account, stack.region, since, stack.name, stack.name, [stack.name])
        for each in stack.resources:
            if is_part(each.type):
                continue
            region = GLOBAL if each.type.startswith("AWS::IAM::") else stack.region
            names = dict.fromkeys(_names(account, stack.region, each))
            found += _of_resource(account, region, since, each.physical, each.path, names)
    return sorted(set(found), key=lambda each: (each.change.time, each.resource))


def _names(account: Account, region: str, resource: Resource) -> Iterator[str]:
    """Yield the names under which CloudTrail may know a resource."""
    physical = resource.physical
    yield physical
    arn = attribute_of(account, region, resource.type, physical, "Arn")
    if isinstance(arn, str):
        yield arn
    if physical.startswith(("arn:", "https:")) and "/" in physical:
        yield physical.rsplit("/", 1)[-1]
    elif physical.startswith("arn:"):
        # Versions of layers and functions are changed by what they are versions of.
        before, _, last = physical.rpartition(":")
        yield before if last.isdigit() else last


def _of_resource(
    account: Account, region: str, since: datetime, resource: str, path: str, names: Iterable[str]
) -> Iterator[Made]:
    place = account.home if region == GLOBAL else region
    # To the hour, so that a run that is resumed asks the same.
    start = since.replace(minute=0, second=0).isoformat()
    for name in names:
        try:
            answer = read_changes(account, place, name, StartTime=start)
        except UnreadError:
            continue
        if answer["more"]:
            reason = f"more than {LATEST} calls since {start}: ask for a shorter time"
            gap = Gap(place, "LookupEvents", f"the changes of {name}", reason)
            if gap not in account.gaps:
                account.gaps.append(gap)
        for each in answer["changes"]:
            if datetime.fromisoformat(each["time"]) >= since:
                change = Change(each["time"], each["by"], each["call"], each["event_id"])
                yield Made(region, resource, path, change, each["by_cloudformation"])


def changes_by_hand(changes: Iterable[Made]) -> Iterator[Finding]:
    """Make a finding of each resource that was changed, and not through CloudFormation.

    Args:
        changes: The changes, oldest first.

    Yields:
        One finding for each resource, with its latest change.
    """
    calls: dict[tuple[str, str, str], list[Change]] = {}
    for each in changes:
        if not each.by_cloudformation:
            calls.setdefault((each.region, each.resource, each.path), []).append(each.change)
    for (region, resource, path), made in calls.items():
        shown = [f"{each.call} {each.time} by {each.by}" for each in made[-_SHOWN:]]
        more = [f"{len(made) - _SHOWN} earlier"] if len(made) > _SHOWN else []
        found, should = "; ".join([*more, *shown]), "no change but by CloudFormation"
        yield Finding(
            "changed-by-hand", region, resource, should, found, path, (resource,), made[-1]
        )
