"""Indexes of who names what, so that no check looks at every resource for every function."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from ...model.policies import statements
from ...model.values import Unknown, as_list
from ...model.views import Function
from ...model.world import Resource
from ..case import Case

__all__ = ["Named", "allowed_resources", "concerning", "merged", "names_of"]

_WILD = re.compile(r"[*?]|\$\{")


@dataclass(frozen=True)
class Named:
    """The resources that the Allows of some policies name: as they are, and by patterns."""

    literal: frozenset[str]
    patterns: tuple[str, ...]

    def may_match(self, arn: str) -> bool:
        """Tell whether one of them may stand for `arn`; if not, no Allow does."""
        if arn in self.literal:
            return True
        return any(
            arn.startswith(_start(pattern)) and _compiled(pattern).fullmatch(arn)
            for pattern in self.patterns
        )

    def of_account(self, account: str) -> "Named":
        """Return those that may stand for something of `account`; an ARN may tell no account."""
        return Named(
            frozenset(text for text in self.literal if _may_be_of(text, account)),
            tuple(text for text in self.patterns if _may_be_of(_start(text), account)),
        )

    def __bool__(self) -> bool:
        """Whether they name anything."""
        return bool(self.literal or self.patterns)


def _may_be_of(text: str, account: str) -> bool:
    parts = text.split(":")
    # The text is what comes before a wildcard: that may stand for the account too.
    return len(parts) < 6 or parts[4] in ("", account)


@cache
def _start(pattern: str) -> str:
    found = _WILD.search(pattern)
    return pattern if found is None else pattern[: found.start()]


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    # A variable may stand for anything.
    parts = re.split(r"(\$\{[^}]*\}|[*?])", pattern)
    made = (re.escape(p) if i % 2 == 0 else "." if p == "?" else ".*" for i, p in enumerate(parts))
    return re.compile("".join(made), re.DOTALL)


def allowed_resources(
    documents: Iterable[dict[str, Any]], actions: tuple[str, ...] | None = None
) -> Named:
    """Return what the Allows of `documents` name, those of `actions` only if these are given.

    Args:
        documents: The policies.
        actions: Actions in lower case, one of which an Allow has to name to count. An asterisk
            for the name stands for any action of the service.
    """
    literal: set[str] = set()
    patterns: list[str] = []
    for document in documents:
        for entry in statements(document):
            if entry.get("Effect") != "Allow" or not _names_action(entry, actions):
                continue
            # Without a resource, or with those that are left out, it may be any.
            for written in map(str, as_list(entry.get("Resource")) or ["*"]):
                if _WILD.search(written):
                    patterns.append(written)
                else:
                    literal.add(written)
    return Named(frozenset(literal), tuple(dict.fromkeys(patterns)))


def merged(several: Iterable[Named]) -> Named:
    """Return what at least one of `several` names."""
    found = list(several)
    literal: frozenset[str] = frozenset().union(*(named.literal for named in found))
    patterns = dict.fromkeys(pattern for named in found for pattern in named.patterns)
    return Named(literal, tuple(patterns))


def names_of(case: Case, role: Resource | None, service: str | None = None) -> Named:
    """Return what the policies of `role` name, for the actions of one service if it is given."""
    made = case.once(_made)
    key = (None if role is None else role.path, service)
    if key not in made:
        actions = None if service is None else (f"{service}:*",)
        made[key] = allowed_resources(case.documents_of(role), actions)
    return made[key]


def _made(case: Case) -> dict[tuple[str | None, str | None], Named]:
    return {}


def _names_action(statement: dict[str, Any], actions: tuple[str, ...] | None) -> bool:
    if actions is None:
        return True
    if "Action" not in statement:
        left_out = [str(pattern).lower() for pattern in as_list(statement.get("NotAction"))]
        return not all(any(_is_all(p, action) for p in left_out) for action in actions)
    return any(
        _covers(str(pattern).lower(), action)
        for pattern in as_list(statement["Action"])
        for action in actions
    )


def _is_all(pattern: str, action: str) -> bool:
    """Tell whether a pattern covers an action, or every action of a service."""
    if action.endswith(":*"):
        return pattern in ("*", action)
    return _compiled(pattern).fullmatch(action) is not None


def _covers(pattern: str, action: str) -> bool:
    if action.endswith(":*"):
        service, found, _ = pattern.partition(":")
        return not found or _compiled(service).fullmatch(action[:-2]) is not None
    return _compiled(pattern).fullmatch(action) is not None


def concerning(case: Case, function: Function, kind: str, name: str) -> Iterator[Resource]:
    """Yield the resources of a type that are about `function`, or a version or an alias of it.

    Args:
        case: The app under judgement.
        function: The function.
        kind: The type.
        name: The property that names the function, by its name or its ARN; where nobody can tell
            which one it names, it counts.
    """
    by_name = case.once(_concerning)
    if (kind, name) not in by_name:
        by_name[kind, name] = _by_function(case, kind, name)
    found = by_name[kind, name]
    resource = function.resource
    own = (resource.id, function.arn, f"{resource.account}:function:{resource.id}")
    seen = {each.path: each for name in own for each in found.get(str(name), ())}
    for each in (*seen.values(), *found.get("", ())):
        # A function elsewhere may have the same name.
        if (each.account, each.region) == (resource.account, resource.region):
            yield each


def _concerning(case: Case) -> dict[tuple[str, str], dict[str, list[Resource]]]:
    return {}


def _by_function(case: Case, kind: str, name: str) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = defaultdict(list)
    for resource in case.world.of(kind):
        value = resource.get(name)
        if isinstance(value, Unknown):
            found[""].append(resource)
            continue
        # What follows a colon may be a qualifier.
        parts = str(value).split(":")
        for end in range(1, len(parts) + 1):
            found[":".join(parts[:end])].append(resource)
    return found
