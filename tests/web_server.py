"""A small web server: pages by path, and what it was asked."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Status, headers and body; without a body the answer never comes.
Page = tuple[int, dict[str, str], bytes | None]


@dataclass
class WebServer:
    url: str
    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def web_server(host: str) -> Iterator[WebServer]:
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            running.asked.append({name.lower(): value for name, value in self.headers.items()})
            status, headers, body = running.pages.get(self.path, (404, {}, b""))
            if body is None:
                over.wait(20)
                return
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer((host, 0), Handler)
    server.daemon_threads = True
    running = WebServer(f"http://{host}:{server.server_address[1]}/")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield running
    over.set()
    server.shutdown()
    server.server_close()
