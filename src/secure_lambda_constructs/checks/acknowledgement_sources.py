"""Where an app says what it acknowledges.

The CDK's own way is `cdk.Validations.of(construct).acknowledge(...)` with the id
`LeakChecks::N04`: it holds for the construct and all below it, and the CDK leaves it in the
assembly, among the metadata of the constructs of each stack. What is said at the app or at a Stage
is in no file of the assembly, save where the plugin ran: the CDK's report of that synth tells which
acknowledgement met a finding. Templates that are not of the CDK say it in the `Metadata` of a
resource, and whoever may not touch the template in a file of their own.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import InvalidInputError
from .acknowledged import PLUGIN_NAME, Acknowledgement
from .model.world import World

__all__ = [
    "acknowledged_in_assembly",
    "acknowledged_in_file",
    "acknowledged_in_metadata",
    "acknowledged_in_stacks",
    "acknowledgements_of_nodes",
    "read_json",
    "stack_paths",
]

# What `Validations.ACKNOWLEDGED_RULES_METADATA_KEY` is: to read that would start the CDK.
_METADATA_TYPE = "aws:cdk:acknowledged-rules"
# Under which the metadata of a resource acknowledges in templates that are not of the CDK.
_RESOURCE_METADATA = "secure-lambda-constructs"
# What the CDK puts before an id that names no plugin; it was `annotation` up to 2.257 at least.
_NO_PLUGIN = ("annotation", "Annotation")
_PATH_ID = re.compile(r"[A-Z][0-9]{2}")


def acknowledgements_of_nodes(
    nodes: Mapping[str, Iterable[Mapping[str, Any]]], source: str
) -> Iterator[Acknowledgement]:
    """Yield what the metadata of constructs acknowledges of the leak paths.

    Args:
        nodes: The entries of the metadata by the path of the construct, each with `type` and
            `data`, as the CDK writes them.
        source: Where they are written.

    Yields:
        Each acknowledgement of a leak path, and those that may be meant for one.
    """
    for node, entries in nodes.items():
        for entry in entries:
            data = entry.get("data")
            if entry.get("type") == _METADATA_TYPE and isinstance(data, Mapping):
                for rule, reason in data.items():
                    yield from _of_rule(str(rule), node, reason, source)


def _of_rule(rule: str, node: str, reason: object, source: str) -> Iterator[Acknowledgement]:
    plugin, separator, name = rule.partition("::")
    if not separator:
        plugin, name = "", rule
    if plugin != PLUGIN_NAME and not (plugin in ("", *_NO_PLUGIN) and _PATH_ID.fullmatch(name)):
        return
    yield Acknowledgement(
        rule=name,
        at=node.strip("/"),
        reason=reason if isinstance(reason, str) else "",
        source=source,
        qualified=plugin == PLUGIN_NAME,
    )


def acknowledged_in_assembly(directory: Path) -> list[Acknowledgement]:
    """Return what a cloud assembly tells of acknowledgements.

    Args:
        directory: The folder of the assembly; those of Stages below it are read too.

    Returns:
        What is acknowledged at a stack or below it, and what is at the app or at a Stage and met a
        finding when the plugin judged this assembly.

    Raises:
        InvalidInputError: A file of the assembly cannot be read.
    """
    found = acknowledged_in_stacks(directory)
    report = directory / "validation-report.json"
    # The CDK leaves the report of an earlier synthesis there if this one had no plugin.
    if report.is_file() and _age(report) >= _age(directory / "manifest.json"):
        found += _of_report(report, found)
    return found


def acknowledged_in_stacks(directory: Path) -> list[Acknowledgement]:
    """Return what is acknowledged at the stacks of a cloud assembly, and below them.

    Args:
        directory: The folder of the assembly; those of Stages below it are read too.

    Returns:
        The acknowledgements.

    Raises:
        InvalidInputError: A file of the assembly cannot be read.
    """
    return list(_of_manifests(directory))


def _age(path: Path) -> int:
    return path.stat().st_mtime_ns


def stack_paths(directory: Path) -> list[str]:
    """Return the construct paths of the stacks of a cloud assembly.

    Args:
        directory: The folder of the assembly; those of Stages below it are read too.

    Returns:
        The paths.

    Raises:
        InvalidInputError: A file of the assembly cannot be read.
    """
    return [artifact.get("displayName", "") for _, artifact in _stacks(directory)]


def _of_manifests(directory: Path) -> Iterator[Acknowledgement]:
    for folder, artifact in _stacks(directory):
        # The CDK may have the metadata in the manifest itself.
        yield from acknowledgements_of_nodes(artifact.get("metadata", {}), "manifest.json")
        name = artifact.get("additionalMetadataFile")
        if name is not None:
            yield from acknowledgements_of_nodes(read_json(folder / name), name)


def _stacks(directory: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the stacks of an assembly, each with the folder that it is in."""
    manifest = read_json(directory / "manifest.json")
    for artifact in manifest.get("artifacts", {}).values():
        if artifact.get("type") == "cdk:cloud-assembly":
            yield from _stacks(directory / artifact["properties"]["directoryName"])
        elif artifact.get("type") == "aws:cloudformation:stack":
            yield directory, artifact


