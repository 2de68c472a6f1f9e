"""Which leak paths are open at some place of the picture."""

from collections.abc import Iterable
from typing import NamedTuple

from ..judgement import Finding

__all__ = ["Leaks", "leaks_of"]


class Leaks(NamedTuple):
    """The ids of leak paths.

    Attributes:
        open: Those that something opens which nobody has acknowledged.
        acknowledged: Those that are open, and all of it is acknowledged.
    """

    open: tuple[str, ...]
    acknowledged: tuple[str, ...]


def leaks_of(findings: Iterable[Finding]) -> Leaks:
    """Tell the leak paths that some findings open.

    Args:
        findings: The findings. What the baseline names is open like any other.

    Returns:
        The ids of the leak paths, sorted.
    """
    found = list(findings)
    opened = {finding.path_id for finding in found if finding.acknowledged is None}
    accepted = {finding.path_id for finding in found} - opened
    return Leaks(open=tuple(sorted(opened)), acknowledged=tuple(sorted(accepted)))
