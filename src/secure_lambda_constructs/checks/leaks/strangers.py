"""The accounts and organizations that an app names, as the attacker may have them.

The checks ask with the keys of one attacker. What admits an account by its number admits him as
soon as that account is his, and nobody can tell that it is not: so an app that names accounts in
which none of its stacks are is judged once more for each, with the attacker in it. An organization
that it names is taken for the one that its accounts are in: whoever names it trusts all of it.
"""

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from ..model.sources import StackTemplate
from ..model.world import Resource, World
from .attackers import FOREIGN_ACCOUNT, FOREIGN_ORGANIZATION, OWN_ORGANIZATION
from .reasons import Reason

__all__ = ["Retold", "retold"]

_ACCOUNT = re.compile(r"(?<![0-9A-Za-z.])[0-9]{12}(?![0-9A-Za-z.])")
_ORGANIZATION = re.compile(r"(?<![0-9A-Za-z-])o-[a-z0-9]{10,32}(?![0-9A-Za-z])")

# With more than so many strangers, all are judged as one.
_MOST_APART = 4


@dataclass(frozen=True)
class Retold:
    """An app with other names for accounts and organizations.

    Attributes:
        world: The app.
        original: The app as it is.
        names: What stands for which of its names.
        stranger: Whose account the attacker has; nobody's where it is the app as it is.
    """

    world: World
    original: World
    names: dict[str, str]
    stranger: str = ""

    def back(self, reason: Reason) -> Reason:
        """Return a reason about it as one about the app as it is.

        Args:
            reason: What a check found in it.

        Returns:
            The same, with the original's resource and names.
        """
        if self.world is self.original:
            return reason
        resource = reason.resource
        if resource is not None:
            resource = self._originals.get(resource.path, resource)
        text, detail = self._named(reason.text), self._named(reason.detail)
        if self.stranger:
            note = f"{self.stranger} counts as somebody else's: no stack is bound to it"
            detail = f"{detail} ({note})" if detail else note
        return replace(reason, resource=resource, text=text, detail=detail)

    def _named(self, text: str) -> str:
        for standing, name in self.names.items():
            text = text.replace(standing, name)
        return text

    @cached_property
    def _originals(self) -> dict[str, Resource]:
        return {resource.path: resource for resource in self.original.resources}


def retold(world: World, inside: Collection[str]) -> Iterator[Retold]:
    """Yield an app as it is judged: as it is, and with the attacker in each account it names.

    Args:
        world: The app.
        inside: The accounts that are not the attacker's.

    Yields:
        The app with the organization it names for its own, and then one for each stranger.
    """
    texts = [
        json.dumps([source.template, dict(source.parameters)], default=str)
        for source in world.sources
    ]
    organizations = _found(_ORGANIZATION, texts) - {OWN_ORGANIZATION, FOREIGN_ORGANIZATION}
    own = dict.fromkeys(sorted(organizations), OWN_ORGANIZATION)
    yield _retold(world, texts, own)
    strangers = sorted(_found(_ACCOUNT, texts) - {*inside, FOREIGN_ACCOUNT})
    groups = [[each] for each in strangers]
    if len(groups) > _MOST_APART:
        groups = [strangers]
    for group in groups:
        yield _retold(world, texts, {**own, **dict.fromkeys(group, FOREIGN_ACCOUNT)})


def _found(pattern: re.Pattern[str], texts: list[str]) -> set[str]:
    return {found for text in texts for found in pattern.findall(text)}


def _retold(world: World, texts: list[str], names: dict[str, str]) -> Retold:
    if not names:
        return Retold(world, world, {})
    either = re.compile(f"{_ACCOUNT.pattern}|{_ORGANIZATION.pattern}")
    sources: list[StackTemplate] = []
    for source, text in zip(world.sources, texts, strict=True):
        changed = either.sub(lambda match: names.get(match[0], match[0]), text)
        template, parameters = json.loads(changed)
        sources.append(replace(source, template=template, parameters=parameters))
    back: dict[str, list[str]] = {}
    for name, standing in names.items():
        back.setdefault(standing, []).append(name)
    told = {standing: _any_of(named) for standing, named in back.items()}
    return Retold(World(sources), world, told, told.get(FOREIGN_ACCOUNT, ""))


def _any_of(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} or {len(names) - 1} more"
