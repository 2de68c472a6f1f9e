"""Writes a file whole or not at all, and finds the line of a resource in a template."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from ...errors import InvalidInputError

__all__ = ["resource_lines", "write_atomically"]

# The signs that tell where in a JSON text one is.
_SIGN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,\n]')


def write_atomically(path: Path, text: str) -> None:
    """Write a text file that is there as a whole or as it was.

    Args:
        path: The file.
        text: What it holds.

    Raises:
        InvalidInputError: The file cannot be written.
    """
    temporary = path.with_name(f"{path.name}.{os.urandom(4).hex()}.tmp")
    try:
        try:
            with open(temporary, "x", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be written: {error.strerror or error}") from error


def resource_lines(template: Path) -> dict[str, int]:
    """Return the line that each resource of a template begins on.

    Args:
        template: The template, in JSON or in YAML.

    Returns:
        The lines, counted from 1, by logical id. None where the file cannot be read or its
        layout tells nothing.
    """
    try:
        text = template.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return {}
    found = _of_json(text) if text.lstrip().startswith("{") else _of_yaml(text)
    return dict(found)


def _of_json(text: str) -> Iterator[tuple[str, int]]:
    """Yield the keys of the object `Resources` of the outermost object, with their lines."""
    line, depth, section, key, line_of_key = 1, 0, "", "", 0
    for match in _SIGN.finditer(text):
        sign = match[0]
        if sign == "\n":
            line += 1
        elif sign in "{[":
            depth += 1
            key = ""
        elif sign in "}]":
            depth -= 1
            key = ""
        elif sign == ",":
            key = ""
        elif sign == ":":
            # The string before it was a key; nothing else stands before a colon.
            if depth == 1:
                section = key
            elif depth == 2 and section == "Resources":
                yield key, line_of_key
            key = ""
        elif depth <= 2:
            key, line_of_key = json.loads(sign), line


def _of_yaml(text: str) -> Iterator[tuple[str, int]]:
    """Yield the same of a YAML text in block style, as templates are written by hand."""
    indentation: int | None = None
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        indented = len(line) - len(line.lstrip())
        if indented == 0:
            inside, indentation = bare.startswith("Resources:"), None
        elif inside:
            indentation = indented if indentation is None else indentation
            name = re.fullmatch(r"[\"']?([A-Za-z0-9]+)[\"']?:(?: .*)?", bare)
            if indented == indentation and name is not None:
                yield name[1], number
