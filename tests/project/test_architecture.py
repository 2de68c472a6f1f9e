"""The arrows between the areas of the library, and the size of its modules."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

_LIBRARY = "secure_lambda_constructs"

# What each area may import of the rest of the library. Constructs never see the checks or the
# command line; what runs outside of a synthesis (the signing command, the relay's two ends, the
# function that freezes) sees nothing that would drag the CDK along.
_ARROWS: Mapping[str, set[str]] = {
    "errors": set(),
    "acknowledgements": set(),
    "signing": {"acknowledgements", "errors", "signing.command"},
    "signing.command": {"errors"},
    "network": {"acknowledgements", "errors"},
    "function": {"acknowledgements", "errors", "network", "signing"},
    "relay": {"acknowledgements", "errors", "function", "network", "relay.handler", "signing"},
    "relay.client": set(),
    "relay.handler": set(),
    "governance": {"acknowledgements", "errors", "function", "network", "relay", "signing"},
    "governance.changes.freeze": set(),
    # The commands judge without the CDK; the plugin of a synthesis is the only one that has it.
    "checks": {"errors", "function", "network"},
    "checks.audit": {"errors", "signing.command"},
    "checks.leak_checks": {"checks", "errors"},
    "cli": {
        "checks",
        "checks.audit",
        "errors",
        "function",
        "governance",
        "network",
        "relay",
        "signing",
        "signing.command",
    },
}

# The same for what is not ours: who may talk to AWS, and who must do without the CDK.
_AWS_CLIENTS = {"boto3", "botocore"}
_MAY_CALL_AWS = {
    "signing.command",
    "relay.client",
    "relay.handler",
    "governance.changes.freeze",
    "checks.audit",
    "cli",
}
_CDK = {"aws_cdk", "constructs", "jsii"}
_WITHOUT_CDK = {
    "errors",
    "signing.command",
    "relay.client",
    "relay.handler",
    "governance.changes.freeze",
    "checks",
    "checks.audit",
}

_LONGEST = 400


def _area(module: str) -> str:
    """Return the area of a module, given by its dotted name below the library."""
    nested = [area for area in _ARROWS if "." in area]
    for area in nested:
        if module == area or module.startswith(f"{area}."):
            return area
    return module.split(".")[0]


def _imports(path: Path, package: list[str]) -> Iterator[tuple[int, str]]:
    """Yield the line and the full dotted name of all that a module imports.

    For ``from a import b`` both ``a`` and ``a.b`` are meant: `b` may be a module.
    """
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            prefix = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                yield node.lineno, f"{prefix}.{alias.name}"


def _violations(library: Path) -> list[str]:
    found = []
    for path in sorted(library.rglob("*.py")):
        package = list(path.parent.relative_to(library.parent).parts)
        own = ".".join([*package[1:], *([] if path.stem == "__init__" else [path.stem])])
        if own == "":
            continue  # the library's own `__init__` names everything, and imports it when used
        area = _area(own)
        if area not in _ARROWS:
            found.append(f"{own}: the area {area} has no place among the arrows")
            continue
        for line, name in _imports(path, package):
            parts = name.split(".")
            if parts[0] == _LIBRARY and len(parts) > 1:
                target = _area(".".join(parts[1:]))
                if target != area and target not in _ARROWS[area]:
                    found.append(f"{own}:{line}: {area} must not import {target}")
            elif parts[0] in _AWS_CLIENTS and area not in _MAY_CALL_AWS:
                found.append(f"{own}:{line}: {area} must not call AWS")
            elif parts[0] in _CDK and area in _WITHOUT_CDK:
                found.append(f"{own}:{line}: {area} must not import the CDK")
    return found


def test_arrows_point_one_way(package: Path) -> None:
    assert _violations(package) == []


def test_wrong_arrows_are_seen(tmp_path: Path) -> None:
    library = tmp_path / _LIBRARY
    files = {
        "__init__.py": "from .cli import anything",
        "errors.py": "",
        "function/ok.py": "from ..signing import baseline\nfrom ..errors import E",
        "network/a.py": "import secure_lambda_constructs.function.ok",
        "network/b.py": "from .. import checks",
        "signing/c.py": "from .command import zip",
        "signing/command/d.py": "from ..baseline import SigningBaseline",
        "signing/command/e.py": "from ...errors import E\nimport aws_cdk",
        "signing/f.py": "def late():\n    import boto3",
        "extras/g.py": "",
    }
    for name, text in files.items():
        (library / name).parent.mkdir(parents=True, exist_ok=True)
        (library / name).write_text(text)
    assert _violations(library) == [
        "extras.g: the area extras has no place among the arrows",
        "network.a:1: network must not import function",
        "network.b:1: network must not import checks",
        "signing.command.d:1: signing.command must not import signing",
        "signing.command.e:2: signing.command must not import the CDK",
        "signing.f:2: signing must not call AWS",
    ]


def test_modules_are_small(repository: Path) -> None:
    lengths = {
        path.relative_to(repository).as_posix(): len(path.read_text().splitlines())
        for folder in ("src", "tools", "projenrc")
        for path in (repository / folder).rglob("*.py")
    }
    assert lengths
    assert {name: length for name, length in lengths.items() if length >= _LONGEST} == {}
