"""Synthesizes the ways of one form: ``python -m tests.leaks.ways.program FORM OUTPUT``.

One program for all of a form, because most of the time goes into starting the CDK.
"""

import fcntl
import importlib
import os
import subprocess
import sys
from pathlib import Path

import aws_cdk as cdk

from ..synthesis import REPOSITORY
from .register import Way

__all__ = ["FORMS", "synthesize_ways", "ways_of"]

FORMS = ("l1", "l2")

_STATES = ("open", "closed")


def ways_of(form: str) -> dict[str, Way]:
    """Return the ways of a form, by their keys."""
    ways: dict[str, Way] = importlib.import_module(f".{form}", __package__).WAYS.all
    return ways


def synthesize_ways(form: str, shared: Path) -> Path:
    """Return the folder of the ways of `form`, made below `shared` by the first one that asks.

    Raises:
        RuntimeError: The program failed; the message has its output.
    """
    output = shared / f"ways_{form}"
    with (shared / f"ways_{form}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not output.exists():
            _run(form, output)
    return output


def _run(form: str, output: Path) -> None:
    # Coverage would only slow it down: nothing of the library is used in it.
    without = ("AWS_", "CDK_", "COV")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(without)}
    unfinished = output.with_suffix(".unfinished")
    done = subprocess.run(
        [sys.executable, "-m", __name__, form, str(unfinished)],
        cwd=REPOSITORY,
        # What is judged is judged by the test.
        env={**kept, "CDK_VALIDATION": "false"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the ways of {form} do not synthesize:\n{done.stdout}{done.stderr}")
    unfinished.rename(output)


def main(form: str, output: Path) -> None:
    """Write the cloud assembly of each way, open and closed, to a folder of `output`."""
    for key, way in ways_of(form).items():
        for state in _STATES:
            app = cdk.App(
                outdir=str(output / key / state), analytics_reporting=False, tree_metadata=False
            )
            way.build(app, state == "open")
            app.synth()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
