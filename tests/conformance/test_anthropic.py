"""Anthropic Messages, callers' side (conformance A), in front of both kinds of upstream."""

import json
from collections.abc import Callable
from typing import Any

import anthropic as sdk
import httpx
import pytest

from tests.conformance import says
from tests.conformance.conftest import HELLO, Upstream
from tests.gateway.test_sse import parse
from tests.portal_process import PortalProcess

Make = Callable[..., Upstream]
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
TOOL = {"name": "f", "description": "F", "input_schema": SCHEMA}
USE = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": "1"}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "R"}
PNG = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}


@pytest.fixture(params=["anthropic", "openai"])
def either(request: pytest.FixtureRequest, upstream: Make) -> Upstream:
    return upstream(request.param)


# Request


def test_max_tokens_is_asked_for_on_its_own_address_a01(anthropic: Make) -> None:
    server = anthropic()
    body = {"model": server.model, "messages": HELLO}
    response = server.client.post("/messages", json=body)
    assert (response.status_code, response.json()["error"]["type"]) == (400, "invalid_request_error")
    assert "max_tokens" in response.json()["error"]["message"]
    assert server.client.post("/chat/completions", json={**body, "system": "S"}).status_code == 200
    assert server.seen["max_tokens"] > 0


def test_system_blocks_a01(anthropic: Make) -> None:
    server = anthropic()
    system = [{"type": "text", "text": "S", "cache_control": {"type": "ephemeral"}}]
    server.ask("anthropic", system=system)
    assert server.seen["system"] == system


def test_turns_of_one_role_are_merged_a02(openai: Make) -> None:
    server = openai()
    said = {"role": "assistant", "content": "The answer is"}
    server.ask("anthropic", messages=[*HELLO, {"role": "user", "content": "You there?"}, said])
    user, prefill = server.seen["messages"]
    assert [part["text"] for part in user["content"]] == ["Hello", "You there?"]
    assert prefill == said


BLOCKS = [
    {"type": "text", "text": "T"},
    {"type": "image", "source": PNG},
    {"type": "image", "source": {"type": "url", "url": "https://example.org/i.png"}},
    {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}},
    {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "D"}, "title": "d"},
    {"type": "document", "source": {"type": "url", "url": "https://example.org/d.pdf"}},
]
TURNS = [
    {"role": "user", "content": BLOCKS},
    {"role": "assistant", "content": [
        {"type": "thinking", "thinking": "Hm", "signature": "sig"},
        {"type": "redacted_thinking", "data": "xyz"},
        USE,
    ]},
    {"role": "user", "content": [
        {
            **RESULT,
            "content": [{"type": "text", "text": "R"}, {"type": "image", "source": PNG}],
            "is_error": True,
        },
    ]},
]  # fmt: skip


def test_every_block_reaches_an_anthropic_upstream_a03(anthropic: Make) -> None:
    server = anthropic()
    server.ask("anthropic", messages=TURNS)
    assert server.seen["messages"] == TURNS


def test_an_unknown_block_is_named_a03(either: Upstream) -> None:
    block = {"type": "hologram", "data": "x"}
    assert "hologram" in either.refused("anthropic", messages=[{"role": "user", "content": [block]}])


CHOICES = [{"type": "auto"}, {"type": "any", "disable_parallel_tool_use": True}, {"type": "none"},
           {"type": "tool", "name": "f"}]  # fmt: skip


@pytest.mark.parametrize("choice", CHOICES)
def test_tools_a04(anthropic: Make, choice: Any) -> None:
    server = anthropic()
    server.ask("anthropic", tools=[TOOL], tool_choice=choice)
    assert (server.seen["tools"], server.seen["tool_choice"]) == ([TOOL], choice)


def test_server_tools_a04(anthropic: Make, openai: Make) -> None:
    tools = [TOOL, {"type": "web_search_20250305", "name": "web_search", "max_uses": 5}]
    found = [
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}},
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
        {"type": "text", "text": "Found."},
    ]
    messages = [*HELLO, {"role": "assistant", "content": found}, *HELLO]
    server = anthropic(says.anthropic(*found))
    assert server.ask("anthropic", tools=tools, messages=messages)["content"] == found
    assert (server.seen["tools"], server.seen["messages"]) == (tools, messages)
    assert "web_search_20250305" in openai().refused("anthropic", tools=tools)
    assert "server_tool_use" in openai().refused("anthropic", messages=messages)


