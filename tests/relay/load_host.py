"""The host of the relay's load: a program of its own that answers each call with its number.

    python load_host.py CERTIFICATE

It serves TLS, and bare HTTP for whoever asks it for a secret. On its output it writes first its
two ports, and when its input ends, how often each number was carried out, in base64. Each line of
the input is a JSON object: `accepted` is the SHA-256 of the only `authorization` that orders are
taken with, `secret` is the text of the secret. The standard library alone; what it does is told by
the second segment of a path, `/v1/WHAT/NUMBER`.
"""

import asyncio
import base64
import contextlib
import hashlib
import json
import ssl
import sys
from asyncio import StreamReader, StreamWriter

__all__ = ["PIECE", "big_body", "main"]

PIECE = 16_384
"""Of a big body, in bytes: one chunk."""

_PIECES = 24
_JSON = ("content-type", "application/json")
_PATIENCE = 60.0


def big_body(number: int) -> bytes:
    """The answer to a call for something big: 384 KiB, in which each byte tells the number."""
    mark = f"{number:09d},".encode()
    return (mark * (PIECE * _PIECES // len(mark) + 1))[: PIECE * _PIECES]


class Host:
    """Answers, and counts what it has carried out."""

    def __init__(self) -> None:
        self.accepted: str | None = None
        self.secret = ""
        self.carried_out = bytearray()

    async def talk(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Answer the requests of one connection."""
        with contextlib.suppress(OSError, EOFError, asyncio.LimitOverrunError):
            while await self._answered(reader, writer):
                await writer.drain()
        writer.close()

    async def _answered(self, reader: StreamReader, writer: StreamWriter) -> bool:
        """Answer one request; say whether the connection stays."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head[:-4].split("\r\n")
        method, target, _ = first.split(" ")
        headers = dict(line.split(": ", 1) for line in lines)
        lower = {name.lower(): value for name, value in headers.items()}
        body = await reader.readexactly(int(lower.get("content-length", "0")))
        if method == "POST" and target == "/":
            writer.write(_response(200, [_JSON], json.dumps({"SecretString": self.secret})))
            return True
        _, _, what, rest = target.split("/", 3)
        number = int(rest.partition("?")[0])
        said = lower.get("authorization") or lower.get("x-api-key") or ""
        digest = hashlib.sha256(said.encode()).hexdigest()
        if what == "orders" and self.accepted not in (None, digest):
            writer.write(_response(401, [_JSON], "{}"))
            return True
        self._count(number)
        answer = _response(
            200,
            [_JSON, ("x-number", lower.get("x-number", "-")), ("set-cookie", "session=1")],
            json.dumps(
                {
                    "number": number,
                    "target": target,
                    "host": lower["host"],
                    "said": said if what == "shown" else digest,
                    "body": body.decode(),
                }
            ),
        )
        return await _BEHAVIOURS.get(what, _plain)(reader, writer, answer, number)

    def _count(self, number: int) -> None:
        if number >= len(self.carried_out):
            self.carried_out.extend(bytes(number + 1 - len(self.carried_out)))
        self.carried_out[number] = min(self.carried_out[number] + 1, 255)


async def _plain(_: StreamReader, writer: StreamWriter, answer: bytes, number: int) -> bool:
    writer.write(answer)
    return True


async def _big(_: StreamReader, writer: StreamWriter, answer: bytes, number: int) -> bool:
    writer.write(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    body = big_body(number)
    for start in range(0, len(body), PIECE):
        writer.write(b"%x\r\n%b\r\n" % (PIECE, body[start : start + PIECE]))
        await writer.drain()
    writer.write(b"0\r\n\r\n")
    return True


async def _closed(_: StreamReader, writer: StreamWriter, answer: bytes, number: int) -> bool:
    """Nothing is answered."""
    writer.transport.abort()
    return False


async def _cut(_: StreamReader, writer: StreamWriter, answer: bytes, number: int) -> bool:
    writer.write(answer[:-10])
    return False


async def _last(_: StreamReader, writer: StreamWriter, answer: bytes, number: int) -> bool:
    """The connection is closed after a whole answer, without a word before."""
    writer.write(answer)
    return False


async def _slow(reader: StreamReader, writer: StreamWriter, answer: bytes, number: int) -> bool:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(reader.read(1), _PATIENCE)
    return False


async def _smuggled(_: StreamReader, writer: StreamWriter, answer: bytes, number: int) -> bool:
    """A second length, for those who go by the other one."""
    writer.write(answer.replace(b"\r\n", b"\r\ncontent-length: 5\r\n", 1))
    return True


async def _twice(_: StreamReader, writer: StreamWriter, answer: bytes, number: int) -> bool:
    """An answer too many, for whoever comes next by this connection."""
    writer.write(answer + answer)
    return True


_BEHAVIOURS = {
    "big": _big,
    "closed": _closed,
    "cut": _cut,
    "last": _last,
    "slow": _slow,
    "smuggled": _smuggled,
    "twice": _twice,
}


def _response(status: int, headers: list[tuple[str, str]], body: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Answer", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, f"content-length: {len(body)}", "", body]).encode()


async def _serve(certificate: str) -> None:
    host = Host()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    secured = await asyncio.start_server(host.talk, "127.0.0.1", 0, ssl=context, backlog=1024)
    bare = await asyncio.start_server(host.talk, "127.0.0.1", 0)
    ports = [server.sockets[0].getsockname()[1] for server in (secured, bare)]
    print(json.dumps(ports), flush=True)
    told = StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(told), sys.stdin
    )
    while line := await told.readline():
        settings = json.loads(line)
        host.accepted = settings.get("accepted", host.accepted)
        host.secret = settings.get("secret", host.secret)
        print("{}", flush=True)
    print(base64.b64encode(host.carried_out).decode(), flush=True)


def main() -> None:
    """Serve until the input ends."""
    asyncio.run(_serve(sys.argv[1]))


if __name__ == "__main__":
    main()
