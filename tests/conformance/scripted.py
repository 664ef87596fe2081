"""A model server that says what its test wants, and remembers what it was asked.

Both formats on one port; the upstream's model name picks the script.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Json = dict[str, Any]
CREDENTIAL = "sk-upstream-credential"
# Where a server is asked about tokens.
COUNTING = ("/tokenize", "/v1/messages/count_tokens")


@dataclass
class Script:
    """`answer` is sent whole after `delay` seconds; `pieces` as a stream, `pause` seconds apart.

    `by_path` has other answers for single addresses; after `recovers_after` calls the status is 200.
    `counts` answers questions about tokens, which then are in `asked_to_count` alone; None is a 404. A script
    with `pieces` and without it has no tokenizer.
    A chat is named in the background, whenever that is: such calls are in `asked_for_titles` alone.
    """

    answer: Json | bytes | None = None
    pieces: Sequence[bytes] = ()
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    pause: float = 0
    delay: float = 0
    by_path: dict[str, Json] = field(default_factory=dict)
    counts: Callable[[Json], Json | None] | None = None
    recovers_after: int | None = None
    asked: list[Json] = field(default_factory=list)
    asked_for_titles: list[Json] = field(default_factory=list)
    asked_to_count: list[Json] = field(default_factory=list)
    asked_headers: list[dict[str, str]] = field(default_factory=list)
    asked_paths: list[str] = field(default_factory=list)
    was_left: threading.Event = field(default_factory=threading.Event)
    running: int = 0
    most_running: int = 0


@dataclass
class ScriptedServer:
    """`models` are what it lists, to who shows the `key`; in Anthropic's format `page` at a time."""

    port: int = 0
    scripts: dict[str, Script] = field(default_factory=dict)
    models: list[Json] = field(default_factory=list)
    key: str = ""
    page: int = 1000
    list_headers: list[dict[str, str]] = field(default_factory=list)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"


def is_for_a_title(body: Json) -> bool:
    return "You name conversations." in json.dumps(body)


@contextmanager
def scripted_server() -> Iterator[ScriptedServer]:
    scripted = ScriptedServer()
    counting = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            # A tokenizer's question about a text names no model: it belongs to the last that did.
            script = scripted.scripts[body.get("model", getattr(self.server, "last", ""))]
            self.server.last = body.get("model", "")  # type: ignore[attr-defined]
            if self.path in COUNTING and (script.counts or script.pieces):
                script.asked_to_count.append(body)
                _play(self, _counted(script, body))
                return
            if is_for_a_title(body):
                script.asked_for_titles.append(body)
            else:
                script.asked.append(body)
            script.asked_headers.append(_headers(self))
            script.asked_paths.append(self.path)
            with counting:
                script.running += 1
                script.most_running = max(script.most_running, script.running)
            try:
                _play(self, script)
            finally:
                with counting:
                    script.running -= 1

        def do_GET(self) -> None:
            _play(self, _listing(self, scripted))

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    scripted.port = server.server_address[1]
    yield scripted
    server.shutdown()
    server.server_close()


def _counted(script: Script, body: Json) -> Script:
    count = script.counts(body) if script.counts else None
    return Script({"error": "Not Found"}, status=404) if count is None else Script(count)


def _headers(handler: BaseHTTPRequestHandler) -> dict[str, str]:
    return {name.lower(): value for name, value in handler.headers.items()}


def _listing(handler: BaseHTTPRequestHandler, scripted: ScriptedServer) -> Script:
    headers = _headers(handler)
    scripted.list_headers.append(headers)
    shown = headers.get("x-api-key") or headers.get("authorization", "").removeprefix("Bearer ")
    if scripted.key and shown != scripted.key:
        # Real servers repeat the key, and so must not be quoted as they are.
        return Script({"error": {"message": f"Incorrect API key provided: {shown}."}}, status=401)
    address = urlsplit(handler.path)
    if address.path != "/v1/models":
        return Script(b"<html>Not here</html>", status=404)
    if "anthropic-version" not in headers:
        return Script({"object": "list", "data": scripted.models})
    after = parse_qs(address.query).get("after_id", [""])[0]
    ids = [model["id"] for model in scripted.models]
    start = ids.index(after) + 1 if after else 0
    data = scripted.models[start : start + scripted.page]
    more = start + scripted.page < len(ids)
    return Script({"data": data, "has_more": more, "last_id": data[-1]["id"] if data else None})


def _play(handler: BaseHTTPRequestHandler, script: Script) -> None:
    time.sleep(script.delay)
    has_recovered = script.recovers_after is not None and len(script.asked) > script.recovers_after
    handler.send_response(200 if has_recovered else script.status)
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
    answer = script.by_path.get(handler.path, script.answer)
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    handler.send_header("content-type", "application/json")
    handler.send_header("content-length", str(len(body)))
    with suppress(BrokenPipeError, ConnectionResetError):
        handler.end_headers()
        handler.wfile.write(body)
