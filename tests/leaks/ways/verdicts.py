"""What the checks must say of a way, open and closed."""

from secure_lambda_constructs.checks.evaluation import default_evaluator
from secure_lambda_constructs.checks.judgement import Verdict, judge
from secure_lambda_constructs.checks.leaks.paths import PATHS, SIGNING
from secure_lambda_constructs.checks.model.world import World

__all__ = ["ALL_PATHS", "assert_closed", "assert_open"]

# Each has a way in each form.
ALL_PATHS = {*PATHS, *SIGNING}

# What they lead through is the hole: where it is closed, it is not there.
_ABSENT_WHEN_CLOSED = {"P11"}


def assert_open(world: World, opens: frozenset[str]) -> None:
    """Say that exactly the leak paths `opens` are open, and that each says what to write."""
    verdict = _judged(world)
    found = _findings(verdict)
    assert set(found) == opens, found
    for path in verdict.all:
        assert not path.findings or (path.present and path.mend and path.attack)
        # Each names the construct.
        assert all(finding.logical_id for finding in path.findings), path.findings


def assert_closed(world: World, path_id: str) -> None:
    """Say that nothing is open, that there is something to open, and that it works."""
    verdict = _judged(world)
    assert _findings(verdict) == {}
    present = {path.id for path in verdict.all if path.present}
    assert (path_id in present) is (path_id not in _ABSENT_WHEN_CLOSED)
    assert verdict.broken == {}


def _judged(world: World) -> Verdict:
    return judge(world, default_evaluator())


def _findings(verdict: Verdict) -> dict[str, list[str]]:
    return {
        path.id: [f"{each.construct_path} {each.reason}" for each in path.findings]
        for path in verdict.all
        if path.findings
    }
