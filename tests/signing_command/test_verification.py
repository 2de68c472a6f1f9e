"""Only the code that was sent, with a signature and nothing else, passes."""

import io
import stat
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from secure_lambda_constructs.errors import SigningError
from secure_lambda_constructs.signing.command.archive import SIGNATURE_FOLDER, SIGNATURE_NAME
from secure_lambda_constructs.signing.command.content import read_content
from secure_lambda_constructs.signing.command.verification import MismatchError, verify_signed

MakeZip = Callable[..., bytes]
File = Sequence[object]

FILES: list[File] = [
    ("index.py", b"def handler(event, context): ...\n"),
    ("lib/", b"", stat.S_IFDIR | 0o755),
    ("lib/data.bin", bytes(range(256)) * 9000),  # more than one chunk
    ("run.sh", b"#!/bin/sh\n", stat.S_IFREG | 0o755),
]


@pytest.fixture
def verify(tmp_path: Path, make_zip: MakeZip) -> Callable[[bytes], None]:
    source = tmp_path / "source.zip"
    source.write_bytes(make_zip(*FILES))

    def check(signed: bytes) -> None:
        (tmp_path / "signed.zip").write_bytes(signed)
        with read_content(source) as entries:
            verify_signed(tmp_path / "signed.zip", entries)

    return check


def test_signed_code_passes(verify: Callable[[bytes], None], make_zip: MakeZip) -> None:
    verify(make_zip(*FILES, signature=b"PKCS7"))


def test_recompressed_code_passes(verify: Callable[[bytes], None], make_zip: MakeZip) -> None:
    verify(make_zip(*FILES, signature=b"PKCS7", compression=zipfile.ZIP_STORED))


def test_the_signature_may_stand_first_and_without_its_folder(
    verify: Callable[[bytes], None], make_zip: MakeZip
) -> None:
    verify(make_zip((SIGNATURE_FOLDER, b""), (SIGNATURE_NAME, b"PKCS7"), *FILES))
    verify(make_zip((SIGNATURE_NAME, b"PKCS7"), *FILES))


def test_a_directory_is_compared_too(
    assembly: Path, pack: Callable[[Path], bytes], tmp_path: Path
) -> None:
    code = assembly / "asset.code"
    signed = tmp_path / "signed.zip"
    content = io.BytesIO(pack(code))
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr(SIGNATURE_NAME, "PKCS7")
    signed.write_bytes(content.getvalue())
    with read_content(code) as entries:
        verify_signed(signed, entries)
    (code / "index.py").write_text("def handler(event, context):\n    return evil\n")
    with read_content(code) as entries, pytest.raises(MismatchError, match=r"index\.py differs"):
        verify_signed(signed, entries)


