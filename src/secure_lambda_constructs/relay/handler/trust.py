"""Whom the relay trusts to vouch for a host: decided here, and not by the environment."""

import os
import ssl

from .refusals import Code, Refusal

__all__ = ["client_context"]

# Where the distributions that Lambda's images and their bases come from keep the public
# authorities, should OpenSSL have been built with another place in mind.
_BUNDLES = (
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/tls/cert.pem",
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ssl/cert.pem",
)


def client_context(certificate_authorities: str | None) -> ssl.SSLContext:
    """Make what TLS connections are made with.

    At least TLS 1.2, the certificate is checked for the host's name, only HTTP/1.1 is offered.
    `SSLContext.load_default_certs` and `ssl.create_default_context` are not used: the first lets
    `SSL_CERT_FILE` and `SSL_CERT_DIR` say who is trusted, the second lets `SSLKEYLOGFILE` name a
    file for the keys of every connection. Who may set a function's environment could read along.

    Args:
        certificate_authorities: PEM of the only ones that are trusted, or `None` for those of the
            runtime's image. One of an intermediate authority is enough.

    Returns:
        The context.

    Raises:
        Refusal: There are no authorities, or they are no PEM.

    Example:
        ```python
        import ssl

        from secure_lambda_constructs.relay.handler.trust import client_context

        assert client_context(None).minimum_version is ssl.TLSVersion.TLSv1_2
        ```
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # checks certificates and names
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Only the alternative names count (RFC 9525), as `ssl.create_default_context` has it.
    context.hostname_checks_common_name = False
    context.set_alpn_protocols(["http/1.1"])
    # Without this, a response that ends with its connection could be cut short by anybody on the
    # way: the end that the host itself sends (RFC 8446, 6.1) would not be asked for. OpenSSL before
    # 3.0, which some runtimes have, does not know the option and always asks.
    context.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)
    try:
        if certificate_authorities is None:
            _load_public(context)
        else:
            context.load_verify_locations(cadata=certificate_authorities)
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    except (OSError, TypeError, ValueError) as error:  # an `SSLError` is an `OSError`
        raise Refusal(
            Code.TLS_FAILED, "the certificate authorities of the host cannot be read"
        ) from error
    return context


def _load_public(context: ssl.SSLContext) -> None:
    compiled_in = ssl.get_default_verify_paths()  # the members `openssl_*`: not the environment's
    for file in (compiled_in.openssl_cafile, *_BUNDLES):
        if os.path.isfile(file):
            context.load_verify_locations(cafile=file)
            return
    # Files that OpenSSL looks up by the hash of their authority. They cannot be counted; without
    # any, no certificate is accepted.
    context.load_verify_locations(capath=compiled_in.openssl_capath)
