"""What hosts answer: it is handed on as the route says, and nothing of it is another's answer."""

from collections.abc import Iterator

import pytest

from secure_lambda_constructs.relay.handler.refusals import Code

from ..servers import CLOSE, CUT, RESET, Step
from .case import read, read_sends
from .content_cases import WRITE
from .response_cases import Answered
from .tables import RESPONSES, SLOW
from .world import QUICK, Outcome, World, hostile_world

_SECONDS = 0.3
_PATIENCE = 1.8
"""Below what the slow hosts take, and above what a busy machine does."""
_RESERVED = 0.3
"""What the relay keeps of the time that Lambda gives it."""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with hostile_world() as world:
        yield world


def _called(world: World, case: Answered, seconds: float = 30.0) -> Outcome:
    with world.sending(case.asked.sent), world.server.answering(*case.steps):
        outcome = world.call(case.asked.event, seconds)
        assert world.server.done.wait(5)
    assert outcome.code == case.code, outcome.answer
    assert outcome.record["attempts"] == 1
    assert outcome.record["bytes_out"] > 0
    assert outcome.answer["route"] == outcome.record["route"]
    return outcome


@pytest.mark.parametrize("case", RESPONSES, ids=lambda case: case.id)
def test_a_response_is_read_in_one_way_only(world: World, case: Answered) -> None:
    outcome = _called(world, case)
    assert outcome.seconds < QUICK
    if case.code is None:
        assert outcome.answer["status"] == case.status
        assert outcome.headers == list(case.headers)
        assert outcome.body == case.body
    if case.is_last:
        one, other = world.server.seen[-2:]
        assert one.connection != other.connection


@pytest.mark.parametrize("case", SLOW, ids=lambda case: case.id)
def test_no_host_holds_the_relay(world: World, case: Answered) -> None:
    outcome = _called(world, case, _SECONDS + _RESERVED)
    assert _SECONDS * 0.9 < outcome.seconds < _PATIENCE
    assert outcome.answer["error"]["retryable"] is True


@pytest.mark.parametrize("end", [CLOSE, CUT, RESET], ids=["closed", "cut", "reset"])
def test_what_changes_something_is_sent_once(world: World, end: Step) -> None:
    world.call_ordinarily()  # leaves a connection, whose host may close it at any moment
    with world.sending(WRITE.sent), world.server.answering(end):
        outcome = world.call(WRITE.event)
    assert outcome.code == Code.UPSTREAM_PROTOCOL_ERROR
    assert outcome.answer["error"]["retryable"] is False
    with world.sending(read_sends(), read_sends()), world.server.answering(end):
        assert world.call(read()).code is None
