"""Importing: what is public can be imported, and nothing is imported before it is needed."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import secure_lambda_constructs

_SOURCE = Path(secure_lambda_constructs.__file__).parent


def _modules() -> list[str]:
    names = []
    for path in sorted(_SOURCE.rglob("*.py")):
        parts = path.relative_to(_SOURCE.parent).with_suffix("").parts
        names.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return names


# The module that `python -m` runs is a program, not something to import.
_IMPORTABLE = [name for name in _modules() if not name.endswith(".__main__")]


def _has_code(name: str) -> bool:
    """Whether there is more in a module than its docstring."""
    specification = importlib.util.find_spec(name)
    assert specification is not None
    assert specification.origin is not None
    return len(ast.parse(Path(specification.origin).read_text()).body) > 1


def _place(name: str) -> tuple[int, str]:
    """Constants, then classes, then functions, each by name: the order the linter asks for."""
    kind = 0 if name.isupper() else 1 if name[0].isupper() else 2
    return kind, name


@pytest.mark.parametrize("name", _IMPORTABLE)
def test_public_names_can_be_imported(name: str) -> None:
    module = importlib.import_module(name)
    if not _has_code(name):
        return
    public = module.__all__
    assert public == sorted(set(public), key=_place)
    assert [member for member in public if not hasattr(module, member)] == []
    assert [member for member in public if member.startswith("_")] == []


def test_public_names_of_the_library_are_listed() -> None:
    assert set(secure_lambda_constructs.__all__) <= set(dir(secure_lambda_constructs))


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'SignedVpcFunktion'"):
        secure_lambda_constructs.SignedVpcFunktion  # noqa: B018 (the access is the test)


def _imported_by(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return {name.split(".")[0] for name in done.stdout.split()}


_HEAVY = {"aws_cdk", "boto3", "botocore", "constructs", "jsii"}


def test_importing_the_library_imports_neither_the_cdk_nor_boto() -> None:
    imported = _imported_by("import secure_lambda_constructs")
    assert "secure_lambda_constructs" in imported
    assert imported & _HEAVY == set()


def test_importing_the_signing_command_does_not_import_the_cdk() -> None:
    names = [name for name in _IMPORTABLE if ".signing.command" in name]
    assert names
    imported = _imported_by("\n".join(f"import {name}" for name in names))
    assert imported & {"aws_cdk", "constructs", "jsii"} == set()


def test_using_a_construct_imports_the_cdk() -> None:
    """The counterpart of the tests above: they would see an import if there was one."""
    imported = _imported_by(
        "import secure_lambda_constructs\nsecure_lambda_constructs.SigningBaseline"
    )
    assert {"aws_cdk", "jsii"} <= imported
