"""The resolver of the VPC: the DNS firewall, and behind it all names of the world.

It stands for AWS's own: no security group and no route decides about what it asks for, so that
its questions start in the internet.
"""

import socket
from collections.abc import Sequence
from fnmatch import fnmatchcase

from . import dns
from .attacker import DNS_ZONE
from .aws_names import SERVICES
from .dns_firewall import rule_for
from .model import DomainRule
from .namespaces import Namespace
from .sockets import Reader, datagrams, listening

__all__ = ["Resolver"]

_SECONDS = 2.0


class Resolver:
    """Answers on port 53 of its addresses, by UDP and TCP."""

    def __init__(
        self,
        rules: Sequence[DomainRule],
        *,
        vpc: Namespace,
        addresses: Sequence[str],
        internet: Namespace,
        name_server: str,
    ) -> None:
        """Listen.

        Args:
            rules: The rules of the DNS firewall in their order.
            vpc: Where it listens.
            addresses: Its addresses there.
            internet: Where it asks other name servers.
            name_server: The address of the attacker's.
        """
        self._rules = rules
        self._internet, self._name_server = internet, name_server
        self._reader = Reader()
        try:
            for address in addresses:
                self._reader.add(datagrams(vpc, address, 53), self._received)
                self._reader.add(listening(vpc, address, 53), self._connected)
        except BaseException:
            self._reader.close()
            raise
        self._reader.start()

    def close(self) -> None:
        """Stop listening."""
        self._reader.close()

    def answer(self, message: bytes) -> bytes:
        """The answer to a query."""
        question = dns.question_of(message)
        rule = rule_for(self._rules, question.name, question.query_type)
        if rule is not None and not rule.lets_through:
            code = dns.NXDOMAIN if rule.response == "NXDOMAIN" else dns.NO_ERROR
            return dns.answer(message, code=code)
        if f".{question.name}".endswith(f".{DNS_ZONE}"):
            return self._asked(message)
        address = _address(question.name)
        code = dns.NXDOMAIN if address is None else dns.NO_ERROR
        return dns.answer(message, code=code, address=address)

    def _asked(self, message: bytes) -> bytes:
        """What the attacker's name server answers."""
        with self._internet.call(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as ours:
            ours.settimeout(_SECONDS)
            ours.sendto(message, (self._name_server, 53))
            return ours.recv(4096)

    def _received(self, source: socket.socket) -> None:
        message, sender = source.recvfrom(4096)
        source.sendto(self.answer(message), sender)

    def _connected(self, listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(_SECONDS)
            answer = self.answer(connection.recv(4096)[2:])
            connection.sendall(len(answer).to_bytes(2, "big") + answer)


def _address(name: str) -> str | None:
    """The address of a name of AWS."""
    for service in SERVICES.values():
        if any(fnmatchcase(name.lower(), pattern) for pattern in service.dns_names):
            return service.address
    return None
