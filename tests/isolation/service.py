"""DynamoDB as a host with a certificate of its own, in front of the stand-in's DynamoDB."""

import http.client
import ssl
import subprocess
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from .aws_names import SERVICES
from .namespaces import Namespace
from .sockets import listening

__all__ = ["Authority", "Call", "ServiceHost"]

_HOP_BY_HOP = ("connection", "content-length", "date", "server", "transfer-encoding")


@dataclass(frozen=True)
class Call:
    """A request as it arrived."""

    server_name: str
    """The name in the TLS handshake."""
    host: str
    """The name in the request."""
    operation: str


class Authority:
    """A certificate authority that nobody else trusts, and a certificate by it."""

    def __init__(self, folder: Path) -> None:
        """Make both with the program `openssl`, valid for a day."""
        self.certificate = folder / "authority.pem"
        self.host_certificate, self.host_key = folder / "host.pem", folder / "host.key"
        key = folder / "authority.key"
        names = [name for service in SERVICES.values() for name in service.dns_names]
        _certificate(self.certificate, key, "/CN=throw-away authority")
        _certificate(
            self.host_certificate,
            self.host_key,
            "/CN=throw-away host",
            *("-CA", self.certificate, "-CAkey", key),
            *("-addext", "basicConstraints=critical,CA:FALSE"),
            *("-addext", "subjectAltName=" + ",".join(f"DNS:{name}" for name in names)),
        )


class ServiceHost:
    """A host that serves the names of AWS's services."""

    def __init__(
        self, authority: Authority, endpoint_url: str, *, namespace: Namespace, address: str
    ) -> None:
        """Listen on port 443.

        Args:
            authority: Whose certificate it shows.
            endpoint_url: Where requests are passed on to, from this process's own network.
            namespace: Where it listens.
            address: Its address there.
        """
        self.calls: list[Call] = []
        """The requests that arrived."""
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(authority.host_certificate, authority.host_key)
        self._context.sni_callback = _note_server_name
        calls, target = self.calls, endpoint_url

        class Handler(_Handler):
            def do_POST(self) -> None:
                name = getattr(self.connection, "server_name", "")
                operation = self.headers.get("X-Amz-Target", "")
                calls.append(Call(name, self.headers.get("Host", ""), operation))
                self.pass_on(target)

        self._server = ThreadingHTTPServer((address, 443), Handler, bind_and_activate=False)
        self._server.socket.close()
        # Shaken hands with when the handler reads, in a thread of its own.
        self._server.socket = self._context.wrap_socket(
            listening(namespace, address, 443), server_side=True, do_handshake_on_connect=False
        )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """Passes requests on as they are."""

    protocol_version = "HTTP/1.1"
    timeout = 10

    def handle(self) -> None:
        """Serve a connection; what is not TLS, or not trusted, ends it."""
        try:
            super().handle()
        except OSError:
            self.close_connection = True

    def pass_on(self, endpoint_url: str) -> None:
        """Send the request to the stand-in, and its answer back."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        target = http.client.HTTPConnection(urlsplit(endpoint_url).netloc, timeout=30)
        try:
            target.request("POST", self.path, body, dict(self.headers.items()))
            answer = target.getresponse()
            self._answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            target.close()

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _note_server_name(
    connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, context: ssl.SSLContext
) -> None:
    # Read by the handler: Python keeps the name for the client's side only.
    connection.server_name = name or ""  # type: ignore[union-attr]


def _certificate(path: Path, key: Path, subject: str, *options: str | Path) -> None:
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1"
    given = ["-subj", subject, "-keyout", key, "-out", path, *options]
    subprocess.run([*command.split(), *given], capture_output=True, check=True)
