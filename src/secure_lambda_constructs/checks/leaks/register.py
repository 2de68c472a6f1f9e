"""The register of the leak paths: each has an id, a name, and the check that looks for it."""

from collections.abc import Callable
from dataclasses import dataclass

from .case import Case

__all__ = ["PATHS", "LeakPath", "path"]

Check = Callable[[Case], list[str]]
Presence = Callable[[Case], bool]


@dataclass(frozen=True)
class LeakPath:
    """One way out; `check` returns why it is open, nothing if it is closed.

    `is_present` tells whether the stacks have what it leads through: an S3 endpoint, a relay.
    """

    id: str
    title: str
    check: Check
    is_present: Presence


PATHS: dict[str, LeakPath] = {}


def path(
    path_id: str, title: str, is_present: Presence = lambda case: True
) -> Callable[[Check], Check]:
    """Register the decorated function as the check of the path `path_id`."""

    def register(check: Check) -> Check:
        if path_id in PATHS:
            raise ValueError(f"two checks for {path_id}")
        PATHS[path_id] = LeakPath(path_id, title, check, is_present)
        return check

    return register
