"""The same code gives the same bytes, whatever machine packs it; other code gives others."""

import io
import os
import stat
import sys
import time
import zipfile
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from secure_lambda_constructs.errors import SigningError
from secure_lambda_constructs.signing.command.archive import refuse_signed, write_archive
from secure_lambda_constructs.signing.command.content import read_content

Pack = Callable[[Path], bytes]
MakeZip = Callable[..., bytes]
Tree = dict[str, tuple[bytes, bool]]

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX file modes and links")

_names = st.text(
    st.characters(codec="utf-8", exclude_characters="/\0", exclude_categories=["Cs", "Cc"]),
    min_size=1,
    max_size=8,
).filter(lambda name: name not in (".", "..") and name.isascii() | (len(name.encode()) < 30))
_paths = st.lists(_names, min_size=1, max_size=3).map("/".join)
_trees = st.dictionaries(
    _paths, st.tuples(st.binary(max_size=300), st.booleans()), min_size=1, max_size=6
)
_slow = settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)


def _is_tree(tree: Tree) -> bool:
    # No name may be both a file and a directory.
    return not any(other.startswith(f"{name}/") for name in tree for other in tree)


def _write(folder: Path, tree: Tree, *, backwards: bool, umask: int, when: int) -> None:
    before = os.umask(umask)
    try:
        for name, (content, executable) in sorted(tree.items(), reverse=backwards):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            if executable:
                path.chmod(path.stat().st_mode | stat.S_IXUSR)
            os.utime(path, (when, when))
    finally:
        os.umask(before)


@posix
@given(tree=_trees)
@_slow
def test_order_time_and_umask_do_not_matter(
    tree: Tree, tmp_path_factory: pytest.TempPathFactory, pack: Pack
) -> None:
    assume(_is_tree(tree))
    one, two = (tmp_path_factory.mktemp("tree") for _ in range(2))
    _write(one, tree, backwards=False, umask=0o022, when=1_000_000_000)
    _write(two, tree, backwards=True, umask=0o077, when=int(time.time()))
    assert pack(one) == pack(two)


@posix
@given(tree=_trees, other=_trees)
@_slow
def test_other_code_gives_other_bytes(
    tree: Tree, other: Tree, tmp_path_factory: pytest.TempPathFactory, pack: Pack
) -> None:
    assume(tree != other and _is_tree(tree) and _is_tree(other))
    one, two = (tmp_path_factory.mktemp("tree") for _ in range(2))
    _write(one, tree, backwards=False, umask=0o022, when=1_000_000_000)
    _write(two, other, backwards=False, umask=0o022, when=1_000_000_000)
    assert pack(one) != pack(two)


def test_what_the_zip_holds(assembly: Path, pack: Pack) -> None:
    with zipfile.ZipFile(io.BytesIO(pack(assembly / "asset.code"))) as archive:
        assert archive.namelist() == ["index.py", "package/data.bin", "run.sh"]
        for info in archive.infolist():
            assert info.date_time == (1980, 1, 1, 0, 0, 0)
            assert info.compress_type == zipfile.ZIP_DEFLATED
            assert info.create_system == 3
        assert archive.read("package/data.bin") == bytes(range(256)) * 50


@posix
def test_modes_follow_the_executable_bit(assembly: Path, pack: Pack) -> None:
    (assembly / "asset.code" / "index.py").chmod(0o600)
    (assembly / "asset.code" / "run.sh").chmod(0o700)
    with zipfile.ZipFile(io.BytesIO(pack(assembly / "asset.code"))) as archive:
        modes = {info.filename: info.external_attr >> 16 for info in archive.infolist()}
    assert modes["index.py"] == stat.S_IFREG | 0o644
    assert modes["run.sh"] == stat.S_IFREG | 0o755


@posix
def test_links_are_followed_as_cdk_assets_does(assembly: Path, pack: Pack, tmp_path: Path) -> None:
    code = assembly / "asset.code"
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "shared.py").write_text("SHARED = 1\n")
    (code / "linked.py").symlink_to(outside / "shared.py")
    (code / "linked").symlink_to(outside)
    (code / "broken").symlink_to(outside / "gone")
    (code / "itself").symlink_to(code / "itself")
    (code / "empty").mkdir()
    os.mkfifo(code / "pipe")
    with zipfile.ZipFile(io.BytesIO(pack(code))) as archive:
        names = archive.namelist()
        assert archive.read("linked.py") == archive.read("linked/shared.py") == b"SHARED = 1\n"
        assert stat.S_ISREG(archive.getinfo("linked.py").external_attr >> 16)
    assert not {"broken", "itself", "empty/", "pipe"} & set(names)


@posix
def test_a_directory_may_be_linked_twice_but_not_into_itself(assembly: Path, pack: Pack) -> None:
    code = assembly / "asset.code"
    (code / "again").symlink_to(code / "package")
    assert b"again/data.bin" in pack(code)
    (code / "package" / "up").symlink_to(code)
    with pytest.raises(SigningError, match=r"symbolic link .*up of the code leads back"):
        pack(code)


