"""Puts functions together that look alike, so that a picture of a hundred can be read."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from .data import SignedState
from .reaching import Reached

__all__ = ["FEW", "Drawn", "together"]

# More boxes than that are not taken in at a glance.
FEW = 12


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """One function as the picture needs it.

    Attributes:
        reached: What it can reach.
        outside: Whether it is outside of the isolated VPCs.
        name: Its construct path.
        vpc: The construct path of its VPC; empty where there is none.
        subnets: The construct paths of its subnets.
        open: The leak paths that it opens and nobody has acknowledged.
        acknowledged: Those that it opens and that are acknowledged.
        signed: Its signing state.
    """

    reached: Reached
    outside: bool
    name: str
    vpc: str
    subnets: tuple[str, ...]
    open: tuple[str, ...]
    acknowledged: tuple[str, ...]
    signed: SignedState


def _place(each: Drawn) -> tuple[Hashable, ...]:
    endpoints = frozenset(endpoint.path for endpoint in each.reached.endpoints)
    leaks = each.open, each.acknowledged
    return each.outside, each.vpc, each.subnets, endpoints, leaks, each.signed


def _exact(each: Drawn) -> Hashable:
    ways = frozenset(
        (way.action, "" if way.target is None else way.target.path) for way in each.reached.ways
    )
    return (*_place(each), ways, each.reached.callers)


def _by_kind(each: Drawn) -> Hashable:
    kinds = frozenset(
        (way.service, "" if way.target is None else way.target.type) for way in each.reached.ways
    )
    return (*_place(each), kinds, len(each.reached.callers) > 0)


# From the finest to the coarsest: what functions in one box have in common.
_KEYS: Sequence[tuple[str, Callable[[Drawn], Hashable]]] = (
    ("", lambda each: each.name),
    (
        "Functions in one box have the same subnets, rights, callers, signing state and findings.",
        _exact,
    ),
    (
        "Functions in one box have the same subnets, endpoints, signing state and findings, and "
        "reach resources of the same kinds; which ones each reaches is in the table.",
        _by_kind,
    ),
    (
        "Functions in one box have the same subnets, endpoints, signing state and findings; what "
        "each reaches is in the table.",
        _place,
    ),
)


def together(functions: Sequence[Drawn], few: int = FEW) -> tuple[str, list[list[Drawn]]]:
    """Put functions together until there are few.

    Args:
        functions: All of them.
        few: How many groups are few enough.

    Returns:
        What those in one group have in common, empty where each is alone; and the groups, each in
        the order of the names. Where even the coarsest likeness leaves more, there are more.
    """
    said, groups = "", list[list[Drawn]]()
    for likeness, key in _KEYS:
        found: defaultdict[Hashable, list[Drawn]] = defaultdict(list)
        for each in sorted(functions, key=lambda each: each.name):
            found[key(each)].append(each)
        said, groups = likeness, list(found.values())
        if len(groups) <= few:
            break
    return said, groups
