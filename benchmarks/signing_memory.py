"""How much memory it takes to sign 50 assets of 50 MiB each."""

import os
import shutil
import statistics
import tempfile
from pathlib import Path

from deployment import FUNCTIONS, BenchmarkError, deployment

__all__ = ["main"]

_MIB = 1 << 20
_ASSET_MIB = 50
_GOAL_MIB = 200
# The code, its copy in the assembly, both forms in the staging bucket and the results.
_COPIES = 6


def main(runs: int = 1) -> bool:
    """Measure, print, and return whether the goal is met.

    Args:
        runs: How often it is measured; the memory hardly differs between runs.
    """
    needed = _COPIES * FUNCTIONS * _ASSET_MIB * _MIB
    if shutil.disk_usage(tempfile.gettempdir()).free < needed:
        print(f"FAILED: {tempfile.gettempdir()} must have {needed / 1e9:.0f} GB free")
        return False
    peaks = []
    with deployment(_large_code) as (aws, app):
        aws.set_signer(latency_seconds=2)
        for run in range(runs):
            if run > 0:
                app.change_code()
            try:
                taken = app.sign()
            except BenchmarkError as error:
                print(f"secure-lambda sign: FAILED: {error}")
                return False
            peaks.append(taken.peak_mib)
            print(
                f"{taken.jobs} jobs in {taken.seconds:.0f} s; CPU {taken.cpu_seconds:.0f} s, "
                f"of the stand-in {taken.stand_in_cpu_seconds:.0f} s",
                flush=True,
            )
    peak = statistics.median(peaks)
    met = peak <= _GOAL_MIB
    print(
        f"secure-lambda sign of {FUNCTIONS} assets of {_ASSET_MIB} MiB: peak memory {peak:.0f} MiB "
        f"(goal {_GOAL_MIB}){'' if met else ' MISSED'}"
    )
    return met


def _large_code(folder: Path) -> None:
    # Random, so that every asset differs and nothing gets smaller by compression.
    with (folder / "library.bin").open("wb") as file:
        for _ in range(_ASSET_MIB):
            file.write(os.urandom(_MIB))
