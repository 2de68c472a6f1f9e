"""Reads the ways: each says what it adds to the app of `apps/base.yaml`, open and closed.

A fragment has the resources by their logical ids, and the other sections of a template by their
names. Objects are joined with those of the app, lists and functions take their place, and null
takes something away.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from secure_lambda_constructs.checks.model.files import read_document
from secure_lambda_constructs.checks.model.sources import DEFAULT_REGION

__all__ = ["BREAKAGES", "WAYS", "Breakage", "Fragment", "TemplateWay", "template_of"]

Fragment = dict[str, Any]

_FOLDER = Path(__file__).parent
_SECTIONS = {"Conditions", "Globals", "Mappings", "Outputs", "Parameters", "Transform"}


@dataclass(frozen=True, kw_only=True)
class TemplateWay:
    """An app that is open by exactly the paths of `opens`, or closed.

    Attributes:
        path_id: The leak path that it is about.
        opens: All leak paths that are open then.
        form: How the template looks, see `forms`.
        apps: What is added to the app of `apps/base.yaml` first, by the names of the files.
        open: The fragments of what opens it.
        closed: Those of the same thing done right.
        given: The values that the deployment gives to parameters, open and closed.
        region: Where it is deployed.
    """

    path_id: str
    opens: frozenset[str]
    form: str
    apps: tuple[str, ...] = ()
    open: tuple[Fragment, ...] = field(repr=False)
    closed: tuple[Fragment, ...] = field(repr=False)
    given: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    region: str = DEFAULT_REGION


@dataclass(frozen=True, kw_only=True)
class Breakage:
    """A change that closes too much.

    Attributes:
        breaks: The flows that do not work then.
        form: How the template looks, see `forms`.
        apps: What is added to the app first.
        change: The change.
    """

    breaks: frozenset[str]
    form: str
    apps: tuple[str, ...] = ()
    change: Fragment = field(repr=False)


def template_of(apps: tuple[str, ...], *fragments: Fragment) -> dict[str, Any]:
    """Return the template of the app with some others added, and with fragments."""
    template: dict[str, Any] = _read("apps/base.yaml")
    parts = [_read(f"apps/{name}.yaml") for name in apps]
    for fragment in (*parts, *fragments):
        resources = {key: value for key, value in fragment.items() if key not in _SECTIONS}
        sections = {key: value for key, value in fragment.items() if key in _SECTIONS}
        template = _joined(template, {**sections, "Resources": resources})
    return template


def _joined(own: Any, change: Any) -> Any:
    if not (_is_object(own) and _is_object(change)):
        return change
    both = {key: _joined(own.get(key), value) for key, value in change.items()}
    return {key: value for key, value in {**own, **both}.items() if value is not None}


def _is_object(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    names = [key for key in value if not key.startswith("Fn::ForEach::")]
    return not any(name == "Ref" or name.startswith("Fn::") for name in names)


@cache
def _read(name: str) -> Any:
    return read_document(_FOLDER / name)


def _ways() -> dict[str, TemplateWay]:
    found: dict[str, TemplateWay] = {}
    for file in sorted((_FOLDER / "ways").glob("*.yaml")):
        for key, way in _read(f"ways/{file.name}").items():
            if key in found:
                raise ValueError(f"two ways called {key}")
            both = way.get("both", {})
            found[key] = TemplateWay(
                path_id=key.partition("-")[0],
                opens=frozenset(way["opens"]),
                form=way.get("form", "yaml"),
                apps=tuple(way.get("with", ())),
                open=(both, way.get("open", {})),
                closed=(both, way.get("closed", {})),
                given=way.get("given", {}),
                region=way.get("region", DEFAULT_REGION),
            )
    return found


def _breakages() -> dict[str, Breakage]:
    return {
        key: Breakage(
            breaks=frozenset(breakage["breaks"]),
            form=breakage.get("form", "yaml"),
            apps=tuple(breakage.get("with", ())),
            change=breakage["change"],
        )
        for key, breakage in _read("breakages.yaml").items()
    }


WAYS = _ways()
BREAKAGES = _breakages()
