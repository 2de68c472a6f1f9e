"""Names that the resolver of a VPC answers out of a private hosted zone, and never passes on.

Where such a zone has no record of a name the resolver answers that there is none, and asks no
public name server:
<https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zone-private-considerations.html>.
"""

from collections.abc import Iterator
from typing import Any

from ..model.values import as_list, as_text, dig
from ..model.world import Resource
from .case import Case

__all__ = ["stays_inside"]


def stays_inside(case: Case, vpc_id: str, name: str) -> bool:
    """Tell whether queries for `name` are surely answered out of a private zone of the VPC.

    Args:
        case: The app under judgement.
        vpc_id: The VPC that is asked in.
        name: A name as a DNS firewall lists it, in lower case; `*.` before it stands for all that
            is below it.
    """
    asked = name.removeprefix("*.")
    return "*" not in asked and any(
        _is_in(asked, zone) and not any(_is_handed_on(zone, record) for record in _records(case))
        for zone in case.once(_zones).get(vpc_id, ())
    )


def _zones(case: Case) -> dict[str, list[str]]:
    """The names of the private zones by the ids of the VPCs that use them."""
    found: dict[str, list[str]] = {}
    for zone in case.world.of("AWS::Route53::HostedZone"):
        name = zone.get("Name")
        # One that may not be there answers nothing for sure.
        if zone.uncertain is not None or not isinstance(name, str):
            continue
        for place in as_list(zone.get("VPCs")):
            vpc = case.vpc(dig(place, "VPCId"))
            if vpc is not None and _uses_private_zones(vpc):
                found.setdefault(str(vpc.id), []).append(_plain(name))
    return found


def _uses_private_zones(vpc: Resource) -> bool:
    return (
        as_text(vpc.get("EnableDnsHostnames", default=False)).lower() == "true"
        and as_text(vpc.get("EnableDnsSupport", default=True)).lower() == "true"
    )


def _records(case: Case) -> Iterator[Any]:
    for record in case.world.of("AWS::Route53::RecordSet"):
        yield {"Name": record.get("Name"), "Type": record.get("Type")}
    for group in case.world.of("AWS::Route53::RecordSetGroup"):
        yield from as_list(group.get("RecordSets"))


def _is_handed_on(zone: str, record: Any) -> bool:
    """Tell whether a record may give a part of the zone to other name servers."""
    if not isinstance(record, dict):
        return True
    kind, name = record.get("Type"), record.get("Name")
    if isinstance(kind, str) and kind.upper() != "NS":
        return False
    return not isinstance(name, str) or (_is_in(_plain(name), zone) and _plain(name) != zone)


def _is_in(name: str, zone: str) -> bool:
    return name == zone or name.endswith(f".{zone}")


def _plain(name: str) -> str:
    return name.lower().rstrip(".")
