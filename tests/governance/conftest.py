"""What the governance tests share: the evaluator of policies."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ..leaks.simulator import Simulator

_REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    """The policy evaluator, one process for all tests."""
    with Simulator(_REPOSITORY) as simulator:
        yield simulator
