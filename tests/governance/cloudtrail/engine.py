"""Asks the stand-in's engine which patterns match which events, all in one go."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from local_aws.install import FOLDER, plugin_home
from local_aws.process import REPOSITORY

__all__ = ["matches"]

_PROGRAM = """
import json, sys
from local_aws_plugin.event_patterns import use_aws_patterns
from localstack.utils.event_matcher import matches_event
use_aws_patterns()
cases = json.load(sys.stdin)
json.dump([matches_event(json.dumps(pattern), json.dumps(event)) for pattern, event in cases],
          sys.stdout)
"""


def matches(cases: Sequence[tuple[Any, Any]], directory: Path) -> list[bool]:
    """Whether each pattern matches its event.

    It runs apart from this process, in the environment of the stand-in, which has its own
    packages. No service is started.

    Args:
        cases: Patterns with events.
        directory: Where LocalStack may write.
    """
    done = subprocess.run(
        [str(REPOSITORY / FOLDER / "venv" / "bin" / "python"), "-c", _PROGRAM],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        env={
            "PYTHONPATH": str(plugin_home(REPOSITORY)),
            "HOME": str(directory),
            "TMPDIR": str(directory),
            "DISABLE_EVENTS": "1",
        },
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: list[bool] = json.loads(done.stdout)
    return found
