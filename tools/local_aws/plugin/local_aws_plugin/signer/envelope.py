"""The signature file that Signer adds to a Lambda archive: made, and checked.

``META_INF/aws_signer_signature_v1.0.SF`` holds a PEM block labelled PKCS7: a detached CMS
SignedData (RFC 5652) over ``SHA384(name1 body1 name2 body2 ...)`` of the entries in their order.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO

from asn1crypto import algos, cms, core, pem
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from .authority import Authority

__all__ = [
    "SIGNATURE_ENTRY",
    "ContentChangedError",
    "EnvelopeError",
    "NoSignatureError",
    "Signature",
    "add_signature",
    "content_digest",
    "read_signature",
]

SIGNATURE_ENTRY = "META_INF/aws_signer_signature_v1.0.SF"
_SIGNATURE_FOLDER = "META_INF/"
_CHUNK = 1 << 20

_JOB_ARN, _EXPIRES_AT, _PROFILE_VERSION_ARN = (
    "1.3.187.137.1.2",
    "1.3.187.137.1.3",
    "1.3.187.137.1.4",
)


class EnvelopeError(Exception):
    """The archive or its signature file cannot be read, or the signature is not genuine."""


class NoSignatureError(EnvelopeError):
    """The archive bears no signature."""


class ContentChangedError(EnvelopeError):
    """The entries are not those that were signed."""


@dataclass(frozen=True)
class Signature:
    """What a signature says about itself.

    Attributes:
        job_arn: Signing job that made it.
        profile_version_arn: Profile version that it was made with.
        expires_at: Time after which it is no longer accepted.
    """

    job_arn: str
    profile_version_arn: str
    expires_at: datetime


def content_digest(archive: IO[bytes]) -> bytes:
    """The 48 bytes that a signature is made over.

    Raises:
        EnvelopeError: The archive is not a ZIP archive or is damaged.

    Example:
        >>> buffer = io.BytesIO()
        >>> with zipfile.ZipFile(buffer, "w") as new:
        ...     new.writestr("a", "b")
        >>> content_digest(buffer) == hashlib.sha384(b"ab").digest()
        True
    """
    whole = hashlib.sha384()
    try:
        with zipfile.ZipFile(archive) as source:
            for entry in source.infolist():
                if entry.filename == SIGNATURE_ENTRY:
                    continue
                encoding = "utf-8" if entry.flag_bits & 0x800 else "cp437"
                whole.update(entry.filename.encode(encoding))
                with source.open(entry) as content:
                    while chunk := content.read(_CHUNK):
                        whole.update(chunk)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError, OSError) as error:
        raise EnvelopeError(f"not a readable ZIP archive: {error}") from error
    return whole.digest()


def add_signature(archive: IO[bytes], signature: Signature, authority: Authority) -> None:
    """Signs an archive in place; the entries that it has stay as they are, byte for byte.

    Args:
        archive: A file that can be read, written and sought in.
        signature: What the signature is to say.
        authority: Whose signature it is.

    Raises:
        EnvelopeError: The archive is not a ZIP archive, is empty or is signed already.
    """
    try:
        with zipfile.ZipFile(archive) as source:
            names = source.namelist()
    except zipfile.BadZipFile as error:
        raise EnvelopeError(f"not a readable ZIP archive: {error}") from error
    if not names:
        raise EnvelopeError("the archive is empty")
    if SIGNATURE_ENTRY in names:
        raise EnvelopeError("the archive already has a signature")
    if _SIGNATURE_FOLDER not in names:
        with zipfile.ZipFile(archive, "a") as target:
            target.mkdir(_SIGNATURE_FOLDER)
    digest = content_digest(archive)
    with zipfile.ZipFile(archive, "a", compression=zipfile.ZIP_DEFLATED) as target:
        target.writestr(SIGNATURE_ENTRY, _envelope(digest, signature, authority))


def read_signature(archive: bytes, authority: Authority) -> Signature:
    """Checks an archive's signature and returns what it says.

    Whether the profile is trusted, revoked or expired is for the caller to judge.

    Raises:
        NoSignatureError: There is none.
        ContentChangedError: The entries are not those that were signed.
        EnvelopeError: The signature is damaged, forged or from another signer.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as source:
            if source.namelist().count(SIGNATURE_ENTRY) > 1:
                raise EnvelopeError("the archive has more than one signature file")
            text = source.read(SIGNATURE_ENTRY)
    except KeyError:
        raise NoSignatureError("the archive has no signature") from None
    except zipfile.BadZipFile as error:
        raise EnvelopeError(f"not a readable ZIP archive: {error}") from error
    try:
        info, attributes = _open(text)
        _check_genuine(info, authority)
        signature = Signature(
            job_arn=attributes[_JOB_ARN].native,
            profile_version_arn=attributes[_PROFILE_VERSION_ARN].native,
            expires_at=attributes[_EXPIRES_AT].native,
        )
        digest = attributes["message_digest"].native
    except (ValueError, TypeError, KeyError, StopIteration, AttributeError) as error:
        raise EnvelopeError(f"the signature file cannot be read: {error}") from error
    if digest != hashlib.sha384(content_digest(io.BytesIO(archive))).digest():
        raise ContentChangedError("the entries are not those that were signed")
    return signature


