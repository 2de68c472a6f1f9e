"""DNS messages, as far as the resolver and the attacker's name server need them (RFC 1035)."""

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address

__all__ = ["NO_ERROR", "NXDOMAIN", "QUERY_TYPES", "Question", "answer", "query", "question_of"]

NO_ERROR, NXDOMAIN = 0, 3

QUERY_TYPES = {
    "A": 1,
    "NS": 2,
    "CNAME": 5,
    "NULL": 10,
    "MX": 15,
    "TXT": 16,
    "AAAA": 28,
    "SRV": 33,
    "HTTPS": 65,
}
"""The numbers of the types that the test asks for."""

_NAMES = {number: name for name, number in QUERY_TYPES.items()}
_HEADER = struct.Struct("!6H")
_RECURSION_DESIRED = 0x0100
_ANSWERED = 0x8180  # an answer, recursion desired and available


@dataclass(frozen=True)
class Question:
    """What a query asks for."""

    name: str
    query_type: str
    end: int
    """Where it ends in the message."""


def question_of(message: bytes) -> Question:
    """The question of a query.

    Raises:
        ValueError: The message is no query.
    """
    labels, place = [], _HEADER.size
    try:
        while length := message[place]:
            labels.append(message[place + 1 : place + 1 + length].decode("latin-1"))
            place += 1 + length
        (number,) = struct.unpack_from("!H", message, place + 1)
    except (IndexError, struct.error) as error:
        raise ValueError("this is no DNS query") from error
    return Question(".".join(labels), _NAMES.get(number, str(number)), place + 5)


def query(name: str, query_type: str) -> bytes:
    """A query for a name."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    tail = struct.pack("!HH", QUERY_TYPES[query_type], 1)
    return _HEADER.pack(0x2A2A, _RECURSION_DESIRED, 1, 0, 0, 0) + labels + b"\0" + tail


def answer(message: bytes, *, code: int = NO_ERROR, address: str | None = None) -> bytes:
    """The answer to a query: a code, and an address where it asks for one and there is one."""
    question = question_of(message)
    record = b""
    if address is not None and question.query_type == "A":
        # The name is that of the question, which begins after the header.
        record = struct.pack("!HHHIH", 0xC00C, 1, 1, 0, 4) + IPv4Address(address).packed
    identity = message[:2]
    header = identity + struct.pack("!5H", _ANSWERED | code, 1, 1 if record else 0, 0, 0)
    return header + message[_HEADER.size : question.end] + record
