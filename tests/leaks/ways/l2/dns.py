"""D01-D04: ways out through the resolver."""

import aws_cdk as cdk
import jsii
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53resolver as resolver
from aws_cdk import aws_s3 as s3
from constructs import IConstruct

from .base import ACCOUNT, WAYS, Network, isolated_vpc, stack_of
from .plain import Plain, table_of

__all__: list[str] = []

_Rule = resolver.CfnFirewallRuleGroup.FirewallRuleProperty


@WAYS.way("D01")
def _without_a_firewall(app: cdk.App, is_open: bool) -> None:
    """Nobody thought of the resolver."""
    stack = stack_of(app)
    Plain(stack, network=Network(stack, has_firewall=not is_open))


@WAYS.way("D01")
def _managed_list(app: cdk.App, is_open: bool) -> None:
    """The firewall blocks what AWS knows to be malicious, and then everything, or nothing else."""
    stack = stack_of(app, region="eu-west-1")
    network = Network(stack, has_firewall=False)
    known = _Rule(
        action="BLOCK",
        block_response="NODATA",
        priority=1,
        firewall_domain_list_id="rslvr-fdl-0a1b2c3d4e5f6071",
    )
    rules = [known, *([] if is_open else network.rules())]
    Plain(stack, network=network)
    network.firewall(rules)


@WAYS.way("D01")
def _some_query_types(app: cdk.App, is_open: bool) -> None:
    """The last rule blocks the query types that tunnels are known for, or all."""
    stack = stack_of(app)
    network = Network(stack, has_firewall=False)
    allowed, last = network.rules()
    types = [network.blocked(201 + i, qtype=q) for i, q in enumerate(("TXT", "NULL"))]
    network.firewall([allowed, *types, *([] if is_open else [last])])
    Plain(stack, network=network)


@WAYS.way("D01", "D02")
def _alert_on_tunnels(app: cdk.App, is_open: bool) -> None:
    """A rule that knows tunnels comes first: it reports them and lets them through, or blocks."""
    stack = stack_of(app)
    network = Network(stack, has_firewall=False)
    heuristic = _Rule(
        action="ALERT" if is_open else "BLOCK",
        block_response=None if is_open else "NODATA",
        confidence_threshold="HIGH",
        dns_threat_protection="DNS_TUNNELING",
        priority=1,
    )
    network.firewall([heuristic, *network.rules()])
    Plain(stack, network=network)


@WAYS.way("D01", "D02")
def _rules_of_the_company(app: cdk.App, is_open: bool) -> None:
    """Rules that the company shares are tried before those of the app, or after them."""
    stack = stack_of(app)
    network = Network(stack)
    Plain(stack, network=network)
    resolver.CfnFirewallRuleGroupAssociation(
        stack,
        "Company",
        firewall_rule_group_id="rslvr-frg-0a1b2c3d4e5f6071",
        mutation_protection="ENABLED",
        priority=100 if is_open else 102,
        vpc_id=network.vpc.vpc_id,
    )


@WAYS.way("D02")
def _name_of_a_partner(app: cdk.App, is_open: bool) -> None:
    """The list has the zone of a partner, or of a further service of AWS."""
    stack = stack_of(app, region=None)
    name = "*.partner.example" if is_open else f"kinesis.{stack.region}.amazonaws.com"
    Plain(stack, network=Network(stack, names=[name]))


@WAYS.way("D02")
def _redirections_are_trusted(app: cdk.App, is_open: bool) -> None:
    """What an answered name points to is answered too, without a look at it."""
    stack = stack_of(app)
    network = Network(stack, has_firewall=False)
    kind = "TRUST" if is_open else "INSPECT"
    rules = network.rules(firewall_domain_redirection_action=f"{kind}_REDIRECTION_DOMAIN")
    network.firewall(rules)
    Plain(stack, network=network)


@WAYS.way("D01", "D02")
def _names_of_a_file(app: cdk.App, is_open: bool) -> None:
    """The list is read from a file in a bucket, or from a parameter that has a default."""
    stack = stack_of(app)
    network = Network(stack, has_firewall=False)
    found = resolver.CfnFirewallDomainList(stack, "Found")
    if is_open:
        found.domain_file_url = "s3://names/allowed.txt"
    else:
        host = "us-east-1.amazonaws.com"
        names = cdk.CfnParameter(
            stack,
            "AllowedNames",
            type="CommaDelimitedList",
            default=f"dynamodb.{host},*.ddb.{host}",
        )
        found.domains = names.value_as_list
    allowed = _Rule(action="ALLOW", priority=1, firewall_domain_list_id=found.attr_id)
    network.firewall([allowed, network.blocked(2)])
    Plain(stack, network=network)


