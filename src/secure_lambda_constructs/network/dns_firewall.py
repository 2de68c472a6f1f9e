"""The DNS firewall of an isolated network: the endpoints' names, and nothing else.

Neither security groups nor network ACLs see the queries to the resolver of a VPC, and the
resolver asks any name server in the world. A function without any route could so send data out
in the names it asks for. See
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-dns-firewall.html
"""

from aws_cdk import aws_route53resolver as resolver
from constructs import Construct

__all__ = ["DnsFirewall"]


class DnsFirewall(Construct):
    """Answers queries for the allowed names and NXDOMAIN for all the others."""

    def __init__(
        self, scope: Construct, id: str, *, vpc_id: str, mutation_protection: bool
    ) -> None:
        """Attach the firewall to a VPC.

        Args:
            scope: The construct to create it in.
            id: Its id.
            vpc_id: The VPC whose resolver is guarded.
            mutation_protection: Whether Route 53 refuses to change or detach the association.
        """
        super().__init__(scope, id)
        # Each name, and whether it is one of `Redirected`.
        self._names: dict[str, bool] = {}
        self._allowed = resolver.CfnFirewallDomainList(self, "Allowed", domains=[])
        self._redirected: resolver.CfnFirewallDomainList | None = None
        everything = resolver.CfnFirewallDomainList(self, "Everything", domains=["*"])
        rule = resolver.CfnFirewallRuleGroup.FirewallRuleProperty
        self._inspect = rule(
            action="ALLOW",
            priority=100,
            firewall_domain_list_id=self._allowed.attr_id,
            # The whole CNAME chain must be on the list: an allowed name that somebody points
            # elsewhere does not carry a query out.
            firewall_domain_redirection_action="INSPECT_REDIRECTION_DOMAIN",
        )
        # No `qtype`: a rule with one would let all the other types through.
        self._block = rule(
            action="BLOCK",
            block_response="NXDOMAIN",
            priority=200,
            firewall_domain_list_id=everything.attr_id,
        )
        self._rules = resolver.CfnFirewallRuleGroup(
            self, "Rules", firewall_rules=[self._inspect, self._block]
        )
        # `AWS::Route53Resolver::FirewallConfig` is left out on purpose: without it the VPC fails
        # closed (SERVFAIL while the firewall does not answer).
        self.association = resolver.CfnFirewallRuleGroupAssociation(
            self,
            "Association",
            firewall_rule_group_id=self._rules.attr_id,
            # Route 53 takes priorities above 100 and below 9,900.
            priority=101,
            vpc_id=vpc_id,
            mutation_protection="ENABLED" if mutation_protection else "DISABLED",
        )

    @property
    def allowed_names(self) -> list[str]:
        """The names that are answered, in the order in which they came."""
        return list(self._names)

    def allow(self, *names: str, trust_redirections: bool = False) -> None:
        """Answer queries for these names too.

        Args:
            *names: Exact names, or `*.` followed by an exact name. Never a name that somebody
                other than AWS can register: `*amazonaws.com` matches `evilamazonaws.com`.
            trust_redirections: Whether the names are answered even where they are CNAMEs of
                names that are on no list. Only for names whose records AWS alone makes: whoever
                makes the record of a name chooses whose name server is asked next. By default
                each name of the chain must be on the list.
        """
        new = [name for name in names if name not in self._names]
        if not new:
            return
        self._names.update(dict.fromkeys(new, trust_redirections))
        listed = [name for name, trusted in self._names.items() if trusted is trust_redirections]
        if not trust_redirections:
            self._allowed.domains = listed
        elif self._redirected is not None:
            self._redirected.domains = listed
        else:
            self._redirected = self._trust(listed)

    def _trust(self, names: list[str]) -> resolver.CfnFirewallDomainList:
        """Add the list of the names whose redirections are trusted, and its rule.

        The rule looks at the first name of a chain only. A further name of it that is asked for by
        itself is a first one, and blocked as before. See
        https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_FirewallRule.html

        Args:
            names: What is on the list at first.

        Returns:
            The list.
        """
        redirected = resolver.CfnFirewallDomainList(self, "Redirected", domains=names)
        trust = resolver.CfnFirewallRuleGroup.FirewallRuleProperty(
            action="ALLOW",
            priority=150,
            firewall_domain_list_id=redirected.attr_id,
            firewall_domain_redirection_action="TRUST_REDIRECTION_DOMAIN",
        )
        self._rules.firewall_rules = [self._inspect, trust, self._block]
        return redirected
