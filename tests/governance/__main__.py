"""Scores the policies with the catalogue: ``python -m tests.governance`` in the repository."""

import os
from pathlib import Path

from ..leaks.simulator import Simulator
from .scores import scores


def main() -> None:
    """Print a line for each policy."""
    repository = Path(__file__).resolve().parents[2]
    # Where the set-up puts a Node.js if the machine has none.
    os.environ["PATH"] = f"{repository / 'node_modules/.bin'}{os.pathsep}{os.environ['PATH']}"
    with Simulator(repository) as simulator:
        for line in scores(simulator):
            print(line, flush=True)


if __name__ == "__main__":
    main()
