"""Makes one arrow of many, where all functions in some subnets reach the same."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from .data import Box, BoxKind, Edge, Place

__all__ = ["bundled"]


def bundled(
    boxes: Sequence[Box], edges: Sequence[Edge]
) -> tuple[tuple[Place, ...], tuple[Edge, ...]]:
    """Put arrows together that leave all functions in the same subnets for the same box.

    Args:
        boxes: The boxes of a picture.
        edges: The arrows between them.

    Returns:
        The subnets that arrows leave now, and the arrows that are left. Where there is one
        function in some subnets, its arrows stay.

    Example:
        ```python
        from secure_lambda_constructs.checks.report.bundles import bundled
        from secure_lambda_constructs.checks.report.data import Box, BoxKind, Edge

        functions = [
            Box(id=name, kind=BoxKind.FUNCTION, title=name, vpc="Shop/Vpc", subnets=("Shop/A",))
            for name in ("one", "two")
        ]
        edges = [Edge(source=box.id, target="dynamodb", label="may connect") for box in functions]
        (place,), (edge,) = bundled(functions, edges)
        assert (edge.source, edge.target) == (place.id, "dynamodb")
        assert place.title == "every function in the subnet Shop/A"
        ```
    """
    inside: defaultdict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for box in boxes:
        if box.kind is BoxKind.FUNCTION:
            inside[box.vpc, box.subnets].append(box.id)
    places: list[Place] = []
    kept = list(edges)
    for (vpc, subnets), ids in inside.items():
        alike: defaultdict[Edge, list[Edge]] = defaultdict(list)
        for edge in kept:
            if edge.source in ids:
                alike[replace(edge, source="")].append(edge)
        shared = [found for found in alike.values() if len(ids) > 1 and len(found) == len(ids)]
        if shared:
            place = Place(
                id=f"subnets-{len(places) + 1}",
                vpc=vpc,
                subnets=subnets,
                title=f"every function in {_named(subnets)}",
            )
            places.append(place)
            for found in shared:
                kept[kept.index(found[0])] = replace(found[0], source=place.id)
                kept = [edge for edge in kept if edge not in found[1:]]
    return tuple(places), tuple(kept)


def _named(subnets: Sequence[str]) -> str:
    if len(subnets) == 1:
        return f"the subnet {subnets[0]}"
    return f"the subnets {', '.join(subnets)}"
