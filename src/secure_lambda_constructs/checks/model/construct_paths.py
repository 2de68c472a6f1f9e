"""Which construct made a resource: where the CDK notes that, and how it is read."""

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from .values import dig

__all__ = ["ConstructPaths", "contents", "shortened"]

# What the construct of an L2 calls the one resource that it is about.
_DEFAULT_CHILDREN = ("/Resource", "/Default")

_LOGICAL_ID = "aws:cdk:logicalId"
_LOGICAL_ID_IN_TREE = "aws:cdk:cloudformation:logicalId"


class ConstructPaths:
    """The construct paths of a stack of a cloud assembly, and of the stacks nested in it.

    The CDK writes them to the manifest, its newer versions to a file of their own beside the
    template, and all of them to `tree.json`. They are read when the first one is asked for.
    """

    def __init__(
        self,
        metadata: Mapping[str, Any],
        *,
        file: Path | None = None,
        tree: Path | None = None,
        stack: str = "",
    ) -> None:
        """Read from an artifact of a manifest.

        Args:
            metadata: The artifact's `metadata`.
            file: The file that holds more of them.
            tree: The tree of the app, for where neither tells.
            stack: The construct path of the stack, by which the tree is searched.
        """
        self._metadata = metadata
        self._file = file
        self._tree = tree
        self._stack = stack

    def of(self, logical_id: str, *, nested: str | None = None) -> str | None:
        """Return the path of the construct that made a resource.

        Args:
            logical_id: The resource.
            nested: The path of the nested stack that the resource is in, if it is in one: stacks
                that are nested in one another may use the same logical ids.

        Returns:
            The path, None where it is not told.
        """
        found = self._told.get(logical_id, [])
        if nested is not None:
            found = [path for path in found if path.startswith(f"{nested}/")]
        # The stack that is the least deep has the shortest path.
        return min(found, key=lambda path: (path.count("/"), path), default=None)

    @cached_property
    def _told(self) -> dict[str, list[str]]:
        told: dict[str, list[str]] = {}
        for path, entries in {**self._metadata, **_read(self._file)}.items():
            for entry in entries if isinstance(entries, list) else []:
                if dig(entry, "type") == _LOGICAL_ID and isinstance(dig(entry, "data"), str):
                    told.setdefault(entry["data"], []).append(path.removeprefix("/"))
        if not told:
            for path, logical_id in _of_tree(_read(self._tree).get("tree")):
                if path.startswith(f"{self._stack}/"):
                    told.setdefault(logical_id, []).append(path)
        return told


def contents(path: str) -> str:
    """Return where the contents of a nested stack are.

    Args:
        path: The path of the construct of its `AWS::CloudFormation::Stack` resource.

    Returns:
        The path of the nested stack itself.

    Example:
        ```python
        from secure_lambda_constructs.checks.model.construct_paths import contents

        resource = "App/Inner.NestedStack/Inner.NestedStackResource"
        assert contents(resource) == "App/Inner"
        ```
    """
    place, _, _ = path.rpartition(".NestedStack/")
    return place if path.endswith(".NestedStackResource") and place else path


def shortened(path: str) -> str:
    """Return a construct's path without the name of its default child.

    Args:
        path: The path of a resource's own construct.

    Returns:
        The path of the construct that its author wrote.

    Example:
        ```python
        from secure_lambda_constructs.checks.model.construct_paths import shortened

        assert shortened("App/UserInfo/Function/Resource") == "App/UserInfo/Function"
        ```
    """
    for child in _DEFAULT_CHILDREN:
        path = path.removesuffix(child)
    return path


def _read(file: Path | None) -> dict[str, Any]:
    """Read what only names things: where it cannot be read, the logical ids have to do."""
    if file is None:
        return {}
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _of_tree(node: Any) -> Iterator[tuple[str, str]]:
    path, logical_id = dig(node, "path"), dig(node, "attributes", _LOGICAL_ID_IN_TREE)
    if isinstance(path, str) and isinstance(logical_id, str):
        yield path, logical_id
    children = dig(node, "children", default={})
    for child in children.values() if isinstance(children, dict) else []:
        yield from _of_tree(child)
