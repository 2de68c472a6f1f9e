"""An authority of the tests' own, and certificates of it, good and bad."""

import datetime
import ssl
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

__all__ = ["Authority", "Identity", "self_signed"]

_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Identity:
    """A certificate with its key, as PEM."""

    certificate: str
    key: str

    def context(self, *, newest: ssl.TLSVersion | None = None) -> ssl.SSLContext:
        """What a server needs to show it; `newest` keeps the server to an old TLS."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
            file.write(self.key + self.certificate)
            file.flush()
            context.load_cert_chain(file.name)
        if newest is not None:
            context.set_ciphers("ALL:@SECLEVEL=0")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                context.minimum_version = ssl.TLSVersion.TLSv1
                context.maximum_version = newest
        return context


class Authority:
    """Signs certificates."""

    def __init__(self, name: str = "Test authority", above: "Authority | None" = None) -> None:
        """Make the key and the authority's own certificate, signed by the one above it."""
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = _builder(self._name, self._key.public_key(), -_DAY, _DAY)
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        self._certificate = (
            builder.issuer_name(above._name if above else self._name)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .sign(above._key if above else self._key, hashes.SHA256())
        )
        self._chain = self.pem if above else ""

    @property
    def pem(self) -> str:
        """Its certificate."""
        return self._certificate.public_bytes(serialization.Encoding.PEM).decode()

    def write(self, directory: Path) -> Path:
        """Write its certificate into a file."""
        path = directory / "authority.pem"
        path.write_text(self.pem)
        return path

    def issue(
        self,
        *names: str,
        starts: datetime.timedelta = -_DAY,
        ends: datetime.timedelta = _DAY,
        common_name: str = "server",
    ) -> Identity:
        """Issue a certificate for DNS names, valid between two moments seen from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        builder = _builder(subject, key.public_key(), starts, ends).issuer_name(self._name)
        if names:
            alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
            builder = builder.add_extension(alternatives, critical=False)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        signed = builder.add_extension(issuer, critical=False).sign(self._key, hashes.SHA256())
        identity = _identity(signed, key)
        return Identity(identity.certificate + self._chain, identity.key)


def self_signed(*names: str) -> Identity:
    """A certificate that nobody but itself vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
    builder = _builder(subject, key.public_key(), -_DAY, _DAY).issuer_name(subject)
    return _identity(
        builder.add_extension(alternatives, critical=False).sign(key, hashes.SHA256()), key
    )


def _builder(
    subject: x509.Name,
    key: ec.EllipticCurvePublicKey,
    starts: datetime.timedelta,
    ends: datetime.timedelta,
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + starts)
        .not_valid_after(now + ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _identity(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Identity:
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = certificate.public_bytes(serialization.Encoding.PEM)
    return Identity(public.decode(), private.decode())
