"""Signing an asset and, with the same profile, all others of its assembly that are pending."""

import gc
import time
from pathlib import Path

from ...errors import SigningError
from .arguments import Request
from .assembly import Asset
from .batch import Outcome, State, Task, sign_together
from .connections import Connections
from .manifests import Listed, each_once, read_manifests
from .sign import system_errors_explained
from .traffic import Traffic
from .workspace import Workspace

__all__ = ["AT_ONCE", "lead"]

AT_ONCE = 16
"""How many assets are packed or transferred at the same time, if nothing else was asked for."""

# How much longer than its own asset took a program works for the others.
_FOR_OTHERS_SECONDS = 30.0
_FOR_OTHERS_FACTOR = 2.0


def lead(request: Request, asset: Asset, workspace: Workspace, *, for_others: bool) -> Path:
    """Sign an asset, and the others that the CDK will ask for next.

    Those are the assets of the same profile, account and region that are not published yet. What
    fails for one of them is left to the program that is started for it.

    Args:
        request: What is to be signed.
        asset: The code and its assembly.
        workspace: The cache.
        for_others: Whether to sign those others too.

    Returns:
        The absolute path of the signed zip.

    Raises:
        SigningError: Where the asset itself cannot be signed; nothing is left behind then.
    """
    gc.enable()  # the launcher has turned it off
    others = _others(request, asset.assembly) if for_others else []
    traffic = Traffic(AT_ONCE if others else 1, patient=bool(others))
    connections = Connections(traffic, at_once=AT_ONCE)
    own = Task(request, asset, lambda: connections.aws(request), lambda: False)
    tasks = [own, *(_task(listed, asset.assembly, connections) for listed in others)]
    began = time.monotonic()
    outcomes: list[Outcome] = []

    def on_outcome(outcome: Outcome) -> bool:
        if outcome.task is own:
            outcomes.append(outcome)
            # What its own asset fails for will mostly fail the others as well.
            return outcome.state is not State.FAILED
        return True

    def patience() -> float | None:
        if not outcomes:
            return None
        passed = time.monotonic() - began
        return max(_FOR_OTHERS_SECONDS, _FOR_OTHERS_FACTOR * passed)

    with system_errors_explained(workspace), workspace.opened():
        sign_together(tasks, workspace, traffic, on_outcome, patience)
    result = outcomes[0].result
    if result is None:
        raise SigningError(outcomes[0].reason)
    return result


def _others(request: Request, assembly: Path) -> list[Listed]:
    """The assets that the same profile signs in the same account and region, each once."""
    try:
        manifests = read_manifests(assembly)
    except SigningError:
        return []  # not its own business: what was asked for was found
    listed = each_once(manifests)
    listed.pop(request.identity, None)
    return [each for each in listed.values() if _same_signer(each.request, request)]


def _same_signer(one: Request, other: Request) -> bool:
    return all(
        getattr(one, name) == getattr(other, name)
        for name in ("profile_name", "profile_owner", "bucket_template", "account", "region")
    )


def _task(listed: Listed, assembly: Path, connections: Connections) -> Task:
    return Task(
        listed.request,
        Asset(assembly / listed.request.source, assembly),
        lambda: connections.aws(listed.request),
        # Who cannot tell leaves it to the program that is started for that asset, if one is.
        lambda: connections.is_published(listed, unknown=True),
    )
