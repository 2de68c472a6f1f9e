"""What an app costs in a month, as far as its templates tell."""

import re
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
_NAT = "AWS::EC2::NatGateway"
_KEYS = ("AWS::KMS::Key", "AWS::KMS::ReplicaKey")
_EVERY_HOUR = ("interface endpoint", "nat gateway", "public ipv4", "rds proxy")
# No proxy is billed for fewer; how many its databases have, their templates do not always tell.
_LEAST_VCPUS = 2
# What one of them is called where the price is for parts of it, and what its parts are called.
_PARTS = {
    "interface endpoint": ("endpoint", "endpoints", "in {} zone{}"),
    "rds proxy": ("proxy", "proxies", "with {} vCPU{} at least"),
}

# What is paid while it exists and has no price here, and how the page calls it.
_UNPRICED = {
    "AWS::CloudWatch::Alarm": "alarms of CloudWatch",
    "AWS::CloudWatch::CompositeAlarm": "composite alarms of CloudWatch",
    "AWS::EC2::ClientVpnEndpoint": "Client VPN endpoints",
    "AWS::EC2::Instance": "EC2 instances",
    "AWS::EC2::TransitGatewayAttachment": "attachments of a transit gateway",
    "AWS::EC2::TransitGatewayVpcAttachment": "attachments of a transit gateway",
    "AWS::EC2::VPNConnection": "VPN connections",
    "AWS::ECS::Service": "services of ECS",
    "AWS::EFS::FileSystem": "file systems",
    "AWS::EKS::Cluster": "EKS clusters",
    "AWS::ElastiCache::ReplicationGroup": "ElastiCache clusters",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "load balancers",
    "AWS::Kinesis::Stream": "Kinesis streams",
    "AWS::NetworkFirewall::Firewall": "network firewalls",
    "AWS::OpenSearchService::Domain": "OpenSearch domains",
    "AWS::RDS::DBCluster": "database clusters",
    "AWS::RDS::DBInstance": "database instances",
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
    units: Counter[tuple[str, str]] = Counter()
    things: Counter[tuple[str, str]] = Counter()
    for resource in world.resources:
        for price, quantity in _units(resource):
            units[price, resource.region] += quantity
            things[price, resource.region] += 1
    for region, number in _addresses(world).items():
        units["public ipv4", region] = things["public ipv4", region] = number
    return tuple(_row(*key, things[key], units[key]) for key in sorted(units))


def not_counted(world: World) -> tuple[str, ...]:
    """Say what of an app costs something that is not counted.

    Args:
        world: All that the app's templates create.

    Returns:
        A few words for each, first what is there, with how many.
    """
    there = Counter(_UNPRICED[r.type] for r in world.resources if r.type in _UNPRICED)
    kinds = [each.get("VpcEndpointType", default="Gateway") for each in world.of(_ENDPOINT)]
    there["VPC endpoints of other kinds"] = sum(k not in ("Gateway", "Interface") for k in kinds)
    return (
        *(f"{what}: {number}" for what, number in sorted(there.items()) if number),
        "resources of other kinds, of which some are paid by the hour or month",
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
        if domains and not any(isinstance(domain, Unknown) for domain in domains):
            yield "dns names", len(domains)
    elif kind == _NAT:
        yield "nat gateway", 1
    elif kind == "AWS::RDS::DBProxy":
        yield "rds proxy", _LEAST_VCPUS
    elif kind in _KEYS:
        yield "kms key", 1
    elif kind == "AWS::SecretsManager::Secret":
        # Each replica is paid for like a secret.
        yield "secret", 1 + len(as_list(resource.get("ReplicaRegions")))


def _addresses(world: World) -> dict[str, int]:
    """Count public addresses: a NAT gateway has one, which may be there as a resource too."""
    kept = Counter(address.region for address in world.of("AWS::EC2::EIP"))
    used = Counter(
        gateway.region
        for gateway in world.of(_NAT)
        if gateway.get("ConnectivityType", default="public") == "public"
    )
    return {region: max(kept[region], used[region]) for region in {*kept, *used}}


def _row(name: str, region: str, things: int, units: int) -> CostRow:
    price = PRICES[name]
    unit = price.in_region(region)
    hourly = name in _EVERY_HOUR
    quantity = str(units)
    if name in _PARTS:
        one, many, parts = _PARTS[name]
        quantity = f"{things} {one if things == 1 else many} "
        quantity += parts.format(units, "" if units == 1 else "s")
    return CostRow(
        # "NAT gateway (not part of an isolated network)": the rest is of no use here.
        what=re.split(r" \(|, ", price.what)[0],
        region=region,
        quantity=f"{quantity} x {HOURS_PER_MONTH} hours" if hourly else quantity,
        unit=unit,
        per=price.unit,
        month=unit * units * (HOURS_PER_MONTH if hourly else Decimal(1)),
        source=f"{price.source} ({price.as_of})",
        stands_in=not price.is_known_in(region),
    )
