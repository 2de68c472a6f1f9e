"""The steps of the set-up: what a step depends on, whether it must run, how a failure is told.

A step is skipped when its stamp holds the digest of everything the step depends on and all it
makes is still there. The stamp is removed before the step runs and written after it succeeded,
so a set-up that was interrupted anywhere is continued by the next one.

Only the standard library is used: this runs before anything is installed.
"""

import hashlib
import os
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["SetupError", "Step", "clean_environment", "digest_of", "run_command", "run_step"]

# What an activated environment, a notebook or an IDE leaves in the environment and what would
# send a child process to another Python than the one it was started with.
_MISLEADING = (
    "CONDA_PREFIX",
    "PIP_PREFIX",
    "PIP_TARGET",
    "PIP_USER",
    "PYTHONHOME",
    "PYTHONPATH",
    "UV_PROJECT_ENVIRONMENT",
    "VIRTUAL_ENV",
)

_OUTPUT_LINES = 40


class SetupError(Exception):
    """A step of the set-up failed; the message says which command, what it printed, what to do."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step: `run` is called unless `stamp` holds `digest` and each of `makes` is there."""

    title: str
    stamp: Path
    digest: str
    makes: Sequence[Path]
    run: Callable[[], None]

    def is_done(self) -> bool:
        """Whether there is nothing to do."""
        try:
            stamped = self.stamp.read_text()
        except (OSError, UnicodeDecodeError):
            return False
        return stamped == self.digest and all(path.exists() for path in self.makes)


def run_step(step: Step, log: Callable[[str], None]) -> bool:
    """Run `step` where it is needed and return whether it ran.

    Raises:
        SetupError: The step failed; it has no stamp then, and the next set-up runs it again.
    """
    if step.is_done():
        return False
    log(f"{step.title} ...")
    started = time.monotonic()
    with suppress(FileNotFoundError, NotADirectoryError):
        step.stamp.unlink()
    step.run()
    missing = [str(path) for path in step.makes if not path.exists()]
    if missing:
        raise SetupError(f'"{step.title}" ended without an error but did not make {missing[0]}')
    step.stamp.parent.mkdir(parents=True, exist_ok=True)
    unfinished = step.stamp.with_name(f"{step.stamp.name}.new")
    unfinished.write_text(step.digest)
    unfinished.replace(step.stamp)
    log(f"{step.title}: done in {time.monotonic() - started:.1f} s")
    return True


def digest_of(*parts: str | Path) -> str:
    """Return one digest over texts and the contents of files; a missing file counts as such."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            content = part.encode()
        else:
            content = part.read_bytes() if part.is_file() else b"\0missing"
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()


def run_command(
    command: Iterable[str | Path], *, directory: Path, path: Sequence[Path] = (), hint: str
) -> None:
    """Run `command` quietly in `directory`, with the directories of `path` first on PATH.

    Raises:
        SetupError: It could not be started or failed; the message ends with `hint`.
    """
    arguments = [str(argument) for argument in command]
    shown = " ".join(arguments)
    try:
        result = subprocess.run(
            arguments,
            cwd=directory,
            env=clean_environment(os.environ, path),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise SetupError(f"could not start: {shown}\n  {error}\nwhat to do: {hint}") from error
    if result.returncode != 0:
        lines = result.stdout.splitlines()[-_OUTPUT_LINES:]
        output = "\n".join(f"  | {line}" for line in lines) or "  | (no output)"
        raise SetupError(
            f"failed with exit code {result.returncode}: {shown}\n{output}\nwhat to do: {hint}"
        )


def clean_environment(environment: Mapping[str, str], path: Sequence[Path] = ()) -> dict[str, str]:
    """Return `environment` without what misleads pip, uv or Python, and with `path` first."""
    kept = {name: value for name, value in environment.items() if name not in _MISLEADING}
    searched = [*map(str, path), *filter(None, [kept.get("PATH")])]
    return {**kept, "PATH": os.pathsep.join(searched)}
