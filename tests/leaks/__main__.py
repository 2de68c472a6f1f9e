"""Judges the apps and prints a line for each: ``python -m tests.leaks`` in the repository."""

import os
import tempfile
from pathlib import Path

from .judgement import verdicts
from .synthesis import REPOSITORY


def main() -> None:
    """Print what is said of each app."""
    # Where the set-up puts a Node.js if the machine has none.
    os.environ["PATH"] = f"{REPOSITORY / 'node_modules/.bin'}{os.pathsep}{os.environ['PATH']}"
    with tempfile.TemporaryDirectory() as directory:
        for line in verdicts(Path(directory)):
            print(line, flush=True)


if __name__ == "__main__":
    main()
