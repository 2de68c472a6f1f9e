"""The outcome of a check: the verdict, what the app says to it, and where each finding is.

What shows a verdict (the plugin, the command and its formats) reads this and nothing else.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ..errors import InvalidInputError
from .acknowledged import Acknowledgement, Acknowledgements, acknowledge
from .baseline import Baseline, Comparison, identity_of
from .formats.files import resource_lines
from .judgement import UNTOLD, Finding, PathVerdict, Verdict, judge
from .leaks.questions import Evaluator
from .model.world import World

__all__ = [
    "UNTOLD",
    "Outcome",
    "Standing",
    "State",
    "check",
    "check_accounts",
    "tool_version",
]


class State(Enum):
    """What is said of one leak path.

    Attributes:
        OPEN: Something opens it that is neither acknowledged nor in the baseline.
        KNOWN: All that opens it is in the baseline or acknowledged.
        ACKNOWLEDGED: All that opens it is acknowledged.
        CLOSED: The app has what it leads through, and nothing leaves by it.
        ABSENT: The app has nothing that it leads through.
    """

    OPEN = "open"
    KNOWN = "known"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"
    ABSENT = "absent"


class Standing(Enum):
    """What becomes of one finding.

    Attributes:
        NEW: It fails the check.
        KNOWN: The baseline names it.
        ACKNOWLEDGED: The app acknowledges it, with a reason.
    """

    NEW = "new"
    KNOWN = "known"
    ACKNOWLEDGED = "acknowledged"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """All that a check has found.

    Attributes:
        inputs: What was judged, as it was named.
        verdict: The verdict, with the acknowledged findings marked.
        acknowledgements: What became of what the app acknowledges.
        comparison: The findings beside the baseline; None where there is no baseline.
        templates: The template of each stack, as far as it is a file.
        trusted_accounts: Accounts that the verdict takes for nobody else's.
    """

    inputs: tuple[str, ...]
    verdict: Verdict
    acknowledgements: Acknowledgements
    comparison: Comparison | None
    templates: dict[str, Path]
    trusted_accounts: tuple[str, ...] = ()

    @property
    def is_closed(self) -> bool:
        """Whether nothing fails the check: no finding is new."""
        return not any(self.new)

    @property
    def new(self) -> Iterator[Finding]:
        """The findings that fail the check."""
        return (f for f in self.findings if self.standing(f) is Standing.NEW)

    @property
    def findings(self) -> Iterator[Finding]:
        """All findings, in the order of the leak paths."""
        return (finding for path in self.verdict.all for finding in path.findings)

    def standing(self, finding: Finding) -> Standing:
        """Return what becomes of a finding.

        Args:
            finding: One of the verdict's.

        Returns:
            Whether it fails the check, and why it does not.
        """
        if finding.acknowledged is not None:
            return Standing.ACKNOWLEDGED
        comparison = self.comparison
        if comparison is not None and identity_of(finding) in comparison.known:
            return Standing.KNOWN
        return Standing.NEW

    def state(self, path: PathVerdict) -> State:
        """Return what is said of a leak path.

        Args:
            path: One of the verdict's.

        Returns:
            Its state.
        """
        standings = {self.standing(finding) for finding in path.findings}
        if Standing.NEW in standings:
            return State.OPEN
        if Standing.KNOWN in standings:
            return State.KNOWN
        if standings:
            return State.ACKNOWLEDGED
        return State.CLOSED if path.present else State.ABSENT

    def paths(self, *states: State) -> list[PathVerdict]:
        """Return the leak paths of which that is said.

        Args:
            states: What is said.

        Returns:
            The leak paths.
        """
        return [path for path in self.verdict.all if self.state(path) in states]

    def template(self, finding: Finding) -> Path | None:
        """Return the template that a finding is in.

        Args:
            finding: One of the verdict's.

        Returns:
            The file; None where that cannot be told.
        """
        return self.templates.get(finding.stack)

    def line(self, finding: Finding) -> int | None:
        """Return the line that the resource of a finding begins on.

        Args:
            finding: One of the verdict's.

        Returns:
            The line of the template, counted from 1; None where that cannot be told.
        """
        template = self.template(finding)
        if template is None:
            return None
        if template not in self._lines:
            self._lines[template] = resource_lines(template)
        return self._lines[template].get(finding.logical_id)

    @cached_property
    def _lines(self) -> dict[Path, dict[str, int]]:
        return {}


def check(
    world: World,
    evaluator: Evaluator,
    *,
    inputs: Iterable[str],
    templates: dict[str, Path],
    acknowledgements: Iterable[Acknowledgement] = (),
    baseline: Baseline | None = None,
    trusted_accounts: Collection[str] = (),
) -> Outcome:
    """Judge an app, and lay what it acknowledges and its baseline beside the verdict.

    Args:
        world: All that the app's templates create.
        evaluator: Decides what policies allow.
        inputs: What is judged, as it was named.
        templates: The template of each stack, as far as it is a file.
        acknowledgements: What the app acknowledges.
        baseline: What it may keep open for now; nothing by default.
        trusted_accounts: Accounts that are nobody else's, though none of the stacks is in them.

    Returns:
        The outcome.
    """
    judged = judge(world, evaluator, trusted_accounts=trusted_accounts)
    verdict, became = acknowledge(judged, acknowledgements)
    return Outcome(
        inputs=tuple(inputs),
        verdict=verdict,
        acknowledgements=became,
        comparison=None if baseline is None else baseline.compare(verdict),
        templates=templates,
        trusted_accounts=tuple(trusted_accounts),
    )


def check_accounts(what: str, accounts: object) -> tuple[str, ...]:
    """Refuse what is no list of accounts.

    Args:
        what: How the user calls it.
        accounts: What he gave.

    Returns:
        The accounts.

    Raises:
        InvalidInputError: It is no list, or one of them is not an account's number.
    """
    if isinstance(accounts, str) or not isinstance(accounts, Iterable):
        raise InvalidInputError(
            f"{what} must be a list of accounts, got {accounts!r}: write ['444455556666']"
        )
    found = tuple(accounts)
    for account in found:
        if not isinstance(account, str) or re.fullmatch("[0-9]{12}", account) is None:
            raise InvalidInputError(
                f"{what} must be an account of 12 digits, as a text, got {account!r}: write for "
                "example '444455556666'"
            )
    return found


def tool_version() -> str:
    """Return the version of this library.

    Returns:
        It, or `0.0.0` where the library is not installed but read from its sources.
    """
    try:
        return version("secure-lambda-constructs")
    except PackageNotFoundError:
        return "0.0.0"
