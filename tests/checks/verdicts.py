"""What the checks say of the article's stack, of the defaults of the CDK, of the examples."""

import fcntl
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from secure_lambda_constructs.checks.acknowledgement_sources import (
    acknowledged_in_assembly,
    acknowledged_in_metadata,
)
from secure_lambda_constructs.checks.evaluation import default_evaluator
from secure_lambda_constructs.checks.model.loading import load
from secure_lambda_constructs.checks.model.world import World
from secure_lambda_constructs.checks.outcome import Outcome, State, check

from ..leaks.synthesis import (
    ARTICLE,
    BOUND,
    EXAMPLE_EXISTING_VPC,
    EXAMPLE_MANY_FUNCTIONS,
    EXAMPLE_PAYMENT_RELAY,
    EXAMPLE_RDS,
    REPOSITORY,
    synthesize,
)

__all__ = ["table", "verdicts"]

# The CDK's own constructs, told nothing: see `apps/others.py`.
_DEFAULTS = "defaults"
_OTHERS = (_DEFAULTS, "example_governance", "example_pipeline", "example_central_signing")
_PROGRAM = Path(__file__).parent / "apps" / "others.py"

# As the command says them.
_TITLES = {
    ARTICLE: "the article's stack",
    _DEFAULTS: "the CDK's defaults",
    BOUND: "examples/user_info",
    EXAMPLE_MANY_FUNCTIONS: "examples/many_functions",
    EXAMPLE_RDS: "examples/rds",
    EXAMPLE_EXISTING_VPC: "examples/existing_vpc",
    EXAMPLE_PAYMENT_RELAY: "examples/payment_relay",
    "example_governance": "examples/governance",
    "example_pipeline": "examples/pipeline",
    "example_central_signing": "examples/central_signing",
}


def _synthesized(name: str, shared: Path) -> Path:
    """Return the cloud assembly called `name`, made below `shared` by the first one that asks."""
    if name not in _OTHERS:
        return synthesize(name, shared)
    output = shared / "others"
    with (shared / "others.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = shared / "others.done"
        if not done.exists():
            kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "CDK_"))}
            subprocess.run(
                [sys.executable, str(_PROGRAM), str(output), str(REPOSITORY / "examples")],
                cwd=shared,
                env={**kept, "CDK_VALIDATION": "false"},
                capture_output=True,
                check=True,
            )
            done.touch()
    return output / name


def _outcome_of(name: str, shared: Path) -> Outcome:
    """Return what the command finds in an app."""
    directory = _synthesized(name, shared)
    world = load([directory])
    return check(
        world,
        default_evaluator(),
        inputs=[name],
        templates={},
        acknowledgements=[*acknowledged_in_assembly(directory), *acknowledged_in_metadata(world)],
    )


def table() -> Iterator[str]:
    """Yield the rows of the page's table of the checks."""
    nothing = check(World([]), default_evaluator(), inputs=[], templates={})
    yield "| id | way out | attack |"
    yield "|---|---|---|"
    for path in nothing.verdict.all:
        yield f"| {path.id} | {path.title} | {path.attack} |".replace("<", "&lt;")


def verdicts(shared: Path) -> Iterator[str]:
    """Judge each app, and yield a line for it and one for each cause of an open path."""
    for name, title in _TITLES.items():
        outcome = _outcome_of(name, shared)
        counts = {state: len(outcome.paths(state)) for state in State}
        told = ", ".join(f"{count} {state.value}" for state, count in counts.items() if count)
        yield f"{title}: {told}"
        causes: defaultdict[tuple[str, str], dict[str, set[str]]] = defaultdict(dict)
        for path in outcome.paths(State.OPEN, State.ACKNOWLEDGED):
            for finding in path.findings:
                said = (finding.cause, finding.acknowledged or "")
                causes[said].setdefault(path.id, set()).add(finding.construct_path or "the app")
        for (cause, because), by_path in causes.items():
            for ids, constructs in _together(by_path):
                yield f"  {ids} {', '.join(sorted(constructs))}: {cause}"
                if because:
                    yield f"      acknowledged: {because}"


def _together(by_path: dict[str, set[str]]) -> Iterator[tuple[str, set[str]]]:
    """Yield the ids that the same constructs have for one cause, with the constructs."""
    by_constructs: defaultdict[frozenset[str], list[str]] = defaultdict(list)
    for path_id, constructs in by_path.items():
        by_constructs[frozenset(constructs)].append(path_id)
    for same, ids in by_constructs.items():
        yield ", ".join(ids), set(same)
