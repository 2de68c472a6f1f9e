"""Reads the templates of a cloud assembly: all stacks, stages and nested stacks."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...errors import InvalidInputError
from .construct_paths import ConstructPaths
from .files import read_json_object
from .nested import Templates, nested_stacks
from .sources import DEFAULT_ACCOUNT, DEFAULT_REGION, StackTemplate
from .transforms import as_section
from .values import dig

__all__ = ["DEFAULT_ACCOUNT", "DEFAULT_REGION", "StackTemplate", "load_assembly"]

# The version of the manifest that the newest CDK wrote when this was written. Newer ones are read
# too, as long as they have nothing in them that is not known here.
_KNOWN_VERSION = 55

_STACK = "aws:cloudformation:stack"
_ASSEMBLY = "cdk:cloud-assembly"
_ASSETS = "cdk:asset-manifest"
_WITHOUT_STACKS = {_ASSETS, "cdk:feature-flag-report", "cdk:tree", "none"}


def load_assembly(
    directory: Path,
    *,
    account: str = DEFAULT_ACCOUNT,
    region: str = DEFAULT_REGION,
    parameters: Mapping[str, str] | None = None,
) -> list[StackTemplate]:
    """Read every stack of a cloud assembly.

    Args:
        directory: The assembly, such as `cdk.out`.
        account: Where a stack that is bound to no account is taken to be deployed.
        region: Where a stack that is bound to no region is taken to be deployed.
        parameters: The values that the deployment gives to parameters of the stacks.

    Returns:
        The stacks by their ids, those of stages too, nested stacks after their parents.

    Raises:
        InvalidInputError: It is not a cloud assembly, or one that cannot be read.
    """
    assembly = _Assembly(directory, account, region, parameters or {})
    return unique(list(assembly.stacks(directory, "")))


def unique(stacks: list[StackTemplate]) -> list[StackTemplate]:
    """Return stacks with a name for each that no other has.

    Args:
        stacks: The stacks, nested stacks after their parents.

    Returns:
        The same stacks: those that share a name have their stage before it, or a number after it.
    """
    counted = Counter(stack.name for stack in stacks if stack.parent is None)
    taken: set[str] = set()
    renamed: dict[str, str] = {}
    found: list[StackTemplate] = []
    for stack in stacks:
        parent = stack.parent
        name = stack.name
        if parent is not None:
            # It follows its parent, which is the last one of that name.
            parent = (renamed.get(parent[0], parent[0]), parent[1])
            name = f"{parent[0]}-{parent[1]}"
        elif counted[name] > 1 and stack.scope:
            name = f"{stack.scope}/{name}"
        numbers = (f"{name}-{number}" for number in range(2, len(stacks) + 2))
        free = name if name not in taken else next(each for each in numbers if each not in taken)
        taken.add(free)
        renamed[stack.name] = free
        deployed = stack.stack_name or stack.name
        found.append(replace(stack, name=free, stack_name=deployed, parent=parent))
    return found


class _Assembly:
    """A cloud assembly with those nested in it."""

    def __init__(
        self, root: Path, account: str, region: str, parameters: Mapping[str, str]
    ) -> None:
        self._root = root
        self._account = account
        self._region = region
        self._parameters = parameters

    def stacks(self, directory: Path, scope: str) -> Iterator[StackTemplate]:
        manifest = _manifest(directory)
        artifacts = as_section(manifest.get("artifacts"))
        templates = Templates(directory)
        for artifact_id, artifact in sorted(artifacts.items()):
            kind = dig(artifact, "type")
            properties = as_section(dig(artifact, "properties"))
            if kind == _ASSEMBLY:
                name = properties.get("directoryName")
                if not isinstance(name, str):
                    raise _refused(directory, artifact_id, "directoryName")
                yield from self.stacks(directory / name, _display_name(artifact) or artifact_id)
            elif kind == _STACK:
                stack = self._stack(directory, artifact_id, artifact, scope)
                yield from nested_stacks(stack, templates)
            elif kind not in _WITHOUT_STACKS:
                raise InvalidInputError(
                    f"{directory / 'manifest.json'} has the artifact {artifact_id} of the type "
                    f"{kind}, which is not known here (version {manifest.get('version')} of the "
                    f"manifest, known up to {_KNOWN_VERSION}): use a newer secure-lambda-constructs"
                )

    def _stack(
        self, directory: Path, artifact_id: str, artifact: dict[str, Any], scope: str
    ) -> StackTemplate:
        properties = as_section(artifact.get("properties"))
        file = properties.get("templateFile")
        if not isinstance(file, str):
            raise _refused(directory, artifact_id, "templateFile")
        environment = str(artifact.get("environment", "aws://unknown-account/unknown-region"))
        match = re.fullmatch(r"aws://([^/]+)/([^/]+)", environment)
        if match is None:
            raise _refused(directory, artifact_id, "environment")
        more = artifact.get("additionalMetadataFile")
        return StackTemplate(
            name=str(properties.get("stackName", artifact_id)),
            account=self._account if match[1] == "unknown-account" else match[1],
            region=self._region if match[2] == "unknown-region" else match[2],
            template=read_json_object(directory / file, "the template of a stack"),
            scope=scope,
            file=directory / file,
            parameters={**as_section(properties.get("parameters")), **self._parameters},
            construct_paths=ConstructPaths(
                as_section(artifact.get("metadata")),
                file=directory / more if isinstance(more, str) else None,
                tree=self._root / "tree.json",
                stack=_display_name(artifact) or artifact_id,
            ),
        )


def _manifest(directory: Path) -> dict[str, Any]:
    path = directory / "manifest.json"
    manifest = read_json_object(path, "the manifest of a cloud assembly")
    if not isinstance(manifest.get("artifacts", {}), dict):
        raise InvalidInputError(
            f"{path} is not the manifest of a cloud assembly: it has no artifacts"
        )
    return manifest


def _display_name(artifact: Any) -> str:
    """Return the path of a stack's or a stage's construct: the CDK adds another name to it."""
    name = dig(artifact, "displayName", default=dig(artifact, "properties", "displayName"))
    return re.sub(r" \(.*\)$", "", name) if isinstance(name, str) else ""


def _refused(directory: Path, artifact_id: str, name: str) -> InvalidInputError:
    return InvalidInputError(
        f"{directory / 'manifest.json'} has the artifact {artifact_id}, whose {name} is missing or "
        "not of a form that is known here: use a newer secure-lambda-constructs"
    )