def test_further_fields_a05(anthropic: Make) -> None:
    server = anthropic()
    fields = {
        "stop_sequences": ["X"], "temperature": 0.5, "top_p": 0.9, "top_k": 5, "metadata": {"user_id": "u"},
        "thinking": {"type": "enabled", "budget_tokens": 1024}, "service_tier": "auto",
    }  # fmt: skip
    server.ask("anthropic", **fields, headers={"anthropic-beta": "some-2026"})
    assert {name: server.seen[name] for name in fields} == fields
    assert server.script.asked_headers[-1]["anthropic-beta"] == "some-2026"


def test_the_beta_header_stays_with_anthropic_a05(openai: Make) -> None:
    server = openai()
    server.ask("anthropic", headers={"anthropic-beta": "some-2026"})
    assert "anthropic-beta" not in server.script.asked_headers[-1]


def test_a_call_without_result_is_named_a06(either: Upstream) -> None:
    second = {**USE, "id": "toolu_2"}
    turns = [
        *HELLO, {"role": "assistant", "content": [USE, second]}, {"role": "user", "content": [RESULT]},
    ]  # fmt: skip
    message = either.refused("anthropic", messages=turns)
    assert "toolu_2" in message
    assert "toolu_1" not in message


def test_newer_fields_are_never_refused_a07(anthropic: Make, openai: Make) -> None:
    newer = {
        "context_management": {"edits": []}, "output_config": {"effort": "low"}, "container": "c",
        "mcp_servers": [],
    }  # fmt: skip
    tools = [{**TOOL, "type": "custom", "cache_control": {"type": "ephemeral"}, "defer_loading": True}]
    same, other = anthropic(), openai()
    for server in (same, other):
        server.ask("anthropic", path="/v1/messages?beta=true", tools=tools, **newer)
    assert {name: same.seen[name] for name in newer} == newer
    assert same.seen["tools"] == tools
    assert not newer.keys() & other.seen.keys()
    assert other.seen["tools"][0]["function"] == {"name": "f", "description": "F", "parameters": SCHEMA}


def test_the_size_of_a_coding_agents_request_a08(either: Upstream) -> None:
    system = [{"type": "text", "text": f"{number} " + "rule " * 200} for number in range(100)]
    tools = [{**TOOL, "name": f"tool_{number}"} for number in range(300)]
    messages = [
        {"role": role, "content": "word " * 400} for _ in range(100) for role in ("user", "assistant")
    ]
    either.ask("anthropic", system=system, tools=tools, messages=messages[:-1])
    assert len(json.dumps(either.seen)) > 500_000
    assert len(either.seen["tools"]) == 300


# Response


def test_the_answer_a10(either: Upstream) -> None:
    answer = either.ask("anthropic")
    assert answer["id"].startswith("msg_")
    assert answer["id"] != "msg_theirs"
    assert (answer["type"], answer["role"], answer["model"]) == ("message", "assistant", either.model)
    assert answer["content"] == [{"type": "text", "text": "Hello"}]
    assert (answer["stop_reason"], answer["stop_sequence"]) == ("end_turn", None)
    usage = answer["usage"]
    assert (
        usage["input_tokens"] + usage["cache_creation_input_tokens"] + usage["cache_read_input_tokens"] == 11
    )
    assert (usage["cache_read_input_tokens"], usage["output_tokens"]) == (4, 7)


@pytest.mark.parametrize(
    "stop", ["end_turn", "max_tokens", "stop_sequence", "tool_use", "refusal", "pause_turn"]
)
@pytest.mark.parametrize("stream", [False, True])
def test_stop_reasons_a11(anthropic: Make, stop: str, stream: bool) -> None:
    sequence = "X" if stop == "stop_sequence" else None
    if stream:
        pieces = says.anthropic_stream(says.anthropic_text(0, "A"), stop=stop, sequence=sequence)
        answer = anthropic(pieces=pieces).stream("anthropic")[-2]["delta"]
    else:
        answer = anthropic(says.anthropic(stop=stop, sequence=sequence)).ask("anthropic")
    assert (answer["stop_reason"], answer["stop_sequence"]) == (stop, sequence)


def test_input_is_an_object_a12(openai: Make) -> None:
    server = openai(says.openai(None, "tool_calls", tool_calls=[says.tool_call("c1", '{"a":"1"}')]))
    answer = server.ask("anthropic")
    assert answer["content"] == [{"type": "tool_use", "id": "c1", "name": "f", "input": {"a": "1"}}]
    assert answer["stop_reason"] == "tool_use"


@pytest.mark.parametrize("arguments", ['{"a":', "[1]"])
def test_broken_arguments_are_an_error_a12(openai: Make, arguments: str) -> None:
    server = openai(says.openai(None, "tool_calls", tool_calls=[says.tool_call("c1", arguments)]))
    response = server.post("anthropic")
    assert (response.status_code, response.json()["error"]["type"]) == (502, "api_error")
    assert "arguments" in response.json()["error"]["message"]
    streamed = openai(pieces=says.openai_stream(says.openai_call(0, arguments, "c1"), finish="tool_calls"))
    assert streamed.stream("anthropic")[-1]["type"] == "error"