@posix
@pytest.mark.skipif(sys.platform == "darwin", reason="APFS refuses such names by itself")
def test_a_name_that_is_not_utf_8_is_refused(assembly: Path, pack: Pack) -> None:
    (Path(os.fsdecode(os.fsencode(assembly / "asset.code") + b"/caf\xe9.py"))).touch()
    with pytest.raises(SigningError, match=r"is not UTF-8: rename the file"):
        pack(assembly / "asset.code")


def test_an_empty_directory_is_refused(tmp_path: Path, pack: Pack) -> None:
    (tmp_path / "code" / "only-a-folder").mkdir(parents=True)
    with pytest.raises(SigningError, match="holds no file"):
        pack(tmp_path / "code")


def test_a_zip_is_read_in_its_own_order(tmp_path: Path, make_zip: MakeZip) -> None:
    path = tmp_path / "code.zip"
    path.write_bytes(make_zip(("z.py", b"z"), ("a/", b"", 0o40755), ("a/a.py", b"a", 0o100755)))
    with read_content(path) as entries:
        assert [(entry.name, entry.mode, entry.size) for entry in entries] == [
            ("z.py", 0o100644, 1),
            ("a/", 0o40755, 0),
            ("a/a.py", 0o100755, 1),
        ]
        with entries[2].open() as content:
            assert content.read() == b"a"


def test_what_is_not_a_zip_is_refused(tmp_path: Path, make_zip: MakeZip) -> None:
    path = tmp_path / "code.jar"
    for content in (b"", b"no zip", make_zip(("a.py", b"a"))[:-30]):
        path.write_bytes(content)
        with (
            pytest.raises(SigningError, match=r"code\.jar is not a readable zip"),
            read_content(path),
        ):
            pass


def test_a_zip_without_files_is_refused(tmp_path: Path, make_zip: MakeZip) -> None:
    path = tmp_path / "code.zip"
    path.write_bytes(make_zip(("a/", b"")))
    with pytest.raises(SigningError, match="holds no file"), read_content(path):
        pass


def test_a_zip_that_lambda_cannot_read_is_refused(tmp_path: Path, make_zip: MakeZip) -> None:
    path = tmp_path / "code.zip"
    path.write_bytes(make_zip(("a.py", b"a"), compression=zipfile.ZIP_BZIP2))
    with (
        pytest.raises(SigningError, match=r"a\.py in .*code\.zip is encrypted or compressed"),
        read_content(path),
    ):
        pass


def test_an_encrypted_zip_is_refused(tmp_path: Path, make_zip: MakeZip) -> None:
    path = tmp_path / "code.zip"
    content = bytearray(make_zip(("a.py", b"a")))
    content[content.index(b"PK\x01\x02") + 8] |= 1  # the flag in the central directory
    path.write_bytes(content)
    with pytest.raises(SigningError, match="is encrypted"), read_content(path):
        pass


@pytest.mark.parametrize(
    "name", ["META_INF/aws_signer_signature_v1.0.SF", "META_INF/aws_signer_signature_v2.0.SF"]
)
def test_code_that_is_signed_already_is_refused(
    name: str, tmp_path: Path, make_zip: MakeZip, assembly: Path
) -> None:
    path = tmp_path / "code.zip"
    path.write_bytes(make_zip(("a.py", b"a"), (name, b"signature")))
    (assembly / "asset.code" / name).parent.mkdir()
    (assembly / "asset.code" / name).write_text("signature")
    for source in (path, assembly / "asset.code"):
        with read_content(source) as entries, pytest.raises(SigningError, match="signed already"):
            refuse_signed(entries)


def test_a_java_manifest_is_no_signature(tmp_path: Path, make_zip: MakeZip) -> None:
    path = tmp_path / "code.jar"
    path.write_bytes(make_zip(("META-INF/MANIFEST.MF", b"x"), ("META_INF/notes.txt", b"x")))
    with read_content(path) as entries:
        refuse_signed(entries)


def test_a_file_that_cannot_be_asked_about_is_not_left_out(
    assembly: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Unreadable:
        name = "index.py"

        def stat(self) -> None:
            raise PermissionError("permission denied")

        def is_symlink(self) -> bool:
            return False

    monkeypatch.setattr(os, "scandir", lambda folder: nullcontext([Unreadable()]))
    with pytest.raises(PermissionError), read_content(assembly / "asset.code"):
        pass


def test_large_code_is_streamed(tmp_path: Path) -> None:
    import tracemalloc

    code = tmp_path / "code"
    code.mkdir()
    with open(code / "large.bin", "wb") as file:
        file.truncate(100 << 20)
    tracemalloc.start()
    try:
        with read_content(code) as entries, open(tmp_path / "code.zip", "wb") as output:
            write_archive(entries, output)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()
