"""A model server that says what its test wants, and remembers what it was asked.

Both formats on one port; the upstream's model name picks the script.
"""

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]
CREDENTIAL = "sk-upstream-credential"


@dataclass
class Script:
    """`answer` is sent whole after `delay` seconds; `pieces` as a stream, `pause` seconds apart."""

    answer: Json | bytes | None = None
    pieces: Sequence[bytes] = ()
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    pause: float = 0
    delay: float = 0
    asked: list[Json] = field(default_factory=list)
    asked_headers: list[dict[str, str]] = field(default_factory=list)
    asked_paths: list[str] = field(default_factory=list)
    was_left: threading.Event = field(default_factory=threading.Event)
    running: int = 0
    most_running: int = 0


@dataclass
class ScriptedServer:
    port: int
    scripts: dict[str, Script] = field(default_factory=dict)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"


@contextmanager
def scripted_server() -> Iterator[ScriptedServer]:
    scripts: dict[str, Script] = {}
    counting = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            script = scripts[body["model"]]
            script.asked.append(body)
            script.asked_headers.append({name.lower(): value for name, value in self.headers.items()})
            script.asked_paths.append(self.path)
            with counting:
                script.running += 1
                script.most_running = max(script.most_running, script.running)
            try:
                _play(self, script)
            finally:
                with counting:
                    script.running -= 1

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield ScriptedServer(server.server_address[1], scripts)
    server.shutdown()
    server.server_close()


def _play(handler: BaseHTTPRequestHandler, script: Script) -> None:
    time.sleep(script.delay)
    handler.send_response(script.status)
    for name, value in script.headers.items():
        handler.send_header(name, value)
    if script.pieces:
        handler.send_header("content-type", "text/event-stream")
        handler.send_header("connection", "close")
        handler.end_headers()
        with suppress(BrokenPipeError, ConnectionResetError):
            for piece in script.pieces:
                handler.wfile.write(piece)
                handler.wfile.flush()
                time.sleep(script.pause)
            return
        script.was_left.set()
        return
    body = script.answer if isinstance(script.answer, bytes) else json.dumps(script.answer).encode()
    handler.send_header("content-type", "application/json")
    handler.send_header("content-length", str(len(body)))
    with suppress(BrokenPipeError, ConnectionResetError):
        handler.end_headers()
        handler.wfile.write(body)
