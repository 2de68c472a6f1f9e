"""Finds the templates of nested stacks, wherever a template says that they are."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from ...errors import InvalidInputError
from .files import SUFFIXES, read_document, read_json_object
from .sources import StackTemplate
from .transforms import as_section
from .values import dig, strings

__all__ = ["Templates", "nested_stacks"]

# The types of nested stacks, with the property that says where the template is.
_NESTED = {
    "AWS::CloudFormation::Stack": "TemplateURL",
    "AWS::Serverless::Application": "Location",
}

# A stack that is nested in itself would never end.
_DEEPEST = 20


class Templates:
    """The files that the nested stacks of a template may be in.

    Attributes:
        directory: The folder that paths are relative to.
    """

    def __init__(self, directory: Path) -> None:
        """Look in one place.

        Args:
            directory: The folder that paths are relative to.
        """
        self.directory = directory

    def of(self, resource: dict[str, Any], *, parent: Path | None = None) -> Path | None:
        """Return the file of a nested stack's template.

        Args:
            resource: The nested stack, as the template of its parent has it.
            parent: The file of that template.

        Returns:
            The file, None where it is not here.
        """
        # The CDK leaves the name in the metadata, if its command line asks it to.
        told = dig(resource, "Metadata", "aws:asset:path")
        if isinstance(told, str):
            asset = self.directory / told
            return asset if asset.is_file() else None
        written = dig(resource, "Properties", _NESTED[resource["Type"]])
        names = {text.rpartition("/")[2] for text in strings(written)}
        found = {self._published[name] for name in names if name in self._published}
        if found:
            # Which of several is meant, a condition says.
            return found.pop() if len(found) == 1 else None
        if isinstance(written, str) and "://" not in written:
            local = self.directory / written
            return local if local.is_file() else None
        # Whoever uploads a folder names its files by their addresses.
        beside = [self.directory / name for name in sorted(names) if name.endswith(SUFFIXES)]
        local_files = [path for path in beside if path.is_file() and path != parent]
        return local_files[0] if len(local_files) == 1 else None

    @cached_property
    def _published(self) -> dict[str, Path]:
        """The files of a cloud assembly, by the last part of the objects that they become."""
        published: dict[str, Path] = {}
        for manifest in sorted(self.directory.glob("*.assets.json")):
            content = read_json_object(manifest, "a manifest of assets")
            for asset in as_section(content.get("files")).values():
                path = dig(asset, "source", "path")
                for destination in as_section(dig(asset, "destinations")).values():
                    key = dig(destination, "objectKey")
                    if isinstance(path, str) and isinstance(key, str):
                        published[key.rpartition("/")[2]] = self.directory / path
        return published


def nested_stacks(stack: StackTemplate, templates: Templates) -> Iterator[StackTemplate]:
    """Yield a stack, and after it all that are nested in it.

    Args:
        stack: The stack.
        templates: Where to look for the templates.

    Yields:
        The stacks; each says which of its nested stacks have no template here.

    Raises:
        InvalidInputError: A template is not what it should be.
    """
    yield from _with_nested(stack, templates, depth=0)


def _with_nested(stack: StackTemplate, templates: Templates, depth: int) -> Iterator[StackTemplate]:
    if depth > _DEEPEST:
        raise InvalidInputError(f"{stack.file} is nested in itself")
    yield stack
    for logical_id, resource in as_section(stack.template.get("Resources")).items():
        # A macro may make the type of an object.
        kind = dig(resource, "Type")
        if not isinstance(kind, str) or kind not in _NESTED:
            continue
        file = templates.of(resource, parent=stack.file)
        if file is None:
            # The world has a gap there.
            continue
        template = read_document(file)
        if not isinstance(template, dict):
            raise InvalidInputError(f"{file} is no template, which a nested stack has")
        nested = StackTemplate(
            name=f"{stack.name}-{logical_id}",
            account=stack.account,
            region=stack.region,
            template=template,
            parent=(stack.name, logical_id),
            scope=stack.scope,
            file=file,
            construct_paths=stack.construct_paths,
        )
        # A local path in it is relative to it.
        below = templates if file.parent == templates.directory else Templates(file.parent)
        yield from _with_nested(nested, below, depth + 1)
