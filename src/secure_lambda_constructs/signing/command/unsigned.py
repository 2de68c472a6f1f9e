"""Functions and layers that an assembly leaves unsigned because somebody said so."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["UNSIGNED_METADATA", "Unsigned", "left_unsigned"]

UNSIGNED_METADATA = "secure-lambda-constructs:unsigned"
"""Type of the metadata that `sign_everything` gives to what it was told to skip."""


class Unsigned(NamedTuple):
    """A function or layer that was skipped.

    Attributes:
        path: The construct's path.
        reason: What the app says about it.
    """

    path: str
    reason: str


def left_unsigned(assembly: Path) -> list[Unsigned]:
    """List what an assembly leaves unsigned on purpose.

    Args:
        assembly: The folder of the root cloud assembly.

    Returns:
        The constructs, in the order of their paths.

    Example:
        ```python
        from pathlib import Path

        from secure_lambda_constructs.signing.command.unsigned import left_unsigned

        Path("manifest.json").write_text('{"version": "55.0.0", "artifacts": {}}')
        assert left_unsigned(Path.cwd()) == []
        ```
    """
    found = {
        Unsigned(path.removeprefix("/"), str(entry.get("data") or ""))
        for metadata in _metadata(assembly)
        for path, entries in metadata.items()
        for entry in entries
        if entry.get("type") == UNSIGNED_METADATA
    }
    return sorted(found)


def _metadata(assembly: Path) -> Iterator[dict[str, Any]]:
    manifest = json.loads((assembly / "manifest.json").read_text(encoding="utf-8"))
    for artifact in (manifest.get("artifacts") or {}).values():
        yield artifact.get("metadata") or {}
        # Newer releases of the CDK write it beside the manifest.
        if artifact.get("additionalMetadataFile"):
            text = (assembly / artifact["additionalMetadataFile"]).read_text(encoding="utf-8")
            yield json.loads(text)
        if artifact.get("type") == "cdk:cloud-assembly":
            yield from _metadata(assembly / artifact["properties"]["directoryName"])
