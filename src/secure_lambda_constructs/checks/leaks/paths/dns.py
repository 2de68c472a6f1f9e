"""D01-D04: ways out through the VPC's resolver, which no security group holds back."""

import re
from collections.abc import Iterator

from ...model.values import as_list
from ..case import Case
from ..dnsfirewall import (
    QUERY_TYPES,
    Rule,
    answers,
    associations,
    rules_of,
    unlisted_name,
    unlisted_type,
)
from ..private_zones import stays_inside
from ..reasons import Reason, told
from ..register import path
from .unseen import unseen

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


@path(
    "D01",
    "tunnelling through the resolver",
    attack="The code asks the VPC's resolver for names such as <data>.t.attacker.com, and the name "
    "server of the attacker writes down the questions; no security group sees them.",
    mend="Use an IsolatedNetwork, whose DNS firewall answers the names of its endpoints and no "
    "other. With the CDK's own classes: a route53resolver.CfnFirewallRuleGroup that allows the "
    "exact names of the endpoints and then blocks * without a Qtype, and a "
    "CfnFirewallRuleGroupAssociation with the VPC.",
)
def _d01(case: Case) -> Iterator[Reason]:
    for vpc_id in case.vpc_ids:
        bare = not rules_of(case, vpc_id)
        text = (
            "has no DNS firewall, so that every query is answered"
            if bare
            else "has a DNS firewall that answers queries for names of an attacker"
        )
        # Nor may a list of names or of types be all that it blocks.
        for name in (*_TUNNELS, unlisted_name(case, vpc_id)):
            for query_type in (*QUERY_TYPES, unlisted_type(case, vpc_id)):
                if answers(case, vpc_id, name, query_type):
                    yield _about(case, vpc_id, text, f"{query_type} {name}")
    yield from unseen(case, "its DNS firewall")


@path(
    "D02",
    "a name on the list is somebody else's",
    attack="The code asks for a name that the firewall lets through, below a zone that the "
    "attacker answers for, and the question carries the rows.",
    mend="Use an IsolatedNetwork, which writes the list itself; allow_dns_names() refuses names "
    "that are not AWS's. With the CDK's own classes: exact names of AWS services in the "
    "CfnFirewallDomainList, no *amazonaws.com, and INSPECT_REDIRECTION_DOMAIN.",
)
def _d02(case: Case) -> Iterator[Reason]:
    for vpc_id in case.vpc_ids:
        for rule in rules_of(case, vpc_id):
            if rule.lets_through:
                for text, name in _foreign_names(case, vpc_id, rule):
                    yield _about(case, vpc_id, text, name)
            elif rule.stops_everything:
                # No query comes to the rules behind it.
                break
    yield from unseen(case, "which names its DNS firewall lets through")


@path(
    "D03",
    "the firewall fails open or can be taken off",
    attack="Queries pass while the firewall does not answer, or somebody takes it off by one call, "
    "and the code tunnels through the resolver.",
    mend="IsolatedNetwork turns mutation protection on and leaves the firewall failing closed. "
    "With the CDK's own classes: mutation_protection='ENABLED' at the "
    "CfnFirewallRuleGroupAssociation, and no AWS::Route53Resolver::FirewallConfig with "
    "FirewallFailOpen ENABLED.",
)
def _d03(case: Case) -> Iterator[Reason]:
    for config in case.world.of("AWS::Route53Resolver::FirewallConfig"):
        failing = config.get("FirewallFailOpen")
        if failing != "DISABLED" and case.is_ours(config.get("ResourceId"), case.vpc_ids):
            yield Reason(config, "lets queries pass when the firewall does not answer")
    groups = case.world.of("AWS::Route53Resolver::FirewallRuleGroup")
    for vpc_id in case.vpc_ids:
        attached = associations(case, vpc_id)
        if groups and not attached:
            yield _about(case, vpc_id, "is associated with none of the rule groups there are")
        for association in attached:
            if association.get("MutationProtection") != "ENABLED":
                yield Reason(association, "may be taken off: it has no mutation protection")
    yield from unseen(case, "whether its DNS firewall fails closed")


