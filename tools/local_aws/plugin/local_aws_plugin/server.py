"""Listens on loopback only.

LocalStack's own server binds all addresses whatever ``GATEWAY_LISTEN`` names; its
``localstack.runtime.server`` entry point (chosen with ``GATEWAY_SERVER``) lets us give the address.
"""

from __future__ import annotations

from typing import Any

from localstack.runtime.server.core import RuntimeServer, RuntimeServerPlugin

__all__ = ["LoopbackServerPlugin"]


class LoopbackServerPlugin(RuntimeServerPlugin):
    """Makes LocalStack listen on the named address, in plain HTTP."""

    name = "local_aws"

    def load(self, *args: Any, **kwargs: Any) -> RuntimeServer:
        """The server; imported here because it installs Twisted's reactor."""
        from localstack.runtime.server.twisted import TwistedRuntimeServer
        from rolo.serving.twisted import TwistedGateway
        from twisted.internet import endpoints, reactor

        class LoopbackServer(TwistedRuntimeServer):
            def register(self, gateway: Any, listen: Any, ssl_creds: Any = None) -> None:
                site = TwistedGateway(gateway)
                # LocalStack logs each call of AWS; Twisted would log each request once more.
                site.log = lambda request: None
                for address in listen:
                    failures: list[Any] = []
                    endpoints.TCP4ServerEndpoint(
                        reactor, address.port, interface=address.host
                    ).listen(site).addErrback(failures.append)
                    if failures:
                        failures[0].raiseException()

        return LoopbackServer()
