"""Judges the apps and prints what is open: ``python -m tests.checks`` in the repository."""

import tempfile
from pathlib import Path

from .verdicts import verdicts


def main() -> None:
    """Print what is said of each app."""
    with tempfile.TemporaryDirectory() as directory:
        for line in verdicts(Path(directory)):
            print(line, flush=True)


if __name__ == "__main__":
    main()
