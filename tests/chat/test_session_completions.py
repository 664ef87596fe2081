"""`session_id` in a completion: the history is the context, both sides are stored."""

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from tests.conformance import says
from tests.conformance.scripted import Script, ScriptedServer
from tests.portal_process import PortalProcess
from usage.models import UsageRecord

Json = dict[str, Any]
MODEL = "Waymore-A1-Instruct-1011"
PATHS = {"openai": "/chat/completions", "anthropic": "/v1/messages"}
TOOLS = {
    "openai": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
    "anthropic": [{"name": "f", "input_schema": {"type": "object"}}],
}


@pytest.fixture(params=["fast path", "view", "cookie"])
def caller(request: pytest.FixtureRequest, alice: Any, secret: str) -> Iterator[httpx.Client]:
    name = "portal" if request.param == "fast path" else "portal_without_fast_path"
    portal = request.getfixturevalue(name)
    if request.param == "cookie":
        client = request.getfixturevalue("sign_in")(alice, portal.url)
        client.base_url = portal.api
        yield client
        return
    with httpx.Client(base_url=portal.api, headers={"x-api-key": secret}, timeout=30) as client:
        yield client


@pytest.fixture
def scripted(
    server: ScriptedServer, make_model: Callable[..., Any], make_upstream: Callable[..., Any]
) -> Callable[..., tuple[str, Script]]:
    """A model that says what it is told to, and its script."""

    def make(kind: str = "openai", answer: Any = None, **fields: Any) -> tuple[str, Script]:
        if answer is None and "pieces" not in fields:
            answer = says.openai() if kind == "openai" else says.anthropic()
        model = make_model(upstream=make_upstream(kind=kind))
        script = server.scripts[f"theirs-{model.name}"] = Script(answer, **fields)
        return model.name, script

    return make


@pytest.fixture
def session(api: httpx.Client) -> str:
    return str(api.post("/chat/sessions", json={"title": "Talk", "model": MODEL}).json()["id"])


def user(text: str) -> Json:
    return {"role": "user", "content": text}


def assistant(text: str) -> Json:
    return {"role": "assistant", "content": text}


def ask(
    client: httpx.Client, session: str, *messages: Json, wire: str = "openai", model: str = MODEL, **more: Any
) -> httpx.Response:
    body = {"model": model, "messages": list(messages), "session_id": session, "max_tokens": 100, **more}
    return client.post(PATHS[wire], json=body)


def said(client: httpx.Client, session: str) -> list[Json]:
    page = client.get(f"/chat/sessions/{session}/messages", params={"limit": 100, "order": "asc"})
    return list(page.json()["data"])


def talk(messages: list[Json]) -> list[tuple[str, str]]:
    return [(message["role"], message["content"]) for message in messages]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("wire", PATHS)
@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_the_history_is_the_context_and_both_sides_are_stored(
    caller: httpx.Client, session: str, scripted: Any, alice: Any, wire: str, kind: str, stream: bool
) -> None:
    pieces = {
        "openai": says.openai_stream(says.openai_chunk(content="Hel"), says.openai_chunk(content="lo")),
        "anthropic": says.anthropic_stream(says.anthropic_text(0, "Hel", "lo")),
    }
    model, script = scripted(kind, **({"pieces": pieces[kind]} if stream else {}))
    answers = [
        ask(caller, session, user(text), wire=wire, model=model, stream=stream) for text in ("Hi", "And?")
    ]
    assert [answer.status_code for answer in answers] == [200, 200], answers[0].text
    asked = script.asked[-1]
    assert [(message["role"], text_of(message)) for message in asked["messages"]] == [
        ("user", "Hi"), ("assistant", "Hello"), ("user", "And?"),
    ]  # fmt: skip
    assert all("session_id" not in body for body in script.asked)
    stored = said(caller, session)
    assert talk(stored) == [("user", "Hi"), ("assistant", "Hello"), ("user", "And?"), ("assistant", "Hello")]
    last = stored[-1]
    row = UsageRecord.objects.get(pk=last_row(alice))
    assert (last["requestId"], last["status"]) == (answers[1].headers["x-request-id"], "complete")
    assert (last["inputTokens"], last["outputTokens"]) == (row.input_tokens, row.output_tokens)
    assert last["outputTokens"] == 7


def text_of(message: Json) -> str:
    content = message["content"]
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def last_row(person: Any) -> Any:
    return UsageRecord.objects.filter(user=person).order_by("-started_at").values_list("pk", flat=True)[0]


