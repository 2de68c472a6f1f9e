"""What the closed stack must still do: read the table, be given its network, log, decrypt."""

from collections.abc import Callable
from typing import Any

import pytest

from secure_lambda_constructs.checks.leaks.case import Case
from secure_lambda_constructs.checks.leaks.flows import FLOWS, broken_flows

from .holes import Draft
from .holes.breakages import BREAKAGES, DATABASE_BREAKAGES, RELAY_BREAKAGES
from .precision import answered_in_vain, guesses, idle
from .simulator import Simulator
from .synthesis import EXAMPLE_RDS, JUDGED, THREE_STACKS


@pytest.mark.parametrize("app", JUDGED)
@pytest.mark.parametrize("flow", FLOWS)
def test_the_flow_works(flow: str, app: str, case_of: Callable[[str], Case]) -> None:
    assert list(FLOWS[flow](case_of(app))) == []


@pytest.mark.parametrize("app", JUDGED)
def test_nothing_is_answered_or_left_to_guess_and_no_function_is_idle(
    app: str, case_of: Callable[[str], Case]
) -> None:
    case = case_of(app)
    assert list(guesses(case)) == []
    assert list(idle(case)) == []
    assert list(answered_in_vain(case)) == []


@pytest.mark.parametrize(
    ("change", "broken"),
    [pytest.param(*breakage, id=breakage[0].__name__.strip("_")) for breakage in BREAKAGES],
)
def test_a_flow_that_is_cut_off_is_seen(
    change: Callable[[Draft], None], broken: set[str], bound: Case, simulator: Simulator
) -> None:
    draft = _with_a_key(bound)
    change(draft)
    found = broken_flows(Case(draft.world(), simulator))
    assert set(found) == broken, found


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        pytest.param(*breakage, id=breakage[0].__name__.strip("_"))
        for breakage in DATABASE_BREAKAGES
    ],
)
def test_a_database_that_is_cut_off_is_seen(
    change: Callable[[Draft], None],
    broken: set[str],
    case_of: Callable[[str], Case],
    simulator: Simulator,
) -> None:
    draft = Draft(case_of(EXAMPLE_RDS).world)
    change(draft)
    found = broken_flows(Case(draft.world(), simulator))
    assert set(found) == broken, found


@pytest.mark.parametrize(
    ("change", "app", "broken"),
    [pytest.param(*breakage, id=breakage[0].__name__.strip("_")) for breakage in RELAY_BREAKAGES],
)
def test_a_relay_that_is_cut_off_is_seen(
    change: Callable[[Draft], None],
    app: str,
    broken: set[str],
    case_of: Callable[[str], Case],
    simulator: Simulator,
) -> None:
    draft = Draft(case_of(app).world)
    change(draft)
    found = broken_flows(Case(draft.world(), simulator))
    assert set(found) == broken, found


def test_the_key_breaks_nothing_by_itself(bound: Case, simulator: Simulator) -> None:
    assert broken_flows(Case(_with_a_key(bound).world(), simulator)) == {}


def test_every_flow_can_be_broken() -> None:
    found = [flows for _, flows in (*BREAKAGES, *DATABASE_BREAKAGES)]
    found += [flows for _, _, flows in RELAY_BREAKAGES]
    assert set().union(*found) == set(FLOWS)


def test_the_table_with_a_key_is_judged(case_of: Callable[[str], Case]) -> None:
    tables = case_of(THREE_STACKS).world.of("AWS::DynamoDB::GlobalTable")
    keys = [r["SSESpecification"]["KMSMasterKeyId"] for t in tables for r in t.get("Replicas")]
    assert len(keys) == 1


def _with_a_key(bound: Case) -> Draft:
    """Return the example's templates with a key of the account's own for the table."""
    draft = Draft(bound.world)
    root: Any = {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": root},
        "Action": "kms:*",
        "Resource": "*",
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    key = draft.add("TableKey", "AWS::KMS::Key", KeyPolicy=policy)
    arn = {"Fn::GetAtt": [key["Ref"], "Arn"]}
    (replica,) = draft.first("AWS::DynamoDB::GlobalTable")["Replicas"]
    replica["SSESpecification"] = {"KMSMasterKeyId": arn}
    draft.allow("kms:Decrypt", arn)
    return draft
