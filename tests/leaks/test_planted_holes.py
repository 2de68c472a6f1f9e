"""Each hole planted into an app's templates is seen, by exactly the checks it concerns."""

from collections import Counter
from collections.abc import Callable

import pytest

from secure_lambda_constructs.checks.leaks.case import Case
from secure_lambda_constructs.checks.leaks.paths import PATHS, open_paths, present_paths
from secure_lambda_constructs.checks.leaks.reasons import Reason

from .holes import HOLES, Draft, Hole
from .simulator import Simulator

_VERBS = {
    *("applies", "attaches", "copies", "does", "feeds", "gets", "gives", "has", "is", "joins"),
    *("lets", "loads", "logs", "may", "mounts", "names", "sends", "ships", "trusts"),
}


@pytest.mark.parametrize("hole", [pytest.param(hole, id=hole.name) for hole in HOLES.values()])
def test_a_planted_hole_is_seen(
    hole: Hole, case_of: Callable[[str], Case], simulator: Simulator
) -> None:
    draft = Draft(case_of(hole.app).world)
    hole.plant(draft)
    case = Case(draft.world(), simulator)
    found = open_paths(case)
    assert set(found) == hole.opens, found
    # What is open is present: the one is not taken for the absence of the other.
    assert set(found) <= set(present_paths(case))
    for reason in (each for reasons in found.values() for each in reasons):
        _is_well_said(reason, case)


def _is_well_said(reason: Reason, case: Case) -> None:
    """Every reason is about a resource of the app, does not repeat its name, and is one line."""
    assert reason.resource in case.world.resources, reason
    assert reason.resource.path not in str(reason)
    assert "\n" not in str(reason)
    assert "Unknown(" not in str(reason)
    # It begins with its verb.
    assert reason.text.split(" ")[0] in _VERBS, reason


def test_every_path_is_opened_in_three_ways() -> None:
    ways = Counter(path_id for hole in HOLES.values() for path_id in hole.opens)
    assert set(ways) == set(PATHS)
    assert {path_id: number for path_id, number in ways.items() if number < 3} == {}


@pytest.mark.parametrize("app", sorted({hole.app for hole in HOLES.values()}))
def test_without_a_hole_the_copy_is_as_closed_as_the_original(
    app: str, case_of: Callable[[str], Case], simulator: Simulator
) -> None:
    assert open_paths(Case(Draft(case_of(app).world).world(), simulator)) == {}


# What a grant may add to the role; the role's own Denies and the network hold it.
GRANTS: dict[str, tuple[str | list[str], str]] = {
    "another account's role": ("sts:AssumeRole", "arn:aws:iam::999988887777:role/loot"),
    "everything on the table": ("dynamodb:*", "*"),
    "grants of a key": ("kms:CreateGrant", "*"),
    "log exports": (["logs:CreateExportTask", "logs:PutSubscriptionFilter"], "*"),
    "network interfaces": (["ec2:AttachNetworkInterface", "ec2:DeleteNetworkInterface"], "*"),
    "passing roles": ("iam:PassRole", "*"),
    "table policies": ("dynamodb:PutResourcePolicy", "*"),
    "the code of functions": (["lambda:AddPermission", "lambda:UpdateFunctionCode"], "*"),
}


@pytest.mark.parametrize("grant", GRANTS)
def test_a_grant_opens_nothing_from_inside(grant: str, bound: Case, simulator: Simulator) -> None:
    draft = Draft(bound.world)
    actions, resources = GRANTS[grant]
    vpc = draft.ref("AWS::EC2::VPC")
    draft.allow(actions, resources, StringEquals={"aws:SourceVpc": vpc})
    assert open_paths(Case(draft.world(), simulator)) == {}
