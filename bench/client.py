"""The caller: HTTP/1.1 on raw sockets, as cheap as asyncio allows, so that the bench measures servers.

It does not parse what it gets: it finds the end of a body, counts `wire.TOKEN` in it and notes when the
first one came.
"""

import asyncio
import time
from dataclasses import dataclass, field

from bench import wire

_SAMPLE_BYTES = 2000


class Broken(Exception):
    """An answer that does not count: not a 200, cut off, or without its tokens."""


@dataclass
class Answer:
    """Times are `time.perf_counter()` seconds; `sample` is the beginning of the body."""

    begun: float
    status: int = 0
    first_token: float = 0.0
    ended: float = 0.0
    tokens: int = 0
    sample: bytes = b""

    @property
    def seconds(self) -> float:
        return self.ended - self.begun

    @property
    def first_token_seconds(self) -> float:
        return self.first_token - self.begun

    @property
    def description(self) -> str:
        return f"status {self.status}: {self.sample[:300].decode('latin-1')}"

    def check(self, tokens: int) -> None:
        """Raises `Broken` unless the answer is a 200 with that many tokens."""
        if self.status != 200:
            raise Broken(self.description)
        # A gateway may cut its chunks inside a token; losing a hundredth to that is no reason to stop.
        if self.tokens < tokens * 0.99:
            raise Broken(f"{self.tokens} of {tokens} tokens arrived: {self.sample[-300:]!r}")


@dataclass(frozen=True)
class Address:
    """Where requests of one kind go, as the bytes that are sent."""

    host: str
    port: int
    payload: bytes


def payload(host: str, path: str, headers: dict[str, str], body: bytes, method: str = "POST") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


@dataclass
class _Body:
    """Where the answer being read ends: after `left` bytes, or with the last HTTP chunk."""

    left: int | None
    tail: bytes = b""
    seen: bytearray = field(default_factory=bytearray)


class Connection(asyncio.Protocol):
    """Kept alive between exchanges, opened again when the server closed it."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._transport: asyncio.Transport | None = None
        self._done: asyncio.Future[Answer] | None = None
        self.first: asyncio.Future[None] | None = None
        self._head = b""
        self._body: _Body | None = None

    @property
    def tokens(self) -> int:
        """So far, of the answer that is being read."""
        return self._answer.tokens

    async def open(self) -> None:
        if self._transport is None or self._transport.is_closing():
            loop = asyncio.get_running_loop()
            await loop.create_connection(lambda: self, self._address.host, self._address.port)

    async def exchange(self) -> Answer:
        """Raises `Broken` when the server hangs up."""
        await self.open()
        return await self.send()

    def send(self) -> "asyncio.Future[Answer]":
        """On an open connection. `first` is done with the first token, the answer with the last byte."""
        loop = asyncio.get_running_loop()
        self._done, self.first = loop.create_future(), loop.create_future()
        self._head, self._body = b"", None
        assert self._transport is not None
        self._answer = Answer(time.perf_counter())
        self._transport.write(self._address.payload)
        return self._done

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        for waiting in (self._done, self.first):
            if waiting is not None and not waiting.done():
                waiting.set_exception(Broken(f"the server hung up ({error or 'end of connection'})"))
                waiting.exception()  # retrieved: not everybody waits for both

    def data_received(self, data: bytes) -> None:
        if self._done is None or self._done.done():
            return
        if self._body is None:
            self._head += data
            head, separator, data = self._head.partition(b"\r\n\r\n")
            if not separator:
                return
            self._answer.status = int(head[9:12])
            self._body = _Body(_length(head))
        if data:
            self._read(data, self._body)
        if self._body.left == 0 or self._body.tail == wire.STREAM_END:
            self._finish()

    def _read(self, data: bytes, body: _Body) -> None:
        # A token may be cut by the end of a read: the last three bytes are looked at again.
        count = (body.tail[-len(wire.TOKEN) + 1 :] + data).count(wire.TOKEN)
        if count:
            if not self._answer.tokens:
                self._answer.first_token = time.perf_counter()
                if self.first is not None and not self.first.done():
                    self.first.set_result(None)
            self._answer.tokens += count
        if len(body.seen) < _SAMPLE_BYTES:
            body.seen += data
        body.tail = (body.tail + data)[-len(wire.STREAM_END) :]
        if body.left is not None:
            body.left -= len(data)
            body.tail = body.tail if body.left else b""

    def _finish(self) -> None:
        assert self._done is not None
        assert self._body is not None
        self._answer.ended = time.perf_counter()
        self._answer.sample = bytes(self._body.seen[:_SAMPLE_BYTES])
        if self.first is not None and not self.first.done():
            self.first.set_exception(Broken(f"no token, {self._answer.description}"))
            self.first.exception()
        self._done.set_result(self._answer)


def _length(head: bytes) -> int | None:
    """The body's length; None when it comes in chunks."""
    lower = head.lower()
    if b"transfer-encoding: chunked" in lower:
        return None
    _, found, rest = lower.partition(b"content-length:")
    if not found:
        raise Broken(f"neither chunks nor a length: {head!r}")
    return int(rest.partition(b"\r\n")[0])


async def ask(host: str, port: int, method: str, path: str, body: bytes = b"") -> bytes:
    """One small exchange with the mock itself; the body's beginning."""
    connection = Connection(Address(host, port, payload(host, path, {}, body, method)))
    try:
        answer = await connection.exchange()
    finally:
        connection.close()
    return answer.sample
