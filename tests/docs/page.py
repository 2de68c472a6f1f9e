"""The code blocks of a page of the docs, for tests that run what the page tells people to run."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["DOCS", "REPOSITORY", "CommandError", "Section", "commands", "read_sections", "run"]

REPOSITORY = Path(__file__).resolve().parents[2]
DOCS = REPOSITORY / "docs"

_HEADING = re.compile(r"^#{2,} ", re.MULTILINE)
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class CommandError(Exception):
    """A command failed; the message holds what it printed."""


@dataclass
class Section:
    """A part of a page under its own heading, with its blocks: language and content."""

    title: str
    blocks: list[tuple[str, str]]

    def only(self, language: str) -> str:
        """Return the block of a language, of which there must be one."""
        [content] = self.all(language)
        return content

    def all(self, language: str) -> list[str]:
        """Return the blocks of a language."""
        return [content for each, content in self.blocks if each == language]


def read_sections(page: Path) -> list[Section]:
    """Return the parts of a page, those below a second heading apart."""
    _, *parts = _HEADING.split(page.read_text())
    return [Section(part.split("\n", 1)[0], _BLOCK.findall(part)) for part in parts]


def commands(block: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each command of a `console` block with the lines that it is to print."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, *expected = part.splitlines()
        yield command, expected


def run(script: str, directory: Path, environment: Mapping[str, str]) -> str:
    """Run commands in a shell that stops at the first failure, and return what they printed.

    Raises:
        CommandError: One of them failed.
    """
    outcome = subprocess.run(
        ["/bin/bash", "-e", "-c", script],
        cwd=directory,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    if outcome.returncode != 0:
        raise CommandError(f"{script}\n{outcome.stdout}\n{outcome.stderr}")
    return outcome.stdout
