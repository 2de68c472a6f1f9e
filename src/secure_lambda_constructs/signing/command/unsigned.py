"""Functions and layers that an assembly leaves unsigned because somebody said so."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["UNSIGNED", "left_unsigned"]

UNSIGNED = "secure-lambda-constructs:unsigned"
"""Key of the note that `sign_everything` leaves at each function and layer that it skips."""

# What the CDK makes of a note with a key.
_NOTE = "aws:cdk:info"
_KEY = f"[ack: {UNSIGNED}]"


def left_unsigned(assembly: Path) -> list[str]:
    """List what an assembly leaves unsigned on purpose.

    Args:
        assembly: The folder of the root cloud assembly.

    Returns:
        The paths of the constructs, in their order.

    Example:
        ```python
        from pathlib import Path

        from secure_lambda_constructs.signing.command.unsigned import left_unsigned

        Path("manifest.json").write_text('{"version": "55.0.0", "artifacts": {}}')
        assert left_unsigned(Path.cwd()) == []
        ```
    """
    found = {
        path.removeprefix("/").removesuffix("/Resource")
        for metadata in _metadata(assembly)
        for path, entries in metadata.items()
        for entry in entries
        if entry.get("type") == _NOTE and _KEY in str(entry.get("data"))
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
