"""Says where the time of an app goes, and how often Python and the CDK's process ask each other.

``python phases.py APP ARGUMENT...`` runs an app of this folder and prints one line of JSON after
what it prints itself. It replaces functions of jsii that are not public, which change nothing but
the time they take; so the whole time is measured without it.
"""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["main"]

_TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Run the app."""
    app, *arguments = sys.argv[1:]
    sys.argv = [app, *arguments]
    watch = _Watch()
    module = importlib.import_module(app)
    watch.ends("import")
    _patch(watch)
    module.main()
    watch.ends("synth")
    print(json.dumps(watch.phases))


class _Watch:
    """Takes the time of one phase after the other, in seconds and crossings."""

    def __init__(self) -> None:
        self.phases: dict[str, dict[str, float]] = {}
        self.crossings = 0
        self.answering = 0.0
        self._last = self._now()

    def ends(self, phase: str) -> None:
        """Say which phase it was until now."""
        now = self._now()
        self.phases[phase] = {key: value - self._last[key] for key, value in now.items()}
        self._last = now

    def _now(self) -> dict[str, float]:
        return {
            "clock": time.perf_counter(),
            "cpu": _cpu_seconds(os.getpid()),
            "crossings": self.crossings,
            "answering": self.answering,
        }


def _patch(watch: _Watch) -> None:
    """Have the CDK and jsii tell what they do."""
    import aws_cdk
    import jsii._kernel
    from jsii._kernel.providers import process

    send: Callable[..., Any] = process._NodeProcess.send
    handle: Callable[..., Any] = jsii._kernel._handle_callback
    synth: Callable[..., Any] = aws_cdk.App.synth
    depth = 0

    def counted_send(*arguments: Any, **options: Any) -> Any:
        watch.crossings += 1
        return send(*arguments, **options)

    def timed_handle(*arguments: Any, **options: Any) -> Any:
        nonlocal depth
        # A question may lead to an answer that asks again.
        began, depth = time.perf_counter(), depth + 1
        try:
            return handle(*arguments, **options)
        finally:
            depth -= 1
            if depth == 0:
                watch.answering += time.perf_counter() - began

    def marked_synth(*arguments: Any, **options: Any) -> Any:
        watch.ends("construct")
        return synth(*arguments, **options)

    process._NodeProcess.send = counted_send  # type: ignore[method-assign]
    jsii._kernel._handle_callback = timed_handle
    aws_cdk.App.synth = marked_synth  # type: ignore[method-assign]


def _cpu_seconds(process: int) -> float:
    """CPU time of a process and of those below it that run."""
    folder = Path("/proc", str(process))
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    children = {
        int(child)
        for thread in (folder / "task").iterdir()
        for child in (thread / "children").read_text().split()
    }
    return (int(fields[11]) + int(fields[12])) / _TICKS + sum(map(_cpu_seconds, children))


if __name__ == "__main__":
    main()
