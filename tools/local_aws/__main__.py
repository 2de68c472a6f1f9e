"""``python -m local_aws``: runs the stand-in in the foreground until Ctrl-C."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
import tempfile
import time
from pathlib import Path

from .controller import LocalAws
from .process import LocalAwsError

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Starts the stand-in, prints what to export, and waits.

    Args:
        arguments: Command line; that of this process by default.

    Returns:
        0 when it was stopped, 1 when it could not start or ended by itself.
    """
    parser = argparse.ArgumentParser(
        prog="python -m local_aws", description="Run the local AWS stand-in until Ctrl-C."
    )
    parser.add_argument(
        "--state", type=Path, metavar="FOLDER",
        help="where it writes to (default: a new temporary folder)",
    )  # fmt: skip
    state = parser.parse_args(arguments).state
    # A polite end, too, runs through the same path as Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with tempfile.TemporaryDirectory(prefix="local-aws-") as scratch:
            return _run(state or Path(scratch))
    except LocalAwsError as error:
        print(error, file=sys.stderr)
        return 1


def _run(state: Path) -> int:
    with LocalAws.start(state) as aws:
        for name, value in aws.environment().items():
            print(f"export {name}={shlex.quote(value)}")
        print(f"# log: {aws.log_file}; stop with Ctrl-C", flush=True)
        try:
            while aws.is_running():
                time.sleep(0.5)
        except KeyboardInterrupt:
            return 0
    print("the local AWS stand-in ended by itself", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
