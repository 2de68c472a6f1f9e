"""What an isolated network costs, and where the prices come from."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from secure_lambda_constructs.network.cost import MonthlyCost, monthly_cost
from secure_lambda_constructs.network.prices import HOURS_PER_MONTH, PRICES, Price

_PAGE = Path(__file__).parents[2] / "docs" / "cost.md"


def cost(**arguments: Any) -> MonthlyCost:
    """The cost of a network, by default of one without anything that is paid by the hour."""
    defaults: dict[str, Any] = {
        "region": "us-east-1",
        "interface_endpoints": {},
        "dns_firewall": True,
        "allowed_names": 2,
        "query_log": False,
    }
    return monthly_cost(**(defaults | arguments))


def test_network_as_it_comes_costs_nothing_by_the_hour() -> None:
    found = cost()
    assert found.total == Decimal("0.00")
    assert [(line.what, line.per_month) for line in found.lines] == [
        ("gateway endpoints", Decimal(0)),
        ("lists of the DNS firewall", Decimal("0.0015")),
    ]
    assert found.by_use == (PRICES["dns queries"],)


def test_interface_endpoint_is_paid_by_zone_and_hour() -> None:
    found = cost(interface_endpoints={"secretsmanager": 2, "lambda": 1})
    assert {line.what: line.per_month for line in found.lines} == {
        "gateway endpoints": Decimal(0),
        "interface endpoint of secretsmanager": Decimal("14.60"),
        "interface endpoint of lambda": Decimal("7.30"),
        "lists of the DNS firewall": Decimal("0.0015"),
    }
    assert found.total == Decimal("21.90")
    assert PRICES["endpoint data"] in found.by_use


def test_names_are_paid_and_the_star_is_one() -> None:
    (_, names) = cost(allowed_names=9_999).lines
    assert names.per_month == Decimal(5)


def test_no_dns_firewall_no_price_of_it() -> None:
    found = cost(dns_firewall=False)
    assert [line.what for line in found.lines] == ["gateway endpoints"]
    assert found.by_use == ()


def test_query_log_is_paid_by_use() -> None:
    found = cost(query_log=True)
    assert found.total == cost().total
    assert found.by_use == (PRICES["dns queries"], PRICES["vended logs"], PRICES["stored logs"])


def test_total_is_rounded_once() -> None:
    # Two lines of half a cent are a cent, not two.
    found = cost(allowed_names=9)
    assert found.lines[1].per_month == Decimal("0.005")
    doubled = MonthlyCost(region=None, lines=found.lines * 2, by_use=())
    assert doubled.total == Decimal("0.01")


def test_table() -> None:
    text = str(cost(interface_endpoints={"kms": 1, "sqs": 2}))
    assert text.splitlines()[:6] == [
        "a month in us-east-1                how many                             USD each    USD",
        "gateway endpoints                   of DynamoDB, and of S3 if asked for      0.00   0.00",
        "interface endpoint of kms           1 zone x 730 hours                       0.01   7.30",
        "interface endpoint of sqs           2 zones x 730 hours                      0.01  14.60",
        "lists of the DNS firewall           3 names                                0.0005   0.00",
        "total, without what is paid by use                                                 21.90",
    ]
    assert "  data through interface endpoints: 0.01 a GB, up to 1 PB a month\n" in text
    assert "  https://aws.amazon.com/route53/pricing/ (2026-09-20)\n" in text
    assert "may differ" not in text
    assert not [line for line in text.splitlines() if line != line.rstrip()]


def test_region_without_a_known_price_says_so() -> None:
    found = cost(region="eu-west-1", interface_endpoints={"kms": 2}, query_log=True)
    assert found.prices_of_another_region == (
        PRICES["interface endpoint"],
        PRICES["vended logs"],
        PRICES["stored logs"],
    )
    assert (
        "prices of us-east-1, the region's own may differ: interface endpoint; query logs"
    ) in str(found)


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1", "eusc-de-east-1"])
def test_other_partitions_have_prices_of_their_own(region: str) -> None:
    assert cost(region=region).prices_of_another_region == (
        PRICES["gateway endpoint"],
        PRICES["dns names"],
        PRICES["dns queries"],
    )


def test_region_that_is_known_at_deployment() -> None:
    found = cost(region=None, interface_endpoints={"kms": 2})
    assert str(found).startswith("a month in a region that is known at deployment ")
    assert found.prices_of_another_region == (PRICES["interface endpoint"],)


def test_price_of_another_region_is_used_where_it_is_known() -> None:
    price = Price("x", "an hour", Decimal(1), "https://", "2026", elsewhere={"eu-x-1": Decimal(2)})
    assert [price.in_region(region) for region in ("eu-x-1", "eu-y-1", None)] == [2, 1, 1]
    assert [price.is_known_in(region) for region in ("eu-x-1", "eu-y-1", None)] == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("price", PRICES.values(), ids=PRICES)
def test_prices_have_a_source_of_aws_and_a_date(price: Price) -> None:
    assert re.match(r"https://(docs\.)?aws\.amazon\.com/", price.source)
    assert re.fullmatch(r"2026(-\d\d){0,2}", price.as_of)
    assert price.usd >= 0


@pytest.mark.parametrize("price", PRICES.values(), ids=PRICES)
def test_page_quotes_the_prices_of_the_code(price: Price) -> None:
    row = f"| {price.what} | {price.usd} | {price.unit} | [AWS]({price.source}), {price.as_of} |"
    assert row in _PAGE.read_text().splitlines()


def test_page_quotes_no_price_that_the_code_does_not_have() -> None:
    rows = [line for line in _PAGE.read_text().splitlines() if "[AWS](" in line]
    assert len(rows) == len(PRICES)


def test_month() -> None:
    assert HOURS_PER_MONTH * 12 == 365 * 24


def test_page_shows_the_table_that_is_printed() -> None:
    (shown,) = re.findall(r"```text\n(.*?)```", _PAGE.read_text(), re.DOTALL)
    printed = str(cost(interface_endpoints={"secretsmanager": 2}, allowed_names=3))
    assert printed.startswith(shown)
