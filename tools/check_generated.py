"""Checks that the files projen generates are those `.projenrc.py` describes.

The files are generated into an empty directory and compared, so that nothing in the checkout
changes and nothing is fetched. A file that was edited by hand, that is missing, or that is no
longer generated is named, with what to do.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

__all__ = ["differences", "generate", "main"]

REPOSITORY = Path(__file__).resolve().parent.parent

# All that is read while the files are generated.
_SOURCES = (".projenrc.py", "projenrc")

# projen's own list of what it generates.
_LIST = Path(".projen", "files.json")


def generate(repository: Path, directory: Path) -> None:
    """Generate the files of `repository` into the empty `directory`.

    Raises:
        RuntimeError: `.projenrc.py` failed; the message holds what it printed.
    """
    for name in _SOURCES:
        source, target = repository / name, directory / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    result = subprocess.run(
        [sys.executable, ".projenrc.py"],
        cwd=directory,
        env={**os.environ, "PROJEN_DISABLE_POST": "true"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise RuntimeError(f".projenrc.py failed:\n{result.stdout}")


def differences(repository: Path, generated: Path) -> list[str]:
    """Return one sentence for each generated file that is not as it would be generated."""
    listed = _listed(repository)
    expected = _listed(generated)
    found = [
        f"{name} is no longer generated, remove it and generate again"
        for name in sorted(listed - expected)
    ]
    for name in sorted(expected):
        actual = repository / name
        if not actual.is_file():
            found.append(f"{name} is missing")
        elif actual.read_bytes() != (generated / name).read_bytes():
            found.append(f"{name} is not what .projenrc.py generates")
    return found


def main() -> int:
    """Print what differs and return the exit code: 0 nothing, 1 something."""
    with tempfile.TemporaryDirectory(prefix="generated-") as directory:
        try:
            generate(REPOSITORY, Path(directory))
        except RuntimeError as error:
            print(error, file=sys.stderr)
            return 1
        found = differences(REPOSITORY, Path(directory))
    if found:
        for sentence in found:
            print(sentence, file=sys.stderr)
        print(
            "change .projenrc.py or projenrc/ instead of a generated file, and run: make generate",
            file=sys.stderr,
        )
        return 1
    print("the generated files are up to date")
    return 0


def _listed(directory: Path) -> set[str]:
    try:
        names = json.loads((directory / _LIST).read_text())["files"]
    except FileNotFoundError:
        names = []
    # projen lists some files that it then has no content for.
    return {str(name) for name in names if (directory / name).exists()} | {_LIST.as_posix()}


if __name__ == "__main__":
    sys.exit(main())