def test_ids_are_mapped_one_to_one_a13(anthropic: Make) -> None:
    ids = ["functions.f:0", "functions.f:1", "a b", "call_ok"]
    server = anthropic()
    calls = [says.tool_call(call_id) for call_id in ids]
    results = [{"role": "tool", "tool_call_id": call_id, "content": "R"} for call_id in ids]
    server.ask(messages=[*HELLO, {"role": "assistant", "tool_calls": calls}, *results])
    uses = [block["id"] for block in server.seen["messages"][1]["content"]]
    answered = [block["tool_use_id"] for block in server.seen["messages"][2]["content"]]
    assert uses == answered
    assert len(set(uses)) == 4
    assert all(character.isalnum() or character in "_-" for call_id in uses for character in call_id)
    assert uses[-1] == "call_ok"


# Stream

TEXT_CALL_TEXT_ANTHROPIC = says.anthropic_stream(
    says.anthropic_text(0, "Let me ", "see."),
    says.anthropic_call(1, "toolu_1", '{"a":', '"1"}'),
    says.anthropic_text(2, "Done."),
    stop="tool_use",
)
TEXT_CALL_TEXT_OPENAI = says.openai_stream(
    says.openai_chunk(content="Let me "),
    says.openai_chunk(content="see."),
    says.openai_call(0, '{"a":', "toolu_1"),
    says.openai_call(0, '"1"}'),
    says.openai_chunk(content="Done."),
    finish="tool_calls",
)


@pytest.fixture(params=["anthropic", "openai"])
def talking(request: pytest.FixtureRequest, upstream: Make) -> Upstream:
    pieces = {"anthropic": TEXT_CALL_TEXT_ANTHROPIC, "openai": TEXT_CALL_TEXT_OPENAI}
    return upstream(request.param, pieces=pieces[request.param])


def test_the_stream_a20(talking: Upstream) -> None:
    response = talking.post("anthropic", stream=True)
    events = parse(response.content)
    datas = [json.loads(event.data) for event in events]
    assert [event.event for event in events] == [data["type"] for data in datas]
    kinds = [data["type"] for data in datas if data["type"] != "ping"]
    assert kinds[0] == "message_start"
    assert kinds[-2:] == ["message_delta", "message_stop"]
    assert datas[0]["message"]["content"] == []
    assert datas[-2]["delta"]["stop_reason"] == "tool_use"
    assert datas[-2]["usage"]["output_tokens"] == 7


def test_blocks_one_after_another_a21(talking: Upstream) -> None:
    open_block, opened = None, []
    for event in talking.stream("anthropic"):
        if event["type"] == "content_block_start":
            assert open_block is None
            open_block = event["index"]
            opened.append((event["index"], event["content_block"]["type"]))
        elif event["type"] == "content_block_stop":
            assert event["index"] == open_block
            open_block = None
    assert opened == [(0, "text"), (1, "tool_use"), (2, "text")]


def test_interleaved_calls_become_blocks_a22(openai: Make) -> None:
    server = openai(
        pieces=says.openai_stream(
            says.openai_call(0, '{"a":', "c1"),
            says.openai_call(1, '{"a":', "c2", name="g"),
            says.openai_call(0, '"1"}'),
            says.openai_call(1, '"2"}'),
            finish="tool_calls",
        )
    )
    blocks: dict[int, str] = {}
    starts = []
    for event in server.stream("anthropic"):
        if event["type"] == "content_block_start":
            starts.append(event["content_block"])
            blocks[event["index"]] = ""
        elif event["type"] == "content_block_delta":
            assert event["delta"]["type"] == "input_json_delta"
            blocks[event["index"]] += event["delta"]["partial_json"]
    assert [(start["id"], start["name"], start["input"]) for start in starts] == [
        ("c1", "f", {}),
        ("c2", "g", {}),
    ]
    assert blocks == {0: '{"a":"1"}', 1: '{"a":"2"}'}


def test_thinking_a23(anthropic: Make, openai: Make) -> None:
    thinking = says.anthropic_block(
        0, {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "thinking_delta", "thinking": "Hm"}, {"type": "signature_delta", "signature": "sig"},
    )  # fmt: skip
    same = anthropic(pieces=says.anthropic_stream(thinking, says.anthropic_text(1, "A")))
    deltas = [event["delta"] for event in same.stream("anthropic") if event["type"] == "content_block_delta"]
    assert [delta["type"] for delta in deltas] == ["thinking_delta", "signature_delta", "text_delta"]
    other = openai(
        pieces=says.openai_stream(says.openai_chunk(reasoning_content="Hm"), says.openai_chunk(content="A"))
    )
    blocks = [event["content_block"]["type"] for event in other.stream("anthropic")
              if event["type"] == "content_block_start"]  # fmt: skip
    assert blocks == ["thinking", "text"]