def _envelope(content: bytes, signature: Signature, authority: Authority) -> bytes:
    key, leaf = authority.issue()
    now = datetime.now(UTC)
    digest_algorithm = algos.DigestAlgorithm({"algorithm": "sha384"})
    signing_algorithm = algos.SignedDigestAlgorithm({"algorithm": "sha384_ecdsa"})
    attributes = cms.CMSAttributes(
        [
            _attribute("content_type", cms.ContentType("data")),
            _attribute("signing_time", cms.Time({"utc_time": core.UTCTime(now)})),
            _attribute("message_digest", core.OctetString(hashlib.sha384(content).digest())),
            _attribute(
                "cms_algorithm_protection",
                cms.CMSAlgorithmProtection(
                    {
                        "digest_algorithm": digest_algorithm,
                        "signature_algorithm": signing_algorithm,
                    }
                ),
            ),
            _attribute(_JOB_ARN, core.UTF8String(signature.job_arn)),
            _attribute(_EXPIRES_AT, core.GeneralizedTime(signature.expires_at)),
            _attribute(_PROFILE_VERSION_ARN, core.UTF8String(signature.profile_version_arn)),
        ]
    )
    certificates = [
        asn1_x509.Certificate.load(each.public_bytes(serialization.Encoding.DER))
        for each in (leaf, authority.root)
    ]
    signer_info = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                {
                    "issuer_and_serial_number": {
                        "issuer": certificates[0].issuer,
                        "serial_number": certificates[0].serial_number,
                    }
                }
            ),
            "digest_algorithm": digest_algorithm,
            "signed_attrs": attributes,
            "signature_algorithm": signing_algorithm,
            "signature": key.sign(attributes.dump(), ec.ECDSA(hashes.SHA384())),
        }
    )
    signed_data = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [digest_algorithm],
            "encap_content_info": {"content_type": "data"},
            "certificates": certificates,
            "signer_infos": [signer_info],
        }
    )
    content_info = cms.ContentInfo({"content_type": "signed_data", "content": signed_data})
    return bytes(pem.armor("PKCS7", content_info.dump()))


def _attribute(kind: str, value: core.Asn1Value) -> cms.CMSAttribute:
    known = cms.CMSAttribute._oid_specs.get(kind)
    values = known([value]) if known else cms.SetOfAny([core.Any(value)])
    return cms.CMSAttribute({"type": kind, "values": values})


def _open(text: bytes) -> tuple[cms.SignedData, dict[str, core.Asn1Value]]:
    label, _, der = pem.unarmor(text)
    if label != "PKCS7":
        raise ValueError(f"a {label} block instead of PKCS7")
    content_info = cms.ContentInfo.load(der, strict=True)
    if content_info["content_type"].native != "signed_data":
        raise ValueError("not a CMS SignedData")
    info = content_info["content"]
    if len(info["signer_infos"]) != 1:
        raise ValueError("not exactly one signer")
    attributes: dict[str, core.Asn1Value] = {}
    for attribute in info["signer_infos"][0]["signed_attrs"]:
        value = attribute["values"][0]
        attributes[attribute["type"].native] = (
            value.parse() if isinstance(value, core.Any) else value
        )
    return info, attributes


def _check_genuine(info: cms.SignedData, authority: Authority) -> None:
    signer = info["signer_infos"][0]
    named = signer["sid"].chosen["serial_number"].native
    # A set: its order says nothing.
    leaf = next(
        x509.load_der_x509_certificate(each.chosen.dump())
        for each in info["certificates"]
        if each.chosen.serial_number == named
    )
    if not authority.issued(leaf):
        raise EnvelopeError("the signature's certificate is not from this signer")
    if signer["digest_algorithm"]["algorithm"].native != "sha384":
        raise EnvelopeError("the signature does not use SHA-384")
    key = leaf.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise EnvelopeError("the signature does not use ECDSA")
    # What is signed is the SET itself, without the context tag that it bears in the structure.
    signed = signer["signed_attrs"].untag().dump(force=True)
    try:
        key.verify(signer["signature"].native, signed, ec.ECDSA(hashes.SHA384()))
    except InvalidSignature:
        raise EnvelopeError("the signature does not fit its key") from None
