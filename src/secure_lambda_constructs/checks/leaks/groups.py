"""The rules of security groups, and which groups a function has."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from ..model.values import Unknown, as_list
from ..model.views import Function
from ..model.world import Resource
from .case import Case

__all__ = ["NOWHERE", "egress_rules", "is_everything", "rules_of_group"]

Rules = list[dict[str, Any]]

# The rule by which the CDK says "no egress": it reaches no address.
NOWHERE = {"CidrIp": "255.255.255.255/32", "IpProtocol": "icmp"}

_EVERYWHERE = {"0.0.0.0/0", "::/0"}


def is_everything(rule: dict[str, Any]) -> bool:
    """Tell whether a rule lets out to every address, or is one that nobody can tell."""
    return bool({rule.get("CidrIp"), rule.get("CidrIpv6")} & _EVERYWHERE) or "Unknown" in rule


def rules_of_group(case: Case, group: Resource, direction: str) -> Rules:
    """Return the rules of `group`, inline and stand-alone; `direction` is Ingress or Egress."""
    made = case.once(_made)
    key = (group.path, direction)
    if key not in made:
        inline = as_list(group.get(f"SecurityGroup{direction}"))
        alone = case.once(_alone)[direction]
        made[key] = [
            *(rule if isinstance(rule, dict) else {"Unknown": rule} for rule in inline),
            *alone.get(str(group.id), ()),
            *alone.get("", ()),
        ]
    return made[key]


def _made(case: Case) -> dict[tuple[str, str], Rules]:
    return {}


def _alone(case: Case) -> dict[str, dict[str, Rules]]:
    """The stand-alone rules by direction and group, below "" those of a group nobody can tell."""
    found: dict[str, dict[str, Rules]] = {}
    for direction in ("Egress", "Ingress"):
        of_groups = found[direction] = defaultdict(list)
        for rule in case.world.of(f"AWS::EC2::SecurityGroup{direction}"):
            group = rule.get("GroupId")
            of_groups["" if isinstance(group, Unknown) else str(group)].append(rule.properties)
    return found


def egress_rules(case: Case) -> list[tuple[Function, Resource | None, Rules]]:
    """Return each isolated function with each of its groups, and the egress rules of the group."""
    return case.once(_egress_rules)


def _egress_rules(case: Case) -> list[tuple[Function, Resource | None, Rules]]:
    return list(_found_egress_rules(case))


def _found_egress_rules(case: Case) -> Iterator[tuple[Function, Resource | None, Rules]]:
    for function in case.isolated:
        # Without a security group Lambda takes the VPC's default one, which lets everything out.
        for group in function.security_groups or [None]:
            yield function, group, [] if group is None else rules_of_group(case, group, "Egress")