def test_the_printed_example_works(api: httpx.Client, session: str) -> None:
    """spec.txt, "Include the session_id in your completion request"."""
    question = "Summarize the latest trends in AI."
    body = {"model": MODEL, "messages": [user(question)], "session_id": session}
    answer = api.post("/chat/completions", json=body)
    assert answer.status_code == 200
    told = answer.json()["choices"][0]["message"]["content"]
    assert talk(said(api, session)) == [("user", question), ("assistant", told)]


@pytest.mark.parametrize("wire", PATHS)
def test_a_repeated_history_is_stored_once(api: httpx.Client, session: str, scripted: Any, wire: str) -> None:
    model, script = scripted()
    assert ask(api, session, user("Hi"), wire=wire, model=model).status_code == 200
    again = ask(api, session, user("Hi"), assistant("Hello"), user("And?"), wire=wire, model=model)
    assert again.status_code == 200, again.text
    assert [message["role"] for message in script.asked[-1]["messages"]] == ["user", "assistant", "user"]
    assert len(said(api, session)) == 4


@pytest.mark.parametrize(
    "messages",
    [
        [user("Hi"), assistant("Something else"), user("And?")],
        [assistant("Hello"), user("And?")],
        [user("Hi"), assistant("Hello")],
    ],
    ids=["another answer", "a part of it", "nothing new"],
)
def test_what_does_not_continue_it_is_refused(
    caller: httpx.Client, session: str, scripted: Any, alice: Any, messages: list[Json]
) -> None:
    model, script = scripted()
    ask(caller, session, user("Hi"), model=model)
    response = ask(caller, session, *messages, model=model)
    assert response.status_code == 409
    assert response.json()["error"]["param"] == "session_id"
    assert "do not continue this session" in response.json()["error"]["message"]
    assert (len(script.asked), UsageRecord.objects.filter(user=alice).count()) == (1, 1)
    assert len(said(caller, session)) == 2


def test_a_stored_question_is_answered_without_being_asked_again(
    api: httpx.Client, session: str, scripted: Any
) -> None:
    model, script = scripted()
    api.post("/chat/messages", json={"sessionId": session, "content": "Hi"})
    assert ask(api, session, user("Hi"), model=model).status_code == 200
    assert script.asked[-1]["messages"] == [user("Hi")]
    assert talk(said(api, session)) == [("user", "Hi"), ("assistant", "Hello")]


@pytest.mark.parametrize("wire", PATHS)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_an_unknown_or_foreign_session_is_not_there(
    caller: httpx.Client, alice: Any, bob: Any, wire: str, stream: bool
) -> None:
    from chat.models import Session

    foreign = Session.objects.create(user=bob, title="Bob's", model=MODEL).public_id
    for session in (foreign, f"ses_{'0' * 32}", "nonsense", "\x00"):
        response = ask(caller, session, user("Hi"), wire=wire, stream=stream)
        assert response.status_code == 404, session
    assert not UsageRecord.objects.filter(user=alice).exists()
    assert not Session.objects.get(user=bob).messages.exists()


def test_it_rejects_what_cannot_be_stored_or_answered(api: httpx.Client, session: str, alice: Any) -> None:
    answers = [
        ask(api, session, user("a\x00b")),
        ask(api, session, user("Hi"), n=2),
        api.post("/chat/completions", json={"model": MODEL, "messages": [user("Hi")], "session_id": 7}),
    ]
    refused = [(answer.status_code, answer.json()["error"]["param"]) for answer in answers]
    assert refused == [(400, "messages"), (400, "n"), (400, "session_id")]
    assert not UsageRecord.objects.filter(user=alice).exists()
    assert said(api, session) == []


@pytest.mark.parametrize("wire", PATHS)
def test_tool_calls_and_their_results_are_kept(
    api: httpx.Client, session: str, scripted: Any, wire: str
) -> None:
    model, script = scripted(
        answer=says.openai(None, "tool_calls", tool_calls=[says.tool_call("c1", '{"a": 1}')])
    )
    assert ask(api, session, user("Use it"), wire=wire, model=model, tools=TOOLS[wire]).status_code == 200
    script.answer = says.openai("Done")
    result = {
        "openai": {"role": "tool", "tool_call_id": "c1", "content": "22"},
        "anthropic": user([{"type": "tool_result", "tool_use_id": "c1", "content": "22"}]),  # type: ignore[arg-type]
    }[wire]
    told = ask(api, session, result, wire=wire, model=model, tools=TOOLS[wire])
    assert told.status_code == 200, told.text
    asked = script.asked[-1]["messages"]
    assert [message["role"] for message in asked] == ["user", "assistant", "tool"]
    assert asked[1]["tool_calls"][0]["id"] == asked[2]["tool_call_id"] == "c1"
    stored = said(api, session)
    assert [message["role"] for message in stored] == ["user", "assistant", "user", "assistant"]
    assert json.loads(stored[1]["parts"][0]["arguments"]) == {"a": 1}
    assert stored[2]["parts"][0]["callId"] == "c1"


