"""Reads JSON and YAML as CloudFormation does, and refuses in a sentence what is neither."""

import json
from pathlib import Path
from typing import Any

from ...errors import InvalidInputError
from .yaml_templates import read_yaml

__all__ = ["SUFFIXES", "read_document", "read_json_object"]

# How the names of templates end.
SUFFIXES = (".json", ".template", ".yaml", ".yml")


def read_json_object(path: Path, what: str) -> dict[str, Any]:
    """Read a file that must hold a JSON object.

    Args:
        path: The file.
        what: What it is, as a refusal names it.

    Returns:
        The object.

    Raises:
        InvalidInputError: It cannot be read, or holds something else.
    """
    try:
        content = json.loads(_text(path))
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"{path} is not JSON, which {what} is: {error}") from error
    if not isinstance(content, dict):
        raise InvalidInputError(f"{path} holds no JSON object, which {what} is")
    return content


def read_document(path: Path) -> Any:
    """Read a file that is JSON or YAML.

    Args:
        path: The file. What begins with a brace is taken for JSON, whatever it is called.

    Returns:
        What it holds, with the short forms of intrinsic functions (`!Ref`) written out.

    Raises:
        InvalidInputError: It cannot be read, is neither, has a key twice in an object, or is YAML
            and PyYAML is not installed.
    """
    text = _text(path)
    if text.lstrip().startswith(("{", "[")):
        try:
            return json.loads(text, object_pairs_hook=_object)
        except _TwiceError as error:
            raise InvalidInputError(f"{path} has {error} twice") from error
        except (ValueError, RecursionError) as error:
            if path.suffix == ".json":
                raise InvalidInputError(f"{path} is not JSON: {error}") from error
    elif path.suffix == ".json":
        raise InvalidInputError(f"{path} is not JSON: it begins with neither a brace nor a bracket")
    try:
        return read_yaml(text, path)
    except ModuleNotFoundError as error:
        raise InvalidInputError(
            f"{path} is YAML, which needs PyYAML: pip install 'secure-lambda-constructs[checks]', "
            "or convert it to JSON"
        ) from error


class _TwiceError(Exception):
    """An object has a key twice, so that the second value would hide the first."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    keys = [key for key, _ in pairs]
    raise _TwiceError(next(key for key in keys if keys.count(key) > 1))


def _text(path: Path) -> str:
    try:
        # Some editors begin a file with a byte order mark.
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise InvalidInputError(f"{path} cannot be read: {reason}") from error
