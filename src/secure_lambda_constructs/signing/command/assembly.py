"""Finding the cloud assembly, wherever the program was started from."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from ...errors import SigningError

__all__ = ["ASSEMBLY_VARIABLE", "Asset", "find_asset"]

ASSEMBLY_VARIABLE = "SECURE_LAMBDA_ASSEMBLY"
"""Environment variable that names the folder of the cloud assembly, where it has moved."""


class Asset(NamedTuple):
    """Code to sign and the folder of the cloud assembly that it belongs to.

    Attributes:
        source: Absolute path of the file or directory.
        assembly: Absolute path of the root cloud assembly's folder.
    """

    source: Path
    assembly: Path


def find_asset(
    source: str, hint: str, *, working_directory: Path, environment: Mapping[str, str]
) -> Asset:
    """Find the code and its assembly.

    The CDK CLI starts the program in the project's folder, `cdk-assets` often in the assembly's,
    and CDK Pipelines in a folder of its own. These are tried in order: the environment variable
    `SECURE_LAMBDA_ASSEMBLY`, the working directory, and the hint below the working directory (an
    absolute hint is taken as it is).

    Args:
        source: Name inside the assembly, or an absolute path.
        hint: Path of the assembly relative to where the app was synthesized.
        working_directory: The directory that the program was started in.
        environment: The environment variables.

    Returns:
        The absolute paths of both.

    Raises:
        SigningError: Where the code is in none of the places.

    Example:
        ```python
        from pathlib import Path
        from secure_lambda_constructs.signing.command.assembly import find_asset

        Path("cdk.out/asset.1a2b").mkdir(parents=True)
        asset = find_asset(
            "asset.1a2b", "cdk.out", working_directory=Path.cwd(), environment={}
        )
        assert asset.assembly == Path.cwd() / "cdk.out"
        ```
    """
    candidates = [working_directory, working_directory / hint]
    if environment.get(ASSEMBLY_VARIABLE):
        candidates.insert(0, working_directory / environment[ASSEMBLY_VARIABLE])
    if Path(source).is_absolute():
        # The code says nothing about the folder then, but every assembly holds a manifest.
        candidates.append(Path(source).parent)
        wanted = "manifest.json"
    else:
        wanted = source
    places = [Path(os.path.abspath(candidate)) for candidate in candidates]
    for place in places:
        found = Asset(place / source, place)
        if (place / wanted).exists() and found.source.exists():
            return found
    looked = ", ".join(dict.fromkeys(map(str, places)))
    raise SigningError(
        f"the cloud assembly with {source} was not found (looked in {looked}): run from the "
        f"folder that holds {hint}, or set {ASSEMBLY_VARIABLE} to the assembly's folder"
    )
