"""Each hole planted into an app's templates is seen, by exactly the checks it concerns."""

from collections.abc import Callable

import pytest

from secure_lambda_constructs.checks.leaks.case import Case
from secure_lambda_constructs.checks.leaks.paths import PATHS, open_paths, present_paths

from .holes import HOLES, Draft, Hole
from .simulator import Simulator


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


def test_every_path_has_a_hole() -> None:
    assert {path_id for hole in HOLES.values() for path_id in hole.opens} == set(PATHS)


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
