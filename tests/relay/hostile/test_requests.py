"""What callers send: it is refused, or what is sent instead is just what the route rebuilds."""

from collections.abc import Iterator

import pytest

from .case import Case
from .tables import REQUESTS
from .world import QUICK, World, hostile_world


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with hostile_world() as world:
        yield world


@pytest.mark.parametrize("case", REQUESTS, ids=lambda case: case.id)
def test_nothing_but_what_a_route_rebuilds_gets_out(world: World, case: Case) -> None:
    with world.sending(*([case.sent] if case.sent else [])):
        outcome = world.call(case.event)
    assert outcome.code == case.code, outcome.answer
    if case.code is None:
        assert outcome.record["attempts"] == 1
        assert outcome.record["bytes_out"] > 0
        return
    assert outcome.answer.get("route") == case.route
    assert (outcome.record["attempts"], outcome.record["bytes_out"]) == (0, 0)
    assert outcome.record["status"] is None
    assert outcome.seconds < QUICK