def test_an_error_in_the_middle_a24(either: Upstream) -> None:
    """`ping` came before it and went through (test_the_stream_a20)."""
    begin = says.TEXT_BEGIN[either.script.answer.get("object", "message")]
    either.script.pieces = begin
    events = either.stream("anthropic")
    assert events[-1]["type"] == "error"
    assert events[-1]["error"]["type"] == "api_error"


def test_usage_that_comes_last_is_told_a25(openai: Make) -> None:
    server = openai(pieces=says.openai_stream(says.openai_chunk(content="A")))
    usage = server.stream("anthropic")[-2]["usage"]
    assert usage["output_tokens"] == 7
    assert usage["input_tokens"] + usage["cache_read_input_tokens"] == 11


def test_the_sdk_puts_together_what_a_whole_answer_would_be_a26(
    portal: PortalProcess, talking: Upstream
) -> None:
    key = talking.client.headers["x-api-key"]
    with (
        sdk.Anthropic(base_url=portal.api, api_key=key, max_retries=0) as client,
        client.messages.stream(model=talking.model, max_tokens=99, messages=HELLO) as stream,  # type: ignore[arg-type]
    ):
        message = stream.get_final_message()
    assert [block.type for block in message.content] == ["text", "tool_use", "text"]
    assert (message.content[0].text, message.content[2].text) == ("Let me see.", "Done.")  # type: ignore[union-attr]
    assert (message.content[1].id, message.content[1].input) == ("toolu_1", {"a": "1"})  # type: ignore[union-attr]
    assert (message.stop_reason, message.usage.output_tokens) == ("tool_use", 7)


def test_never_done_a27(talking: Upstream) -> None:
    assert "[DONE]" not in talking.post("anthropic", stream=True).text


def test_counts_are_always_there_a28(upstream: Make) -> None:
    for kind, pieces in (("anthropic", TEXT_CALL_TEXT_ANTHROPIC), ("openai", TEXT_CALL_TEXT_OPENAI[:-2])):
        events = upstream(kind, pieces=pieces).stream("anthropic")
        assert events[0]["message"]["id"].startswith("msg_")
        for usage in (events[0]["message"]["usage"], events[-2]["usage"]):
            assert isinstance(usage["input_tokens"], int)
            assert isinstance(usage["output_tokens"], int)
        (use,) = [
            event["content_block"]
            for event in events
            if event.get("content_block", {}).get("type") == "tool_use"
        ]
        assert use["input"] == {}


# Errors


def test_the_envelope_a30(caller: httpx.Client, upstream: Make) -> None:
    def refused(model: str, key: str | None = None) -> tuple[int, Any]:
        headers = {"x-api-key": key} if key else {}
        body = {"model": model, "max_tokens": 5, "messages": HELLO}
        response = caller.post("/messages", json=body, headers=headers)
        answer = response.json()
        assert answer.keys() == {"type", "error", "request_id"}
        assert response.headers["request-id"] == answer["request_id"]
        return response.status_code, answer["error"]["type"]

    failing = {
        status: upstream(
            "anthropic", {"type": "error", "error": {"type": "x", "message": "x"}}, status=status
        )
        for status in (400, 500, 503, 504)
    }
    assert refused("nobody's") == (404, "not_found_error")
    assert refused("nobody's", "sk-wrong") == (401, "authentication_error")
    assert refused(failing[400].model) == (400, "invalid_request_error")
    assert refused(failing[500].model) == (502, "api_error")
    assert refused(failing[503].model) == (529, "overloaded_error")
    assert refused(failing[504].model) == (504, "timeout_error")


def test_the_sdk_raises_its_class_a31(portal: PortalProcess, anthropic: Make) -> None:
    server = anthropic()

    def ask(key: str, model: str, **fields: Any) -> None:
        with sdk.Anthropic(base_url=portal.api, api_key=key, max_retries=0) as client:
            client.messages.create(model=model, max_tokens=9, messages=HELLO, **fields)  # type: ignore[call-overload]

    key = server.client.headers["x-api-key"]
    with pytest.raises(sdk.AuthenticationError):
        ask("sk-wrong", server.model)
    with pytest.raises(sdk.NotFoundError):
        ask(key, "nobody's")
    with pytest.raises(sdk.BadRequestError):
        ask(key, server.model, system=7)
    with pytest.raises(sdk.InternalServerError):
        ask(key, anthropic({"type": "error"}, status=500).model)
