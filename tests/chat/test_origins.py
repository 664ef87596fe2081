"""A request on the usage page leads to the answer it paid for, where its reader has that still."""

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

MODEL = "Waymore-A1-Instruct-1011"
Browser = Callable[..., httpx.Client]


@pytest.fixture
def session(api: httpx.Client) -> Any:
    """With one answer."""
    made = api.post("/chat/sessions", json={"title": "Where it was", "model": MODEL}).json()
    ask(api, session_id=made["id"])
    return made | {"messages": api.get(f"/chat/sessions/{made['id']}/messages").json()["data"]}


def ask(api: httpx.Client, **more: Any) -> None:
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Hello"}], **more}
    assert api.post("/chat/completions", json=body).status_code == 200


def links(browser: httpx.Client) -> list[str]:
    return re.findall(r'class="request-origin" href="([^"]+)"', browser.get("/usage").text)


def test_it_leads_to_the_answer(sign_in: Browser, alice: Any, api: httpx.Client, session: Any) -> None:
    ask(api)
    browser = sign_in(alice)
    [link] = links(browser)
    answer = next(message for message in session["messages"] if message["role"] == "assistant")
    assert link == f"/chat/{session['id']}#{answer['id']}"
    assert answer["id"] in browser.get(link).text


def test_it_leads_to_no_deleted_chat(sign_in: Browser, alice: Any, api: httpx.Client, session: Any) -> None:
    assert api.delete(f"/chat/sessions/{session['id']}").status_code in (200, 204)
    assert links(sign_in(alice)) == []


def test_it_leads_nobody_into_anothers_chat(alice: Any, bob: Any, session: Any) -> None:
    from chat.conversations.origins import addresses_of_answers
    from usage.models import UsageRecord

    rows = list(UsageRecord.objects.filter(user=alice).values_list("pk", flat=True))
    assert len(addresses_of_answers(alice, rows)) == 1
    assert addresses_of_answers(bob, rows) == {}
