"""Who vouches for a host is said by the route or the image, never by the environment."""

import os
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from secure_lambda_constructs.relay.handler import trust
from secure_lambda_constructs.relay.handler.refusals import Code
from secure_lambda_constructs.relay.handler.trust import client_context

from ..servers import Authority, HttpServer, connections_to
from .asking import HOST, refusal, status


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


def hashed(authority: Authority, directory: Path) -> Path:
    """A directory in which OpenSSL finds an authority."""
    directory.mkdir()
    file = authority.write(directory)
    command = ["openssl", "x509", "-hash", "-noout", "-in", str(file)]
    name = subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()
    file.rename(directory / f"{name}.0")
    return directory


def test_a_request_may_name_its_own_authorities(authority: Authority) -> None:
    with HttpServer(HOST, authority=authority) as server:
        nobody = connections_to(server, trusting=False)
        assert refusal(nobody) is Code.TLS_FAILED
        assert status(nobody, authorities=authority.pem) == 200
        assert refusal(nobody) is Code.TLS_FAILED


def test_named_authorities_are_the_only_ones(authority: Authority) -> None:
    with HttpServer(HOST, authority=authority) as server:
        other = Authority("Other").pem
        assert refusal(connections_to(server), authorities=other) is Code.TLS_FAILED
        both = other + authority.pem
        assert status(connections_to(server), authorities=both) == 200


def test_an_intermediate_authority_is_enough() -> None:
    root = Authority("Root")
    middle, other = Authority("Middle", root), Authority("Other", root)
    with HttpServer(HOST, authority=middle) as server:
        assert status(connections_to(server), authorities=root.pem) == 200
        assert status(connections_to(server), authorities=middle.pem) == 200
        assert refusal(connections_to(server), authorities=other.pem) is Code.TLS_FAILED


@pytest.mark.parametrize("text", ["", "no PEM", "-----BEGIN CERTIFICATE-----\nAA\n", "é"])
def test_authorities_that_are_none(authority: Authority, text: str) -> None:
    with HttpServer(HOST, authority=authority) as server:
        assert refusal(connections_to(server), authorities=text) is Code.TLS_FAILED
        assert server.accepted == 0


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_the_environment_does_not_say_who_is_trusted(
    authority: Authority,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
) -> None:
    file = authority.write(tmp_path)
    place = file if variable == "SSL_CERT_FILE" else hashed(authority, tmp_path / "hashed")
    monkeypatch.setenv(variable, str(place))
    with HttpServer(HOST, authority=authority) as server:
        # Python's own default is taken in by it:
        with (
            socket.create_connection(("127.0.0.1", server.port)) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=HOST),
        ):
            pass
        connections = connections_to(server, trusting=False)
        assert refusal(connections) is Code.TLS_FAILED


def test_public_authorities_are_known() -> None:
    context = client_context(None)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert not context.hostname_checks_common_name
    paths = ssl.get_default_verify_paths()
    assert context.get_ca_certs() or os.path.isdir(paths.openssl_capath)


@pytest.mark.parametrize("kept", ["file", "directory", "nowhere"])
def test_where_the_image_keeps_public_authorities(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: str
) -> None:
    """OpenSSL was built with a place in mind; there may be nothing."""
    file = authority.write(tmp_path) if kept == "file" else tmp_path / "none.pem"
    directory = tmp_path / "hashed"
    if kept == "directory":
        hashed(authority, directory)
    compiled_in = ssl.DefaultVerifyPaths("", "", "", str(file), "", str(directory))
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: compiled_in)
    monkeypatch.setattr(trust, "_BUNDLES", ())
    with HttpServer(HOST, authority=authority) as server:
        connections = connections_to(server, trusting=False)
        if kept == "nowhere":
            assert refusal(connections) is Code.TLS_FAILED
        else:
            assert status(connections) == 200


def test_an_old_openssl_is_good_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(ssl, "OP_IGNORE_UNEXPECTED_EOF")
    assert client_context(None).verify_mode is ssl.CERT_REQUIRED


def test_no_keys_are_written_down(authority: Authority, tmp_path: Path) -> None:
    """A process of its own, as the environment is read when it starts."""
    keys = tmp_path / "keys"
    program = """
import ssl, sys, time
from secure_lambda_constructs.relay.handler.messages import OutgoingRequest
from secure_lambda_constructs.relay.handler.pool import Connections
port, authorities = int(sys.argv[1]), open(sys.argv[2]).read()
connections = Connections(
    resolver=lambda host, deadline: ["127.0.0.1"], is_allowed=lambda address: True, port=port
)
response = connections.send(
    OutgoingRequest("GET", "api.example.com", "/"),
    deadline=time.monotonic() + 10,
    max_response_bytes=1000,
    certificate_authorities=authorities,
)
connections.close()
assert response.status == 200
"""
    with HttpServer(HOST, authority=authority) as server:
        arguments = [str(server.port), str(authority.write(tmp_path))]
        environment = os.environ | {"SSLKEYLOGFILE": str(keys), "https_proxy": "127.0.0.1:1"}
        subprocess.run([sys.executable, "-c", program, *arguments], check=True, env=environment)
        assert len(server.seen) == 1
    assert not keys.exists()