@jsii.implements(cdk.IAspect)
class _Unprotected:
    """Lets stacks be deleted: it takes off every protection there is."""

    def visit(self, node: IConstruct) -> None:
        if isinstance(node, resolver.CfnFirewallRuleGroupAssociation):
            node.mutation_protection = "DISABLED"


@WAYS.way("D03")
def _aspect_of_the_test_stage(app: cdk.App, is_open: bool) -> None:
    """An aspect takes the protection off the firewall, of this stage or of another one."""
    stage = cdk.Stage(app, "Shop", env=cdk.Environment(account=ACCOUNT, region="us-east-1"))
    stack = cdk.Stack(stage, "App")
    Plain(stack)
    tests = cdk.Stage(app, "Tests", env=cdk.Environment(account=ACCOUNT, region="eu-west-1"))
    Network(cdk.Stack(tests, "Empty"))
    cdk.Aspects.of(stage if is_open else tests).add(_Unprotected())


@WAYS.way("D03")
def _unprotected_by_default(app: cdk.App, is_open: bool) -> None:
    """The association says nothing of mutations."""
    stack = stack_of(app, region="eu-west-1")
    Plain(stack, network=Network(stack, mutation_protection=None if is_open else "ENABLED"))


@WAYS.way("D04")
def _rule_of_the_company(app: cdk.App, is_open: bool) -> None:
    """A rule that the company shares forwards queries: of this VPC, or of that of the offices."""
    platform, stack = stack_of(app, "Platform"), stack_of(app)
    vpc, offices = isolated_vpc(platform), isolated_vpc(platform, "Offices")
    Plain(stack, network=Network(platform, vpc=vpc), table=table_of(platform))
    resolver.CfnResolverRuleAssociation(
        platform,
        "Forwarded",
        resolver_rule_id="rslvr-rr-0a1b2c3d4e5f60718",
        vpc_id=(vpc if is_open else offices).vpc_id,
    )


@WAYS.way("D04")
def _dhcp_options(app: cdk.App, is_open: bool) -> None:
    """The VPC has name servers of the company, or the options name Amazon's."""
    stack = stack_of(app)
    vpc = isolated_vpc(stack)
    servers = ["10.0.0.53"] if is_open else ["AmazonProvidedDNS"]
    options = ec2.CfnDHCPOptions(stack, "Options", domain_name_servers=servers)
    ec2.CfnVPCDHCPOptionsAssociation(
        stack,
        "OptionsOfTheVpc",
        dhcp_options_id=options.attr_dhcp_options_id,
        vpc_id=vpc.vpc_id,
    )
    Plain(stack, network=Network(stack, vpc=vpc))


@WAYS.way("D04")
def _queries_logged_centrally(app: cdk.App, is_open: bool) -> None:
    """The names are logged to a bucket of nobody knows whom, or to an own one."""
    stack = stack_of(app)
    network = Network(stack)
    Plain(stack, network=network)
    bucket: s3.IBucket = s3.Bucket(stack, "Queries", enforce_ssl=True)
    if is_open:
        bucket = s3.Bucket.from_bucket_name(stack, "Central", "central-queries")
    config = resolver.CfnResolverQueryLoggingConfig(
        stack, "Logging", destination_arn=bucket.bucket_arn
    )
    resolver.CfnResolverQueryLoggingConfigAssociation(
        stack,
        "Logged",
        resolver_query_log_config_id=config.attr_id,
        resource_id=network.vpc.vpc_id,
    )


@WAYS.way("D01", "D03")
def _firewall_of_another_vpc(app: cdk.App, is_open: bool) -> None:
    """The firewall is associated with the VPC of the offices, or with that of the functions."""
    stack = stack_of(app, region="eu-west-1")
    vpc = isolated_vpc(stack)
    network = Network(stack, vpc=vpc, has_firewall=False)
    offices = isolated_vpc(stack, "Offices")
    network.firewall(network.rules(), vpc=offices if is_open else vpc)
    Plain(stack, network=network)


@WAYS.way("D02")
def _private_zone(app: cdk.App, is_open: bool) -> None:
    """A name of the company is public, or of a zone that the VPC answers for itself."""
    stack = stack_of(app)
    network = Network(stack, names=["orders.db.shop.example"])
    Plain(stack, network=network)
    zone = route53.PrivateHostedZone(
        stack,
        "Zone",
        vpc=isolated_vpc(stack, "Offices") if is_open else network.vpc,
        zone_name="db.shop.example",
    )
    target = route53.RecordTarget.from_ip_addresses("10.0.0.7")
    route53.ARecord(stack, "Record", record_name="orders", target=target, zone=zone)
