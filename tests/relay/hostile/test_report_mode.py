"""Report mode lets pass what no route allows; what has two readings it does not, nor the secret."""

import json
from collections.abc import Iterator

import pytest

from secure_lambda_constructs.relay.handler.refusals import Code

from .case import KEY, Case, write
from .tables import REQUESTS
from .world import World, hostile_world

# What routes decide.
_RULES = {
    Code.DESTINATION_NOT_ALLOWED,
    Code.PARAMETER_NOT_ALLOWED,
    Code.BODY_NOT_ALLOWED,
    Code.BODY_TOO_LARGE,
    Code.BODY_INVALID,
}
_REFUSED = [case for case in REQUESTS if case.code is not None]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with hostile_world(report_only=True) as world:
        yield world


@pytest.mark.parametrize("kind", sorted({case.id.rstrip("0123456789 ") for case in _REFUSED}))
def test_report_mode_has_limits(world: World, kind: str) -> None:
    for case in _REFUSED:
        if case.id.rstrip("0123456789 ") == kind:
            _check(world, case)


def _check(world: World, case: Case) -> None:
    before = len(world.server.seen)
    answer, record = world.handle(case.event)
    code = answer.get("error", {}).get("code")
    if case.code not in _RULES or (case.route is None and case.code is Code.BODY_TOO_LARGE):
        assert code == case.code
        assert record["attempts"] == 0
        return
    # The host's certificate is not for whatever name a caller may think of.
    assert code in (None, Code.TLS_FAILED)
    assert record["would_refuse"] == record["code"] or code is not None
    assert record["would_refuse"] == case.code
    for seen in world.server.seen[before:]:
        assert seen.server_name == seen.header("host") == record["host"]
        assert KEY not in json.dumps([seen.target, seen.headers])


def test_no_address_but_those_of_the_internet_is_called(world: World) -> None:
    world.connections.close()
    with world.resolving(["169.254.169.254"]):
        answer, _ = world.handle({**write(), "url": "https://evil.example/latest/meta-data/"})
    assert answer["error"]["code"] == Code.ADDRESS_NOT_ALLOWED
