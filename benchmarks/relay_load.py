"""A relay under load: 200 callers at once, each with its own answer, and nothing left behind.

One process, whose threads share one relay. Lambda never does that, as an environment has one call
at a time; it makes more of what can go wrong between two calls, and of what they leave behind. The
host is a process of its own that speaks TLS. `tests/relay/load_calls.py` has the kinds of calls.

The calls are made in rounds. After each, its callers have ended, and memory, threads and sockets
are counted: what has grown since the round before is what the relay keeps. While calls are made,
what the C library keeps for each of 200 threads would hide that.
"""

import statistics
import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

from tests.relay.load import Load, Sample, run_load
from tests.relay.load_calls import KINDS

__all__ = ["main"]

_CALLS = 100_000
_CALLERS = 200
_ROUNDS = 12
_GOAL_GROWTH = 0.03
# As many threads may be looking up names, or not; idle connections are some more or some fewer.
_GOAL_MORE = 32
_MIB = 1 << 20

_T = TypeVar("_T")


def main(runs: int = 1, seconds: float | None = None) -> bool:
    """Measure, print, and return whether the goals are met.

    Args:
        runs: How often the load is made.
        seconds: How long it lasts; by default until 100,000 calls have been made.
    """
    print(f"{_CALLERS} callers at once, as threads of one process that share one relay", flush=True)
    return all([_run(seconds) for _ in range(runs)])


def _run(seconds: float | None) -> bool:
    load = run_load(
        calls=_CALLS,
        callers=_CALLERS,
        rounds=_ROUNDS,
        seconds=seconds,
        progress=_progress(),
    )
    _show_calls(load)
    met = [_answers(load)]
    met.append(_memory(load))
    met.append(_more("threads", load, lambda sample: sample.threads))
    met.append(_more("sockets", load, lambda sample: sample.sockets))
    met.append(_left(load))
    return all(met)


def _show_calls(load: Load) -> None:
    rate, cpu = load.calls / load.seconds, load.cpu_seconds / load.calls
    print(
        f"{load.calls:,} calls in {load.seconds:.0f} s, at most {load.at_once} under way at a "
        f"time: {rate:.0f} a second; CPU time of the relay and its callers {cpu * 1000:.2f} ms each"
    )
    for title, chosen in (
        ("carried out", [kind for kind in KINDS if kind.code is None]),
        ("refused or failed", [kind for kind in KINDS if kind.code is not None]),
    ):
        counts = [f"{kind.name} {load.kinds[kind.name]:,}" for kind in chosen]
        print(f"  {title}, as they have to: {', '.join(counts)}")


def _answers(load: Load) -> bool:
    wrong = load.calls - load.kinds.total()
    met = not wrong and not load.wrong
    print(f"wrong answers: {wrong} (goal 0){_verdict(met)}", flush=True)
    for problem in load.wrong:
        print(f"  {problem}")
    return met


def _memory(load: Load) -> bool:
    held = [statistics.mean(each.rss for each in third) for third in _thirds(load.at_rest)]
    growth = held[2] / held[1] - 1
    met = growth <= _GOAL_GROWTH
    most = [max(each.rss for each in samples) for samples in load.busy]
    print(
        f"memory between rounds, last third against the second: {growth:+.1%} "
        f"(goal {_GOAL_GROWTH:+.0%}){_verdict(met)}\n"
        f"  MiB before {load.before.rss / _MIB:.1f}, in the thirds "
        f"{', '.join(f'{each / _MIB:.1f}' for each in held)}; at most in the rounds "
        f"{', '.join(f'{each / _MIB:.0f}' for each in most)}",
        flush=True,
    )
    return met


def _more(what: str, load: Load, take: Callable[[Sample], int]) -> bool:
    rest = [max(map(take, third)) for third in _thirds(load.at_rest)]
    busy = [
        max(take(each) for samples in third for each in samples) for third in _thirds(load.busy)
    ]
    more = max(rest[2] - rest[1], busy[2] - busy[1])
    met = more <= _GOAL_MORE
    print(
        f"most {what}, last third against the second: {more:+d} (goal {_GOAL_MORE:+d})"
        f"{_verdict(met)}; between rounds {rest[1]} and {rest[2]}, in them {busy[1]} and {busy[2]}",
        flush=True,
    )
    return met


def _thirds(rounds: Sequence[_T]) -> list[Sequence[_T]]:
    size = len(rounds) // 3
    return [rounds[:size], rounds[size : 2 * size], rounds[2 * size :]]


def _left(load: Load) -> bool:
    threads = load.after.threads - load.before.threads
    sockets = load.after.sockets - load.before.sockets
    met = threads == 0 and sockets == 0
    print(
        f"left when all was over: threads {threads}, sockets {sockets} (goal 0, 0){_verdict(met)}",
        flush=True,
    )
    return met


def _progress() -> Callable[[Sample], None]:
    """What shows a person that it goes on."""
    if not sys.stderr.isatty():
        return lambda sample: None
    return lambda sample: print(f"\r{sample.done:,}", end=" ", file=sys.stderr, flush=True)


def _verdict(met: bool) -> str:
    return "" if met else " MISSED"
