"""Checks that no file of the repository names a package registry or a place on this machine.

A registry's host in a lock file ties every reader to that registry; a path of the machine where
something was written works nowhere else. Both get in unseen, from tools that write files.
"""

import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from pathspec import GitIgnoreSpec

__all__ = ["findings", "main", "repository_files"]

REPOSITORY = Path(__file__).resolve().parent.parent

# Written so that this file does not name what it looks for.
_REGISTRIES = re.compile(
    r"""
    \b(?: (?:test\.|upload\.)? pypi\.(?:org|io)
        | (?:\w+\.)? pythonhosted\.org
        | (?:\w+\.)? npmjs\.(?:org|com)
        | registry\.[a-z0-9-]+\.[a-z]{2,}
        | (?:\w+\.)? yarnpkg\.com
    )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_HOMES = re.compile(r"(?<![\w.$}/-])/(?:home|Users)/(?!(?:me|user|you)/)\w[\w.-]*/")
# Every machine has them, and the texts name them for what they are.
_EVERYWHERE = {Path(name) for name in ("/home", "/mnt", "/opt", "/srv", "/tmp", "/usr", "/var")}  # noqa: S108
_RESOLVED = re.compile(r'^\s*"resolved":', re.MULTILINE)


def repository_files(repository: Path) -> list[Path]:
    """Return the files that belong to the repository: all but what ``.gitignore`` names.

    Git is not asked, so that this works on a copy of the files and whoever owns them.
    """
    ignored = GitIgnoreSpec.from_lines((repository / ".gitignore").read_text().splitlines())
    found: list[Path] = []
    for directory, names, files in os.walk(repository):
        here = Path(directory).relative_to(repository)
        names[:] = [
            name
            for name in names
            if name != ".git" and not ignored.match_file(f"{(here / name).as_posix()}/")
        ]
        found += [
            repository / here / name
            for name in files
            if not ignored.match_file((here / name).as_posix())
        ]
    return sorted(path for path in found if path.is_file())


def findings(files: Iterable[Path], places: Iterable[Path]) -> list[str]:
    """Return one sentence for each thing in `files` that must not be there.

    Args:
        files: The files to read; what is not UTF-8 text is passed over.
        places: Directories of this machine, none of which may be named.
    """
    named = [
        re.escape(str(place))
        for place in places
        if len(place.parts) > 1 and place not in _EVERYWHERE
    ]
    here = re.compile(rf"(?<![\w.$}}/-])(?:{'|'.join(named) or '(?!)'})(?![\w-])")
    sentences: list[str] = []
    for path in files:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        patterns = {"names a package registry": _REGISTRIES, "names a home directory": _HOMES}
        patterns["names a place on this machine"] = here
        if path.name == "package-lock.json":
            patterns["records where a package came from"] = _RESOLVED
        for what, pattern in patterns.items():
            for match in pattern.finditer(text):
                line = text.count("\n", 0, match.start()) + 1
                sentences.append(f"{path}:{line}: {what}: {match[0].strip()}")
    return sentences


def main() -> int:
    """Print what was found and return the exit code: 0 nothing, 1 something."""
    found = findings(repository_files(REPOSITORY), [REPOSITORY.parent, Path.home()])
    for sentence in found:
        print(sentence, file=sys.stderr)
    if found:
        return 1
    print("no file names a package registry or a place on this machine")
    return 0


if __name__ == "__main__":
    sys.exit(main())
