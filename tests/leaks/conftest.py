"""What the leak tests share: the evaluator, and the assemblies under judgement."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from secure_lambda_constructs.checks.leaks.case import Case
from secure_lambda_constructs.checks.model.world import World

from .simulator import Simulator
from .synthesis import BOUND, REPOSITORY, shared_folder, synthesize


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    """The policy evaluator, one process for all tests."""
    with Simulator(REPOSITORY) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def assemblies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of the cloud assemblies, the same for all workers."""
    return shared_folder(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session")
def case_of(assemblies: Path, simulator: Simulator) -> Callable[[str], Case]:
    """Return the case of an app of `synthesis`, by its name."""
    cases: dict[str, Case] = {}

    def case(name: str) -> Case:
        if name not in cases:
            cases[name] = Case(World.of_assembly(synthesize(name, assemblies)), simulator)
        return cases[name]

    return case


@pytest.fixture(scope="session")
def bound(case_of: Callable[[str], Case]) -> Case:
    """The example, bound to an account and a region."""
    return case_of(BOUND)