@path(
    "D04",
    "queries are sent elsewhere",
    attack="A forwarding rule, a resolver endpoint, a profile or the DHCP options send the queries "
    "of the code, and the rows in them, past the firewall to another name server.",
    mend="An IsolatedNetwork refuses all of these. With the CDK's own classes: remove the "
    "CfnResolverEndpoint, the CfnResolverRuleAssociation or the DHCP options from the VPC of the "
    "functions, and log queries to a group or a bucket of this account.",
)
def _d04(case: Case) -> Iterator[Reason]:
    for endpoint in case.world.of("AWS::Route53Resolver::ResolverEndpoint"):
        if endpoint.get("Direction") != "INBOUND":
            yield Reason(endpoint, "sends queries out of the VPC")
    for found in case.world.of(
        "AWS::Route53Profiles::ProfileAssociation",
        "AWS::Route53Resolver::ResolverRuleAssociation",
    ):
        if case.is_ours(found.get("VPCId", default=found.get("ResourceId")), case.vpc_ids):
            applied = found.get("ResolverRuleId", default=found.get("ProfileId"))
            rule = case.world.find(applied, "AWS::Route53Resolver::ResolverRule", near=found)
            if rule is not None and rule.get("RuleType") == "SYSTEM":
                # The resolver answers it by itself, and the firewall decides.
                continue
            yield Reason(found, "applies a rule or a profile to the VPC", told(applied))
    yield from _logged_elsewhere(case)
    for association in case.world.of("AWS::EC2::VPCDHCPOptionsAssociation"):
        if case.is_ours(association.get("VpcId"), case.vpc_ids):
            options = case.world.find(association.get("DhcpOptionsId"), "AWS::EC2::DHCPOptions")
            servers = None if options is None else options.get("DomainNameServers")
            if servers != ["AmazonProvidedDNS"]:
                detail = "" if servers is None else ", ".join(map(told, as_list(servers)))
                yield Reason(association, "gives the VPC name servers of its own", detail)
    yield from unseen(case, "where it sends its queries")


def _about(case: Case, vpc_id: str, text: str, detail: str = "") -> Reason:
    vpc = case.vpc(vpc_id)
    return Reason(vpc, text if vpc is not None else f"the VPC {vpc_id} {text}", detail)


def _logged_elsewhere(case: Case) -> Iterator[Reason]:
    """Yield who gets the names that are asked for, those that are blocked too."""
    for association in case.world.of("AWS::Route53Resolver::ResolverQueryLoggingConfigAssociation"):
        if not case.is_ours(association.get("ResourceId"), case.vpc_ids):
            continue
        config_id = association.get("ResolverQueryLogConfigId")
        config = case.world.find(config_id, "AWS::Route53Resolver::ResolverQueryLoggingConfig")
        if config is None:
            text = "logs queries to where nobody can tell: no template creates its configuration"
            yield Reason(association, text, told(config_id))
            continue
        target = config.get("DestinationArn")
        ours = case.world.find(target, "AWS::Logs::LogGroup", "AWS::S3::Bucket")
        if ours is None and not case.is_own_account(target):
            yield Reason(config, "logs queries outside the account", told(target))


def _foreign_names(case: Case, vpc_id: str, rule: Rule) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a rule that lets through, with the name where there is one."""
    if rule.overrides:
        yield "has a DNS firewall that answers a blocked name with another one", ""
    if rule.action == "BLOCK":
        return
    if rule.domains is None:
        yield "has a DNS firewall that lets through names which nobody can tell", ""
        return
    redirection = rule.properties.get("FirewallDomainRedirectionAction")
    for name in rule.domains:
        if _is_database(case, name):
            continue
        if redirection not in (None, "INSPECT_REDIRECTION_DOMAIN"):
            yield "has a DNS firewall that does not look at what a name points to", name
        if not _is_aws(case, name) and not stays_inside(case, vpc_id, name):
            yield "has a DNS firewall that lets through a name which is not AWS's", name


def _regions(case: Case) -> str:
    regions = {re.escape(function.resource.region) for function in case.isolated}
    return "|".join(sorted(regions))


def _is_database(case: Case, name: str) -> bool:
    """Tell whether it is of a database, or the wildcard of one account's: AWS points it."""
    return case.once(_databases).fullmatch(name) is not None


def _databases(case: Case) -> re.Pattern[str]:
    zones = "|".join(_DATABASE_ZONES)
    identifier = r"[a-z0-9-]*\d[a-z0-9-]*"
    below = rf"(\*|[a-z0-9-]+)\.{identifier}\.({_regions(case)})\.({zones})\.amazonaws\.com"
    return re.compile(below)


def _is_aws(case: Case, name: str) -> bool:
    return case.once(_of_aws).fullmatch(name) is not None


def _of_aws(case: Case) -> re.Pattern[str]:
    region = _regions(case)
    zones = "|".join(_OWN_ZONES)
    exact = rf"(runtime\.)?[a-z0-9-]+(\.api)?\.({region})\.amazonaws\.com"
    below = rf"(\*|\d{{12}})\.({zones})\.({region})\.amazonaws\.com"
    # The names of our buckets, and what they are an alias of: AWS answers for all of S3.
    buckets = "|".join(re.escape(str(bucket.id)) for bucket in case.world.of("AWS::S3::Bucket"))
    of_s3 = rf"({buckets})\.s3\.(({region})\.)?amazonaws\.com|s3-1-w\.amazonaws\.com"
    of_kinesis = rf"\d{{12}}\.(control|data)-kinesis\.({region})\.amazonaws\.com"
    # The names that an interface endpoint has of its own, below that of its service.
    of_endpoint = rf"(\*|[a-z0-9-]+)(\.[a-z0-9-]+){{1,3}}\.({region})\.vpce\.amazonaws\.com"
    return re.compile(f"{exact}|{below}|{of_s3}|{of_kinesis}|{of_endpoint}")
