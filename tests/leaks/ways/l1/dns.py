"""D01-D04: DNS firewalls that let names through, and what goes around them."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_route53profiles as profiles
from aws_cdk import aws_route53resolver as resolver
from aws_cdk import aws_s3 as s3

from .base import AGNOSTIC, CENTRAL, EU, US, WAYS, Base, vpc

__all__: list[str] = []


@WAYS.way("D01")
def _only_some_zones_are_blocked(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    base.all.domains = ["*.com", "*.net", "*.org", "*.io", "*.ru"] if is_open else ["*"]


@WAYS.way("D01", "D03")
def _the_firewall_of_another_vpc(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=EU, is_apart=True)
    edge = vpc(base.shared, "Edge")
    cdk.CfnOutput(base.shared, "EdgeId", value=edge.ref, export_name="network-edge")
    cdk.CfnOutput(base.shared, "AppId", value=base.vpc.ref, export_name="network-app")
    names = cdk.Stack(app, "Names", env=EU)
    # The one of the base goes, and that of the stack of the names comes.
    base.shared.node.try_remove_child("Firewall")
    resolver.CfnFirewallRuleGroupAssociation(
        names,
        "Firewall",
        firewall_rule_group_id=base.rules.attr_id,
        mutation_protection="ENABLED",
        priority=101,
        vpc_id=cdk.Fn.import_value("network-edge" if is_open else "network-app"),
    )


@WAYS.way("D01", "D02")
def _a_list_of_names_that_is_a_file(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=AGNOSTIC)
    file = "s3://platform-names/allowed.txt" if is_open else None
    more = resolver.CfnFirewallDomainList(
        base.stack,
        "More",
        domain_file_url=file,
        domains=None if is_open else [f"kms.{base.region}.amazonaws.com"],
    )
    base.rules.firewall_rules = [
        base.letting(base.known, 100),
        base.letting(more, 110),
        base.blocking(),
    ]


@WAYS.way("D02")
def _names_in_a_parameter(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    known = ["dynamodb.us-east-1.amazonaws.com", "*.ddb.us-east-1.amazonaws.com"]
    partner = ["api.partner.example."] if is_open else ["KMS.us-east-1.amazonaws.com."]
    names = cdk.CfnParameter(
        base.stack, "Names", default=",".join([*known, *partner]), type="CommaDelimitedList"
    )
    base.known.domains = names.value_as_list


@WAYS.way("D02")
def _what_trusted_names_lead_to_is_not_looked_at(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=CENTRAL)
    rule = base.letting(base.known, 100)
    base.rules.firewall_rules = [rule, base.blocking()]
    if is_open:
        base.rules.add_property_override(
            "FirewallRules.0.FirewallDomainRedirectionAction", "TRUST_REDIRECTION_DOMAIN"
        )
    else:
        base.rules.add_property_deletion_override("FirewallRules.0.FirewallDomainRedirectionAction")


@WAYS.way("D03")
def _queries_pass_while_the_firewall_fails(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=AGNOSTIC)
    edge = vpc(base.stack, "Edge")
    # The CDK has no class for it.
    cdk.CfnResource(
        base.stack,
        "FailOpen",
        type="AWS::Route53Resolver::FirewallConfig",
        properties={
            "FirewallFailOpen": "ENABLED",
            "ResourceId": (base.vpc if is_open else edge).ref,
        },
    )


@WAYS.way("D03")
def _protection_for_one_stage(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    cdk.CfnParameter(base.stack, "Stage", default="test" if is_open else "live")
    live = cdk.CfnCondition(
        base.stack, "IsLive", expression=cdk.Fn.condition_equals({"Ref": "Stage"}, "live")
    )
    base.firewall.add_property_override(
        "MutationProtection",
        {"Fn::If": [live.logical_id, "ENABLED", {"Ref": "AWS::NoValue"}]},
    )


@WAYS.way("D04")
def _a_profile_of_the_network_team(app: cdk.App, is_open: bool) -> None:
    base = Base(app, is_apart=True)
    edge = vpc(base.shared, "Edge")
    team = cdk.Stack(app, "Team", env=US)
    profile = profiles.CfnProfile(team, "Profile", name="company")
    profiles.CfnProfileAssociation(
        team,
        "Associated",
        name="company",
        profile_id=profile.attr_id,
        resource_id=(base.vpc if is_open else edge).ref,
    )


@WAYS.way("D04")
def _name_servers_of_the_vpc_and_others(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=EU)
    options = ec2.CfnDHCPOptions(
        base.stack,
        "Options",
        domain_name="orders.internal",
        domain_name_servers=["AmazonProvidedDNS", *(["10.20.0.2"] if is_open else [])],
    )
    ec2.CfnVPCDHCPOptionsAssociation(
        base.stack, "WithOptions", dhcp_options_id=options.ref, vpc_id=base.vpc.ref
    )


@WAYS.way("D04")
def _a_rule_for_a_domain(app: cdk.App, is_open: bool) -> None:
    base = Base(app)
    # A rule of the type SYSTEM leaves the domain to the resolver of the VPC.
    rule = resolver.CfnResolverRule(
        base.stack,
        "Company",
        domain_name="corp.example",
        rule_type="FORWARD" if is_open else "SYSTEM",
    )
    if is_open:
        rule.resolver_endpoint_id = "rslvr-out-0123456789abcdef0"
        rule.target_ips = [resolver.CfnResolverRule.TargetAddressProperty(ip="10.20.0.2")]
    resolver.CfnResolverRuleAssociation(
        base.stack, "Associated", resolver_rule_id=rule.ref, vpc_id=base.vpc.ref
    )


@WAYS.way("D04")
def _queries_are_logged_by_the_name_of_an_export(app: cdk.App, is_open: bool) -> None:
    base = Base(app, env=EU)
    central = cdk.Stack(app, "Central", env=EU)
    bucket = s3.CfnBucket(central, "Queries")
    cdk.CfnOutput(central, "Arn", value=bucket.attr_arn, export_name="central-queries")
    config = resolver.CfnResolverQueryLoggingConfig(
        base.stack,
        "Logging",
        destination_arn=cdk.Fn.import_value("vendor-queries" if is_open else "central-queries"),
    )
    resolver.CfnResolverQueryLoggingConfigAssociation(
        base.stack,
        "Logged",
        resolver_query_log_config_id=config.attr_id,
        resource_id=base.vpc.ref,
    )
