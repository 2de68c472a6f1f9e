"""What no file may hold: the host of a package registry, a place on somebody's machine."""

from pathlib import Path

import pytest

import check_tree


def test_repository_is_clean(repository: Path) -> None:
    files = check_tree.repository_files(repository)
    assert repository / "pyproject.toml" in files
    assert check_tree.findings(files, [repository.parent, Path.home()]) == []


@pytest.mark.parametrize(
    "text",
    [
        "--index-url https://" + "py" + "pi.org/simple",
        "files." + "python" + "hosted.org/packages/aa",
        '"https://' + "registry." + "npm" + 'js.org/aws-cdk"',
        "https://www.npm" + "js.com/package/aws-cdk",
        "//REGISTRY." + "example.com/",
    ],
)
def test_registry_is_seen(tmp_path: Path, text: str) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text(f"first\n{text}\n")
    (found,) = check_tree.findings([path], [])
    assert found.startswith(f"{path}:2: names a package registry: ")


@pytest.mark.parametrize("text", ["in the registry. Then", "pypi", "/home", "a/home/b/", "~/x"])
def test_prose_is_not_a_finding(tmp_path: Path, text: str) -> None:
    path = tmp_path / "notes.md"
    path.write_text(text)
    assert check_tree.findings([path], [Path("/somewhere")]) == []


def test_place_on_a_machine_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_text("see /some/place/file\nand /some/places\nand /ho" + "me/jane/x")
    assert check_tree.findings([path], [Path("/some/place")]) == [
        f"{path}:3: names a home directory: /ho" + "me/jane/",
        f"{path}:1: names a place on this machine: /some/place",
    ]


def test_a_clone_in_a_place_that_every_machine_has_finds_no_more(tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_text("a layer lies below /opt, what is written below /tmp")
    assert check_tree.findings([path], [Path("/opt"), Path("/tmp")]) == []


def test_lock_file_must_not_record_where_packages_came_from(tmp_path: Path) -> None:
    path = tmp_path / "package-lock.json"
    path.write_text('{\n  "resolved": "somewhere"\n}')
    (found,) = check_tree.findings([path], [])
    assert "records where a package came from" in found


def test_binary_file_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "archive.zip"
    path.write_bytes(b"PK\x03\x04\xff\xfe")
    assert check_tree.findings([path], []) == []


def test_ignored_files_are_not_read(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("ignored/\n*.log\n!kept.log\n/top\n")
    for name in (".git/config", "a/ignored/b/c", "a/x.log", "a/kept.log", "a/top", "top", "new"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = check_tree.repository_files(tmp_path)
    names = [path.relative_to(tmp_path).as_posix() for path in found]
    assert names == [".gitignore", "a/kept.log", "a/top", "new"]
