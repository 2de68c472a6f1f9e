"""The deployed example on packets: it reads its row, and nothing else leaves it.

The security groups, the routes and the DNS firewall are read from what is deployed; see `world`
for what is around the function, and `attempts` for what it tries.
"""

import contextlib
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from .attempts import DIRECT, INSIDE, RESOLVED, Outcome, attempt_all
from .conftest import Deployed
from .deployed import read_network
from .environment import FunctionError, running
from .holes import HOLES
from .model import INTERNET, Network, Route
from .service import Authority, Call
from .world import World, make_world

pytestmark = [pytest.mark.e2e, pytest.mark.local_aws]

_REGIONAL = "dynamodb.us-east-1.amazonaws.com"
_OF_THE_ACCOUNT = "000000000000.ddb.us-east-1.amazonaws.com"


@dataclass(frozen=True)
class Place:
    """The deployed function in a world."""

    deployed: Deployed
    world: World
    folder: Path

    def read_row(self, **variables: str) -> tuple[object, list[Call]]:
        """What the function answers, and what arrived at DynamoDB meanwhile."""
        before = len(self.world.service.calls)
        given = self.deployed.variables(self.folder / "authority.pem")
        with running(
            self.deployed.function,
            namespace=self.world.function,
            variables=given | variables,
            folder=self.folder,
        ) as environment:
            answer = environment.invoke({"user_id": self.deployed.row["user_id"]})
        return answer, self.world.service.calls[before:]

    def attempt_all(self) -> Outcome:
        """Let changed code make all attempts in the function's place."""
        return attempt_all(self.world, self.deployed.function, self.folder)


@contextlib.contextmanager
def place_of(
    deployed: Deployed, network: Network, folder: Path, *, filtered: bool = True
) -> Iterator[Place]:
    """The deployed function in the world of a network."""
    url = deployed.aws.endpoint_url
    with make_world(network, folder, endpoint_url=url, filtered=filtered) as world:
        yield Place(deployed, world, folder)


@pytest.fixture(scope="module")
def closed(user_info: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The function in the network that was deployed with it."""
    network = read_network(user_info.aws, user_info.function.name)
    with place_of(user_info, network, tmp_path_factory.mktemp("closed")) as place:
        yield place


def test_the_code_is_what_was_signed(user_info: Deployed) -> None:
    with zipfile.ZipFile(io.BytesIO(user_info.function.archive)) as archive:
        assert "META_INF/aws_signer_signature_v1.0.SF" in archive.namelist()


@pytest.mark.parametrize(
    ("variables", "host"),
    [({}, _REGIONAL), ({"AWS_ACCOUNT_ID": "000000000000"}, _OF_THE_ACCOUNT)],
    ids=["name of the region", "name of the account"],
)
def test_the_function_reads_its_row(closed: Place, variables: dict[str, str], host: str) -> None:
    answer, calls = closed.read_row(**variables)
    assert answer == {"found": True, "user": closed.deployed.row}
    assert calls == [Call(server_name=host, host=host, operation="DynamoDB_20120810.GetItem")]


def test_the_function_checks_whom_it_talks_to(closed: Place, tmp_path: Path) -> None:
    other = str(Authority(tmp_path).certificate)
    with pytest.raises(FunctionError, match="SSL validation failed"):
        closed.read_row(AWS_CA_BUNDLE=other, AWS_MAX_ATTEMPTS="1")


def test_nothing_reaches_the_attacker(closed: Place) -> None:
    outcome = closed.attempt_all()
    assert outcome.succeeded == set(), outcome.reasons
    assert outcome.arrived == set()
    assert outcome.packets == 0


def test_everything_reaches_the_attacker_with_the_filter_off(
    user_info: Deployed, tmp_path: Path
) -> None:
    """The control: in the same world, without rules, what was tried in vain arrives."""
    network = read_network(user_info.aws, user_info.function.name)
    routes = (*network.routes, Route("0.0.0.0/0", INTERNET))
    unfiltered = replace(network, routes=routes, domain_rules=())
    with place_of(user_info, unfiltered, tmp_path, filtered=False) as place:
        answer, _ = place.read_row()
        assert answer == {"found": True, "user": user_info.row}
        outcome = place.attempt_all()
    assert outcome.arrived == DIRECT | RESOLVED
    assert outcome.succeeded == DIRECT | RESOLVED, outcome.reasons


@pytest.mark.parametrize(
    ("holes", "expected"),
    [
        (["rule"], INSIDE),
        (["route"], frozenset()),
        (["names"], RESOLVED),
        (["rule", "route", "names"], DIRECT | RESOLVED),
    ],
    ids=["rule", "route", "names", "all"],
)
def test_a_hole_in_what_is_deployed_is_seen(
    user_info: Deployed, tmp_path: Path, holes: list[str], expected: frozenset[str]
) -> None:
    name = user_info.function.name
    before = read_network(user_info.aws, name)
    with contextlib.ExitStack() as stack:
        for hole in holes:
            stack.enter_context(HOLES[hole](user_info.aws, name))
        network = read_network(user_info.aws, name)
        with place_of(user_info, network, tmp_path) as place:
            outcome = place.attempt_all()
    assert outcome.arrived == expected
    assert outcome.succeeded == expected, outcome.reasons
    assert read_network(user_info.aws, name) == before
