"""The generated files: they are those `.projenrc.py` describes, and the check sees if not."""

import re
import shutil
import tomllib
from pathlib import Path

import pytest

import check_generated


@pytest.fixture(scope="module")
def generated(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with freshly generated files."""
    directory = tmp_path_factory.mktemp("generated")
    check_generated.generate(repository, directory)
    return directory


@pytest.fixture
def checkout(generated: Path, tmp_path: Path) -> Path:
    """A copy of the generated files that a test may change."""
    copy = tmp_path / "checkout"
    shutil.copytree(generated, copy)
    for path in copy.rglob("*"):
        path.chmod(0o755)
    return copy


def test_generated_files_are_up_to_date(repository: Path, generated: Path) -> None:
    assert check_generated.differences(repository, generated) == []


def test_edited_file_is_seen(checkout: Path, generated: Path) -> None:
    with (checkout / "pyproject.toml").open("a") as file:
        file.write("# by hand\n")
    assert check_generated.differences(checkout, generated) == [
        "pyproject.toml is not what .projenrc.py generates"
    ]


def test_missing_and_left_over_files_are_seen(checkout: Path, generated: Path) -> None:
    (checkout / ".gitattributes").unlink()
    (checkout / "old.cfg").touch()
    listed = checkout / ".projen" / "files.json"
    listed.write_text(listed.read_text().replace('"files": [', '"files": [ "old.cfg",'))
    assert check_generated.differences(checkout, generated) == [
        "old.cfg is no longer generated, remove it and generate again",
        ".gitattributes is missing",
        ".projen/files.json is not what .projenrc.py generates",
    ]


def test_failing_description_is_reported(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "projenrc").mkdir(parents=True)
    (source / ".projenrc.py").write_text("raise SystemExit('no such table')")
    target.mkdir()
    with pytest.raises(RuntimeError, match="no such table"):
        check_generated.generate(source, target)


def test_actions_are_pinned_by_commit(repository: Path) -> None:
    workflows = sorted((repository / ".github" / "workflows").glob("*.yml"))
    used = [name for path in workflows for name in re.findall(r"uses: (\S+)", path.read_text())]
    assert used
    assert [name for name in used if not re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", name)] == []


def test_release_publishes_without_a_token(repository: Path) -> None:
    release = (repository / ".github" / "workflows" / "release.yml").read_text()
    assert "id-token: write" in release
    assert "environment: pypi" in release
    assert "npx --yes -p publib@0.2.1061 publib-pypi" in release
    assert "secrets." not in release


def test_no_task_uses_the_lock_file_of_uv(repository: Path) -> None:
    tasks = (repository / ".projen" / "tasks.json").read_text()
    assert re.search(r'"(sync|lock|publish)"|uv (sync|lock|publish)', tasks) is None
    assert "uv.lock" in (repository / ".gitignore").read_text().splitlines()


def test_settings_are_strict(repository: Path) -> None:
    tool = tomllib.loads((repository / "pyproject.toml").read_text())["tool"]
    assert tool["mypy"]["strict"] is True
    assert tool["pytest"]["ini_options"]["filterwarnings"][0] == "error"
    assert tool["coverage"]["run"]["branch"] is True
    for target in ("wheel", "sdist"):
        assert tool["hatch"]["build"]["targets"][target]["core-metadata-version"] == "2.4"
