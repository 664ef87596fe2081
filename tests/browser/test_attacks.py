"""Hostile answers in a real browser: history, stream, shared page and paper (battery W02, W03)."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect

from portal.rendering.markdown import render
from tests.chat.attacks import ALL
from tests.portal_process import PortalProcess

# The page shows 30 turns; and a text that swallows what follows it does not swallow them all.
PER_MESSAGE = 25
ACTIVE = (
    "script, iframe, object, embed, svg, img, video, audio, link, meta, base, form, style, template, [id],"
    " [style]"
)


@pytest.fixture
def watched(page: Page, portal: PortalProcess) -> Iterator[Page]:
    """Nothing may open a dialog, and nothing may be asked of anybody else."""
    found: list[str] = []
    page.on("dialog", lambda dialog: (found.append(dialog.message), dialog.dismiss()))
    ours = urlsplit(portal.url).netloc
    page.on("request", lambda request: urlsplit(request.url).netloc != ours and found.append(request.url))
    yield page
    assert found == []


@pytest.fixture
def hostile_chat(api: httpx.Client) -> str:
    title = "<img src=x onerror=alert(1)>"
    session: str = api.post("/chat/sessions", json={"title": title}).json()["id"]
    path = f"/chat/sessions/{session}/messages"
    for start in range(0, len(ALL), PER_MESSAGE):
        text = "\n\n".join(ALL[start : start + PER_MESSAGE]).replace("\x00", "")
        said = {"role": "assistant", "content": text, "model": "<svg onload=alert(1)>"}
        assert api.post(path, json=said).status_code == 201
    question = {"content": "".join(ALL[:40]).replace("\x00", "")}
    assert api.post(path, json=question).status_code == 201
    return session


def test_there_are_enough_of_them() -> None:
    assert len(set(ALL)) >= 200


def test_history_share_and_paper_are_safe_w02(
    watched: Page, sign_in_page: Callable[[Any], Page], alice: Any, api: httpx.Client, hostile_chat: str
) -> None:
    shared = api.post(f"/chat/sessions/{hostile_chat}/shares").json()["url"]
    page = sign_in_page(alice)
    for path in (f"/chat/{hostile_chat}", urlsplit(shared).path, f"/chat/{hostile_chat}/print"):
        page.goto(path)
        page.wait_for_load_state("load")
        assert page.locator(".answer.prose").count() >= 15
        require_harmless(page)


def test_each_alone_is_safe_as_a_block_of_a_stream_w02(
    watched: Page, sign_in_page: Callable[[Any], Page], alice: Any
) -> None:
    """As the page puts a streamed block in: by `innerHTML`."""
    page = sign_in_page(alice)
    page.evaluate(
        """blocks => {
            const turn = document.createElement("div");
            document.body.append(turn);
            for (const html of blocks) {
                const block = document.createElement("div");
                block.className = "answer prose";
                turn.append(block);
                block.innerHTML = html;
            }
        }""",
        [render(text) for text in ALL],
    )
    require_harmless(page)


def test_a_streamed_answer_is_safe_w02(
    watched: Page, sign_in_page: Callable[[Any], Page], alice: Any
) -> None:
    page = sign_in_page(alice)
    # A step through all of them, and one line: the built-in model repeats words.
    said = " ".join(ALL[::15]).replace("\x00", "").replace("\n", " ")
    page.locator("#composer-input").fill(f"Repeat after me: {said}")
    page.keyboard.press("Enter")
    expect(page.locator('.turn[data-role="assistant"][data-status="complete"]')).to_have_count(
        1, timeout=30_000
    )
    require_harmless(page)


def require_harmless(page: Page) -> None:
    assert page.locator(".prose").locator(ACTIVE).count() == 0
    wrong = page.evaluate(
        """() => {
            const all = [...document.querySelectorAll(".prose *")];
            const handlers = all.flatMap(e => e.getAttributeNames().filter(name => name.startsWith("on")));
            const links = [...document.querySelectorAll(".prose a[href]")].map(a => a.protocol);
            const odd = links.filter(p => !["http:", "https:", "mailto:"].includes(p));
            return [...handlers, ...odd];
        }"""
    )
    assert wrong == []
    # What would have started by itself has had its turn.
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
