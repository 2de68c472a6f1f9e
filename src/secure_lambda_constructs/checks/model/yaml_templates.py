"""YAML as CloudFormation takes it: short forms of functions, no dates, no octal numbers."""

import importlib
import re
from pathlib import Path
from typing import Any

from ...errors import InvalidInputError

__all__ = ["read_yaml"]

# More than any template has: CloudFormation takes a megabyte of text. Aliases could make more.
_MOST_VALUES = 500_000

_STANDARD = "tag:yaml.org,2002:"
_KNOWN = {f"{_STANDARD}{name}" for name in ("bool", "float", "int", "map", "null", "seq", "str")}

# Short forms that do not stand for a function called "Fn::" and the same.
_NAMES = {"Condition": "Condition", "Ref": "Ref"}

# Words that are no text. YAML 1.1 has many more, and takes 22:30 for a number.
_WORDS = {
    **dict.fromkeys(("~", "null", "Null", "NULL", ""), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?[0-9]+\.[0-9]*([eE][-+]?[0-9]+)?")


def read_yaml(text: str, path: Path) -> Any:
    """Read a YAML document.

    Args:
        text: The document.
        path: The file that it is from, as a refusal names it.

    Returns:
        What it holds, with the short forms of intrinsic functions written out.

    Raises:
        InvalidInputError: It is no YAML, it is too large, or a key is written twice.
        ModuleNotFoundError: PyYAML is not installed; it comes with an extra of the library.

    Example:
        ```python
        from pathlib import Path

        from secure_lambda_constructs.checks.model.yaml_templates import read_yaml

        value = read_yaml("!Sub '${Table.Arn}/index/*'", Path("template.yaml"))
        assert value == {"Fn::Sub": "${Table.Arn}/index/*"}
        ```
    """
    yaml = importlib.import_module("yaml")
    # Only the nodes are taken: what a word means is said here.
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        return _Document(path).value(yaml.compose(text, Loader=loader))
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise InvalidInputError(f"{path} is neither JSON nor YAML: {reason}") from error
    except RecursionError as error:
        raise InvalidInputError(f"{path} has a value that is part of itself") from error


class _Document:
    """Makes values of nodes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._count = 0

    def value(self, node: Any) -> Any:
        self._count += 1
        if self._count > _MOST_VALUES:
            raise self._refused(node, f"more than {_MOST_VALUES:,} values with its aliases")
        if node is None:
            return None
        tag: str = node.tag
        if tag.startswith("!"):
            return self._function(tag[1:], node)
        if tag not in _KNOWN:
            raise self._refused(node, f"the tag {tag}, which CloudFormation does not know")
        return self._plain(node)

    def _plain(self, node: Any) -> Any:
        if node.id == "mapping":
            return self._mapping(node)
        if node.id == "sequence":
            return [self.value(item) for item in node.value]
        return node.value if node.style else _scalar(node.value)

    def _function(self, name: str, node: Any) -> dict[str, Any]:
        # The argument is text, whatever it looks like: a name, a template, a delimiter.
        argument = node.value if node.id == "scalar" else self._plain(node)
        if name == "GetAtt" and isinstance(argument, str):
            argument = argument.split(".", 1)
        return {_NAMES.get(name, f"Fn::{name}"): argument}

    def _mapping(self, node: Any) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.id != "scalar":
                raise self._refused(key_node, "a key that is no text")
            key: str = key_node.value
            if key == "<<" and not key_node.style:
                value = self.value(value_node)
                for entry in reversed(value if isinstance(value, list) else [value]):
                    merged.update(entry if isinstance(entry, dict) else {})
                continue
            if key in own:
                # The second of two resources of one name would hide the first.
                raise self._refused(key_node, f"{key} twice")
            own[key] = self.value(value_node)
        return {**merged, **own}

    def _refused(self, node: Any, what: str) -> InvalidInputError:
        line = node.start_mark.line + 1
        return InvalidInputError(f"{self._path} has {what} (line {line})")


def _scalar(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    return text
