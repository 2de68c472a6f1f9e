"""Rules that are written here, on packets: what each lets through arrives, and nothing else."""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from local_aws import LocalAws

from .attempts import INSIDE, RESOLVED, attempt_all
from .model import (
    ALLOW_ALL,
    INTERNET,
    LOCAL,
    DomainRule,
    Function,
    Network,
    Permission,
    Route,
    UnsupportedError,
)
from .world import make_world

pytestmark = [pytest.mark.local_aws, pytest.mark.usefixtures("packets")]

FUNCTION = Function("f", "leak.handler", {}, b"")
VPC_ROUTE, DEFAULT_ROUTE = Route("10.1.0.0/16", LOCAL), Route("0.0.0.0/0", INTERNET)
ALLOWED = DomainRule("ALLOW", ("dynamodb.us-east-1.amazonaws.com", "*.ddb.us-east-1.amazonaws.com"))
BLOCKED = DomainRule("BLOCK", ("*",))
# What the CDK writes into a group that lets nothing out.
PLACEHOLDER = Permission("icmp", "255.255.255.255/32", 252, 86)


def network(
    permissions: Sequence[Permission] = (PLACEHOLDER,),
    routes: Sequence[Route] = (VPC_ROUTE,),
    domain_rules: Sequence[DomainRule] = (ALLOWED, BLOCKED),
) -> Network:
    return Network(
        vpc=IPv4Network("10.1.0.0/16"),
        subnet=IPv4Network("10.1.4.0/24"),
        permissions=tuple(permissions),
        routes=tuple(routes),
        domain_rules=tuple(domain_rules),
    )


@dataclass(frozen=True)
class Case:
    """A network, and what gets out of it."""

    name: str
    network: Network
    expected: frozenset[str]


CASES = [
    Case(
        "a group that lets all out, no way out of the VPC, no DNS firewall",
        network([ALLOW_ALL], domain_rules=()),
        INSIDE | RESOLVED,
    ),
    Case(
        "a way out of the VPC and no rule in any group, one type of query blocked",
        network([], [VPC_ROUTE, DEFAULT_ROUTE], [DomainRule("BLOCK", ("*",), "TXT")]),
        RESOLVED - {"dns TXT", "dns over tcp TXT", "dns TXT to the link-local address"},
    ),
    Case(
        "rules with a port, an alert in front of the block",
        network(
            [
                PLACEHOLDER,
                Permission("tcp", "0.0.0.0/0", 443, 443),
                Permission("17", "203.0.113.64/30", 50, 60),
            ],
            [VPC_ROUTE, DEFAULT_ROUTE],
            [ALLOWED, DomainRule("ALERT", ("*.example",)), BLOCKED],
        ),
        RESOLVED
        | {"tcp 443 to insider", "tls to insider", "tcp 443 to internet", "tls to internet"}
        | {"udp 53 to internet", "dns to internet"},
    ),
    Case(
        "rules with an ICMP type and a protocol as a whole, an exact name allowed",
        network(
            [Permission("icmp", "10.1.0.0/16", 8), Permission("udp", "203.0.113.66/32")],
            [VPC_ROUTE, DEFAULT_ROUTE],
            [DomainRule("ALLOW", ("attacker.example",)), BLOCKED],
        ),
        frozenset({"icmp to insider", "dns to internet"})
        | {f"udp {port} to internet" for port in (53, 443, 4444)},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_only_what_the_rules_let_through_arrives(
    case: Case, local_aws: LocalAws, tmp_path: Path
) -> None:
    with make_world(case.network, tmp_path, endpoint_url=local_aws.endpoint_url) as world:
        outcome = attempt_all(world, FUNCTION, tmp_path)
    assert outcome.arrived == case.expected
    assert outcome.succeeded == case.expected, outcome.reasons


def _made() -> list[str]:
    """The namespaces of this process, and what configures names in them."""
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True)
    names = [line.split()[0] for line in listed.stdout.splitlines()]
    folders = [folder.name for folder in Path("/etc/netns").glob("*")]
    return [name for name in names + folders if name.startswith(f"isolation-{os.getpid()}-")]


def test_nothing_is_left_behind(local_aws: LocalAws, tmp_path: Path) -> None:
    def fail() -> None:
        with make_world(network(), tmp_path, endpoint_url=local_aws.endpoint_url) as world:
            world.function.start(["sleep", "60"], environment={"PATH": "/bin"}, folder=tmp_path)
            assert len(_made()) == 6  # five namespaces, one with a resolver
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert _made() == []


def test_nothing_is_left_behind_by_a_world_that_cannot_be_made(
    local_aws: LocalAws, tmp_path: Path
) -> None:
    refused = network(routes=[Route("::/0", INTERNET)])
    made = make_world(refused, tmp_path, endpoint_url=local_aws.endpoint_url)
    with pytest.raises(UnsupportedError, match="a route of IPv6"), made:
        pytest.fail("there is no such world")
    assert _made() == []
