"""What one format says in the other's words (conformance T), for callers and upstreams that differ."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance import says
from tests.conformance.conftest import HELLO, Upstream

Make = Callable[..., Upstream]
Json = dict[str, Any]
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
OPENAI_TOOL = {"type": "function", "function": {"name": "f", "description": "F", "parameters": SCHEMA}}
ANTHROPIC_TOOL = {"name": "f", "description": "F", "input_schema": SCHEMA}
DATA = "iVBORw0KGgo="
SOURCE = {"type": "base64", "media_type": "image/png", "data": DATA}
PICTURE = {"type": "image", "source": SOURCE}
DATA_URL = f"data:image/png;base64,{DATA}"
FORMATS = ["openai", "anthropic"]


def user(*blocks: Json) -> Json:
    return {"role": "user", "content": list(blocks)}


def text(said: str) -> Json:
    return {"type": "text", "text": said}


def use(call_id: str, name: str = "f", **arguments: Any) -> Json:
    return {"type": "tool_use", "id": call_id, "name": name, "input": arguments}


def result(call_id: str, content: Any = "R", **more: Any) -> Json:
    return {"type": "tool_result", "tool_use_id": call_id, "content": content, **more}


# T01


def test_system_blocks_become_a_leading_message_t01(openai: Make) -> None:
    server = openai()
    server.ask("anthropic", system=[text("One"), {**text("Two"), "cache_control": {"type": "ephemeral"}}])
    assert server.seen["messages"] == [{"role": "system", "content": "One\n\nTwo"}, *HELLO]


def test_system_and_developer_messages_become_system_t01(anthropic: Make) -> None:
    server = anthropic()
    server.ask(
        messages=[{"role": "system", "content": "One"}, {"role": "developer", "content": "Two"}, *HELLO]
    )
    assert server.seen["system"] == [text("One"), text("Two")]
    assert server.seen["messages"] == HELLO


# T02, T03


@pytest.mark.parametrize("strict", [{}, {"strict": True}])
def test_tools_t02(openai: Make, anthropic: Make, strict: Json) -> None:
    there, here = openai(), anthropic()
    function = {**OPENAI_TOOL["function"], **strict}
    there.ask("anthropic", tools=[{**ANTHROPIC_TOOL, **strict}])
    assert there.seen["tools"] == [{"type": "function", "function": function}]
    here.ask(tools=[{"type": "function", "function": function}])
    assert here.seen["tools"] == [{**ANTHROPIC_TOOL, **strict}]


CHOICES = [
    ("auto", {"type": "auto"}),
    ("required", {"type": "any"}),
    ("none", {"type": "none"}),
    ({"type": "function", "function": {"name": "f"}}, {"type": "tool", "name": "f"}),
]


@pytest.mark.parametrize(("theirs", "ours"), CHOICES)
def test_tool_choice_t03(openai: Make, anthropic: Make, theirs: Any, ours: Json) -> None:
    there, here = openai(), anthropic()
    there.ask("anthropic", tools=[ANTHROPIC_TOOL], tool_choice=ours)
    assert there.seen["tool_choice"] == theirs
    here.ask(tools=[OPENAI_TOOL], tool_choice=theirs)
    assert here.seen["tool_choice"] == ours


def test_one_call_at_a_time_t03(openai: Make, anthropic: Make) -> None:
    there, here = openai(), anthropic()
    choice = {"type": "auto", "disable_parallel_tool_use": True}
    there.ask("anthropic", tools=[ANTHROPIC_TOOL], tool_choice=choice)
    assert there.seen["parallel_tool_calls"] is False
    here.ask(tools=[OPENAI_TOOL], parallel_tool_calls=False)
    assert here.seen["tool_choice"] == choice


# T04, T05


def test_text_and_calls_of_one_turn_t04(openai: Make, anthropic: Make) -> None:
    blocks = [text("I look."), use("c1", a="1"), use("c2", "g")]
    turn = {
        "role": "assistant",
        "content": "I look.",
        "tool_calls": [says.tool_call("c1", '{"a":"1"}'), says.tool_call("c2", name="g")],
    }
    there, here = openai(), anthropic()
    there.ask(
        "anthropic",
        messages=[*HELLO, {"role": "assistant", "content": blocks}, user(result("c1"), result("c2"))],
    )
    assert there.seen["messages"][1] == turn
    results = [{"role": "tool", "tool_call_id": call_id, "content": "R"} for call_id in ("c1", "c2")]
    here.ask(messages=[*HELLO, turn, *results])
    assert here.seen["messages"][1] == {"role": "assistant", "content": blocks}


@pytest.mark.parametrize("stream", [False, True])
def test_text_and_calls_of_one_answer_t04(openai: Make, anthropic: Make, stream: bool) -> None:
    calls = (says.anthropic_call(1, "c1", '{"a":"1"}'), says.anthropic_call(2, "c2", "{}", name="g"))
    pieces = says.anthropic_stream(says.anthropic_text(0, "I look."), *calls, stop="tool_use")
    whole = says.anthropic(text("I look."), use("c1", a="1"), use("c2", "g"), stop="tool_use")
    if stream:
        chunks = anthropic(pieces=pieces).stream()
        deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
        assert "".join(delta.get("content") or "" for delta in deltas) == "I look."
        named = [call for delta in deltas for call in delta.get("tool_calls", ()) if "id" in call]
        assert [(call["index"], call["id"], call["function"]["name"]) for call in named] == [
            (0, "c1", "f"),
            (1, "c2", "g"),
        ]
    else:
        message = anthropic(whole).ask()["choices"][0]["message"]
        assert message["content"] == "I look."
        assert message["tool_calls"] == [says.tool_call("c1", '{"a":"1"}'), says.tool_call("c2", name="g")]


def test_several_results_in_one_turn_t05(openai: Make, anthropic: Make) -> None:
    asked = {"role": "assistant", "content": [use("c1"), use("c2")]}
    there, here = openai(), anthropic()
    there.ask(
        "anthropic", messages=[*HELLO, asked, user(result("c1", "1"), text("Go on."), result("c2", "2"))]
    )
    assert there.seen["messages"][2:] == [
        {"role": "tool", "tool_call_id": "c1", "content": "1"},
        {"role": "tool", "tool_call_id": "c2", "content": "2"},
        {"role": "user", "content": "Go on."},
    ]
    here.ask(
        messages=[
            *HELLO,
            {"role": "assistant", "tool_calls": [says.tool_call("c1"), says.tool_call("c2")]},
            {"role": "tool", "tool_call_id": "c1", "content": "1"},
            {"role": "tool", "tool_call_id": "c2", "content": "2"},
            {"role": "user", "content": "Go on."},
        ]
    )
    told = here.seen["messages"][2]["content"]
    assert [(block["type"], block.get("tool_use_id")) for block in told] == [
        ("tool_result", "c1"),
        ("tool_result", "c2"),
        ("text", None),
    ]


# T06, T07


def test_pictures_in_a_result_follow_it_t06(openai: Make) -> None:
    server = openai()
    asked = {"role": "assistant", "content": [use("c1")]}
    server.ask("anthropic", messages=[*HELLO, asked, user(result("c1", [text("Seen:"), PICTURE]))])
    tool, shown = server.seen["messages"][2:]
    assert tool == {"role": "tool", "tool_call_id": "c1", "content": "Seen:"}
    assert shown["role"] == "user"
    assert "c1" in shown["content"][0]["text"]
    assert shown["content"][1] == {"type": "image_url", "image_url": {"url": DATA_URL}}


NEWER = [
    {"type": "tool_reference", "tool_name": "g"},
    {"type": "search_result", "title": "Found", "source": "s"},
]


@pytest.mark.parametrize("part", NEWER)
def test_newer_parts_of_results_t06a(openai: Make, anthropic: Make, part: Json) -> None:
    messages = [
        *HELLO,
        {"role": "assistant", "content": [use("c1")]},
        user(result("c1", [part, text("and")])),
    ]
    there, here = openai(), anthropic()
    here.ask("anthropic", messages=messages)
    assert here.seen["messages"] == messages
    there.ask("anthropic", messages=messages)
    said = there.seen["messages"][2]["content"]
    assert "and" in said
    assert part.get("tool_name", "Found") in said


def test_an_error_stays_visible_t07(openai: Make, anthropic: Make) -> None:
    messages = [
        *HELLO,
        {"role": "assistant", "content": [use("c1")]},
        user(result("c1", "No", is_error=True)),
    ]
    there, here = openai(), anthropic()
    there.ask("anthropic", messages=messages)
    assert there.seen["messages"][2]["content"] == "Error: No"
    here.ask("anthropic", messages=messages)
    assert here.seen["messages"][2]["content"][0]["is_error"] is True


# T08


IMAGES = [
    (SOURCE, DATA_URL),
    ({"type": "url", "url": "https://example.org/i.png"}, "https://example.org/i.png"),
]


@pytest.mark.parametrize(("source", "url"), IMAGES)
def test_images_t08(openai: Make, anthropic: Make, source: Json, url: str) -> None:
    there, here = openai(), anthropic()
    there.ask("anthropic", messages=[user({"type": "image", "source": source}, text("?"))])
    part = {"type": "image_url", "image_url": {"url": url}}
    assert there.seen["messages"][0]["content"] == [part, text("?")]
    here.ask(messages=[user(part, text("?"))])
    assert here.seen["messages"][0]["content"] == [{"type": "image", "source": source}, text("?")]


def test_documents_t08(openai: Make, anthropic: Make) -> None:
    pdf = {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}
    file = {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}
    there, here = openai(), anthropic()
    document = {"type": "document", "source": pdf, "title": "a.pdf"}
    there.ask("anthropic", messages=[user(document, text("?"))])
    assert there.seen["messages"][0]["content"][0] == {"type": "file", "file": file}
    here.ask(messages=[user({"type": "file", "file": file}, text("?"))])
    assert here.seen["messages"][0]["content"][0] == document


def test_a_text_document_is_read_out_t08(openai: Make) -> None:
    plain = {"type": "text", "media_type": "text/plain", "data": "Once upon a time"}
    coded = {
        "type": "base64",
        "media_type": "text/plain",
        "data": base64.b64encode(b"Once upon a time").decode(),
    }
    for source in (plain, coded):
        server = openai()
        server.ask(
            "anthropic", messages=[user({"type": "document", "source": source, "title": "T"}, text("?"))]
        )
        assert server.seen["messages"][0]["content"] == [text("T:\n\nOnce upon a time"), text("?")]


@pytest.mark.parametrize("data", ["A", "é"])
def test_a_document_that_is_no_base64_is_refused_t08(openai: Make, anthropic: Make, data: str) -> None:
    source = {"type": "base64", "media_type": "text/plain", "data": data}
    said = openai().refused("anthropic", messages=[user({"type": "document", "source": source})])
    assert "base64" in said
    file = {"type": "file", "file": {"file_data": f"data:text/plain;base64,{data}", "filename": "a.txt"}}
    assert "a.txt" in anthropic().refused(messages=[user(file)])


def test_a_document_by_address_is_refused_where_it_cannot_be_told_t08(openai: Make) -> None:
    source = {"type": "url", "url": "https://example.org/a.pdf"}
    assert "Documents by address" in openai().refused(
        "anthropic", messages=[user({"type": "document", "source": source})]
    )


# T09, T10


def test_stop_sequences_t09(openai: Make, anthropic: Make) -> None:
    there = openai(says.openai("One", "stop"))
    there.ask("anthropic", stop_sequences=["X", "Y"])
    assert there.seen["stop"] == ["X", "Y"]
    here = anthropic(says.anthropic(stop="stop_sequence", sequence="X"))
    answer = here.ask(stop=["X"])
    assert here.seen["stop_sequences"] == ["X"]
    assert answer["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize("stream", [False, True])
def test_which_one_hit_is_told_t09(openai: Make, stream: bool) -> None:
    """vLLM says so in `stop_reason`."""
    whole = says.openai("One", "stop")
    whole["choices"][0]["stop_reason"] = "X"
    finish = says.openai_data(
        choices=[{"index": 0, "delta": {}, "finish_reason": "stop", "stop_reason": "X"}]
    )
    pieces = (says.openai_chunk(role="assistant", content="One"), finish, says.DONE)
    if stream:
        told = openai(pieces=pieces).stream("anthropic", stop_sequences=["X"])[-2]["delta"]
    else:
        told = openai(whole).ask("anthropic", stop_sequences=["X"])
    assert (told["stop_reason"], told["stop_sequence"]) == ("stop_sequence", "X")


REASONS = [
    ("stop", "end_turn"),
    ("length", "max_tokens"),
    ("tool_calls", "tool_use"),
    ("content_filter", "refusal"),
]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("finish", "stop"), REASONS)
def test_reasons_t10(openai: Make, anthropic: Make, finish: str, stop: str, stream: bool) -> None:
    called = {"tool_calls": [says.tool_call("c1")]} if finish == "tool_calls" else {}
    there = openai(says.openai("A", finish, **called), pieces=_stream_that_ends(finish) if stream else ())
    told = there.stream("anthropic")[-2]["delta"] if stream else there.ask("anthropic")
    assert told["stop_reason"] == stop
    block = [use("c1")] if finish == "tool_calls" else []
    pieces = says.anthropic_stream(
        *([says.anthropic_call(0, "c1", "{}")] if block else [says.anthropic_text(0, "A")]), stop=stop
    )
    here = anthropic(says.anthropic(*block, stop=stop), pieces=pieces if stream else ())
    choice = (here.stream()[-1] if stream else here.ask())["choices"][0]
    assert choice["finish_reason"] == finish


def _stream_that_ends(finish: str) -> tuple[bytes, ...]:
    called = (says.openai_call(0, "{}", "c1"),) if finish == "tool_calls" else ()
    return says.openai_stream(says.openai_chunk(content="A"), *called, finish=finish)


# T11


EFFORTS = [("low", 4096), ("medium", 10_000), ("high", 24_000)]


@pytest.mark.parametrize(("effort", "budget"), EFFORTS)
def test_effort_and_budget_t11(openai: Make, anthropic: Make, effort: str, budget: int) -> None:
    there, here = openai(), anthropic()
    there.ask("anthropic", max_tokens=50_000, thinking={"type": "enabled", "budget_tokens": budget})
    assert there.seen["reasoning_effort"] == effort
    here.ask(reasoning_effort=effort)
    assert here.seen["thinking"] == {"type": "enabled", "budget_tokens": budget}


def test_signatures_come_round_t11(anthropic: Make) -> None:
    """An OpenAI caller gets them in `reasoning_details` and brings them back."""
    thought = {"type": "thinking", "thinking": "Hm", "signature": "sig"}
    hidden = {"type": "redacted_thinking", "data": "xyz"}
    server = anthropic(says.anthropic(thought, hidden, text("A")))
    message = server.ask()["choices"][0]["message"]
    assert (message["reasoning_content"], message["content"]) == ("Hm", "A")
    server.ask(messages=[*HELLO, message, *HELLO])
    assert server.seen["messages"][1]["content"] == [thought, hidden, text("A")]


def test_streamed_signatures_come_round_t11(anthropic: Make) -> None:
    thinking = says.anthropic_block(
        0, {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "thinking_delta", "thinking": "Hm"}, {"type": "signature_delta", "signature": "sig"},
    )  # fmt: skip
    server = anthropic(pieces=says.anthropic_stream(thinking, says.anthropic_text(1, "A")))
    deltas = [chunk["choices"][0]["delta"] for chunk in server.stream()]
    reasoning = "".join(delta.get("reasoning_content") or "" for delta in deltas)
    details = [detail for delta in deltas for detail in delta.get("reasoning_details", ())]
    assert (reasoning, [detail["signature"] for detail in details]) == ("Hm", ["sig"])


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_reasoning_becomes_thinking_t11(openai: Make, name: str) -> None:
    content = openai(says.openai("A", **{name: "Hm"})).ask("anthropic")["content"]
    assert [(block["type"], block.get("thinking") or block.get("text")) for block in content] == [
        ("thinking", "Hm"),
        ("text", "A"),
    ]


# T12


@pytest.mark.parametrize("stream", [False, True])
def test_no_token_counts_twice_t12(openai: Make, anthropic: Make, alice: Any, stream: bool) -> None:
    from usage.models import UsageRecord

    here = anthropic(pieces=says.anthropic_stream(says.anthropic_text(0, "A")) if stream else ())
    asked = {"stream_options": {"include_usage": True}} if stream else {}
    usage = (here.stream(**asked)[-1] if stream else here.ask())["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]) == (11, 7, 18)
    assert usage["prompt_tokens_details"]["cached_tokens"] == 4
    there = openai(pieces=says.openai_stream(says.openai_chunk(content="A")) if stream else ())
    usage = (there.stream("anthropic")[-2] if stream else there.ask("anthropic"))["usage"]
    assert (usage["input_tokens"], usage["cache_read_input_tokens"], usage["output_tokens"]) == (7, 4, 7)
    for row in UsageRecord.objects.filter(user=alice):
        assert (row.input_tokens, row.cached_tokens, row.output_tokens) == (11, 4, 7)


# T13


FORMAT = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}


@pytest.mark.parametrize("stream", [False, True])
def test_structured_output_t13(anthropic: Make, stream: bool) -> None:
    name = "portal_structured_answer"
    pieces = says.anthropic_stream(says.anthropic_call(0, "c1", '{"a":', '"1"}', name=name), stop="tool_use")
    server = anthropic(
        says.anthropic(use("c1", name, a="1"), stop="tool_use"), pieces=pieces if stream else ()
    )
    if stream:
        choices = [chunk["choices"][0] for chunk in server.stream(response_format=FORMAT)]
        content = "".join(choice["delta"].get("content") or "" for choice in choices)
        assert not any("tool_calls" in choice["delta"] for choice in choices)
        finish = choices[-1]["finish_reason"]
    else:
        choice = server.ask(response_format=FORMAT)["choices"][0]
        assert "tool_calls" not in choice["message"]
        content, finish = choice["message"]["content"], choice["finish_reason"]
    assert (content, finish) == ('{"a":"1"}', "stop")
    assert server.seen["tool_choice"] == {"type": "tool", "name": name}
    assert server.seen["tools"][0]["input_schema"] == SCHEMA


def test_structured_output_of_an_anthropic_caller_t13(openai: Make) -> None:
    server = openai()
    server.ask("anthropic", output_config={"format": {"type": "json_schema", "schema": SCHEMA}})
    assert server.seen["response_format"]["json_schema"]["schema"] == SCHEMA


# T14, T15, T16


def test_cache_control_t14(openai: Make, anthropic: Make) -> None:
    cached = {"cache_control": {"type": "ephemeral"}}
    fields = {
        "system": [{**text("S"), **cached}],
        "tools": [{**ANTHROPIC_TOOL, **cached}],
        "messages": [user({**text("U"), **cached})],
    }
    here, there = anthropic(), openai()
    here.ask("anthropic", **fields)
    assert {name: here.seen[name] for name in fields} == fields
    there.ask("anthropic", **fields)
    assert "cache_control" not in str(there.seen)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("said", ["", " \n"])
def test_next_to_nothing_is_valid_t15(upstream: Make, kind: str, said: str) -> None:
    """And nothing is dropped: every turn arrives, with its result."""
    for wire, turns in (
        (
            "openai",
            [
                {"role": "assistant", "content": said, "tool_calls": [says.tool_call("c1")]},
                {"role": "tool", "tool_call_id": "c1", "content": said},
            ],
        ),
        (
            "anthropic",
            [
                {"role": "assistant", "content": [*([text(said)] if said.strip() else []), use("c1")]},
                user(result("c1", said)),
            ],
        ),
    ):
        server = upstream(kind)
        server.ask(wire, messages=[{"role": "user", "content": said}, *turns])
        assert len(server.seen["messages"]) == 3
        told = server.seen["messages"][2]
        if kind == "openai":
            assert (told["tool_call_id"], told["content"]) == ("c1", said)
        else:
            assert (told["content"][0]["tool_use_id"], told["content"][0]["content"]) == ("c1", said)


EVERY_PLANE = "a\u00e9\u4e2d\U0001f600\U000e0001\U0010fffd\u200f"


@pytest.mark.parametrize("wire", FORMATS)
@pytest.mark.parametrize("kind", FORMATS)
def test_every_plane_t16(upstream: Make, wire: str, kind: str) -> None:
    answer = says.openai(EVERY_PLANE) if kind == "openai" else says.anthropic(text(EVERY_PLANE))
    server = upstream(kind, answer)
    said = server.ask(wire, messages=[{"role": "user", "content": EVERY_PLANE}])
    assert server.seen["messages"][0]["content"] == EVERY_PLANE
    got = said["choices"][0]["message"]["content"] if wire == "openai" else said["content"][0]["text"]
    assert got == EVERY_PLANE


@pytest.mark.parametrize("wire", FORMATS)
@pytest.mark.parametrize("kind", FORMATS)
def test_escapes_that_are_no_text_t16(upstream: Make, wire: str, kind: str) -> None:
    """NUL goes through; a surrogate alone becomes U+FFFD, in what callers and what models say."""
    answer = says.openai("PLACE") if kind == "openai" else says.anthropic(text("PLACE"))
    escaped = json.dumps(answer).replace("PLACE", r"x\u0000y\ud83d").encode()
    server = upstream(kind, escaped)
    path = "/chat/completions" if wire == "openai" else "/v1/messages"
    body = {"model": server.model, "max_tokens": 9, "messages": [{"role": "user", "content": "PLACE"}]}
    content = json.dumps(body).replace("PLACE", r"a\u0000b\ud83d").encode()
    response = server.client.post(path, content=content)
    assert response.status_code == 200, response.text
    assert server.seen["messages"][0]["content"] == "a\u0000b\ufffd"
    said = response.json()
    got = said["choices"][0]["message"]["content"] if wire == "openai" else said["content"][0]["text"]
    assert got == "x\u0000y\ufffd"
