"""The signature file, read by others than the code that wrote it."""

import hashlib
import io
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from local_aws.process import REPOSITORY

from .support import SIGNATURE_ENTRY, Signing, make_zip

pytestmark = pytest.mark.local_aws

ENTRIES = (("index.py", "x = 1"), ("lib/data.txt", "text"))

# Written against RFC 5652 with the interpreter that has `cryptography`, not with the plug-in.
CHECK = r"""
import hashlib, sys
from asn1crypto import cms, pem
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
label, _, der = pem.unarmor(open(sys.argv[1], "rb").read())
signed = cms.ContentInfo.load(der)["content"]
signer = signed["signer_infos"][0]
attributes = {each["type"].dotted: each["values"][0] for each in signer["signed_attrs"]}
certificates = [x509.load_der_x509_certificate(each.dump()) for each in signed["certificates"]]
leaf = next(each for each in certificates if each.subject != each.issuer)
root = next(each for each in certificates if each.subject == each.issuer)
leaf.verify_directly_issued_by(root)
leaf.public_key().verify(
    signer["signature"].native, signer["signed_attrs"].untag().dump(force=True),
    ec.ECDSA(hashes.SHA384()),
)
digest = hashlib.sha384(open(sys.argv[2], "rb").read()).digest()
assert attributes["1.2.840.113549.1.9.4"].native == digest, "messageDigest"
usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
print(label)
print(signed["version"].native, signed["encap_content_info"]["content"].native)
print(leaf.public_key().curve.name, signer["digest_algorithm"]["algorithm"].native)
print([each.dotted_string for each in usage])
print((leaf.not_valid_after_utc - leaf.not_valid_before_utc).days)
for oid in ("1.3.187.137.1.2", "1.3.187.137.1.3", "1.3.187.137.1.4"):
    print(attributes[oid].parse().native)
"""


def _parts(signed: bytes, folder: Path) -> tuple[Path, Path]:
    """The signature file, and what it is made over: SHA-384 of names and bodies in order."""
    whole = hashlib.sha384()
    with zipfile.ZipFile(io.BytesIO(signed)) as archive:
        for name in archive.namelist():
            if name != SIGNATURE_ENTRY:
                whole.update(name.encode() + archive.read(name))
        (folder / "signature.pem").write_bytes(archive.read(SIGNATURE_ENTRY))
    (folder / "content.bin").write_bytes(whole.digest())
    return folder / "signature.pem", folder / "content.bin"


def test_signature_follows_the_documented_format(signing: Signing, tmp_path: Path) -> None:
    job = signing.finish(signing.start(make_zip(*ENTRIES)))
    signature, content = _parts(signing.read(job), tmp_path)
    python = REPOSITORY / ".local-aws" / "venv" / "bin" / "python"
    checked = subprocess.run(
        [python, "-c", CHECK, signature, content], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    expiry = job["signatureExpiresAt"].strftime("%Y-%m-%d")
    lines = checked.stdout.splitlines()
    assert lines[:5] == ["PKCS7", "v1 None", "secp384r1 sha384", "['1.3.6.1.5.5.7.3.3']", "3"]
    assert lines[5] == f"arn:aws:signer:us-east-1:000000000000:/signing-jobs/{job['jobId']}"
    assert lines[6].startswith(expiry)
    assert lines[7] == signing.version_arn


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the program openssl is missing")
def test_openssl_verifies_the_signature(signing: Signing, tmp_path: Path) -> None:
    signature, content = _parts(signing.sign(make_zip(*ENTRIES)), tmp_path)
    certificates = subprocess.run(
        ["openssl", "pkcs7", "-in", signature, "-print_certs"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    (tmp_path / "certificates.pem").write_text(certificates)

    def verify() -> "subprocess.CompletedProcess[str]":
        command = ["openssl", "cms", "-verify", "-inform", "PEM", "-in", str(signature)]
        command += ["-content", str(content), "-binary", "-purpose", "any", "-out", "/dev/null"]
        command += ["-CAfile", str(tmp_path / "certificates.pem")]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert "successful" in verify().stderr
    content.write_bytes(content.read_bytes()[::-1])
    assert verify().returncode != 0
