"""Reads a cloud assembly: its templates, and what its constructs acknowledge."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

__all__ = ["Assembly", "Resource"]

_ACKNOWLEDGED = "aws:cdk:acknowledged-rules"


@dataclass(frozen=True)
class Resource:
    """A resource of a template: its construct's path, its type, and its metadata."""

    path: str
    kind: str
    metadata: Mapping[str, Any]


@dataclass(frozen=True)
class Assembly:
    """What an example was synthesized to."""

    example: str
    directory: Path

    @cached_property
    def templates(self) -> dict[str, dict[str, Any]]:
        """The templates by their paths below the directory, those of nested stacks too."""
        return {
            path.relative_to(self.directory).as_posix(): json.loads(path.read_text())
            for path in sorted(self.directory.rglob("*.template.json"))
        }

    @cached_property
    def kinds(self) -> dict[str, str]:
        """The types of the resources, by the paths of their constructs."""
        return {
            resource.path: resource.kind
            for template in self.templates
            for resource in self.resources(template).values()
        }

    def resources(self, template: str) -> dict[str, Resource]:
        """The resources of a template, by their logical ids."""
        return {
            logical_id: Resource(
                path=resource.get("Metadata", {}).get("aws:cdk:path", f"{template}#{logical_id}"),
                kind=resource["Type"],
                metadata=resource.get("Metadata", {}),
            )
            for logical_id, resource in self.templates[template].get("Resources", {}).items()
        }

    def validation_report(self) -> dict[str, Any]:
        """What the validation plugins have found."""
        return dict(json.loads((self.directory / "validation-report.json").read_text()))

    def acknowledged(self) -> Iterator[tuple[str, str, str]]:
        """Yield the path, the rule and the reason of all that constructs acknowledge."""
        for path, entries in self._metadata():
            for entry in entries:
                if entry["type"] == _ACKNOWLEDGED:
                    for rule, reason in entry["data"].items():
                        yield path.removeprefix("/"), rule, reason

    def _metadata(self) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """Yield the metadata of each construct; releases of the CDK differ in where it is."""
        for manifest in sorted(self.directory.rglob("manifest.json")):
            for artifact in json.loads(manifest.read_text()).get("artifacts", {}).values():
                yield from artifact.get("metadata", {}).items()
                more = artifact.get("additionalMetadataFile")
                if more is not None:
                    yield from json.loads((manifest.parent / more).read_text()).items()
