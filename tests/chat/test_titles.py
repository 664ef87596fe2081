"""A session's own model names it after the first answer; what a person calls it stays."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from tests.asynchronous import run_with_database
from tests.conformance import says
from tests.conformance.scripted import Script, ScriptedServer
from tests.portal_process import PortalProcess

BUILTIN = "Waymore-A1-Instruct-1011"
QUESTION = "How tall is the lighthouse of Alexandria, and who has built it at that time, please?"
WORDS = "How tall is the lighthouse of Alexandria, and who has built…"


@pytest.fixture
def scripted(server: ScriptedServer, make_model: Callable[..., Any]) -> Callable[..., tuple[str, Script]]:
    """A model that says the same to everything, and its script."""

    def make(said: str, **fields: Any) -> tuple[str, Script]:
        model = make_model()
        pieces = says.openai_stream(says.openai_chunk(content=said))
        script = server.scripts[f"theirs-{model.name}"] = Script(pieces=pieces, **fields)
        return model.name, script

    return make


@pytest.fixture
def ask_on_page(
    portal: PortalProcess, sign_in: Callable[..., httpx.Client], alice: Any
) -> Callable[..., str]:
    def ask(model: str, text: str = QUESTION, session: str | None = None) -> str:
        """Returns the session's id once the answer is whole."""
        cookies = "; ".join(f"{name}={value}" for name, value in sign_in(alice).cookies.items())
        url = portal.url.replace("http", "ws") + "/ws/chat"
        with connect(url, additional_headers={"Cookie": cookies}, origin=portal.url) as socket:  # type: ignore[arg-type]
            socket.send(json.dumps({"type": "ask", "session": session, "text": text, "model": model}))
            asked = next(frame for frame in frames(socket) if frame["type"] == "asked")
            socket.send(json.dumps({"type": "attach", "generation": asked["generation"], "after": "0"}))
            assert any(frame.get("event", {}).get("type") == "finish" for frame in frames(socket))
        return str(asked["session"]["id"])

    return ask


def frames(socket: Any) -> Any:
    while True:
        yield json.loads(socket.recv(timeout=15))


@pytest.fixture
def title_of(api: httpx.Client) -> Callable[[str], str]:
    return lambda session: str(api.get(f"/chat/sessions/{session}").json()["title"])


def rows(user: Any, **wanted: Any) -> list[Any]:
    from usage.models import UsageRecord

    return list(UsageRecord.objects.filter(user=user, **wanted))


def test_the_model_names_it_and_the_ledger_has_it(
    ask_on_page: Any, title_of: Any, scripted: Any, alice: Any, eventually: Any
) -> None:
    model, script = scripted('**Title: "The Lighthouse of Alexandria."**\n')
    session = ask_on_page(model)
    eventually(lambda: title_of(session) == "The Lighthouse of Alexandria")
    (row,) = eventually(lambda: rows(alice, format="title", status="complete"))
    assert (row.key_id, row.model, row.output_tokens) == (None, model, 7)
    assert len(script.asked_for_titles) == len(rows(alice)) - 1 == 1
    assert QUESTION in json.dumps(script.asked_for_titles[0]["messages"])
    ask_on_page(model, "And?", session)
    assert len(script.asked_for_titles) == len(rows(alice)) - 2 == 1, "once is enough"


@pytest.mark.parametrize(
    "said",
    ["Of course! Here is what I think about lighthouses: " * 5, "…", "<think>A title, hm", "\ufffd\ufffd x"],
    ids=["chatter", "nothing", "only a thought", "no text"],
)
def test_nonsense_is_no_title(
    ask_on_page: Any, title_of: Any, scripted: Any, alice: Any, eventually: Any, said: str
) -> None:
    session = ask_on_page(scripted(said)[0])
    eventually(lambda: rows(alice, format="title", status="complete"))
    assert title_of(session) == WORDS


def test_the_builtin_model_is_not_asked(ask_on_page: Any, title_of: Any, alice: Any) -> None:
    session = ask_on_page(BUILTIN, "Count to 1")
    ask_on_page(BUILTIN, "Count to 2", session)
    assert title_of(session) == "Count to 1"
    assert {row.format for row in rows(alice)} == {"browser"}


def test_a_persons_limits_hold(ask_on_page: Any, title_of: Any, scripted: Any, alice: Any) -> None:
    from accounts.models import UserLimits

    UserLimits.objects.create(user=alice, requests_per_minute=1)
    model, script = scripted("A title")
    session = ask_on_page(model)
    assert title_of(session) == WORDS
    assert script.asked_for_titles == []


def test_a_persons_own_title_stays(
    api: httpx.Client, ask_on_page: Any, title_of: Any, scripted: Any, alice: Any, eventually: Any
) -> None:
    """Even when it is given while the model still thinks."""
    model, script = scripted("A title", pause=0.2)
    session = ask_on_page(model)
    eventually(lambda: script.asked_for_titles)
    api.patch(f"/chat/sessions/{session}", json={"title": "My own"})
    eventually(lambda: rows(alice, format="title", status="complete"))
    assert title_of(session) == "My own"


def complete(api: httpx.Client, session: str, model: str, text: str = QUESTION) -> None:
    body = {"model": model, "messages": [{"role": "user", "content": text}], "session_id": session}
    response = api.post("/chat/completions", json={**body, "stream": True})
    assert response.status_code == 200, response.text


def test_a_session_by_api_without_a_title_gets_one(
    api: httpx.Client, title_of: Any, scripted: Any, alice: Any, eventually: Any
) -> None:
    unnamed, named = (
        api.post("/chat/sessions", json=body).json()["id"] for body in ({}, {"title": "New chat"})
    )
    model, _ = scripted("The Lighthouse")
    complete(api, unnamed, model)
    complete(api, named, model)
    eventually(lambda: title_of(unnamed) == "The Lighthouse")
    assert title_of(named) == "New chat"
    by_words = api.post("/chat/sessions").json()["id"]
    complete(api, by_words, BUILTIN, "Count to 1")
    eventually(lambda: title_of(by_words) == "Count to 1")
    assert len(rows(alice, format="title")) == 1


def test_a_title_that_is_late_is_not_waited_for(
    scripted: Any, alice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chat.catalogue import connections
    from chat.completions import titles
    from chat.models import Message, Session

    monkeypatch.setattr(titles, "PATIENCE", 0.1)
    model, _ = scripted("A title", delay=1)
    session = Session.objects.create(user=alice, title=WORDS, model=model)
    Message.objects.create(session=session, role="user", text=QUESTION)
    answer = Message.objects.create(session=session, role="assistant", text="140 m", model=model)

    async def entitle() -> None:
        titles.begin(answer, None)
        (task,) = titles._running
        await task
        await connections.close()

    run_with_database(entitle())
    session.refresh_from_db()
    assert session.title == WORDS
    (row,) = rows(alice)
    assert (row.format, row.status, row.error_type) == ("title", "failed", "timeout")