@pytest.mark.parametrize("wire", PATHS)
def test_a_repeated_history_with_tools_is_recognised(
    api: httpx.Client, session: str, scripted: Any, wire: str
) -> None:
    """As a program repeats it that knows no sessions: arguments spaced its own way."""
    model, script = scripted(
        answer=says.openai("Wait", "tool_calls", tool_calls=[says.tool_call("c1", '{"a":1}')])
    )
    ask(api, session, user("Use it"), wire=wire, model=model, tools=TOOLS[wire])
    script.answer = says.openai("Done")
    call: Json = {**says.tool_call("c1", '{ "a": 1 }')}
    repeated: list[Json] = {
        "openai": [
            user("Use it"), {**assistant("Wait"), "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": "22"},
        ],
        "anthropic": [
            user("Use it"),
            {"role": "assistant", "content": [
                {"type": "text", "text": "Wait"},
                {"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "22"}]},
        ],
    }[wire]  # fmt: skip
    told = ask(api, session, *repeated, wire=wire, model=model, tools=TOOLS[wire])
    assert told.status_code == 200, told.text
    assert len(said(api, session)) == 4


def test_system_messages_belong_to_the_request(api: httpx.Client, session: str, scripted: Any) -> None:
    model, script = scripted()
    for text in ("Be a cat.", "Be a dog."):
        ask(api, session, {"role": "system", "content": text}, user("Hi"), model=model)
    asked = script.asked[-1]["messages"]
    assert [text_of(m) for m in asked if m["role"] == "system"] == ["Be a dog."]
    assert {message["role"] for message in said(api, session)} == {"user", "assistant"}


def test_what_was_thought_goes_back_to_its_own_model_only(
    api: httpx.Client, session: str, scripted: Any
) -> None:
    thinking = {"type": "thinking", "thinking": "Hm", "signature": "s1"}
    content = (thinking, {"type": "text", "text": "Hello"})
    model, script = scripted("anthropic", says.anthropic(*content))
    other, its_script = scripted("anthropic")
    for name in (model, model, other):
        assert ask(api, session, user("Hi"), wire="anthropic", model=name).status_code == 200
    assert script.asked[-1]["messages"][1]["content"][0] == thinking
    assert "Hm" not in json.dumps(its_script.asked[-1])


def test_a_call_that_failed_before_a_word_leaves_no_message(
    caller: httpx.Client, session: str, scripted: Any, alice: Any
) -> None:
    model, script = scripted(status=400, answer={"error": {"message": "No."}})
    assert ask(caller, session, user("Hi"), model=model).status_code == 400
    assert said(caller, session) == []
    assert UsageRecord.objects.get(user=alice).status == "failed"
    script.status, script.answer = 200, says.openai()
    assert ask(caller, session, user("Hi"), model=model).status_code == 200
    assert script.asked[-1]["messages"] == [user("Hi")]


@pytest.mark.parametrize("wire", PATHS)
def test_an_answer_that_broke_off_is_kept_as_far_as_it_came(
    caller: httpx.Client, session: str, scripted: Any, wire: str
) -> None:
    model, _ = scripted(pieces=says.TEXT_BEGIN["chat.completion"])
    ask(caller, session, user("Hi"), wire=wire, model=model, stream=True)
    answer = said(caller, session)[-1]
    assert (answer["content"], answer["status"]) == ("Hel", "failed")
    assert answer["error"]


def test_an_answer_whose_caller_left_is_kept_as_far_as_it_came(
    api: httpx.Client, session: str, eventually: Any
) -> None:
    body = {"model": MODEL, "messages": [user("Count to 1000")], "session_id": session, "stream": True}
    with api.stream("POST", "/chat/completions", json=body) as response:
        for _, _ in zip(range(20), response.iter_lines(), strict=False):
            pass
    eventually(lambda: said(api, session)[-1]["status"] == "interrupted")
    answer = said(api, session)[-1]
    assert answer["content"].startswith("1")
    assert answer["requestId"] == response.headers["x-request-id"]


def test_a_caller_who_leaves_before_a_word_may_ask_again(
    caller: httpx.Client, session: str, scripted: Any, alice: Any, eventually: Any
) -> None:
    model, script = scripted(delay=2)
    body = {"model": model, "messages": [user("Hi")], "session_id": session}
    with pytest.raises(httpx.ReadTimeout):
        caller.post("/chat/completions", json=body, timeout=0.7)
    script.delay = 0
    eventually(lambda: said(caller, session) == [])
    eventually(lambda: UsageRecord.objects.get(user=alice).status in ("cancelled", "complete"))
    assert ask(caller, session, user("Hi"), model=model).status_code == 200
    assert script.asked[-1]["messages"] == [user("Hi")]


def test_a_session_deleted_meanwhile_stays_deleted(
    api: httpx.Client, session: str, scripted: Any, alice: Any, eventually: Any
) -> None:
    model, script = scripted(delay=1)
    answers: list[int] = []
    asking = threading.Thread(
        target=lambda: answers.append(ask(api, session, user("Hi"), model=model).status_code)
    )
    asking.start()
    eventually(lambda: script.running)
    assert api.delete(f"/chat/sessions/{session}").status_code == 204
    asking.join()
    assert answers == [200]
    assert api.get(f"/chat/sessions/{session}/messages").status_code == 404
    assert UsageRecord.objects.get(user=alice).status == "complete"


def test_a_second_question_waits_for_the_answer(
    api: httpx.Client, session: str, scripted: Any, eventually: Any
) -> None:
    model, script = scripted(delay=1.5)
    answers: list[int] = []
    first = threading.Thread(
        target=lambda: answers.append(ask(api, session, user("Hi"), model=model).status_code)
    )
    first.start()
    eventually(lambda: script.running)
    second = ask(api, session, user("And?"), model=model)
    assert (second.status_code, second.headers["retry-after"]) == (409, "1")
    message = api.post("/chat/messages", json={"sessionId": session, "content": "x"})
    assert message.status_code == 409
    first.join()
    assert answers == [200]
    assert len(said(api, session)) == 2


def test_questions_at_once_never_mix(api: httpx.Client, session: str, scripted: Any) -> None:
    model, _ = scripted()
    statuses: list[int] = []
    threads = [
        threading.Thread(
            target=lambda: statuses.append(ask(api, session, user("Hi"), model=model).status_code)
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {200, 409}
    assert talk(said(api, session)) == [("user", "Hi"), ("assistant", "Hello")] * statuses.count(200)


def test_the_browser_chat_and_a_program_share_one_conversation(
    api: httpx.Client,
    session: str,
    scripted: Any,
    portal: PortalProcess,
    sign_in: Any,
    alice: Any,
    eventually: Any,
) -> None:
    """What a program asks can be watched in the owner's browser while it is answered."""
    chunks = [says.openai_chunk(content=f"{number} ") for number in range(8)]
    model, script = scripted(pieces=says.openai_stream(*chunks), pause=0.3)
    asking = threading.Thread(target=lambda: ask(api, session, user("Hi"), model=model, stream=True))
    asking.start()
    eventually(lambda: script.running)
    browser = sign_in(alice)
    answer = said(api, session)[-1]
    assert answer["status"] == "streaming"
    generation = answer["id"].replace("msg_", "gen_")
    assert generation in browser.get(f"/chat/{session}").text
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    url = portal.url.replace("http", "ws") + "/ws/chat"
    events: list[Json] = []
    with connect(url, additional_headers={"Cookie": cookies}, origin=portal.url) as socket:  # type: ignore[arg-type]
        socket.send(json.dumps({"type": "attach", "generation": generation, "after": "0"}))
        while not events or events[-1]["type"] != "finish":
            events.append(json.loads(socket.recv(timeout=10))["event"])
    asking.join()
    assert events[-1]["status"] == "complete"
    assert sum(event["type"] == "block" for event in events) > 1
    assert "7" in next(event for event in reversed(events) if event["type"] == "block")["html"]


def test_images_in_the_history_need_the_permission_too(
    portal: PortalProcess,
    alice: Any,
    make_key: Callable[..., str],
    api: httpx.Client,
    session: str,
    scripted: Any,
) -> None:
    model, _ = scripted()
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    headers = {"x-api-key": make_key(alice, "chat", "vision")}
    with httpx.Client(base_url=portal.api, headers=headers, timeout=30) as seeing:
        look = {"role": "user", "content": [image, {"type": "text", "text": "Look"}]}
        assert ask(seeing, session, look, model=model).status_code == 200
        assert ask(seeing, session, user("And?"), model=model).status_code == 200
    assert "iVBOR" not in json.dumps(said(api, session))
    assert ask(api, session, user("And?"), model=model).status_code == 403


def test_a_request_sent_twice_is_stored_once(api: httpx.Client, session: str, scripted: Any) -> None:
    model, script = scripted()
    api.headers["idempotency-key"] = "once"
    answers = [ask(api, session, user("Hi"), model=model) for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert (len(script.asked), len(said(api, session))) == (1, 2)
