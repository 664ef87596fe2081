"""`python -m bench.chat`: what the chat page costs, in a real browser and with a thousand open pages.

One web process with PostgreSQL and Redis of its own, and a model server whose every token is the time.
"""

import asyncio
import json
import os
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
from playwright.sync_api import Page, sync_playwright
from websockets.asyncio.client import connect
from websockets.typing import Origin

from bench import processes
from bench.targets import HOST, Options, Target, Upstream, portal

SOCKETS = 1000
# Pages that follow a long answer and read nothing of it.
DEAF = 50
# One at a time, as a quick model says them; seconds between two.
TOKENS, PAUSE = 150, 0.06
# An answer of 100 kB: prose, lists and code, as much at once as a very quick model says.
LONG = ("A sentence of *some* words and `code`.\n\n- one\n- two\n\n```python\nprint(1)\n```\n\n" * 1500)[
    :100_000
]
LONG_PIECE, LONG_PAUSE = 200, 0.01
# Transferred by a first load of the chat page, in kB, and in how many requests.
MOST_KB, MOST_REQUESTS = 150, 15

# Milliseconds from a token, which is the time, to the frame that shows it.
_WATCH = """() => {
  window.seen = [];
  const turns = document.querySelector("#turns");
  new MutationObserver(() => requestAnimationFrame(() => {
    const token = turns.textContent.match(/\\d{13}/g)?.at(-1);
    if (token && token !== window.last) seen.push(Date.now() - Number(window.last = token));
  })).observe(turns, { subtree: true, childList: true, characterData: true });
}"""
# The longest time between two frames, in milliseconds.
_STALLS = """() => {
  window.stall = 0;
  let last = performance.now();
  const look = (now) => {
    window.stall = Math.max(stall, now - last);
    last = now;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""
_LOADED = """() => ["navigation", "resource"].flatMap((kind) => performance.getEntriesByType(kind))
  .map((entry) => [entry.name, entry.transferSize])"""


def main() -> None:
    on, _, _ = processes.cores()
    with ExitStack() as stack:
        upstream = Upstream(stack.enter_context(clock()))
        target = stack.enter_context(portal.start(upstream, Options(on)))
        url = f"http://{HOST}:{target.port}"
        cookies = sign_in(url)
        with browser_page(url, cookies) as page:
            weigh(page, url)
            time_tokens(page)
            stream_long(page)
        kib = asyncio.run(memory_of_a_socket(target, url, cookies))
        print(f"memory of an open socket    {kib:.1f} KiB, with {SOCKETS} of them")
        kib, sent = asyncio.run(memory_of_a_deaf_reader(target, url, cookies))
        print(f"memory of who reads nothing {kib:.0f} KiB of {sent:,} KiB told, with {DEAF} of them")


@contextmanager
def clock() -> Iterator[int]:
    """The port of a model server that tells the Unix time in milliseconds, token by token."""
    server = ThreadingHTTPServer((HOST, 0), _Clock)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()


class _Clock(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        if b"Tell me everything" in asked:
            for start in range(0, len(LONG), LONG_PIECE):
                self._say(LONG[start : start + LONG_PIECE], LONG_PAUSE)
        else:
            for _ in range(TOKENS):
                self._say(f"{time.time_ns() // 1_000_000} ", PAUSE)
        self._chunk({"delta": {}, "index": 0, "finish_reason": "stop"})
        self.wfile.write(b"data: [DONE]\n\n")

    def _say(self, text: str, pause: float) -> None:
        self._chunk({"delta": {"content": text}, "index": 0})
        time.sleep(pause)

    def _chunk(self, choice: dict[str, object]) -> None:
        chunk = {
            "id": "1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "m",
            "choices": [choice],
        }
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        pass


def sign_in(url: str) -> dict[str, str]:
    with httpx.Client(base_url=url, follow_redirects=True) as client:
        client.get("/login")
        token = client.cookies["csrftoken"]
        form = {"login": portal.EMAIL, "password": portal.PASSWORD, "csrfmiddlewaretoken": token}
        assert client.post("/login", data=form).url.path == "/chat"
        return dict(client.cookies)


@contextmanager
def browser_page(url: str, cookies: dict[str, str]) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ["TEST_CHROMIUM"], args=["--no-sandbox"]
        )
        context = browser.new_context(base_url=url)
        for name, value in cookies.items():
            context.add_cookies([{"name": name, "value": value, "url": url}])
        yield context.new_page()
        browser.close()


def weigh(page: Page, url: str) -> None:
    page.goto("/chat")
    page.wait_for_load_state("networkidle")
    loaded: list[tuple[str, int]] = page.evaluate(_LOADED)
    elsewhere = [name for name, _ in loaded if not name.startswith(url)]
    kilobytes = sum(size for _, size in loaded) / 1000
    print(f"first load                  {kilobytes:.0f} kB in {len(loaded)} requests", end="")
    print(f" (goals: {MOST_KB} kB, {MOST_REQUESTS}); {len(elsewhere)} elsewhere")


def time_tokens(page: Page) -> None:
    page.evaluate(_WATCH)
    page.locator("#composer-input").fill("What time is it?")
    page.keyboard.press("Enter")
    page.locator('.turn[data-status="complete"]').wait_for(timeout=60_000)
    seen: list[int] = page.evaluate("() => window.seen")
    cuts = statistics.quantiles(seen, n=20)
    print(
        f"model's token to its frame  {statistics.median(seen):.0f} ms median, {cuts[-1]:.0f} ms p95", end=""
    )
    print(f" ({len(seen)} frames)")


def stream_long(page: Page) -> None:
    page.goto("/chat")
    page.locator("#composer-input").fill("Tell me everything")
    page.keyboard.press("Enter")
    page.locator(".answer p").first.wait_for()
    page.evaluate(_STALLS)
    begun = time.monotonic()
    page.locator('.turn[data-status="complete"]').wait_for(timeout=120_000)
    seconds, stall = time.monotonic() - begun, page.evaluate("() => window.stall")
    said = len(LONG) / LONG_PIECE * LONG_PAUSE
    print(f"an answer of 100 kB         shown in {seconds:.1f} s (said in {said:.1f} s)", end="")
    print(f"; longest time between two frames {stall:.0f} ms")


async def memory_of_a_socket(target: Target, url: str, cookies: dict[str, str]) -> float:
    """KiB of the web process, proportional set size."""
    assert target.server is not None
    before = processes.memory_kib(target.server)
    async with AsyncExitStack() as opened:
        for _ in range(SOCKETS):
            await opened.enter_async_context(socket(url, cookies))
        await asyncio.sleep(2)
        return (processes.memory_kib(target.server) - before) / SOCKETS


async def memory_of_a_deaf_reader(target: Target, url: str, cookies: dict[str, str]) -> tuple[float, int]:
    """KiB of the web process for each, and how many its reader should have taken (battery F08)."""
    assert target.server is not None
    async with AsyncExitStack() as opened:
        first = await opened.enter_async_context(socket(url, cookies))
        await first.send(json.dumps({"type": "ask", "text": "Tell me everything", "model": portal.MODEL}))
        asked = json.loads(await first.recv())
        while asked["type"] != "asked":
            asked = json.loads(await first.recv())
        follow = json.dumps({"type": "attach", "generation": asked["generation"], "after": "0"})
        await first.send(follow)
        before = processes.memory_kib(target.server)
        for _ in range(DEAF):
            deaf = await opened.enter_async_context(socket(url, cookies, max_queue=1))
            await deaf.send(follow)
        taken = 0
        async for frame in first:
            taken += len(frame)
            if json.loads(frame).get("event", {}).get("type") == "finish":
                break
        await asyncio.sleep(1)
        return (processes.memory_kib(target.server) - before) / DEAF, taken // 1024


def socket(url: str, cookies: dict[str, str], **options: Any) -> connect:
    header = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    address = url.replace("http", "ws") + "/ws/chat"
    options = {"close_timeout": 1, "ping_interval": None, **options}
    return connect(address, additional_headers=header, origin=Origin(url), **options)


if __name__ == "__main__":
    main()
