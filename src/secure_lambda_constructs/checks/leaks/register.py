"""The register of the leak paths: each has an id, a name, and the check that looks for it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .case import Case
from .reasons import Reason, grouped

__all__ = ["PATHS", "SIGNING", "LeakPath", "path"]

Presence = Callable[[Case], bool]
_Finds = Callable[[Case], Iterable[Reason]]


@dataclass(frozen=True, kw_only=True)
class LeakPath:
    """One way out.

    Attributes:
        id: Its id, such as `N04`.
        title: What leads out.
        attack: What an attacker does, a sentence.
        mend: What to write instead, with the constructs of this library and without.
        check: Returns why it is open, nothing if it is closed.
        is_present: Tells whether the stacks have what it leads through: an S3 endpoint, a relay.
    """

    id: str
    title: str
    attack: str
    mend: str
    check: Callable[[Case], list[Reason]]
    is_present: Presence


# The 44 ways out of the threat model.
PATHS: dict[str, LeakPath] = {}

# Signing, of every function of an app, whether data could leave by it or not.
SIGNING: dict[str, LeakPath] = {}


def path(
    path_id: str,
    title: str,
    *,
    attack: str,
    mend: str,
    present: Presence = lambda case: bool(case.isolated),
    register: dict[str, LeakPath] = PATHS,
) -> Callable[[_Finds], Callable[[Case], list[Reason]]]:
    """Register the decorated function as the check of the path `path_id`.

    Args:
        path_id: The id.
        title: What leads out.
        attack: What an attacker does, a sentence.
        mend: What to write instead.
        present: Tells whether the stacks have what the path leads through. An isolated function
            by default.
        register: Where it belongs.

    Returns:
        The decorator. The check then returns its reasons in a list, one for each cause.

    Raises:
        ValueError: There is a check of that id already.
    """

    def add(finds: _Finds) -> Callable[[Case], list[Reason]]:
        if path_id in register:
            raise ValueError(f"two checks for {path_id}")

        def check(case: Case) -> list[Reason]:
            return grouped(finds(case)) if present(case) else []

        register[path_id] = LeakPath(
            id=path_id, title=title, attack=attack, mend=mend, check=check, is_present=present
        )
        return check

    return add
