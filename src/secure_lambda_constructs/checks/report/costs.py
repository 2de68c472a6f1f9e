"""What an app costs in a month, as far as its templates tell."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from ...network.prices import HOURS_PER_MONTH, PRICES
from ..model.values import Unknown, as_list
from ..model.world import Resource, World
from .data import CostRow

__all__ = ["cost_rows", "not_counted"]

_ENDPOINT = "AWS::EC2::VPCEndpoint"
_DOMAINS = "AWS::Route53Resolver::FirewallDomainList"
_EVERY_HOUR = ("interface endpoint", "nat gateway", "public ipv4")

# What is paid while it exists and has no price here, and how the page calls it.
_UNPRICED = {
    "AWS::CloudWatch::Alarm": "alarms of CloudWatch",
    "AWS::CloudWatch::CompositeAlarm": "composite alarms of CloudWatch",
    "AWS::EC2::ClientVpnEndpoint": "Client VPN endpoints",
    "AWS::EC2::Instance": "EC2 instances",
    "AWS::EC2::TransitGatewayAttachment": "attachments of a transit gateway",
    "AWS::EC2::TransitGatewayVpcAttachment": "attachments of a transit gateway",
    "AWS::EC2::VPNConnection": "VPN connections",
    "AWS::EKS::Cluster": "EKS clusters",
    "AWS::ElastiCache::ReplicationGroup": "ElastiCache clusters",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "load balancers",
    "AWS::Kinesis::Stream": "Kinesis streams",
    "AWS::NetworkFirewall::Firewall": "network firewalls",
    "AWS::OpenSearchService::Domain": "OpenSearch domains",
    "AWS::RDS::DBCluster": "database clusters",
    "AWS::RDS::DBInstance": "database instances",
    "AWS::RDS::DBProxy": "RDS proxies",
    "AWS::Route53Resolver::ResolverEndpoint": "endpoints of the Route 53 resolver",
}


def cost_rows(world: World) -> tuple[CostRow, ...]:
    """Count what is paid by the month, used or not.

    Args:
        world: All that the app's templates create.

    Returns:
        A row for each kind of thing and region, with the source of its price.

    Example:
        ```python
        from secure_lambda_constructs.checks.model.assembly import StackTemplate
        from secure_lambda_constructs.checks.model.world import World
        from secure_lambda_constructs.checks.report.costs import cost_rows

        template = {"Resources": {"Key": {"Type": "AWS::SecretsManager::Secret"}}}
        stack = StackTemplate(
            name="Shop", account="111122223333", region="us-east-1", template=template
        )
        (row,) = cost_rows(World([stack]))
        assert (row.quantity, str(row.month)) == ("1", "0.40")
        ```
    """
    counted: Counter[tuple[str, str]] = Counter()
    for resource in world.resources:
        for price, quantity in _units(resource):
            counted[price, resource.region] += quantity
    return tuple(_row(price, region, counted[price, region]) for price, region in sorted(counted))


def not_counted(world: World) -> tuple[str, ...]:
    """Say what of an app costs something that is not counted.

    Args:
        world: All that the app's templates create.

    Returns:
        A few words for each, first what is there.
    """
    there = Counter(_UNPRICED[r.type] for r in world.resources if r.type in _UNPRICED)
    return (
        *(f"{number} {what}" for what, number in sorted(there.items())),
        "what is paid by use: calls of functions, requests and storage of tables, buckets and "
        "queues, data through endpoints, DNS queries, logs",
        "taxes, free tiers and discounts",
    )


def _units(resource: Resource) -> Iterator[tuple[str, int]]:
    kind = resource.type
    if kind == _ENDPOINT and resource.get("VpcEndpointType", default="Gateway") == "Interface":
        subnets = resource.get("SubnetIds")
        # At least one network interface, where nobody can tell how many.
        yield "interface endpoint", max(1, len(as_list(subnets)))
    elif kind == _DOMAINS:
        domains = as_list(resource.get("Domains"))
        if not any(isinstance(domain, Unknown) for domain in domains):
            yield "dns names", len(domains)
    elif kind == "AWS::EC2::NatGateway":
        yield "nat gateway", 1
        if resource.get("ConnectivityType", default="public") == "public":
            yield "public ipv4", 1
    elif kind == "AWS::KMS::Key":
        yield "kms key", 1
    elif kind == "AWS::SecretsManager::Secret":
        yield "secret", 1


def _row(name: str, region: str, quantity: int) -> CostRow:
    price = PRICES[name]
    unit = price.in_region(region)
    hourly = name in _EVERY_HOUR
    month = unit * quantity * (HOURS_PER_MONTH if hourly else Decimal(1))
    # "NAT gateway (not part of an isolated network)": what it is has no need of the rest here.
    what = price.what.partition(" (")[0]
    noun = " zone" if name == "interface endpoint" else ""
    noun += "s" if noun and quantity > 1 else ""
    return CostRow(
        what=what,
        region=region,
        quantity=f"{quantity}{noun} x {HOURS_PER_MONTH} hours" if hourly else str(quantity),
        unit=unit,
        month=month,
        source=f"{price.source} ({price.as_of})",
        stands_in=not price.is_known_in(region),
    )
