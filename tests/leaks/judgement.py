"""What is said of an app: which paths there are in it, and which of them are closed."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from secure_lambda_constructs.checks.leaks.case import Case
from secure_lambda_constructs.checks.leaks.paths import PATHS, open_paths, present_paths
from secure_lambda_constructs.checks.model.world import World

from .simulator import Simulator
from .synthesis import REPOSITORY, TITLES, synthesize

__all__ = ["Judgement", "judge", "verdicts"]


@dataclass(frozen=True)
class Judgement:
    """The paths of one app: all of them, those that are present, those that are open."""

    paths: frozenset[str]
    present: frozenset[str]
    open: frozenset[str]

    @property
    def closed(self) -> frozenset[str]:
        """The paths that nothing leaves by, because they are closed or not there."""
        return self.paths - self.open

    def __str__(self) -> str:
        """Say it in one line."""
        closed = f"{len(self.closed)} of {len(self.paths)} paths are closed"
        present = f"{len(self.present - self.open)} of the {len(self.present)} that are present"
        line = f"{closed}, {present}"
        return f"{line}; open: {', '.join(sorted(self.open))}" if self.open else line


def judge(case: Case) -> Judgement:
    """Look at all paths of an app."""
    return Judgement(
        paths=frozenset(PATHS),
        present=frozenset(present_paths(case)),
        open=frozenset(open_paths(case)),
    )


def verdicts(shared: Path) -> Iterator[str]:
    """Synthesize and judge each app below `shared`, and yield a line for each."""
    with Simulator(REPOSITORY) as simulator:
        for app, title in TITLES.items():
            world = World.of_assembly(synthesize(app, shared))
            yield f"{title}: {judge(Case(world, simulator))}"
