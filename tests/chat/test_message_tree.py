"""Nothing that was said is overwritten: another version of it is another branch."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

MODEL = "Waymore-A1-Instruct-1011"
Json = dict[str, Any]


class Chat:
    """A person's page, by plain requests."""

    def __init__(self, browser: httpx.Client) -> None:
        self.browser = browser
        self.session: str | None = None

    def send(self, type_: str, **fields: Any) -> Json:
        answer = self.browser.post("/chat/commands", json={"type": type_, "ref": uuid4().hex, **fields})
        return dict(answer.json())

    def ask(self, text: str, **fields: Any) -> str:
        """Returns the answer's id once it is written."""
        return self._written(self.send("ask", text=text, session=self.session, model=MODEL, **fields))

    def again(self, answer: str) -> str:
        return self._written(self.send("again", answer=answer, model=MODEL))

    def _written(self, frame: Json) -> str:
        assert frame["type"] == "asked", frame
        self.session = frame["session"]["id"]
        for event in self.events(frame["generation"]):
            if event["type"] == "finish":
                assert event["status"] == "complete", event
        return str(frame["answer"]["id"])

    def events(self, generation: str, after: str = "0") -> Iterator[Json]:
        with self.browser.stream("GET", f"/chat/events?follow={generation}:{after}") as stream:
            for line in stream.iter_lines():
                frame = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {}
                if frame.get("type") == "event":
                    yield frame["event"]
                    if frame["event"]["type"] == "finish":
                        return

    def messages(self, branch: str = "current") -> list[Json]:
        path = f"/api/chat/sessions/{self.session}/messages?order=asc&branch={branch}"
        return list(self.browser.get(path).json()["data"])

    def said(self) -> list[str]:
        return [message["content"] for message in self.messages()]


@pytest.fixture
def chat(sign_in: Callable[[Any], httpx.Client], alice: Any) -> Chat:
    return Chat(sign_in(alice))


def test_an_edited_question_is_a_branch(chat: Chat) -> None:
    chat.ask("Repeat after me: one")
    chat.ask("Repeat after me: two")
    first = chat.messages()[0]
    chat.ask("Repeat after me: three", edits=first["id"])
    assert chat.said() == ["Repeat after me: three", "three"]
    chat.send("show", message=first["id"])
    assert chat.said() == ["Repeat after me: one", "one", "Repeat after me: two", "two"]
    assert len(chat.messages("all")) == 6
    assert [message["parentId"] for message in chat.messages("all")].count(None) == 2


def test_a_regenerated_answer_is_a_branch(chat: Chat) -> None:
    first = chat.ask("Repeat after me: one")
    second = chat.again(first)
    assert [message["id"] for message in chat.messages()][1:] == [second]
    page = chat.browser.get(f"/chat/{chat.session}").text
    assert f'data-show="{first}"' in page
    assert "2/2" in page
    chat.send("show", message=first)
    assert [message["id"] for message in chat.messages()][1:] == [first]


def test_the_model_is_told_the_branch_it_answers_on(chat: Chat, api: httpx.Client) -> None:
    """And so is one that a program asks."""
    chat.ask("Repeat after me: blue")
    first = chat.messages()[0]
    chat.ask("Repeat after me: red", edits=first["id"])
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Repeat after me: green"}]}
    assert api.post("/chat/completions", json={**body, "session_id": chat.session}).status_code == 200
    assert chat.said() == ["Repeat after me: red", "red", "Repeat after me: green", "green"]


def test_a_question_sent_twice_is_asked_once(chat: Chat) -> None:
    """As a page does whose connection broke before the reply came."""
    command = {"type": "ask", "text": "Repeat after me: once", "ref": uuid4().hex}
    replies = [chat.browser.post("/chat/commands", json=command).json() for _ in range(3)]
    assert len({reply["answer"]["id"] for reply in replies}) == 1
    chat.session = replies[0]["session"]["id"]
    assert len(chat.messages("all")) == 2


