"""What the Route 53 Resolver DNS Firewall of a VPC does with a query."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ..model.values import Unknown, as_list, unknowns
from .case import Case

__all__ = ["QUERY_TYPES", "Rule", "Verdict", "answers", "associations", "rules_of"]

QUERY_TYPES = ("A", "AAAA", "CNAME", "HTTPS", "MX", "NS", "NULL", "SRV", "TXT")


class Verdict(Enum):
    """Whether a rule is hit by a query."""

    HIT = "hit"
    MISS = "miss"
    UNSURE = "unsure"


@dataclass(frozen=True)
class Rule:
    """A rule of the rule groups of a VPC; `domains` is None when nobody can tell them."""

    properties: dict[str, Any]
    domains: tuple[str, ...] | None

    @property
    def action(self) -> str:
        """ALLOW, BLOCK or ALERT."""
        return str(self.properties.get("Action"))

    @property
    def lets_through(self) -> bool:
        """Whether a query that hits it is answered; an alert only reports."""
        # An override answers with a name that whoever wrote the rule chose.
        overridden = self.properties.get("BlockResponse") == "OVERRIDE"
        return self.action != "BLOCK" or overridden

    def hit_by(self, name: str, query_type: str) -> Verdict:
        """Tell whether a query for `name` hits the rule."""
        wanted = self.properties.get("Qtype")
        if isinstance(wanted, str) and wanted != query_type:
            return Verdict.MISS
        # Advanced rules judge by heuristics, managed lists by names that nobody can look up.
        if self.domains is None or isinstance(wanted, Unknown):
            return Verdict.UNSURE
        return Verdict.HIT if any(_covers(d, name) for d in self.domains) else Verdict.MISS


def associations(case: Case, vpc_id: str) -> list[Any]:
    """Return the associations of rule groups with the VPC, first one first."""
    found = [
        association
        for association in case.world.of("AWS::Route53Resolver::FirewallRuleGroupAssociation")
        if association.get("VpcId") == vpc_id
    ]
    return sorted(found, key=lambda association: _number(association.get("Priority")))


def rules_of(case: Case, vpc_id: str) -> list[Rule]:
    """Return the rules for the VPC in the order they are tried."""
    made = case.once(_made)
    if vpc_id not in made:
        made[vpc_id] = _rules(case, vpc_id)
    return made[vpc_id]


def _made(case: Case) -> dict[str, list[Rule]]:
    return {}


def _rules(case: Case, vpc_id: str) -> list[Rule]:
    rules: list[Rule] = []
    for association in associations(case, vpc_id):
        group = case.world.find(
            association.get("FirewallRuleGroupId"),
            "AWS::Route53Resolver::FirewallRuleGroup",
            near=association,
        )
        if group is None:
            # Somebody else's group may let through whatever it likes.
            rules.append(Rule({"Action": "ALLOW"}, None))
            continue
        written = [rule for rule in as_list(group.get("FirewallRules")) if isinstance(rule, dict)]
        written.sort(key=lambda rule: _number(rule.get("Priority")))
        rules += [Rule(rule, _domains(case, rule)) for rule in written]
    return rules


def answers(case: Case, vpc_id: str, name: str, query_type: str) -> bool:
    """Tell whether the resolver of the VPC may answer the query: the first rule hit decides."""
    for rule in rules_of(case, vpc_id):
        verdict = rule.hit_by(name.lower().rstrip("."), query_type)
        if verdict is Verdict.HIT or (verdict is Verdict.UNSURE and rule.lets_through):
            return rule.lets_through
    return True


def _domains(case: Case, rule: dict[str, Any]) -> tuple[str, ...] | None:
    if rule.get("DnsThreatProtection") is not None:
        return None
    domain_list = case.world.find(
        rule.get("FirewallDomainListId"), "AWS::Route53Resolver::FirewallDomainList"
    )
    if domain_list is None or domain_list.get("DomainFileUrl") is not None:
        return None
    domains = domain_list.get("Domains")
    if not isinstance(domains, list) or any(unknowns(domains)):
        return None
    return tuple(_normalized(domains))


def _normalized(domains: list[Any]) -> Iterator[str]:
    for domain in domains:
        yield str(domain).lower().rstrip(".")


def _covers(domain: str, name: str) -> bool:
    # A leading asterisk stands for anything, dots included.
    return name.endswith(domain[1:]) if domain.startswith("*") else name == domain


def _number(value: Any) -> int:
    return int(value) if isinstance(value, int | str) and str(value).isdigit() else 0
