"""What the DNS firewall of a VPC does with a query: the first rule that it hits decides."""

from collections.abc import Sequence

from .model import DomainRule

__all__ = ["rule_for"]


def rule_for(rules: Sequence[DomainRule], name: str, query_type: str) -> DomainRule | None:
    """The rule that decides about a query, or None where no rule does and it is resolved.

    https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_UpdateFirewallDomains.html

    Args:
        rules: The rules in their order.
        name: The name that is asked for.
        query_type: The type that is asked for, such as TXT.
    """
    wanted = name.lower().rstrip(".")
    for rule in rules:
        if rule.query_type not in (None, query_type):
            continue
        if any(_covers(domain.lower().rstrip("."), wanted) for domain in rule.domains):
            return rule
    return None


def _covers(domain: str, name: str) -> bool:
    # A leading asterisk stands for anything, dots included.
    return name.endswith(domain[1:]) if domain.startswith("*") else name == domain
