"""Runs every benchmark and says which goals were met. ``make bench`` runs it."""

import sys

import startup

_BENCHMARKS = {"startup": startup.main}


def main() -> int:
    """Run all benchmarks, or those that the command line names; return the exit code."""
    missed = []
    for name in sys.argv[1:] or _BENCHMARKS:
        print(f"== {name}")
        if not _BENCHMARKS[name]():
            missed.append(name)
    print(f"goals missed in: {', '.join(missed)}" if missed else "all goals met")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
