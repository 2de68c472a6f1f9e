"""The register of the leak paths: each has an id, a name, and the check that looks for it."""

from collections.abc import Callable
from dataclasses import dataclass

from ..case import Case

__all__ = ["PATHS", "LeakPath", "path"]

Check = Callable[[Case], list[str]]


@dataclass(frozen=True)
class LeakPath:
    """One way out; `check` returns why it is open, nothing if it is closed."""

    id: str
    title: str
    check: Check


PATHS: dict[str, LeakPath] = {}


def path(path_id: str, title: str) -> Callable[[Check], Check]:
    """Register the decorated function as the check of the path `path_id`."""

    def register(check: Check) -> Check:
        if path_id in PATHS:
            raise ValueError(f"two checks for {path_id}")
        PATHS[path_id] = LeakPath(path_id, title, check)
        return check

    return register
