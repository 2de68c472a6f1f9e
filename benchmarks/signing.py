"""How long it takes to sign 50 functions, and that nothing is signed twice.

Every time is also given as a ratio to L, the time that one signing job takes in the stand-in.
"""

import os
import statistics
import sys
from collections.abc import Callable
from pathlib import Path

from deployment import FUNCTIONS, BenchmarkError, Deployment, Taken, deployment
from measure import cpu_seconds_in_turn

__all__ = ["main"]

_LATENCIES = (2.0, 5.0)


def main(runs: int = 3) -> bool:
    """Measure, print, and return whether the goals are met.

    Args:
        runs: Cold runs for each time, of which the median counts.
    """
    print(f"{FUNCTIONS} functions in one stack; L is the time that one signing job takes")
    print("cdk deploy: how much longer it takes than that of the same code, unsigned, right before")
    print("secure-lambda sign: the whole process", flush=True)
    with deployment(_small_code) as (aws, app):
        goals = []
        for latency in _LATENCIES:
            aws.set_signer(latency_seconds=latency)
            goals += [_cold_deploy(app, latency, runs), _cold_sign(app, latency, runs)]
        aws.set_signer(latency_seconds=0)
        goals += _again(app)
        _cached(app)
    return all(goals)


def _cold_deploy(app: Deployment, latency: float, runs: int) -> bool:
    title = f"cold cdk deploy, L = {latency:g} s"
    every: list[Taken] = []
    longer: list[float] = []
    try:
        for _ in range(runs):
            app.change_code()
            plain = app.publish_plain()
            every.append(app.deploy(execute=False))
            longer.append(every[-1].whole_seconds - plain.whole_seconds)
    except BenchmarkError as error:
        return _failed(title, error)
    met = _judged(title, longer, every, 1.5 * latency + 2, latency)
    window = statistics.median(each.seconds for each in every)
    print(
        f"  from the start of its first signing command to the end of its last one, with what the "
        f"CLI publishes meanwhile: {window:.1f} s = {window / latency:.1f} L",
        flush=True,
    )
    return met


def _cold_sign(app: Deployment, latency: float, runs: int) -> bool:
    title = f"cold secure-lambda sign, L = {latency:g} s"
    every: list[Taken] = []
    try:
        for _ in range(runs):
            app.change_code()
            every.append(app.sign())
    except BenchmarkError as error:
        return _failed(title, error)
    return _judged(title, [each.seconds for each in every], every, 1.2 * latency + 2, latency)


def _judged(
    title: str, times: list[float], every: list[Taken], goal: float, latency: float
) -> bool:
    seconds = statistics.median(times)
    jobs = {each.jobs for each in every}
    met = seconds <= goal and jobs == {FUNCTIONS}
    print(
        f"{title}: {seconds:.1f} s = {seconds / latency:.1f} L, jobs {_listed(jobs)} "
        f"(goal {goal:g} s = {goal / latency:g} L, {FUNCTIONS} jobs){_verdict(met)}"
    )
    print(f"  runs: {', '.join(f'{each:.1f}' for each in times)} s")
    median = sorted(every, key=lambda each: each.seconds)[len(every) // 2]
    others = median.cpu_seconds - median.signing_cpu_seconds
    print(
        f"  in a median run: last job asked for after {median.last_start:.1f} s, "
        f"{median.calls} calls of AWS; CPU {median.signing_cpu_seconds:.1f} s signing, "
        f"{others:.1f} s the CLI, {median.stand_in_cpu_seconds:.1f} s the stand-in, "
        f"{median.other_cpu_seconds:.1f} s what else ran on this machine",
        flush=True,
    )
    return met


def _again(app: Deployment) -> list[bool]:
    """Deploy for real, and then what is unchanged, and what has one change."""
    app.change_code()
    goals = [_counted("first cdk deploy", app.deploy, jobs=FUNCTIONS)]
    for name, run in (("cdk deploy", app.deploy), ("secure-lambda sign", app.sign)):
        app.synthesize()
        goals.append(_counted(f"{name}, nothing changed", run, jobs=0, uploads=0))
        app.change_code(1)
        goals.append(_counted(f"{name}, one changed", run, jobs=1))
    goals.append(
        _counted("cdk deploy of what secure-lambda sign has signed", app.deploy, jobs=0, commands=0)
    )
    return goals


def _counted(title: str, run: Callable[[], Taken], **goals: int) -> bool:
    try:
        taken = run()
    except BenchmarkError as error:
        return _failed(title, error)
    found = {name: getattr(taken, name) for name in ("jobs", "uploads", "commands")}
    met = all(found[name] == goal for name, goal in goals.items())
    print(
        f"{title}: {taken.whole_seconds:.1f} s, {_named(found)} (goal {_named(goals)})"
        f"{_verdict(met)}",
        flush=True,
    )
    return met


def _cached(app: Deployment) -> None:
    app.change_code()
    try:
        app.deploy(execute=False)
        again = app.signed_again().median
    except BenchmarkError as error:
        _failed("a signing command whose result is there", error)
        return
    bare = cpu_seconds_in_turn({"python": [sys.executable, "-c", "pass"]})["python"].median
    print(f"a signing command whose result is there: {again:.3f} s of CPU time", flush=True)
    print(f"  as a ratio to python -c pass ({bare:.3f} s): {again / bare:.1f}", flush=True)


def _failed(title: str, error: BenchmarkError) -> bool:
    print(f"{title}: FAILED: {error}", flush=True)
    return False


def _named(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())


def _listed(counts: set[int]) -> str:
    return " or ".join(map(str, sorted(counts)))


def _verdict(met: bool) -> str:
    return "" if met else " MISSED"


def _small_code(folder: Path) -> None:
    # What a small function weighs with a library or two; it does not compress.
    (folder / "index.py").write_text("def handler(event, context):\n    return event\n")
    (folder / "library.bin").write_bytes(os.urandom(100_000))
