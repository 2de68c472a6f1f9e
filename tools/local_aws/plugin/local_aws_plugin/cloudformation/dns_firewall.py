"""``AWS::Route53Resolver::*``: firewall and query logs, stored and never applied to a query."""

from __future__ import annotations

import uuid
from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceRequest

from .base import Model, OurProvider, tag_changes

__all__ = [
    "FirewallDomainListProvider",
    "FirewallRuleGroupAssociationProvider",
    "FirewallRuleGroupProvider",
    "QueryLoggingConfigAssociationProvider",
    "QueryLoggingConfigProvider",
]


class FirewallDomainListProvider(OurProvider):
    """A list of domains."""

    TYPE = "AWS::Route53Resolver::FirewallDomainList"
    SUPPORTED = frozenset({"Domains", "Name", "Tags"})

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        resolver = request.aws_client_factory.route53resolver
        made = resolver.create_firewall_domain_list(
            CreatorRequestId=str(uuid.uuid4()),
            Name=wanted.get("Name") or self._name(request),
            Tags=wanted.get("Tags") or [],
        )["FirewallDomainList"]
        if wanted.get("Domains"):
            resolver.update_firewall_domains(
                FirewallDomainListId=made["Id"], Operation="ADD", Domains=wanted["Domains"]
            )
        return wanted | _identity(made) | {"DomainCount": len(wanted.get("Domains") or [])}

    def _change(self, request: ResourceRequest, before: Model, wanted: Model) -> Model:
        resolver = request.aws_client_factory.route53resolver
        resolver.update_firewall_domains(
            FirewallDomainListId=before["Id"],
            Operation="REPLACE",
            Domains=wanted.get("Domains") or [],
        )
        _change_tags(resolver, before, wanted)
        count = len(wanted.get("Domains") or [])
        return wanted | {"Id": before["Id"], "Arn": before["Arn"], "DomainCount": count}

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        request.aws_client_factory.route53resolver.delete_firewall_domain_list(
            FirewallDomainListId=before["Id"]
        )


class FirewallRuleGroupProvider(OurProvider):
    """A group of rules, the lowest priority number first."""

    TYPE = "AWS::Route53Resolver::FirewallRuleGroup"
    SUPPORTED = frozenset({"FirewallRules", "Name", "Tags"})

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        resolver = request.aws_client_factory.route53resolver
        made = resolver.create_firewall_rule_group(
            CreatorRequestId=str(uuid.uuid4()),
            Name=wanted.get("Name") or self._name(request),
            Tags=wanted.get("Tags") or [],
        )["FirewallRuleGroup"]
        for rule in wanted.get("FirewallRules") or []:
            self._add(resolver, made["Id"], rule)
        return wanted | _identity(made) | {"RuleCount": len(wanted.get("FirewallRules") or [])}

    def _change(self, request: ResourceRequest, before: Model, wanted: Model) -> Model:
        resolver = request.aws_client_factory.route53resolver
        old, new = before.get("FirewallRules") or [], wanted.get("FirewallRules") or []
        for rule in old:
            if rule not in new:
                self._drop(resolver, before["Id"], rule)
        for rule in new:
            if rule not in old:
                self._add(resolver, before["Id"], rule)
        _change_tags(resolver, before, wanted)
        return wanted | {"Id": before["Id"], "Arn": before["Arn"], "RuleCount": len(new)}

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        resolver = request.aws_client_factory.route53resolver
        for rule in before.get("FirewallRules") or []:
            self._drop(resolver, before["Id"], rule)
        resolver.delete_firewall_rule_group(FirewallRuleGroupId=before["Id"])

    @staticmethod
    def _add(resolver: Any, group_id: str, rule: Model) -> None:
        given = {
            key: int(value) if key in ("Priority", "BlockOverrideTtl") else value
            for key, value in rule.items()
        }
        resolver.create_firewall_rule(
            CreatorRequestId=str(uuid.uuid4()),
            FirewallRuleGroupId=group_id,
            Name=f"rule-{rule['Priority']}",
            **given,
        )

    @staticmethod
    def _drop(resolver: Any, group_id: str, rule: Model) -> None:
        resolver.delete_firewall_rule(
            FirewallRuleGroupId=group_id, FirewallDomainListId=rule["FirewallDomainListId"]
        )


