"""The model server behind every target: `python -m bench.mock --port 8001`.

Raw HTTP/1.1 on asyncio, one process. Speaks both formats, whole and streamed; what it streams is encoded
beforehand, so one write per tick is all a stream costs. How it streams is a `Plan`, set for everybody
with `PUT /plan`; `GET /state` tells how many streams are open, `DELETE /streams` hangs up on them.
"""

import argparse
import asyncio
import contextlib
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any

from bench import servers, wire
from tests.services import free_port


@dataclass(frozen=True)
class Plan:
    """`tokens` pieces of content: the first at once, then `burst` of them every `delay` seconds."""

    tokens: int = 20
    burst: int = 1
    delay: float = 0.0


@dataclass
class Upstream:
    plan: Plan
    streams: "set[Stream]" = field(default_factory=set)
    requests: int = 0

    def state(self) -> dict[str, int]:
        return {"open": len(self.streams), "requests": self.requests}

    def hang_up(self) -> None:
        for stream in list(self.streams):
            stream.abort()


@lru_cache(maxsize=1024)
def _pieces(answers: wire.Answers, begin: int, count: int) -> bytes:
    """`count` encoded pieces, from number `begin` on, round and round."""
    return b"".join(answers.pieces[number % len(answers.pieces)] for number in range(begin, begin + count))


class Stream:
    """Writes one answer by its plan, no faster than its reader takes it."""

    def __init__(self, server: "Server", answers: wire.Answers, wants_usage: bool) -> None:
        self._server, self._answers, self._wants_usage = server, answers, wants_usage
        self._plan = server.upstream.plan
        self._sent = 0
        self._timer: asyncio.Handle | None = None
        server.upstream.streams.add(self)
        server.write(answers.opening + self._take(1))
        self._next()

    def _take(self, count: int) -> bytes:
        count = min(count, self._plan.tokens - self._sent)
        data = _pieces(self._answers, self._sent % len(self._answers.pieces), count)
        self._sent += count
        return data

    def _next(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._plan.delay, self._tick)

    def _tick(self) -> None:
        if self._server.is_full:
            self._timer = None  # `resume` goes on
        elif self._sent >= self._plan.tokens:
            self._server.write(self._answers.closing(self._plan.tokens, self._wants_usage))
            self.stop()
            self._server.finished()
        else:
            self._server.write(self._take(self._plan.burst))
            self._next()

    def resume(self) -> None:
        if self._timer is None:
            self._next()

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._server.upstream.streams.discard(self)

    def abort(self) -> None:
        self.stop()
        self._server.abort()


class Server(asyncio.Protocol):
    """One connection; one request at a time, as HTTP/1.1 has it."""

    def __init__(self, upstream: Upstream) -> None:
        self.upstream = upstream
        self.is_full = False
        self._buffer = b""
        self._stream: Stream | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, _: Exception | None) -> None:
        if self._stream is not None:
            self._stream.stop()
            self._stream = None

    def pause_writing(self) -> None:
        self.is_full = True

    def resume_writing(self) -> None:
        self.is_full = False
        if self._stream is not None:
            self._stream.resume()

    def write(self, data: bytes) -> None:
        self._transport.write(data)

    def abort(self) -> None:
        self._transport.abort()

    def finished(self) -> None:
        self._stream = None
        self._answer_next()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._answer_next()

    def _answer_next(self) -> None:
        while self._stream is None:
            head, separator, rest = self._buffer.partition(b"\r\n\r\n")
            if not separator:
                return
            length = _content_length(head)
            if len(rest) < length:
                return
            self._buffer = rest[length:]
            method, path, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
            self._answer(method, path.partition("?")[0], rest[:length])

    def _answer(self, method: str, path: str, body: bytes) -> None:
        if method == "POST" and path in wire.PATHS:
            self._complete(wire.ANSWERS[wire.PATHS[path]], json.loads(body))
        elif method == "PUT" and path == "/plan":
            self.upstream.plan = Plan(**json.loads(body))
            self._say(asdict(self.upstream.plan))
        elif method == "DELETE" and path == "/streams":
            self.upstream.hang_up()
            self._say(self.upstream.state())
        elif path == "/state":
            self._say(self.upstream.state())
        elif path == "/v1/models":
            self._say(
                {"object": "list", "data": [{"id": wire.MODEL, "object": "model", "owned_by": "bench"}]}
            )
        else:
            missing = {"error": {"message": f"The mock does not serve {method} {path}."}}
            self.write(wire.http_answer("404 Not Found", json.dumps(missing).encode()))

    def _complete(self, answers: wire.Answers, request: dict[str, Any]) -> None:
        self.upstream.requests += 1
        if request.get("stream"):
            wants_usage = bool((request.get("stream_options") or {}).get("include_usage"))
            self._stream = Stream(self, answers, wants_usage)
        else:
            self.write(answers.whole)

    def _say(self, value: dict[str, Any]) -> None:
        self.write(wire.http_answer("200 OK", json.dumps(value).encode()))


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


async def serve(port: int) -> None:
    upstream = Upstream(Plan())
    server = await asyncio.get_running_loop().create_server(
        lambda: Server(upstream), "127.0.0.1", port, backlog=4096
    )
    await server.serve_forever()


@contextmanager
def started(on: set[int]) -> Iterator[int]:
    """The port of a mock in a process of its own, on the cores `on`."""
    port = free_port()
    command = [sys.executable, "-m", "bench.mock", "--port", str(port)]
    with servers.running(servers.Command("mock", command, {}, on, f"http://127.0.0.1:{port}/state")):
        yield port


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.mock", description=__doc__)
    parser.add_argument("--port", type=int, default=8001)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(parser.parse_args().port))


if __name__ == "__main__":
    main()
