"""What AWS charges for what a closed network may be made of, with the source of each price.

On-demand prices in US dollars, without taxes, free tiers and discounts, each with the page of AWS
that has it and the day for which it was confirmed. A price is here for a region only if it was
seen for that region; for any other one that of us-east-1 is shown, and said to be.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

__all__ = ["HOURS_PER_MONTH", "PRICES", "REFERENCE_REGION", "Price"]

HOURS_PER_MONTH = 730
REFERENCE_REGION = "us-east-1"
# Partitions with prices of their own.
_OTHER_PARTITIONS = ("cn-", "eusc-", "us-gov-", "us-iso")


@dataclass(frozen=True)
class Price:
    """What one unit of something costs."""

    what: str
    unit: str
    """What is counted, as in "an hour and zone"."""
    usd: Decimal
    """The price in us-east-1."""
    source: str
    as_of: str
    """The day, or month, or year, for which it was confirmed."""
    everywhere: bool = False
    """Whether AWS names one price for all regions of its commercial partition."""
    elsewhere: Mapping[str, Decimal] = field(default_factory=dict, hash=False)
    """The price in other regions, where it was seen."""

    def in_region(self, region: str | None) -> Decimal:
        """The price in a region, or that of us-east-1 where it is not known.

        Args:
            region: The region, or `None` where it is not known either.

        Returns:
            US dollars.
        """
        return self.usd if region is None else self.elsewhere.get(region, self.usd)

    def is_known_in(self, region: str | None) -> bool:
        """Whether the price is the region's own.

        Args:
            region: The region, or `None` where it is not known.

        Returns:
            `False` where the price of us-east-1 stands in for it. Where the region is not known, a
            price that is the same everywhere is taken to be its own.
        """
        if region is None:
            return self.everywhere
        if region == REFERENCE_REGION or region in self.elsewhere:
            return True
        return self.everywhere and not region.startswith(_OTHER_PARTITIONS)


_PRIVATELINK = "https://aws.amazon.com/privatelink/pricing/"
_ROUTE53 = "https://aws.amazon.com/route53/pricing/"
_CLOUDWATCH = "https://aws.amazon.com/cloudwatch/pricing/"
_VPC = "https://aws.amazon.com/vpc/pricing/"
_RDS_PROXY = "https://aws.amazon.com/rds/proxy/pricing/"

PRICES: Mapping[str, Price] = {
    "gateway endpoint": Price(
        "gateway endpoint of DynamoDB or S3",
        "an hour",
        Decimal(0),
        "https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html",
        "2026",
        everywhere=True,
    ),
    "interface endpoint": Price(
        "interface endpoint",
        "an hour and zone",
        Decimal("0.01"),
        _PRIVATELINK,
        "2026-08-12",
        elsewhere={"us-west-2": Decimal("0.01")},
    ),
    "endpoint data": Price(
        "data through interface endpoints",
        "a GB, up to 1 PB a month",
        Decimal("0.01"),
        _PRIVATELINK,
        "2026-10",
        everywhere=True,
    ),
    "dns names": Price(
        "name in a list of the DNS firewall",
        "a month",
        Decimal("0.0005"),
        _ROUTE53,
        "2026-09-20",
        everywhere=True,
    ),
    "dns queries": Price(
        "queries that the DNS firewall looks at",
        "a million, up to a billion a month",
        Decimal("0.60"),
        _ROUTE53,
        "2026-09-20",
        everywhere=True,
    ),
    "vended logs": Price(
        "query logs and flow logs, into CloudWatch Logs",
        "a GB, up to 10 TB a month",
        Decimal("0.50"),
        _CLOUDWATCH,
        "2026",
    ),
    "stored logs": Price("logs kept", "a GB and month", Decimal("0.03"), _CLOUDWATCH, "2026"),
    "kms key": Price(
        "customer-managed key",
        "a month",
        Decimal(1),
        "https://aws.amazon.com/kms/pricing/",
        "2026-03",
        everywhere=True,
    ),
    "point-in-time recovery": Price(
        "point-in-time recovery of a table",
        "a GB and month",
        Decimal("0.20"),
        "https://aws.amazon.com/dynamodb/pricing/on-demand/",
        "2026",
        elsewhere={"us-west-2": Decimal("0.20")},
    ),
    "secret": Price(
        "secret",
        "a month",
        Decimal("0.40"),
        "https://aws.amazon.com/secrets-manager/pricing/",
        "2026-10-06",
        everywhere=True,
    ),
    "rds proxy": Price(
        "RDS Proxy, for a database of instances",
        "a vCPU and hour, at least 2 vCPUs",
        Decimal("0.015"),
        _RDS_PROXY,
        "2026-10-01",
    ),
    "rds proxy serverless": Price(
        "RDS Proxy, for Aurora Serverless v2",
        "an ACU and hour, at least 8 ACUs",
        Decimal("0.015"),
        _RDS_PROXY,
        "2026-10-01",
    ),
    "code signing": Price(
        "signing jobs, profiles and code signing configurations",
        "a job",
        Decimal(0),
        "https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html",
        "2026",
        everywhere=True,
    ),
    "nat gateway": Price(
        "NAT gateway (not part of an isolated network)",
        "an hour and zone",
        Decimal("0.045"),
        _VPC,
        "2026-08-12",
    ),
    "nat data": Price("data through NAT gateways", "a GB", Decimal("0.045"), _VPC, "2026-08-12"),
    "public ipv4": Price(
        "public IPv4 address, which a NAT gateway has",
        "an hour",
        Decimal("0.005"),
        _VPC,
        "2026-08-12",
        everywhere=True,
    ),
}