def test_a_chat_goes_on_elsewhere_from_any_answer(chat: Chat) -> None:
    chat.ask("Repeat after me: one")
    answer = chat.messages()[1]["id"]
    chat.ask("Repeat after me: two")
    before = chat.session
    moved = chat.browser.post(f"/chat/messages/{answer}/branch")
    assert moved.is_success, moved.text[:300]
    chat.session = moved.url.path.removeprefix("/chat/")
    assert chat.session != before
    assert chat.said() == ["Repeat after me: one", "one"]


def test_settings_of_a_chat_reach_the_model(chat: Chat, make_model: Callable[..., Any], server: Any) -> None:
    from tests.conformance import says
    from tests.conformance.scripted import Script

    model = make_model("told")
    script = Script(pieces=says.openai_stream(says.openai_chunk(content="Hi")))
    server.scripts["theirs-told"] = script
    frame = chat.send(
        "ask", text="Hi", model=model.name, settings={"system_prompt": "Be brief.", "temperature": 0.5}
    )
    assert [event["type"] for event in chat.events(frame["generation"])][-1] == "finish"
    assert script.asked[0]["temperature"] == 0.5
    assert script.asked[0]["messages"][0] == {"role": "system", "content": "Be brief."}


def test_a_temporary_chat_leaves_nothing_but_its_ledger_row(chat: Chat, alice: Any) -> None:
    from chat.models import Session
    from usage.models import UsageRecord

    history = [{"role": "user", "text": "My name is Ada"}, {"role": "assistant", "text": "Hello Ada"}]
    frame = chat.send("ask-temporary", text="Repeat after me: gone", history=history, model=MODEL)
    events = list(chat.events(frame["generation"]))
    assert "gone" in next((event["html"] for event in reversed(events) if event["type"] == "block"), ""), (
        events
    )
    assert not Session.objects.filter(user=alice).exists()
    assert UsageRecord.objects.get(user=alice).status == "complete"


def test_a_temporary_answer_is_its_askers_alone(
    chat: Chat, sign_in: Callable[[Any], httpx.Client], bob: Any
) -> None:
    generation = chat.send("ask-temporary", text="Count to 5", model=MODEL)["generation"]
    path = f"/chat/events?follow={generation}:0"
    assert sign_in(bob).get(path).status_code == 404
    assert Chat(sign_in(bob)).send("stop", generation=generation)["type"] == "rejected"


def test_an_answer_is_rated(chat: Chat, api: httpx.Client) -> None:
    answer = chat.ask("Repeat after me: one")
    path = f"/chat/messages/{answer}"
    rated = api.patch(path, json={"rating": "down", "ratingReason": "Too short"}).json()
    assert (rated["rating"], rated["ratingReason"]) == ("down", "Too short")
    assert api.patch(path, json={"rating": None}).json()["ratingReason"] is None


@pytest.mark.parametrize(
    "body", [{"rating": "great"}, {"ratingReason": "why"}, {"rating": "up", "ratingReason": "x" * 501}]
)
def test_it_rejects_a_rating_that_cannot_be(chat: Chat, api: httpx.Client, body: Json) -> None:
    answer = chat.ask("Repeat after me: one")
    refused = api.patch(f"/chat/messages/{answer}", json=body)
    assert refused.status_code == 400
    question = chat.messages()[0]["id"]
    assert api.patch(f"/chat/messages/{question}", json={"rating": "up"}).status_code == 400


@pytest.mark.parametrize(
    "frame",
    [
        "{", "[]", '{"type": "nonsense"}', '{"type": "ask"}', '{"type": "ask", "text": 5}',
        '{"type": "ask", "text": "x", "session": "ses_0"}', '{"type": "show", "message": "msg_0"}',
        '{"type": "ask", "text": " "}', '{"type": "ask", "text": "x", "settings": {"temperature": 9}}',
        '{"type": "attach", "generation": "gen_0"}', "\ud800".encode("utf-8", "surrogatepass"),
    ],
)  # fmt: skip
def test_it_rejects_a_command_that_cannot_be(chat: Chat, alice: Any, frame: Any) -> None:
    from chat.models import Session

    headers = {"content-type": "application/json"}
    answer = chat.browser.post("/chat/commands", content=frame, headers=headers)
    assert answer.status_code in (400, 404)
    assert answer.json()["type"] == "rejected"
    assert not Session.objects.filter(user=alice).exists()
