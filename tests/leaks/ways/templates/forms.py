"""Writes a template in the looks that templates have which people, tools and exports make."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .literal import as_literal
from .several import as_nested, as_several

__all__ = ["write"]

_Files = Mapping[str, str]

_PLAIN_KEY = re.compile(r"(?!null$|true$|false$)[a-z][\w:/-]*", re.IGNORECASE)


def write(template: dict[str, Any], form: str, folder: Path) -> list[Path]:
    """Write a template to files of `folder` and return those that are to be judged.

    Args:
        template: The template.
        form: `json`; `yaml` with short tags; `literal`, as exports look; `several` stacks with
            exports between them; `nested` stacks.
        folder: Where to.
    """
    folder.mkdir(parents=True)
    files = _FORMS[form](template)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    # A nested stack is found by the template that names it.
    return [folder / name for name in files if not name.startswith("nested-")]


def _json(template: Any) -> str:
    return json.dumps(template, indent=2)


def _yaml(value: Any, indent: str = "") -> str:
    """Return a value as YAML, with short tags for functions."""
    if not value or not isinstance(value, dict | list) or _tagged(value) is not None:
        return _flow(value)
    if isinstance(value, list):
        entries = [("-", item) for item in value]
    else:
        entries = [(f"{_key(key)}:", item) for key, item in value.items()]
    lines: list[str] = []
    for head, item in entries:
        text = _yaml(item, f"{indent}  ")
        space = "" if text.startswith("\n") else " "
        lines.append(f"{indent}{head}{space}{text}")
    return "\n" + "\n".join(lines)


def _tagged(value: Any) -> str | None:
    """Return the short form of a function; None for what is none, or has no short form."""
    if not isinstance(value, dict) or len(value) != 1:
        return None
    ((name, argument),) = value.items()
    if name != "Ref" and not name.startswith("Fn::"):
        return None
    if name == "Fn::GetAtt" and isinstance(argument, list):
        argument = ".".join(argument)
    # CloudFormation takes no short form right behind another one.
    return None if isinstance(argument, dict) else f"!{name.removeprefix('Fn::')} {_flow(argument)}"


def _flow(value: Any) -> str:
    tagged = _tagged(value)
    if tagged is not None:
        return tagged
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{json.dumps(k)}: {_flow(item)}' for k, item in value.items())}}}"
    return json.dumps(value)


def _key(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) else json.dumps(key)


_FORMS: dict[str, Callable[[dict[str, Any]], _Files]] = {
    "json": lambda template: {"shop.json": _json(template)},
    "literal": lambda template: {"shop.template": _json(as_literal(template))},
    "nested": lambda template: {
        "shop.yaml" if name == "" else f"nested-{name}.yaml": _yaml(part)
        for name, part in as_nested(template).items()
    },
    "several": lambda template: {
        f"{name}.json": _json(part) for name, part in as_several(template).items()
    },
    "yaml": lambda template: {"shop.yaml": _yaml(template)},
}