class FirewallRuleGroupAssociationProvider(OurProvider):
    """A group's association with a VPC; mutation protection refuses its removal."""

    TYPE = "AWS::Route53Resolver::FirewallRuleGroupAssociation"
    SUPPORTED = frozenset(
        {"FirewallRuleGroupId", "MutationProtection", "Name", "Priority", "Tags", "VpcId"}
    )

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        made = request.aws_client_factory.route53resolver.associate_firewall_rule_group(
            CreatorRequestId=str(uuid.uuid4()),
            FirewallRuleGroupId=wanted["FirewallRuleGroupId"],
            VpcId=wanted["VpcId"],
            Priority=int(wanted["Priority"]),
            Name=wanted.get("Name") or self._name(request),
            MutationProtection=wanted.get("MutationProtection", "DISABLED"),
            Tags=wanted.get("Tags") or [],
        )["FirewallRuleGroupAssociation"]
        return wanted | _identity(made)

    def _change(self, request: ResourceRequest, before: Model, wanted: Model) -> Model:
        resolver = request.aws_client_factory.route53resolver
        optional = {"Name": wanted["Name"]} if "Name" in wanted else {}
        resolver.update_firewall_rule_group_association(
            FirewallRuleGroupAssociationId=before["Id"],
            Priority=int(wanted["Priority"]),
            MutationProtection=wanted.get("MutationProtection", "DISABLED"),
            **optional,
        )
        _change_tags(resolver, before, wanted)
        return wanted | {"Id": before["Id"], "Arn": before["Arn"]}

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        request.aws_client_factory.route53resolver.disassociate_firewall_rule_group(
            FirewallRuleGroupAssociationId=before["Id"]
        )


class QueryLoggingConfigProvider(OurProvider):
    """A query log; every change is a replacement."""

    TYPE = "AWS::Route53Resolver::ResolverQueryLoggingConfig"
    SUPPORTED = frozenset({"DestinationArn", "Name", "Tags"})

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        made = request.aws_client_factory.route53resolver.create_resolver_query_log_config(
            CreatorRequestId=str(uuid.uuid4()),
            Name=wanted.get("Name") or self._name(request),
            DestinationArn=wanted["DestinationArn"],
            Tags=wanted.get("Tags") or [],
        )["ResolverQueryLogConfig"]
        return wanted | _identity(made)

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        request.aws_client_factory.route53resolver.delete_resolver_query_log_config(
            ResolverQueryLogConfigId=before["Id"]
        )


class QueryLoggingConfigAssociationProvider(OurProvider):
    """A query log's association with a VPC; every change is a replacement."""

    TYPE = "AWS::Route53Resolver::ResolverQueryLoggingConfigAssociation"
    SUPPORTED = frozenset({"ResolverQueryLogConfigId", "ResourceId"})

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        made = request.aws_client_factory.route53resolver.associate_resolver_query_log_config(
            ResolverQueryLogConfigId=wanted["ResolverQueryLogConfigId"],
            ResourceId=wanted["ResourceId"],
        )["ResolverQueryLogConfigAssociation"]
        return wanted | {"Id": made["Id"]}

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        request.aws_client_factory.route53resolver.disassociate_resolver_query_log_config(
            ResolverQueryLogConfigId=before["ResolverQueryLogConfigId"],
            ResourceId=before["ResourceId"],
        )


def _identity(made: Model) -> Model:
    return {key: made[key] for key in ("Id", "Arn", "CreatorRequestId", "Status") if key in made}


def _change_tags(resolver: Any, before: Model, wanted: Model) -> None:
    arn = before["Arn"]
    tag_changes(
        before,
        wanted,
        add=lambda tags: resolver.tag_resource(
            ResourceArn=arn, Tags=[{"Key": k, "Value": v} for k, v in tags.items()]
        ),
        remove=lambda keys: resolver.untag_resource(ResourceArn=arn, TagKeys=keys),
    )
