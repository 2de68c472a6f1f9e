"""Lays the templates of all examples out for the linters of templates, each of them twice.

A linter that is told to skip a check does not say whether there was anything to skip. So it gets
every template as it is, and once more without what it is told: of what it finds there, all that it
does not find in the template as it is was silenced, and an acknowledgement that silences nothing
is seen.
"""

import copy
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .assembly import Assembly
from .model import Acknowledged, Finding, LintError, Result

__all__ = ["Acknowledgements", "Found", "TemplateSet", "write_templates"]

_AS_IS, _BARE = "as-is", "bare"

# Where a linter's settings are in the metadata of a template or a resource.
_SETTINGS = ("bridgecrew", "cfn-lint", "checkov")

Acknowledgements = Callable[[Mapping[str, Any]], Iterable[tuple[str, str]]]
"""Reads rules and reasons out of the metadata of a template or a resource."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a linter found in one file, in the terms of the file."""

    file: Path
    rule: str
    logical_id: str | None
    asks: str


@dataclass(frozen=True, kw_only=True)
class TemplateSet:
    """The templates of some examples in a directory, with and without acknowledgements."""

    directory: Path
    assemblies: Mapping[str, Assembly] = field(default_factory=dict)

    def files(self) -> list[Path]:
        """All files, in both forms."""
        return sorted(self.directory.rglob("*.template.json"))

    def result(self, linter: str, found: Sequence[Found], read: Acknowledgements) -> Result:
        """Compare what a linter found in the two forms.

        Args:
            linter: Its name.
            found: What it found in the files.
            read: Reads what was acknowledged to it.

        Returns:
            The findings that nobody acknowledged, and the acknowledgements.
        """
        findings: dict[str, set[Finding]] = {_AS_IS: set(), _BARE: set()}
        for item in found:
            form, finding = self._finding(linter, item)
            findings[form].add(finding)
        silenced = findings[_BARE] - findings[_AS_IS]
        acknowledged = [
            Acknowledged(
                example=assembly.example,
                linter=linter,
                rule=rule,
                path=path,
                reason=reason,
                silenced=tuple(
                    sorted(
                        finding
                        for finding in silenced
                        if (finding.example, finding.rule) == (assembly.example, rule)
                        and (path == finding.path or whole)
                    )
                ),
            )
            for assembly in self.assemblies.values()
            for path, metadata, whole in _places(assembly)
            for rule, reason in read(metadata)
        ]
        return Result(findings=sorted(findings[_AS_IS]), acknowledged=acknowledged)

    def _finding(self, linter: str, item: Found) -> tuple[str, Finding]:
        """Tell what was found in the terms of the example."""
        try:
            form, example, *rest = item.file.relative_to(self.directory).parts
        except ValueError:
            raise LintError(f"{linter} names {item.file}, which it was not given") from None
        template = "/".join(rest)
        resources = self.assemblies[example].resources(template)
        resource = resources.get(item.logical_id or "")
        finding = Finding(
            example=example,
            linter=linter,
            rule=item.rule,
            path=resource.path if resource else template,
            kind=resource.kind if resource else "",
            asks=item.asks,
        )
        return form, finding


def write_templates(assemblies: Iterable[Assembly], directory: Path) -> TemplateSet:
    """Write the templates of some assemblies.

    Args:
        assemblies: The assemblies of the examples.
        directory: Where to; it is made.

    Returns:
        The templates.
    """
    by_example = {assembly.example: assembly for assembly in assemblies}
    for assembly in by_example.values():
        for name, template in assembly.templates.items():
            for form, content in ((_AS_IS, template), (_BARE, _bare(template))):
                file = directory / form / assembly.example / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(json.dumps(content, indent=1))
    return TemplateSet(directory=directory.resolve(), assemblies=by_example)


def _places(assembly: Assembly) -> Iterable[tuple[str, Mapping[str, Any], bool]]:
    """Yield all that can hold settings: its path, its metadata, whether it is a whole template."""
    for name, template in assembly.templates.items():
        yield name, template.get("Metadata", {}), True
        for resource in assembly.resources(name).values():
            yield resource.path, resource.metadata, False


def _bare(template: Mapping[str, Any]) -> dict[str, Any]:
    """The template without what is said to linters."""
    bare: dict[str, Any] = copy.deepcopy(dict(template))
    for holder in (bare, *bare.get("Resources", {}).values()):
        for key in _SETTINGS:
            holder.get("Metadata", {}).pop(key, None)
    return bare
