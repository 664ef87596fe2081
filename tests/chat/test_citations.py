"""The sources of an answer in a session: stored, shown as notes, exported, brought back."""

import io
import json
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.conformance import says
from tests.conformance.scripted import Script, ScriptedServer
from tests.conformance.test_citations import (
    ANNOTATION,
    IN_A_DOCUMENT,
    ON_THE_WEB,
    TITLE,
    URL,
    anthropic_whole,
)

Json = dict[str, Any]
Ask = Callable[..., Json]
PATHS = {"openai": "/chat/completions", "anthropic": "/v1/messages"}


@pytest.fixture
def session(api: httpx.Client) -> str:
    return str(api.post("/chat/sessions", json={"title": "Talk"}).json()["id"])


@pytest.fixture
def ask(
    api: httpx.Client,
    session: str,
    server: ScriptedServer,
    make_model: Callable[..., Any],
    make_upstream: Callable[..., Any],
) -> Ask:
    """Asks a model that says `answer`; returns the stored answer."""

    def run(kind: str, answer: Json, wire: str = "openai") -> Json:
        model = make_model(upstream=make_upstream(kind=kind))
        server.scripts[f"theirs-{model.name}"] = Script(answer)
        body = {"model": model.name, "messages": [{"role": "user", "content": "Rain?"}], "max_tokens": 9}
        heard = api.post(PATHS[wire], json={**body, "session_id": session})
        assert heard.status_code == 200, heard.text
        page = api.get(f"/chat/sessions/{session}/messages", params={"limit": 100, "order": "asc"})
        return {"heard": heard.json(), **page.json()["data"][-1]}

    return run


def page_of(browser: httpx.Client, session: str) -> str:
    return browser.get(f"/chat/{session}").text


def notes_in(html: str) -> list[str]:
    """The list of sources, as plain text."""
    found = re.search(r'<div class="footnotes"><ol>(.*?)</ol></div>', html, re.DOTALL)
    items = re.findall(r"<li[^>]*>(.*?)</li>", found[1], re.DOTALL) if found else []
    return [" ".join(re.sub(r"<[^>]+>", "", item).split()) for item in items]


@pytest.fixture
def browser(sign_in: Callable[..., httpx.Client], alice: Any) -> httpx.Client:
    return sign_in(alice)


def test_they_are_stored_with_the_answer(ask: Ask) -> None:
    stored = ask("anthropic", anthropic_whole())
    assert stored["content"] == "I looked: It rained, twice"
    assert stored["citations"] == [
        {"url": URL, "title": TITLE, "quote": "It rained.", "start": 10, "end": 19},
        {"title": "Rain.pdf", "quote": "It rained.", "page": 3, "start": 19, "end": 26},
    ]
    assert ask("openai", says.openai("Plain"))["citations"] == []


def test_a_caller_hears_them_in_its_own_format(ask: Ask) -> None:
    heard = ask("anthropic", anthropic_whole(), wire="anthropic")["heard"]
    assert [block.get("citations") for block in heard["content"]] == [None, [ON_THE_WEB], [IN_A_DOCUMENT]]
    heard = ask("openai", says.openai("I looked: It rained", annotations=[ANNOTATION]))["heard"]
    assert heard["choices"][0]["message"]["annotations"] == [ANNOTATION]


def test_the_page_has_them_as_notes(ask: Ask, session: str, browser: httpx.Client) -> None:
    ask("anthropic", anthropic_whole())
    html = page_of(browser, session)
    assert re.search(r"It rained<sup><button[^>]*>1</button></sup>, twice<sup><button[^>]*>2</button>", html)
    assert notes_in(html) == [f"{TITLE} example.org: “It rained.”", "Rain.pdf, page 3: “It rained.”"]
    assert f'href="{URL}"' in html


def test_one_source_is_one_note(ask: Ask, session: str, browser: httpx.Client) -> None:
    places = [(0, 3), (5, 8), (5, 8)]
    inner = ANNOTATION["url_citation"]
    told = [
        {"type": "url_citation", "url_citation": {**inner, "start_index": start, "end_index": end}}
        for start, end in places
    ]
    ask("openai", says.openai("One, two", annotations=told))
    html = page_of(browser, session)
    assert re.sub(r"<[^>]+>", "", re.search(r"<p[^>]*>(One.*?)</p>", html)[1]) == "One1, two1"
    assert notes_in(html) == [f"{TITLE} example.org"]


