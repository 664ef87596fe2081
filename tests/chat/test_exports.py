"""A chat as Markdown, as JSON and on paper."""

import io
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import pytest

MODEL = "Waymore-A1-Instruct-1011"


@pytest.fixture
def make_chat(api: httpx.Client) -> Callable[..., str]:
    def make(title: str, *texts: str) -> str:
        session = api.post("/chat/sessions", json={"title": title}).json()["id"]
        for number, text in enumerate(texts):
            said = {"content": text, "role": ("user", "assistant")[number % 2], "model": MODEL}
            assert api.post(f"/chat/sessions/{session}/messages", json=said).status_code == 201
        return session

    return make


def test_markdown_has_what_was_said(api: httpx.Client, make_chat: Callable[..., str]) -> None:
    session = make_chat("Two *stars*", "What is it?", "It is **this**.\n\n```python\nx = 1\n```")
    response = api.get(f"/chat/sessions/{session}/export")
    assert response.headers["content-type"] == "text/markdown; charset=utf-8"
    assert response.text.startswith("# Two \\*stars\\*\n\n")
    assert "## You\n\nWhat is it?\n\n" in response.text
    assert f"## {MODEL}\n\nIt is **this**.\n\n```python\nx = 1\n```\n" in response.text


def test_an_open_code_block_does_not_swallow_the_rest(
    api: httpx.Client, make_chat: Callable[..., str]
) -> None:
    session = make_chat("Open", "Go", "````sh\n```\nls", "And?")
    assert "````sh\n```\nls\n````\n\n## You" in api.get(f"/chat/sessions/{session}/export").text


def test_json_has_the_tree(api: httpx.Client, make_chat: Callable[..., str]) -> None:
    session = make_chat("Tree", "One", "Two", "=1+1")
    response = api.get(f"/chat/sessions/{session}/export", params={"format": "json"})
    document = response.json()
    assert (document["format"], document["version"], document["id"]) == ("llm-portal-chat", 1, session)
    ids = [message["id"] for message in document["messages"]]
    assert [message["parent"] for message in document["messages"]] == [None, *ids[:-1]]
    assert document["current"] == ids[-1]
    assert [message["content"] for message in document["messages"]] == ["One", "Two", "=1+1"]


def test_an_unknown_format_is_refused(api: httpx.Client, make_chat: Callable[..., str]) -> None:
    session = make_chat("Odd", "One")
    response = api.get(f"/chat/sessions/{session}/export", params={"format": "pdf"})
    assert (response.status_code, response.json()["error"]["param"]) == (400, "format")


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Plain", "Plain.md"),
        ("Grüße 🐈 你好 שלום", "Grüße 🐈 你好 שלום.md"),
        ('a/b\\c:"d"', "a b c d.md"),
        ("../../etc/passwd", "etc passwd.md"),
        ("photo\u202egnp.exe", "photognp.exe.md"),
        ("CON", "chat CON.md"),
        ("...", "chat.md"),
        ("=HYPERLINK(1)", "=HYPERLINK(1).md"),
        ("x" * 200, "x" * 80 + ".md"),
    ],
)
def test_names_are_safe_in_every_language_w09(title: str, name: str) -> None:
    from portal.web.file_names import file_name

    assert file_name(title, "md", "chat") == name


def test_the_header_is_rfc_6266(api: httpx.Client, make_chat: Callable[..., str]) -> None:
    session = make_chat("Grüße", "One")
    header = api.get(f"/chat/sessions/{session}/export").headers["content-disposition"]
    assert header == f"attachment; filename*=utf-8''{quote('Grüße.md')}"


def test_pages_give_the_same_to_their_owner_only(
    make_chat: Callable[..., str], alice: Any, bob: Any, sign_in: Callable[..., httpx.Client]
) -> None:
    session = make_chat("Mine", "One", "Two **bold**")
    browser = sign_in(alice)
    for path in ("export.md", "export.json", "print"):
        response = browser.get(f"/chat/{session}/{path}")
        assert response.status_code == 200
        assert "Two" in response.text
        assert sign_in(bob).get(f"/chat/{session}/{path}").status_code == 404
    assert "<strong>bold</strong>" in browser.get(f"/chat/{session}/print").text
    download = browser.get(f"/chat/{session}/export.md")
    assert download.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in download.headers["content-security-policy"]
    assert io.BytesIO(download.content).read().decode().startswith("# Mine")
