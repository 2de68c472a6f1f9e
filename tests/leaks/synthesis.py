"""Synthesizes the apps under judgement, each once for all workers of a test run."""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["AGNOSTIC", "ARTICLE", "BOUND", "FLAGGED", "REPOSITORY", "THREE_STACKS", "synthesize"]

REPOSITORY = Path(__file__).resolve().parents[2]
_EXAMPLE = REPOSITORY / "examples" / "user_info"
_VARIANTS = Path(__file__).parent / "apps" / "variants.py"

# The example, as the CDK CLI has it synthesized for an account and a region.
BOUND = "bound"
# The example's stack without either, with all recommended feature flags, and the others of
# `variants.py`.
AGNOSTIC = "agnostic"
FLAGGED = "flagged"
THREE_STACKS = "three_stacks"
ARTICLE = "article"


def synthesize(name: str, shared: Path) -> Path:
    """Return the cloud assembly called `name`, made below `shared` by the first one that asks.

    The programs run in an empty directory without credentials, as they would anywhere.

    Raises:
        RuntimeError: The program failed; the message has its output.
    """
    program = "example" if name == BOUND else "variants"
    output = shared / program
    with (shared / f"{program}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = shared / f"{program}.done"
        if not done.exists():
            shutil.rmtree(output, ignore_errors=True)
            (output / "cwd").mkdir(parents=True)
            if program == "example":
                bound = {"CDK_DEFAULT_ACCOUNT": "444455556666", "CDK_DEFAULT_REGION": "us-east-1"}
                arguments = [str(_EXAMPLE / "app.py")]
                _run(arguments, output / "cwd", {**bound, "CDK_OUTDIR": str(output / BOUND)})
            else:
                _run([str(_VARIANTS), str(output), str(_EXAMPLE)], output / "cwd", {})
            done.touch()
    return output / name


def _run(arguments: list[str], directory: Path, variables: dict[str, str]) -> None:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "CDK_"))}
    silent = {"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1"}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=directory,
        env={**kept, **silent, **variables, "AWS_EC2_METADATA_DISABLED": "true"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{arguments[0]} does not synthesize:\n{done.stdout}{done.stderr}")