@pytest.mark.parametrize(
    "said", ["```\nx = 1\n```", "```\nx = 1", "| a | b |\n|---|---|\n| 1 | 2 |", "End.\n\n\n", "- a\n- b", ""]
)
def test_no_text_hides_its_sources(ask: Ask, session: str, browser: httpx.Client, said: str) -> None:
    middle = {**ANNOTATION["url_citation"], "start_index": 0, "end_index": 6}
    ask("openai", says.openai(said or "\n", annotations=[{"type": "url_citation", "url_citation": middle}]))
    html = page_of(browser, session)
    assert notes_in(html) == [f"{TITLE} example.org"]
    assert "[^source" not in html


def test_a_source_brings_no_markup(ask: Ask, session: str, browser: httpx.Client) -> None:
    evil = {
        "url": "javascript:alert(1)",
        "title": "<img src=x onerror=alert(1)> [x](https://evil.example) `**b**`\n\n# H",
        "start_index": 0,
        "end_index": 5,
    }
    other = {**evil, "url": "https://a.example/>)<script>"}
    ask(
        "openai",
        says.openai(
            "Hello", annotations=[{"type": "url_citation", **evil}, {**other, "type": "url_citation"}]
        ),
    )
    html = page_of(browser, session)
    assert "<img src=x" not in html
    assert 'href="javascript' not in html
    assert ">x</a>" not in html
    assert "<script>alert" not in html
    assert notes_in(html)[0].startswith(
        "&lt;img src=x onerror=alert(1)&gt; [x](https://evil.example) `**b**` # H"
    )


def test_share_paper_and_export_have_them(
    api: httpx.Client, ask: Ask, session: str, browser: httpx.Client
) -> None:
    ask("anthropic", anthropic_whole())
    ask("anthropic", anthropic_whole())
    link = api.post(f"/chat/sessions/{session}/shares", json={}).json()["url"]
    for html in (httpx.get(link).text, browser.get(f"/chat/{session}/print").text):
        assert notes_in(html) == [f"{TITLE} example.org: “It rained.”", "Rain.pdf, page 3: “It rained.”"]
    markdown = api.get(f"/chat/sessions/{session}/export").text
    definitions = re.findall(r"^\[\^(\S+)\]: ", markdown, re.MULTILINE)
    assert len(definitions) == len(set(definitions)) == 4
    assert f"[{TITLE}](<{URL}>): “It rained.”" in markdown


def test_json_brings_them_back(api: httpx.Client, ask: Ask, session: str) -> None:
    stored = ask("anthropic", anthropic_whole())["citations"]
    document = api.get(f"/chat/sessions/{session}/export", params={"format": "json"}).json()
    document["id"] = "elsewhere"
    document["messages"][-1]["citations"] += ["odd", {"url": 7}, {"start": 1}, {"title": "T", "end": -5}]
    file = {"file": ("chat.json", io.BytesIO(json.dumps(document).encode()))}
    [imported] = api.post("/chat/import", files=file).json()["imported"]
    said = api.get(f"/chat/sessions/{imported['id']}/messages", params={"order": "asc"}).json()["data"]
    assert said[-1]["citations"] == [*stored, {"title": "T", "end": -5}]


def test_what_goes_back_to_the_model_is_what_it_said(
    api: httpx.Client, ask: Ask, session: str, server: ScriptedServer
) -> None:
    ask("anthropic", anthropic_whole())
    ask("anthropic", anthropic_whole())
    [script] = [
        script
        for script in server.scripts.values()
        if len(script.asked) and len(script.asked[-1]["messages"]) == 3
    ]
    answer = script.asked[-1]["messages"][1]
    assert "".join(block["text"] for block in answer["content"]) == "I looked: It rained, twice"


def test_a_note_saved_from_an_answer_keeps_them(api: httpx.Client, ask: Ask, session: str) -> None:
    stored = ask("anthropic", anthropic_whole())
    saved = api.post(f"/chat/messages/{stored['id']}/save", json={"part": "answer"})
    assert saved.status_code == 201, saved.text
    assert f"[{TITLE}](<{URL}>)" in api.get(f"/stuff/{saved.json()['id']}").json()["content"]
