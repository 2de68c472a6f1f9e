"""The cloud assembly that was deployed: its stacks, their templates, and the code it has signed."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from .findings import AuditError

__all__ = ["AssemblyStack", "nested_template", "read_assembly"]

_ENVIRONMENT = re.compile("aws://([^/]+)/([^/]+)")
# How the CDK writes what a stack leaves to the credentials that deploy it.
_UNKNOWN = {"unknown-account", "unknown-region"}


class AssemblyStack(NamedTuple):
    """A stack of an assembly.

    Attributes:
        name: Its name in CloudFormation.
        account: Its account; empty where the credentials decide.
        region: Its region; empty where the credentials decide.
        template: Its template.
        folder: The folder of its assembly.
    """

    name: str
    account: str
    region: str
    template: dict[str, Any]
    folder: Path


def read_assembly(folder: Path) -> list[AssemblyStack]:
    """Read all stacks of an assembly, those of its stages too.

    Args:
        folder: The folder, `cdk.out`.

    Returns:
        The stacks.

    Raises:
        AuditError: The folder holds no assembly, or one that cannot be read.
    """
    stacks = list(_stacks(folder))
    if not stacks:
        raise AuditError(f"{folder} has no stacks: name the folder that `cdk synth` wrote")
    return stacks


def _stacks(folder: Path) -> Iterator[AssemblyStack]:
    manifest = _read(folder / "manifest.json", folder)
    for name, artifact in manifest.get("artifacts", {}).items():
        properties = artifact.get("properties", {})
        if artifact.get("type") == "cdk:cloud-assembly":
            yield from _stacks(folder / properties["directoryName"])
        elif artifact.get("type") == "aws:cloudformation:stack":
            match = _ENVIRONMENT.fullmatch(artifact.get("environment", ""))
            account, region = match.groups() if match else ("", "")
            yield AssemblyStack(
                str(properties.get("stackName") or name),
                "" if account in _UNKNOWN else account,
                "" if region in _UNKNOWN else region,
                _read(folder / properties["templateFile"], folder),
                folder,
            )


def nested_template(folder: Path, resource: dict[str, Any]) -> dict[str, Any] | None:
    """Read the template of a nested stack.

    Args:
        folder: The folder of the assembly.
        resource: The `AWS::CloudFormation::Stack` of the parent's template.

    Returns:
        The template; `None` where the parent does not say which file it is.

    Raises:
        AuditError: The file cannot be read.
    """
    name = resource.get("Metadata", {}).get("aws:asset:path")
    return _read(folder / name, folder) if isinstance(name, str) else None


def _read(path: Path, folder: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise AuditError(
            f"{folder} holds no cloud assembly that can be read ({path.name}: {reason}): name the "
            "folder that `cdk synth` wrote and `cdk deploy` deployed"
        ) from error
    if not isinstance(value, dict):
        raise AuditError(f"{folder} holds no cloud assembly: {path.name} holds no object")
    return value
