"""Signing all that is pending in a cloud assembly, and naming the results in its manifests."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ...errors import SigningError
from .assembly import Asset
from .batch import Outcome, State, Task, sign_together
from .connections import Connections
from .leadership import Leadership
from .manifests import Listed, Manifest, check_assembly, each_once, read_manifests
from .sign import system_errors_explained
from .traffic import Traffic
from .workspace import Workspace

__all__ = ["AssetReport", "Report", "sign_assembly"]

_LOOK_AGAIN_SECONDS = 0.2


class AssetReport(NamedTuple):
    """What became of one asset.

    Attributes:
        name: What the construct is called.
        source: The code, as the manifest names it.
        identity: The identity of the signed asset.
        state: What became of it.
        reason: Why it failed, a sentence; empty otherwise.
    """

    name: str
    source: str
    identity: str
    state: State
    reason: str


class Report(NamedTuple):
    """What became of an assembly.

    Attributes:
        assembly: Its folder.
        assets: The assets that it had commands for, each identity once.
        before: How many manifest entries an earlier run has replaced.
        replaced: How many manifest entries name signed zips now instead of commands.
        seconds: How long it took.
    """

    assembly: Path
    assets: tuple[AssetReport, ...]
    before: int
    replaced: int
    seconds: float

    def count(self, state: State) -> int:
        """Count the assets of one state.

        Args:
            state: The state.

        Returns:
            How many there are.
        """
        return sum(asset.state is state for asset in self.assets)


def sign_assembly(
    assembly: Path,
    *,
    at_once: int,
    account: str | None = None,
    everything: bool = False,
    on_wait: Callable[[], None] = lambda: None,
    on_begin: Callable[[int], None] = lambda total: None,
    on_asset: Callable[[AssetReport], None] = lambda asset: None,
) -> Report:
    """Sign what is pending, and let the asset manifests name the signed zips.

    What is published already is left as it is: its command is not run. The manifests are written
    at the end, also when some assets failed; a later run finds what is done and goes on with the
    rest. One run at a time works on an assembly, and others wait for it.

    Args:
        assembly: The folder of the root cloud assembly.
        at_once: How many assets may be packed or transferred at the same time.
        account: Only the assets that are for this account. By default all.
        everything: Whether to sign what is published already, too.
        on_wait: Called once, where another program is at work on the assembly.
        on_begin: Called with the number of assets, before the first is done.
        on_asset: Called for each asset that is done.

    Returns:
        What became of it.

    Raises:
        SigningError: Where the assembly cannot be read, or its manifests not be written.
    """
    began = time.monotonic()
    assembly = assembly.absolute()
    check_assembly(assembly)
    workspace = Workspace(assembly)
    with Leadership(assembly) as leadership:
        _take(leadership, on_wait)
        manifests = read_manifests(assembly)
        before = sum(len(_present(manifest)) for manifest in manifests)
        listed = {
            identity: each
            for identity, each in each_once(manifests).items()
            if account is None or each.request.account in (None, account)
        }
        on_begin(len(listed))
        reports: dict[str, AssetReport] = {}
        results: dict[str, Path] = {}

        def on_outcome(outcome: Outcome) -> bool:
            request = outcome.task.request
            report = AssetReport(
                listed[request.identity].name,
                request.source,
                request.identity,
                outcome.state,
                outcome.reason,
            )
            reports[request.identity] = report
            if outcome.result is not None:
                results[request.identity] = outcome.result
            on_asset(report)
            return True

        traffic = Traffic(at_once, patient=True)
        connections = Connections(traffic, at_once=at_once)
        tasks = [_task(each, assembly, connections, everything) for each in listed.values()]
        with system_errors_explained(workspace):
            if tasks:
                with workspace.opened():
                    sign_together(tasks, workspace, traffic, on_outcome)
            replaced = sum(manifest.replace(results) for manifest in manifests)
    assets = tuple(reports[identity] for identity in listed)
    return Report(assembly, assets, before, replaced, time.monotonic() - began)


def _take(leadership: Leadership, on_wait: Callable[[], None]) -> None:
    waiting = False
    while leadership.take() is False:
        if not waiting:
            waiting = True
            on_wait()
        time.sleep(_LOOK_AGAIN_SECONDS)


def _present(manifest: Manifest) -> list[Path]:
    for path in manifest.finished:
        if not path.is_file():
            raise SigningError(
                f"{manifest.path} names the signed zip {path}, which is not there: hand on the "
                "whole folder of the cloud assembly, or synthesize it again"
            )
    return manifest.finished


def _task(listed: Listed, assembly: Path, connections: Connections, everything: bool) -> Task:
    return Task(
        listed.request,
        Asset(assembly / listed.request.source, assembly),
        lambda: connections.aws(listed.request),
        # Who cannot tell signs: a job too many is better than a deployment that fails.
        lambda: not everything and connections.is_published(listed, unknown=False),
    )
