"""The assembly is found from wherever the program is started."""

import shutil
from pathlib import Path

import pytest

from secure_lambda_constructs.errors import SigningError
from secure_lambda_constructs.signing.command.assembly import ASSEMBLY_VARIABLE, find_asset


def _find(source: str, hint: str, start: Path, **environment: str) -> tuple[Path, Path]:
    return find_asset(source, hint, working_directory=start, environment=environment)


def test_from_the_project(assembly: Path) -> None:
    found = _find("asset.code", "cdk.out", assembly.parent)
    assert found == (assembly / "asset.code", assembly)


def test_from_the_assembly_itself(assembly: Path) -> None:
    assert _find("asset.code", "cdk.out", assembly) == (assembly / "asset.code", assembly)


def test_by_an_absolute_hint(assembly: Path, tmp_path: Path) -> None:
    assert _find("asset.code", str(assembly), tmp_path)[1] == assembly


def test_the_environment_wins(assembly: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(assembly, moved)
    found = _find("asset.code", "cdk.out", assembly.parent, **{ASSEMBLY_VARIABLE: str(moved)})
    assert found == (moved / "asset.code", moved)


def test_an_environment_without_the_code_is_passed_over(assembly: Path, tmp_path: Path) -> None:
    found = _find("asset.code", "cdk.out", assembly.parent, **{ASSEMBLY_VARIABLE: str(tmp_path)})
    assert found[1] == assembly


def test_absolute_code_belongs_to_the_assembly_with_a_manifest(
    assembly: Path, tmp_path: Path
) -> None:
    code = tmp_path / "elsewhere.zip"
    code.touch()
    assert _find(str(code), "cdk.out", assembly.parent) == (code, assembly)
    assert _find(str(code), "cdk.out", assembly) == (code, assembly)


def test_absolute_code_inside_an_assembly_names_it(assembly: Path, tmp_path: Path) -> None:
    code = assembly / "asset.code"
    assert _find(str(code), "somewhere", tmp_path) == (code, assembly)


def test_a_result_is_absolute_and_normal(assembly: Path) -> None:
    found = _find("asset.code", "../project/cdk.out", assembly.parent)
    assert found == (assembly / "asset.code", assembly)


def test_nowhere(assembly: Path, tmp_path: Path) -> None:
    with pytest.raises(SigningError) as caught:
        _find("asset.other", "cdk.out", assembly.parent, **{ASSEMBLY_VARIABLE: str(tmp_path)})
    message = str(caught.value)
    for place in (tmp_path, assembly.parent, assembly):
        assert str(place) in message
    assert "asset.other was not found" in message
    assert f"set {ASSEMBLY_VARIABLE}" in message


def test_absolute_code_that_is_gone(assembly: Path) -> None:
    with pytest.raises(SigningError, match=r"gone\.zip was not found"):
        _find(str(assembly / "gone.zip"), "cdk.out", assembly.parent)
