"""What an isolated network costs in a month, as far as it follows from what it is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from .prices import HOURS_PER_MONTH, PRICES, REFERENCE_REGION, Price

__all__ = ["CostLine", "MonthlyCost", "monthly_cost"]

_CENT = Decimal("0.01")


@dataclass(frozen=True)
class CostLine:
    """One thing that is paid by the month, used or not."""

    what: str
    quantity: int
    """How many units a month has: hours and zones, or names."""
    explanation: str
    """How they were counted, such as "2 zones x 730 hours"."""
    price: Price
    unit_price: Decimal
    """US dollars in the region, or in us-east-1 where the region's own price is not known."""

    @property
    def per_month(self) -> Decimal:
        """US dollars, not rounded."""
        return self.quantity * self.unit_price


@dataclass(frozen=True)
class MonthlyCost:
    """What a network costs in a month.

    `str()` makes a table of it, with the source and day of each price.
    """

    region: str | None
    """The region, or `None` in a stack that is bound to none."""
    lines: tuple[CostLine, ...]
    """What is paid by the month."""
    by_use: tuple[Price, ...]
    """What is paid by use, which nobody knows at synth."""

    @property
    def total(self) -> Decimal:
        """US dollars for the lines together, rounded to cents. What is paid by use is not in it."""
        return sum((line.per_month for line in self.lines), Decimal(0)).quantize(
            _CENT, ROUND_HALF_UP
        )

    @property
    def prices_of_another_region(self) -> tuple[Price, ...]:
        """The prices that are those of us-east-1 because the region's own are not known."""
        return tuple(price for price in self._prices() if not price.is_known_in(self.region))

    def __str__(self) -> str:
        """A table: what, how many, unit price and US dollars a month, then what is paid by use."""
        where = self.region or "a region that is known at deployment"
        rows = [
            (line.what, line.explanation, f"{_dollars(line.unit_price)}", _cents(line.per_month))
            for line in self.lines
        ]
        heading = (f"a month in {where}", "how many", "USD each", "USD")
        end = ("total, without what is paid by use", "", "", _cents(self.total))
        table = [heading, *rows, end]
        widths = [max(len(row[column]) for row in table) for column in range(4)]
        text = [
            f"{what:<{widths[0]}}  {many:<{widths[1]}}  {each:>{widths[2]}}  {usd:>{widths[3]}}"
            for what, many, each, usd in table
        ]
        text += ["", "paid by use, in USD:"]
        text += [
            f"  {price.what}: {_dollars(price.in_region(self.region))} {price.unit}"
            for price in self.by_use
        ]
        strangers = [price.what for price in self.prices_of_another_region]
        if strangers:
            text += [
                "",
                f"prices of {REFERENCE_REGION}, the region's own may differ: "
                + "; ".join(strangers),
            ]
        text += ["", "without taxes, free tiers and discounts; sources:"]
        text += sorted({f"  {price.source} ({price.as_of})" for price in self._prices()})
        return "\n".join(line.rstrip() for line in text)

    def _prices(self) -> tuple[Price, ...]:
        """All prices, each once."""
        return tuple(dict.fromkeys((*(line.price for line in self.lines), *self.by_use)))


def monthly_cost(
    *,
    region: str | None,
    interface_endpoints: Mapping[str, int],
    dns_firewall: bool,
    allowed_names: int,
    query_log: bool,
) -> MonthlyCost:
    """What a network costs in a month.

    The VPC, its subnets, route table and security groups, and the gateway endpoints cost nothing.
    So does an isolated function while it does not run, but for what its log keeps.

    Args:
        region: The region, or `None` where it is known at deployment only.
        interface_endpoints: In how many zones each interface endpoint is, by its service.
        dns_firewall: Whether the DNS firewall is on.
        allowed_names: How many names it answers.
        query_log: Whether the queries are logged.

    Returns:
        The cost. A month has 730 hours.

    Example:
        ```python
        from secure_lambda_constructs.network.cost import monthly_cost

        cost = monthly_cost(
            region="us-east-1",
            interface_endpoints={"secretsmanager": 2},
            dns_firewall=True,
            allowed_names=3,
            query_log=False,
        )
        assert str(cost.total) == "14.60"
        ```
    """
    lines = [
        _line(
            "gateway endpoints",
            1,
            "of DynamoDB, and of S3 if asked for",
            "gateway endpoint",
            region,
        )
    ]
    for service, zones in interface_endpoints.items():
        noun = "zone" if zones == 1 else "zones"
        lines.append(
            _line(
                f"interface endpoint of {service}",
                zones * HOURS_PER_MONTH,
                f"{zones} {noun} x {HOURS_PER_MONTH} hours",
                "interface endpoint",
                region,
            )
        )
    by_use: list[Price] = []
    if interface_endpoints:
        by_use.append(PRICES["endpoint data"])
    if dns_firewall:
        # The list of what is blocked has one entry, the star.
        names = allowed_names + 1
        lines.append(
            _line("lists of the DNS firewall", names, f"{names} names", "dns names", region)
        )
        by_use.append(PRICES["dns queries"])
    if query_log:
        by_use += [PRICES["vended logs"], PRICES["stored logs"]]
    return MonthlyCost(region=region, lines=tuple(lines), by_use=tuple(by_use))


def _line(what: str, quantity: int, explanation: str, price: str, region: str | None) -> CostLine:
    """A line of a price."""
    found = PRICES[price]
    return CostLine(what, quantity, explanation, found, found.in_region(region))


def _dollars(amount: Decimal) -> str:
    """A price of one unit, with the places that AWS writes, but two at least."""
    cents = amount.quantize(_CENT)
    return f"{cents if cents == amount else amount:f}"


def _cents(amount: Decimal) -> str:
    """An amount in cents."""
    return str(amount.quantize(_CENT, ROUND_HALF_UP))
