"""A model server that fails in every way an engine cannot be asked to; the model's name picks the way.

Raw sockets: what a broken server sends must not be mended by an HTTP library.
"""

import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

SECRET = "sk-upstream-credential"


@dataclass
class FaultServer:
    port: int
    requests: list[tuple[dict[str, str], dict[str, object]]] = field(default_factory=list)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"


@contextmanager
def fault_server() -> Iterator[FaultServer]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = FaultServer(listener.getsockname()[1])
    threading.Thread(target=_accept, args=(listener, server), daemon=True).start()
    yield server
    listener.close()


def _accept(listener: socket.socket, server: FaultServer) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_serve, args=(connection, server), daemon=True).start()


def _serve(connection: socket.socket, server: FaultServer) -> None:
    with connection, suppress(OSError):
        headers, body = _request(connection)
        server.requests.append((headers, body))
        FAULTS[str(body["model"])](connection)


def _request(connection: socket.socket) -> tuple[dict[str, str], dict[str, object]]:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    headers = dict(re.findall(r"^([^:\r\n]+): *(.*?)\r?$", head.decode("latin-1"), re.MULTILINE))
    headers = {name.lower(): value for name, value in headers.items()}
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65536)
    return headers, json.loads(body)


def answer(status: str, body: bytes, kind: str = "application/json", *more: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *more]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body


def error(status: str, *more: str) -> Callable[[socket.socket], None]:
    body = json.dumps({"error": {"message": "the engine's own reason"}}).encode()
    return lambda connection: connection.sendall(answer(status, body, "application/json", *more))


def sends(*pieces: bytes) -> Callable[[socket.socket], None]:
    """A stream of `pieces`, then the end of the connection."""

    def run(connection: socket.socket) -> None:
        connection.sendall(HEAD)
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(0.02)

    return run


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


def chunk(finish: str | None = None, **delta: str) -> bytes:
    data = {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
    return b"data: " + json.dumps(data).encode() + b"\n\n"


BEGINNING = (chunk(role="assistant"), chunk(content="Hello"), chunk(content=" world"))


def hang(connection: socket.socket) -> None:
    time.sleep(30)


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def reset_after(*pieces: bytes) -> Callable[[socket.socket], None]:
    def run(connection: socket.socket) -> None:
        sends(*pieces)(connection)
        time.sleep(0.1)
        reset(connection)

    return run


def silent_after(*pieces: bytes) -> Callable[[socket.socket], None]:
    def run(connection: socket.socket) -> None:
        sends(*pieces)(connection)
        time.sleep(30)

    return run


def drip(connection: socket.socket) -> None:
    connection.sendall(HEAD)
    for byte in chunk(content="never whole") * 20:
        connection.sendall(bytes([byte]))
        time.sleep(0.1)


FAULTS: dict[str, Callable[[socket.socket], None]] = {
    "hang": hang,
    "reset": reset,
    "reset after headers": reset_after(),
    "reset in the middle": reset_after(*BEGINNING),
    "silence in the middle": silent_after(*BEGINNING),
    "drip": drip,
    "broken off": sends(*BEGINNING),
    "finished without DONE": sends(*BEGINNING, chunk("stop")),
    "invalid UTF-8": sends(*BEGINNING, b'data: {"x": "\xff"}\n\n'),
    "invalid JSON": sends(*BEGINNING, b"data: {nope\n\n"),
    "not an object": sends(*BEGINNING, b"data: [1]\n\n"),
    "nonsense": sends(*BEGINNING, b'data: {"choices": 7}\n\n'),
    "too large": sends(*BEGINNING, *[b"data: " + b"x" * 1_000_000] * 18),
    "error in the stream": sends(*BEGINNING, b'data: {"error": {"message": "out of memory"}}\n\n'),
    "error with status 200": lambda connection: connection.sendall(answer("200 OK", b'{"error": "x"}')),
    "HTML 502": lambda connection: connection.sendall(
        answer("502 Bad Gateway", b"<html>nginx</html>", "text/html")
    ),
    "400": error("400 Bad Request"),
    "401": error("401 Unauthorized"),
    "403": error("403 Forbidden"),
    "404": error("404 Not Found"),
    "413": error("413 Content Too Large"),
    "429": error("429 Too Many Requests"),
    "429 later": error("429 Too Many Requests", "Retry-After: 600"),
    "500": error("500 Internal Server Error"),
    "503": error("503 Service Unavailable"),
    "529": error("529 Overloaded"),
}
