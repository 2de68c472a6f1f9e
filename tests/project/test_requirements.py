"""The recorded versions: everything that is installed is pinned, by hash."""

import json
import re
import tomllib
from pathlib import Path

import pytest

_LISTS = ["checkov", "dev", "local-aws", "node", "uv"]


def _blocks(path: Path) -> list[str]:
    """Return each requirement with its hashes, as one line."""
    lines = [line for line in path.read_text().splitlines() if not line.lstrip().startswith("#")]
    return [block for block in "\n".join(lines).replace("\\\n", " ").splitlines() if block.strip()]


def _names(path: Path) -> dict[str, str]:
    found = (re.match(r"([\w.-]+)==([\w.]+)", block) for block in _blocks(path))
    return {match[1].lower(): match[2] for match in found if match}


@pytest.mark.parametrize("name", _LISTS)
def test_requirements_are_pinned_by_hash(repository: Path, name: str) -> None:
    blocks = _blocks(repository / "requirements" / f"{name}.txt")
    assert blocks
    pinned = re.compile(r"[\w.-]+==\S+( ; [^\\]+?)?( +--hash=sha256:[0-9a-f]{64})+ *")
    assert [block for block in blocks if not pinned.fullmatch(block)] == []


def test_each_list_is_checked(repository: Path) -> None:
    assert sorted(path.stem for path in (repository / "requirements").glob("*.txt")) == _LISTS
    assert sorted(path.stem for path in (repository / "requirements").glob("*.in")) == _LISTS


def test_uv_is_the_same_in_both_lists(repository: Path) -> None:
    requirements = repository / "requirements"
    assert _names(requirements / "uv.txt")["uv"] == _names(requirements / "dev.txt")["uv"]


def test_development_has_every_dependency_of_the_library(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    needed = {re.split(r"[<>=]", text)[0] for text in project["dependencies"]}
    assert needed == {"aws-cdk-lib", "boto3", "constructs", "jsii", "tqdm"}
    assert needed <= set(_names(repository / "requirements" / "dev.txt"))


def test_npm_packages_are_pinned(repository: Path) -> None:
    package = json.loads((repository / "package.json").read_text())
    lock = json.loads((repository / "package-lock.json").read_text())
    wanted = package["devDependencies"]
    assert package["private"] is True
    assert wanted["aws-cdk"] == "2.1148.1"
    assert [
        name
        for name, version in wanted.items()
        if not re.fullmatch(r"\d[\d.]+(-[a-z]+\.\d+)?", version)
    ] == []
    installed = {
        name.removeprefix("node_modules/"): entry
        for name, entry in lock["packages"].items()
        if name
    }
    assert {name: installed[name]["version"] for name in wanted} == wanted
    assert [name for name, entry in installed.items() if "integrity" not in entry] == []
    assert [name for name, entry in installed.items() if "resolved" in entry] == []
