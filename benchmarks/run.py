"""Runs the benchmarks and says which goals were missed. ``make bench`` runs all of them."""

import argparse
import compileall
import signal
import sys
from importlib import import_module
from pathlib import Path

_BENCHMARKS = ("startup", "synth", "checks", "signing", "signing_memory", "relay", "relay_load")
_REPOSITORY = Path(__file__).resolve().parent.parent
_SOURCES = _REPOSITORY / "src"
_TOOLS = _REPOSITORY / "tools"


def main() -> int:
    """Run all benchmarks, or those that the command line names; return the exit code."""
    parser = argparse.ArgumentParser(prog="benchmarks/run.py", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(_BENCHMARKS))
    parser.add_argument(
        "--runs", type=int, help="how often each figure is taken (default: as the benchmark says)"
    )
    parser.add_argument(
        "--seconds", type=float, help="how long relay_load lasts (default: for 100,000 calls)"
    )
    options = parser.parse_args()
    if unknown := set(options.names) - set(_BENCHMARKS):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}: {', '.join(_BENCHMARKS)}")
    # A polite end, too, clears the gigabytes that a benchmark may have written.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # They start the local AWS stand-in, which lives there, and the relay's hosts, which are the
    # tests' own.
    sys.path += [str(_TOOLS), str(_REPOSITORY)]
    # As pip does where the package is installed; here it is not, so it may have none.
    compileall.compile_dir(_SOURCES, quiet=1)
    missed = []
    for name in options.names or _BENCHMARKS:
        print(f"== {name}", flush=True)
        given = {"runs": options.runs} if options.runs else {}
        if name == "relay_load" and options.seconds:
            given["seconds"] = options.seconds
        if not import_module(name).main(**given):
            missed.append(name)
    print(f"goals missed in: {', '.join(missed)}" if missed else "all goals met")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