def _of_report(path: Path, known: Iterable[Acknowledgement]) -> Iterator[Acknowledgement]:
    """Yield what the CDK's report of this synth tells of acknowledgements above the stacks."""
    told = {(each.rule, each.at) for each in known}
    for plugin in read_json(path).get("pluginReports", []):
        if plugin.get("pluginName") != PLUGIN_NAME:
            continue
        for violation in plugin.get("suppressedViolations") or []:
            at = violation.get("acknowledgedAt") or ""
            rule, reason = violation.get("acknowledgedId") or "", violation.get("reason")
            for each in _of_rule(rule, at, reason, path.name):
                if (each.rule, each.at) not in told:
                    yield each


def acknowledged_in_metadata(world: World) -> list[Acknowledgement]:
    """Return what the `Metadata` of resources acknowledges.

    Args:
        world: All that the templates create.

    Returns:
        The acknowledgements, each at the construct of its resource.

    Raises:
        InvalidInputError: The metadata is not written as it must be.
    """
    found: list[Acknowledgement] = []
    for resource in world.resources:
        ours = resource.metadata.get(_RESOURCE_METADATA)
        if ours is None:
            continue
        where = f"the metadata of {resource.logical_id} in {resource.stack}"
        entries = ours.get("acknowledge") if isinstance(ours, Mapping) else None
        found += [
            _entry(entry, where, source=where, at=resource.construct_path)
            for entry in _entries(entries, where)
        ]
    return found


def acknowledged_in_file(path: Path) -> list[Acknowledgement]:
    """Return what a file acknowledges.

    It is JSON: `{"acknowledge": [{"id": "N04", "at": "Shop/Fn", "reason": "..."}]}`. `at` is the
    path of a construct as a finding shows it, `/` the whole app.

    Args:
        path: The file.

    Returns:
        The acknowledgements.

    Raises:
        InvalidInputError: The file cannot be read, or is not written as it must be.
    """
    content = read_json(path)
    where = str(path)
    return [
        _entry(entry, where, source=path.name, at=None)
        for entry in _entries(content.get("acknowledge"), where)
    ]


def read_json(path: Path) -> dict[str, Any]:
    """Read an object out of a JSON file.

    Args:
        path: The file.

    Returns:
        What is in it.

    Raises:
        InvalidInputError: The file cannot be read, or holds something else.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise InvalidInputError(f"{path} is not JSON: write it anew") from error
    if not isinstance(content, dict):
        raise InvalidInputError(f"{path} holds no object in JSON: write it anew")
    return content


def _entries(entries: object, where: str) -> list[Any]:
    if not isinstance(entries, list) or not entries:
        raise InvalidInputError(
            f'{where} has no list "acknowledge", or an empty one: write '
            '"acknowledge": [{"id": "N04", "reason": "..."}]'
        )
    return entries


def _entry(entry: object, where: str, *, source: str, at: str | None) -> Acknowledgement:
    """Read one entry; `at` is the construct where the place says it."""
    said = entry if isinstance(entry, Mapping) else {}
    names = ["id", "reason"] if at is not None else ["id", "at", "reason"]
    missing = [name for name in names if not (isinstance(said.get(name), str) and said[name])]
    if missing or set(said) != set(names):
        raise InvalidInputError(
            f"{where} acknowledges with {json.dumps(entry, default=str)}: write an object of "
            f"{', '.join(names)}, each a text"
        )
    rule = said["id"].removeprefix(f"{PLUGIN_NAME}::")
    return Acknowledgement(
        rule=rule,
        at=said["at"].strip("/") if at is None else at,
        reason=said["reason"],
        source=source,
    )
