"""LocalStack's Route 53 Resolver with mutation protection, associations listed, and own lists."""

from __future__ import annotations

from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.services.route53resolver.provider import Route53ResolverProvider

__all__ = ["ProtectingResolverProvider"]


class ProtectingResolverProvider(Route53ResolverProvider):
    """Refuses to remove or change an association while its protection is on.

    https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_AssociateFirewallRuleGroup.html
    """

    def disassociate_firewall_rule_group(
        self, context: RequestContext, firewall_rule_group_association_id: str, **kwargs: Any
    ) -> Any:
        """Removes an association that is not protected."""
        self._refuse_if_protected(context, firewall_rule_group_association_id)
        return super().disassociate_firewall_rule_group(
            context, firewall_rule_group_association_id, **kwargs
        )

    def update_firewall_rule_group_association(
        self,
        context: RequestContext,
        firewall_rule_group_association_id: str,
        priority: int | None = None,
        mutation_protection: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """Changes an association; while it is protected only to lift the protection."""
        if mutation_protection != "DISABLED":
            association = self._association(context, firewall_rule_group_association_id)
            same = priority in (None, association["Priority"])
            if not (same and name in (None, association["Name"])):
                self._refuse_if_protected(context, firewall_rule_group_association_id)
        return super().update_firewall_rule_group_association(
            context,
            firewall_rule_group_association_id,
            priority=priority,
            mutation_protection=mutation_protection,
            name=name,
            **kwargs,
        )

    def list_firewall_rule_group_associations(
        self,
        context: RequestContext,
        firewall_rule_group_id: str | None = None,
        vpc_id: str | None = None,
        priority: int | None = None,
        status: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """Lists the associations, all of them on one page."""
        wanted = {
            "FirewallRuleGroupId": firewall_rule_group_id,
            "VpcId": vpc_id,
            "Priority": priority,
            "Status": status,
        }
        store = self.get_store(context.account_id, context.region)
        found = [
            association
            for association in store.firewall_rule_group_associations.values()
            if all(value in (None, association[key]) for key, value in wanted.items())
        ]
        return {"FirewallRuleGroupAssociations": found}

    def get_firewall_domain_list(
        self, context: RequestContext, firewall_domain_list_id: str, **kwargs: Any
    ) -> Any:
        """Describes a list; only those that AWS manages have an owner who manages them.

        https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_FirewallDomainList.html
        """
        answer = super().get_firewall_domain_list(context, firewall_domain_list_id, **kwargs)
        described = dict(answer["FirewallDomainList"])
        described.pop("ManagedOwnerName", None)
        return {"FirewallDomainList": described}

    def _association(self, context: RequestContext, association_id: str) -> Any:
        store = self.get_store(context.account_id, context.region)
        return store.get_firewall_rule_group_association(association_id)

    def _refuse_if_protected(self, context: RequestContext, association_id: str) -> None:
        if self._association(context, association_id).get("MutationProtection") == "ENABLED":
            raise CommonServiceException(
                "ConflictException",
                f"The association {association_id} has mutation protection: disable it first",
                400,
                sender_fault=True,
            )