def _changed(position: int, *file: object) -> list[File]:
    return [*FILES[:position], file, *FILES[position + 1 :]]


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        (_changed(0, "index.py", b"def handler(event, context): 666\n"), "content of index.py"),
        (_changed(0, "index.py", b"def handler(event, context): ...\n#"), "content of index.py"),
        (_changed(0, "index.py", b""), "content of index.py"),
        (
            _changed(2, "lib/data.bin", bytes(range(256)) * 8999 + bytes(256)),
            "content of lib/data.bin",
        ),
        (_changed(1, "lib/", b"hidden", stat.S_IFDIR | 0o755), "content of lib/"),
        (_changed(0, "Index.py", FILES[0][1]), "Index.py stands where index.py should"),
        ([FILES[1], FILES[0], *FILES[2:]], "lib/ stands where index.py should"),
        (FILES[:-1], "run.sh is missing"),
        ([*FILES, ("extra.py", b"")], "extra.py was added"),
        ([*FILES, FILES[0]], "index.py was added"),
        ([*FILES, ("META_INF/other", b"")], "META_INF/other was added"),
        ([*FILES, (SIGNATURE_FOLDER, b"content")], "META_INF/ was added"),
        (_changed(3, "run.sh", b"#!/bin/sh\n", 0o100644), "mode of run.sh is 100644"),
        (_changed(3, "run.sh", b"#!/bin/sh\n", 0o104755), "mode of run.sh is 104755"),
        (_changed(0, "index.py", FILES[0][1], 0o120777), "mode of index.py is 120777"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_anything_else_is_refused(
    files: list[File], reason: str, verify: Callable[[bytes], None], make_zip: MakeZip
) -> None:
    content = make_zip(*files, (SIGNATURE_NAME, b"PKCS7"))
    with pytest.raises(MismatchError, match=reason):
        verify(content)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        (FILES, "carries no signature"),
        ([*FILES, (SIGNATURE_NAME, b"")], "carries no signature"),
        ([*FILES, (SIGNATURE_NAME, b"1"), (SIGNATURE_NAME, b"2")], "more than one signature"),
        ([*FILES, ("meta_inf/aws_signer_signature_v1.0.sf", b"1")], "carries no signature"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_exactly_one_signature(
    files: list[File], reason: str, verify: Callable[[bytes], None], make_zip: MakeZip
) -> None:
    content = make_zip(*files)
    with pytest.raises(MismatchError, match=reason):
        verify(content)


def test_a_source_without_modes_is_not_held_to_them(tmp_path: Path, make_zip: MakeZip) -> None:
    source, signed = tmp_path / "source.zip", tmp_path / "signed.zip"
    source.write_bytes(make_zip(("a.py", b"a", 0)))
    signed.write_bytes(make_zip(("a.py", b"a", 0o100644), signature=b"PKCS7"))
    with read_content(source) as entries:
        verify_signed(signed, entries)


def test_a_signed_zip_may_tell_no_modes(verify: Callable[[bytes], None], make_zip: MakeZip) -> None:
    """AWS does not say whether Signer keeps them."""
    verify(make_zip(*((name, content, 0) for name, content, *_ in FILES), signature=b"PKCS7"))


def test_equal_checksums_are_not_enough(tmp_path: Path, make_zip: MakeZip) -> None:
    """Two contents with one CRC-32, which is all that a zip's directory tells."""
    pair = (b"plumless", b"buckeroo")
    assert zlib.crc32(pair[0]) == zlib.crc32(pair[1])
    source, signed = tmp_path / "source.zip", tmp_path / "signed.zip"
    source.write_bytes(make_zip(("a.py", pair[0])))
    signed.write_bytes(make_zip(("a.py", pair[1]), signature=b"PKCS7"))
    with read_content(source) as entries, pytest.raises(MismatchError, match=r"a\.py differs"):
        verify_signed(signed, entries)


def test_damaged_code_is_not_taken_for_a_bad_signature(tmp_path: Path, make_zip: MakeZip) -> None:
    source, signed = tmp_path / "source.zip", tmp_path / "signed.zip"
    content = make_zip(("a.py", b"a" * 100), compression=zipfile.ZIP_STORED)
    source.write_bytes(content.replace(b"a" * 100, b"b" * 100))
    signed.write_bytes(make_zip(("a.py", b"b" * 100), signature=b"PKCS7"))
    with read_content(source) as entries, pytest.raises(SigningError, match=r"of the code is dam"):
        verify_signed(signed, entries)


@given(data=st.data())
@settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_damage_passes_unnoticed(
    data: st.DataObject, verify: Callable[[bytes], None], make_zip: MakeZip
) -> None:
    """Cut or altered anywhere, a signed zip is refused or still holds exactly the code."""
    signed = bytearray(make_zip(*FILES, signature=b"PKCS7"))
    position = data.draw(st.integers(0, len(signed) - 1))
    if data.draw(st.booleans()):
        del signed[position:]
    else:
        signed[position] ^= data.draw(st.integers(1, 255))
    try:
        verify(bytes(signed))
    except MismatchError:
        return
    with zipfile.ZipFile(io.BytesIO(signed)) as archive:
        for name, content, *_ in FILES:
            assert archive.read(str(name)) == content
