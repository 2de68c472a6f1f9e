"""D01-D04: ways out through the VPC's resolver, which no security group holds back."""

import re
from collections.abc import Iterator
from typing import Any

from ..case import Case
from ..dnsfirewall import QUERY_TYPES, Rule, answers, associations, rules_of
from ..register import path

__all__: list[str] = []

# Names that the attacker reads the queries of.
_TUNNELS = (
    "t.attacker.com",
    "aGVsbG8.aGVsbG8.t.attacker.com",
    "attacker.co.uk",
    "evilamazonaws.com",
    "dynamodb.us-east-1.amazonaws.com.attacker.com",
)

# A name that is surely AWS's own: a service of a region, or below a service's own zone there.
_OWN_ZONES = ("ddb", "s3")

# In these zones of a region each account has an identifier, and AWS makes all records below it.
_DATABASE_ZONES = ("docdb", "neptune", "rds", "redshift")


@path("D01", "tunnelling through the resolver")
def _d01(case: Case) -> list[str]:
    return [
        f"{vpc_id}: {query_type} {name} is answered"
        for vpc_id in case.vpc_ids
        for name in _TUNNELS
        for query_type in QUERY_TYPES
        if answers(case, vpc_id, name, query_type)
    ]


@path("D02", "a name on the list is somebody else's")
def _d02(case: Case) -> list[str]:
    reasons: list[str] = []
    for vpc_id in case.vpc_ids:
        for rule in rules_of(case, vpc_id):
            if rule.lets_through:
                reasons += [f"{vpc_id}: {why}" for why in _foreign_names(case, rule)]
    return reasons


@path("D03", "the firewall fails open or can be taken off")
def _d03(case: Case) -> list[str]:
    reasons = [
        f"{config.path} lets queries pass when the firewall does not answer"
        for config in case.world.of("AWS::Route53Resolver::FirewallConfig")
        if config.get("FirewallFailOpen") != "DISABLED"
        and case.is_ours(config.get("ResourceId"), case.vpc_ids)
    ]
    groups = case.world.of("AWS::Route53Resolver::FirewallRuleGroup")
    for vpc_id in case.vpc_ids:
        attached = associations(case, vpc_id)
        if groups and not attached:
            reasons.append(f"{vpc_id} has no association with the rule groups there are")
        reasons += [
            f"{association.path} may be taken off"
            for association in attached
            if association.get("MutationProtection") != "ENABLED"
        ]
    return reasons


@path("D04", "queries are sent elsewhere")
def _d04(case: Case) -> list[str]:
    reasons = [
        f"{endpoint.path} sends queries out of the VPC"
        for endpoint in case.world.of("AWS::Route53Resolver::ResolverEndpoint")
        if endpoint.get("Direction") != "INBOUND"
    ]
    reasons += [
        f"{found.path} applies {_target(found)} to the VPC"
        for found in case.world.of(
            "AWS::Route53Profiles::ProfileAssociation",
            "AWS::Route53Resolver::ResolverRuleAssociation",
        )
        if case.is_ours(found.get("VPCId", default=found.get("ResourceId")), case.vpc_ids)
    ]
    reasons += _logged_elsewhere(case)
    for association in case.world.of("AWS::EC2::VPCDHCPOptionsAssociation"):
        if case.is_ours(association.get("VpcId"), case.vpc_ids):
            options = case.world.find(association.get("DhcpOptionsId"), "AWS::EC2::DHCPOptions")
            servers = None if options is None else options.get("DomainNameServers")
            if servers != ["AmazonProvidedDNS"]:
                reasons.append(f"{association.path} names the resolvers {servers}")
    return reasons


def _logged_elsewhere(case: Case) -> Iterator[str]:
    """Yield who gets the names that are asked for, those that are blocked too."""
    for association in case.world.of("AWS::Route53Resolver::ResolverQueryLoggingConfigAssociation"):
        if not case.is_ours(association.get("ResourceId"), case.vpc_ids):
            continue
        config_id = association.get("ResolverQueryLogConfigId")
        config = case.world.find(config_id, "AWS::Route53Resolver::ResolverQueryLoggingConfig")
        if config is None:
            yield f"{association.path} logs queries as {config_id} says, which no template creates"
            continue
        target = config.get("DestinationArn")
        ours = case.world.find(target, "AWS::Logs::LogGroup", "AWS::S3::Bucket")
        if ours is None and not case.is_own_account(target):
            yield f"{config.path} logs queries to {target}"


def _target(found: Any) -> Any:
    return found.get("ResolverRuleId", default=found.get("ProfileId"))


def _foreign_names(case: Case, rule: Rule) -> list[str]:
    reasons: list[str] = []
    if rule.properties.get("BlockResponse") == "OVERRIDE":
        reasons.append("a blocked name is answered with another one")
    if rule.action == "BLOCK":
        return reasons
    if rule.domains is None:
        return [*reasons, "nobody can tell the names that are let through"]
    if rule.properties.get("FirewallDomainRedirectionAction") == "TRUST_REDIRECTION_DOMAIN":
        reasons += [
            f"names that {name} points to are not looked at"
            for name in rule.domains
            if not _is_database(case, name)
        ]
    return reasons + [
        f"{name} is let through"
        for name in rule.domains
        if not _is_aws(case, name) and not _is_database(case, name)
    ]


def _regions(case: Case) -> str:
    regions = {re.escape(function.resource.region) for function in case.isolated}
    return "|".join(sorted(regions))


def _is_database(case: Case, name: str) -> bool:
    """Tell whether it is of a database, or the wildcard of one account's: AWS points it."""
    zones = "|".join(_DATABASE_ZONES)
    identifier = r"[a-z0-9-]*\d[a-z0-9-]*"
    below = rf"(\*|[a-z0-9-]+)\.{identifier}\.({_regions(case)})\.({zones})\.amazonaws\.com"
    return re.fullmatch(below, name) is not None


def _is_aws(case: Case, name: str) -> bool:
    region = _regions(case)
    zones = "|".join(_OWN_ZONES)
    exact = rf"(runtime\.)?[a-z0-9-]+(\.api)?\.({region})\.amazonaws\.com"
    below = rf"(\*|\d{{12}})\.({zones})\.({region})\.amazonaws\.com"
    # The names of our buckets, and what they are an alias of: AWS answers for all of S3.
    buckets = "|".join(re.escape(bucket.id) for bucket in case.world.of("AWS::S3::Bucket"))
    of_s3 = rf"({buckets})\.s3\.(({region})\.)?amazonaws\.com|s3-1-w\.amazonaws\.com"
    of_kinesis = rf"\d{{12}}\.(control|data)-kinesis\.({region})\.amazonaws\.com"
    return re.fullmatch(f"{exact}|{below}|{of_s3}|{of_kinesis}", name) is not None
