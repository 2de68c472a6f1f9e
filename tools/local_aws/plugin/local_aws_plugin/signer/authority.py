"""The root that vouches for the stand-in's signatures, and the short-lived leaves below it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

__all__ = ["Authority"]

_LEAF_DAYS = 3  # as AWS's own leaves
_REUSE = timedelta(hours=1)
_SKEW = timedelta(minutes=5)


class Authority:
    """A root key made for one run of the stand-in.

    Example:
        >>> authority = Authority()
        >>> key, leaf = authority.issue()
        >>> authority.issued(leaf)
        True
        >>> Authority().issued(leaf)
        False
    """

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP384R1())
        self._lock = threading.Lock()
        self._issued: tuple[ec.EllipticCurvePrivateKey, x509.Certificate] | None = None
        now = datetime.now(UTC)
        self._name = _name("Local AWS Signer root, not AWS")
        self.root = (
            x509.CertificateBuilder()
            .subject_name(self._name)
            .issuer_name(self._name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _SKEW)
            .not_valid_after(now + timedelta(days=365))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(certificates=True), critical=True)
            .sign(self._key, hashes.SHA384())
        )

    def issue(self) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        """A key, changed every hour, and a certificate for it that may sign for three days."""
        now = datetime.now(UTC)
        with self._lock:
            if self._issued and now - self._issued[1].not_valid_before_utc < _SKEW + _REUSE:
                return self._issued
            key = ec.generate_private_key(ec.SECP384R1())
            leaf = (
                x509.CertificateBuilder()
                .subject_name(_name("Local AWS Signer code signing, not AWS"))
                .issuer_name(self._name)
                .public_key(key.public_key())
                .serial_number(x509.random_serial_number())
                .not_valid_before(now - _SKEW)
                .not_valid_after(now + timedelta(days=_LEAF_DAYS))
                .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
                .add_extension(_key_usage(certificates=False), critical=True)
                .add_extension(
                    x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=True
                )
                .sign(self._key, hashes.SHA384())
            )
            self._issued = (key, leaf)
        return key, leaf

    def issued(self, leaf: x509.Certificate) -> bool:
        """Whether a certificate is one of ours and may sign code."""
        try:
            leaf.verify_directly_issued_by(self.root)
            usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        except (InvalidSignature, TypeError, ValueError, x509.ExtensionNotFound):
            return False
        return ExtendedKeyUsageOID.CODE_SIGNING in usage


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _key_usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        key_cert_sign=certificates,
        crl_sign=certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
