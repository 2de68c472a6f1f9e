"""Looks up which actions a pattern of a policy means."""

import gzip
import re
from functools import cached_property
from pathlib import Path

from ..leaks.questions import KnownAction

__all__ = ["KnownActions"]

_LIST = Path(__file__).with_name("actions.txt.gz")


class KnownActions:
    """The actions of all services, read from the file when they are first asked for.

    An action that AWS has introduced after the file was made is not in it.

    Example:
        ```python
        from secure_lambda_constructs.checks.known_actions import KnownActions

        known = KnownActions()
        names = [action.action for action in known.expand("signer:*Signing*Profile")]
        assert names == [
            "signer:CancelSigningProfile",
            "signer:GetSigningProfile",
            "signer:PutSigningProfile",
            "signer:RevokeSigningProfile",
        ]
        (put,) = known.expand("dynamodb:putItem")
        assert put.level == "Write"
        assert "arn:${Partition}:dynamodb:${Region}:${Account}:table/${TableName}" in put.arns
        ```
    """

    def __init__(self) -> None:
        self._read: dict[str, list[KnownAction]] = {}
        self._expanded: dict[str, tuple[KnownAction, ...]] = {}

    def expand(self, pattern: str) -> list[KnownAction]:
        """Return the actions that a pattern of a policy means.

        Upper and lower case are the same, as they are to IAM.

        Args:
            pattern: An action as a policy names it, such as `dynamodb:Get*`, or `*` for all.

        Returns:
            The actions, by service and name; empty where AWS documents none of that name.
        """
        key = pattern.lower()
        if key not in self._expanded:
            self._expanded[key] = tuple(self._matching(key))
        return list(self._expanded[key])

    @cached_property
    def services(self) -> tuple[str, ...]:
        """The prefixes of the services that have actions, such as `dynamodb`."""
        return tuple(self._blocks)

    def _matching(self, pattern: str) -> list[KnownAction]:
        if pattern == "*":
            return [action for service in self.services for action in self._of(service)]
        service, colon, name = pattern.partition(":")
        if not colon:
            return []
        if re.search(r"[*?]", service):
            matches = re.compile(_expression(service))
            services = [each for each in self.services if matches.fullmatch(each)]
        else:
            services = [service]
        if name == "*":
            return [action for each in services for action in self._of(each)]
        named = re.compile(_expression(name), re.IGNORECASE)
        return [
            action
            for each in services
            for action in self._of(each)
            if named.fullmatch(action.action, len(each) + 1)
        ]

    @cached_property
    def _blocks(self) -> dict[str, str]:
        text = gzip.decompress(_LIST.read_bytes()).decode()
        # The first block is the license of the source.
        _, *blocks = text.rstrip("\n").split("\n\n")
        return dict(block.split("\n", 1) for block in blocks)

    def _of(self, service: str) -> list[KnownAction]:
        if service not in self._read:
            self._read[service] = list(_actions(service, self._blocks.get(service, "")))
        return self._read[service]


def _actions(service: str, block: str) -> list[KnownAction]:
    arns: list[str] = []
    found: list[KnownAction] = []
    for line in block.split("\n"):
        if line.startswith("arn:"):
            arns.append(line)
        elif line:
            level, places, names = line.split("|")
            patterns = tuple(arns[int(place)] for place in places.split(",") if place)
            found += [KnownAction(f"{service}:{name}", patterns, level) for name in names.split()]
    return sorted(found, key=lambda action: action.action.lower())


def _expression(pattern: str) -> str:
    return re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
