"""Reasons in words that the author of a template knows: no ids that the model has made up."""

import re
from dataclasses import replace

from ..model.world import World
from .reasons import Reason

__all__ = ["readable"]

# What may be the id or the ARN of a resource.
_NAME = re.compile(r"arn:[^\s,;()]+|(?<![\w./:-])[a-z]+(?:-[a-z]+)*-[0-9a-f]{17}(?![\w/:-])")
_MADE_UP = re.compile(r"[a-z-]+-[0-9a-f]{17}")


def readable(world: World, reason: Reason) -> Reason:
    """Return a reason with the paths of the constructs in the place of made-up ids.

    Args:
        world: What the reason is about.
        reason: The reason, which may have the ids and the ARNs of resources in it.

    Returns:
        The reason; ids that no template creates are as they were.
    """
    paths = world.made(_paths)

    def named(text: str) -> str:
        return _NAME.sub(lambda found: paths.get(found[0], found[0]), text)

    text, detail = named(reason.text), named(reason.detail)
    if (text, detail) == (reason.text, reason.detail):
        return reason
    return replace(reason, text=text, detail=detail)


def _paths(world: World) -> dict[str, str]:
    """The paths of the constructs by the ids and the ARNs that nobody has written."""
    found: dict[str, str] = {}
    for resource in world.resources:
        known = isinstance(resource.id, str) and _MADE_UP.fullmatch(resource.id)
        if known or resource.type == "AWS::KMS::Key":
            for name in (resource.id, resource.arn):
                if isinstance(name, str):
                    found[name] = resource.construct_path
    return found
