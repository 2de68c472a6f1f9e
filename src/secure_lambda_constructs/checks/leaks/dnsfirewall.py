"""What the Route 53 Resolver DNS Firewall of a VPC does with a query."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import chain, product
from typing import Any

from ..model.values import Unknown, as_list, unknowns
from .case import Case

__all__ = [
    "QUERY_TYPES",
    "Rule",
    "Verdict",
    "answers",
    "associations",
    "rules_of",
    "unlisted_name",
    "unlisted_type",
]

QUERY_TYPES = ("A", "AAAA", "CNAME", "HTTPS", "MX", "NS", "NULL", "SRV", "TXT")

# The numbers of the types of DNS queries: a rule may name a type by either.
_NUMBERS = {
    "A": 1,
    "AAAA": 28,
    "CAA": 257,
    "CNAME": 5,
    "DS": 43,
    "HTTPS": 65,
    "MX": 15,
    "NAPTR": 35,
    "NS": 2,
    "NULL": 10,
    "PTR": 12,
    "SOA": 6,
    "SPF": 99,
    "SRV": 33,
    "TXT": 16,
}
# The last number for private use.
_LAST_TYPE = 65534

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


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
    def overrides(self) -> bool:
        """Whether it may answer with a name that whoever wrote the rule chose."""
        return self.properties.get("BlockResponse") not in (None, "NODATA", "NXDOMAIN")

    @property
    def lets_through(self) -> bool:
        """Whether a query that hits it is answered; an alert only reports."""
        return self.action != "BLOCK" or self.overrides

    @property
    def stops_everything(self) -> bool:
        """Whether every query is blocked that comes to it."""
        everything = self.domains is not None and "*" in self.domains
        return everything and self.properties.get("Qtype") is None and not self.lets_through

    def hit_by(self, name: str, query_type: str) -> Verdict:
        """Tell whether a query for `name` hits the rule."""
        wanted = self.properties.get("Qtype")
        if isinstance(wanted, str) and _typed(wanted) != _typed(query_type):
            return Verdict.MISS
        # Advanced rules judge by heuristics, managed lists by names that nobody can look up.
        if self.domains is None or isinstance(wanted, Unknown):
            return Verdict.UNSURE
        return Verdict.HIT if any(_covers(d, name) for d in self.domains) else Verdict.MISS


_ANY_RULE = Rule({"Action": "ALLOW"}, None)


def associations(case: Case, vpc_id: str) -> list[Any]:
    """Return the associations of rule groups with the VPC, first one first."""
    found = [
        association
        for association in case.world.of("AWS::Route53Resolver::FirewallRuleGroupAssociation")
        if association.get("VpcId") == vpc_id
    ]
    return sorted(found, key=lambda association: _number(association.get("Priority")) or 0)


def _maybe(case: Case) -> list[Any]:
    """Return the associations with a VPC that nobody can tell, which may be any."""
    return [
        association
        for association in case.world.of("AWS::Route53Resolver::FirewallRuleGroupAssociation")
        if not isinstance(association.get("VpcId"), str)
    ]


def rules_of(case: Case, vpc_id: str) -> list[Rule]:
    """Return the rules for the VPC in the order they are tried."""
    made = case.once(_made)
    if vpc_id not in made:
        made[vpc_id] = _rules(case, vpc_id)
    return made[vpc_id]


def _made(case: Case) -> dict[str, list[Rule]]:
    return {}


def _rules(case: Case, vpc_id: str) -> list[Rule]:
    # What may be of another VPC blocks nothing for sure, but may let through, and before the rest.
    first = [rule for each in case.once(_maybe) for rule in _of_association(case, each)]
    known: list[Rule] = []
    last: list[Rule] = []
    for association in associations(case, vpc_id):
        rules = _of_association(case, association)
        if _number(association.get("Priority")) is None:
            # Nobody can tell its place: it may let through before the rest, and block after it.
            first += rules
            last += rules
        else:
            known += rules
    return [
        *(rule for rule in first if rule.lets_through),
        *known,
        *(rule for rule in last if not rule.lets_through),
    ]


def _of_association(case: Case, association: Any) -> list[Rule]:
    group = case.world.find(
        association.get("FirewallRuleGroupId"),
        "AWS::Route53Resolver::FirewallRuleGroup",
        near=association,
    )
    if group is None:
        # Somebody else's group may let through whatever it likes.
        return [_ANY_RULE]
    # So may a rule that nobody can tell.
    rules = [
        Rule(rule, _domains(case, rule)) if isinstance(rule, dict) else _ANY_RULE
        for rule in as_list(group.get("FirewallRules"))
    ]
    return sorted(rules, key=_place)


def _place(rule: Rule) -> tuple[float, bool]:
    """Return the place of a rule: where nobody can tell it, the worst one."""
    number = _number(rule.properties.get("Priority"))
    if number is None:
        return (float("-inf") if rule.lets_through else float("inf")), False
    return number, not rule.lets_through


def answers(case: Case, vpc_id: str, name: str, query_type: str) -> bool:
    """Tell whether the resolver of the VPC may answer the query: the first rule hit decides."""
    for rule in rules_of(case, vpc_id):
        verdict = rule.hit_by(name.lower().rstrip("."), query_type)
        if verdict is Verdict.HIT or (verdict is Verdict.UNSURE and rule.lets_through):
            return rule.lets_through
    return True


def unlisted_name(case: Case, vpc_id: str) -> str:
    """Return a name of an attacker that no list for the VPC has, but one that has all names."""
    listed = [d for rule in rules_of(case, vpc_id) for d in rule.domains or () if d != "*"]
    endings = chain(("xyz",), map("".join, product(_LETTERS, repeat=3)))
    names = (f"t.attacker.{ending}" for ending in endings)
    # Where lists have all endings between them, any name is as good.
    return next((n for n in names if not any(_covers(d, n) for d in listed)), "t.attacker.xyz")


def unlisted_type(case: Case, vpc_id: str) -> str:
    """Return a type of queries that no rule for the VPC names."""
    named = {_typed(rule.properties.get("Qtype")) for rule in rules_of(case, vpc_id)}
    types = chain(_NUMBERS, (f"TYPE{number}" for number in range(_LAST_TYPE, 0, -1)))
    kept = (each for each in types if each not in QUERY_TYPES and _typed(each) not in named)
    return next(kept, QUERY_TYPES[0])


def _typed(query_type: Any) -> str:
    """Return a type of queries by its number, where that is known."""
    written = str(query_type).upper()
    return f"TYPE{_NUMBERS[written]}" if written in _NUMBERS else written


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


def _number(value: Any) -> int | None:
    return int(value) if isinstance(value, int | str) and str(value).isdigit() else None
