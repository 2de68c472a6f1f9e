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
        self._names: list[str] = []
        self._allowed = resolver.CfnFirewallDomainList(self, "Allowed", domains=self._names)
        everything = resolver.CfnFirewallDomainList(self, "Everything", domains=["*"])
        rule = resolver.CfnFirewallRuleGroup.FirewallRuleProperty
        rules = resolver.CfnFirewallRuleGroup(
            self,
            "Rules",
            firewall_rules=[
                rule(
                    action="ALLOW",
                    priority=100,
                    firewall_domain_list_id=self._allowed.attr_id,
                    # The whole CNAME chain must be on the list: an allowed name that somebody
                    # points elsewhere does not carry a query out.
                    firewall_domain_redirection_action="INSPECT_REDIRECTION_DOMAIN",
                ),
                # No `qtype`: a rule with one would let all the other types through.
                rule(
                    action="BLOCK",
                    block_response="NXDOMAIN",
                    priority=200,
                    firewall_domain_list_id=everything.attr_id,
                ),
            ],
        )
        # `AWS::Route53Resolver::FirewallConfig` is left out on purpose: without it the VPC fails
        # closed (SERVFAIL while the firewall does not answer).
        self.association = resolver.CfnFirewallRuleGroupAssociation(
            self,
            "Association",
            firewall_rule_group_id=rules.attr_id,
            # Route 53 takes priorities above 100 and below 9,900.
            priority=101,
            vpc_id=vpc_id,
            mutation_protection="ENABLED" if mutation_protection else "DISABLED",
        )

    @property
    def allowed_names(self) -> list[str]:
        """The names that are answered, in the order in which they came."""
        return list(self._names)

    def allow(self, *names: str) -> None:
        """Answer queries for these names too.

        Args:
            *names: Exact names, or `*.` followed by an exact name. Never a name that somebody
                other than AWS can register: `*amazonaws.com` matches `evilamazonaws.com`.
        """
        self._names.extend(name for name in names if name not in self._names)
        self._allowed.domains = list(self._names)
