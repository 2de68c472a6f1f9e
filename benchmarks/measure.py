"""Measures commands side by side: the same machine, the same moment, in turn."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Measured", "cpu_seconds_in_turn"]


@dataclass(frozen=True)
class Measured:
    """The CPU seconds (user and system) that a command took in each of its runs.

    Those of its children are in them, if it waited for their end, as apps of the CDK do for jsii's.
    """

    seconds: tuple[float, ...]
    elapsed_seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median over the runs."""
        return statistics.median(self.seconds)

    @property
    def median_elapsed(self) -> float:
        """The median of the times by the clock, which other programs on the machine lengthen."""
        return statistics.median(self.elapsed_seconds)


def cpu_seconds_in_turn(
    commands: Mapping[str, Sequence[str]],
    *,
    runs: int = 9,
    directory: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> dict[str, Measured]:
    """Run the commands in turn, `runs` times after one run to warm up, and measure each.

    CPU time and not the clock: another program on the machine then hardly counts.

    Args:
        commands: The commands by their names.
        runs: How often each is measured.
        directory: Where they run; the working directory by default.
        environment: Their environment; by default that of this process, with credentials that
            are none: what is measured calls nobody, but does not start without.
    """
    if environment is None:
        environment = {**os.environ, "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for run in range(runs + 1):
        for name, command in commands.items():
            seconds = _seconds(command, directory, environment)
            if run > 0:
                taken[name].append(seconds)
    return {name: Measured(*zip(*each, strict=True)) for name, each in taken.items()}


def _seconds(
    command: Sequence[str], directory: Path | None, environment: Mapping[str, str]
) -> tuple[float, float]:
    """Run a command once: the CPU seconds that it takes, and those by the clock."""
    began = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=directory,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    _, status, usage = os.wait4(process.pid, 0)
    elapsed = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.stderr is not None
    with process.stderr as stream:
        if process.returncode != 0:
            sys.exit(f"{command[0]} failed: {stream.read().decode(errors='replace')}")
    return usage.ru_utime + usage.ru_stime, elapsed
