"""Signing the asset that the CDK asks for, and with it those that it will ask for next.

During one deployment the CDK starts the signing program for each asset, a few at a time. One job
takes seconds, so the first program takes the lead and signs all that is pending; the others wait
for it and find their results.
"""

import os
import time
from pathlib import Path

from .arguments import Request
from .assembly import Asset, find_asset
from .leadership import Leadership
from .sign import cached_result
from .workspace import Workspace

__all__ = ["sign"]

_LOOK_AGAIN_SECONDS = 0.05


def sign(request: Request) -> Path:
    """Sign what the request names, in the assembly that is found from the working directory.

    Args:
        request: What is to be signed.

    Returns:
        The absolute path of the signed zip.

    Raises:
        SigningError: Where it cannot be signed; nothing is left behind then.
    """
    asset = find_asset(
        request.source,
        request.assembly,
        working_directory=Path.cwd(),
        environment=os.environ,
    )
    workspace = Workspace(asset.assembly)
    with Leadership(asset.assembly) as leadership:
        found = _await_turn(request, asset, workspace, leadership)
        if isinstance(found, Path):
            return found
        # Most programs of a deployment find their result, and need not load all this.
        from .leader import lead

        return lead(request, asset, workspace, for_others=found)


def _await_turn(
    request: Request, asset: Asset, workspace: Workspace, leadership: Leadership
) -> Path | bool:
    """Wait for the result; or tell that it is to be made, and whether the others' with it."""
    result = workspace.result(request.identity)
    # Whoever waits for longer than for its own job signs beside the leader: a second program
    # makes no second job.
    deadline = time.monotonic() + request.timeout_seconds
    seen = _seen(result)
    found = cached_result(request, asset, workspace)
    while found is None:
        turn = leadership.take()
        before, seen = seen, _seen(result)
        if seen != before:
            found = cached_result(request, asset, workspace)
        elif turn:
            return True
        elif turn is None or time.monotonic() > deadline:
            return False  # nobody can tell, or wait for, who signs for all: each for itself
        else:
            time.sleep(_LOOK_AGAIN_SECONDS)
    return found


def _seen(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns
