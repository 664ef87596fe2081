"""Anthropic Messages, as upstreams speak it."""

from typing import Any

import msgspec
import pytest

from chat.gateway import events as ev
from chat.gateway.collect import collect
from chat.gateway.dialects import anthropic_messages, openai_chat
from chat.gateway.dialects.anthropic_messages.encode_request import tool_id
from chat.gateway.errors import InvalidRequest, UpstreamError, UpstreamOverloaded
from chat.gateway.request import Message, Request, Text, Thinking, Tool, ToolCall, ToolChoice, ToolMode
from chat.gateway.sse import ServerSentEvent
from tests.gateway.test_openai_dialect import CONVERSATION

HELLO = Message("user", (Text("Hello"),))


def encode(request: Request) -> dict[str, Any]:
    return anthropic_messages.encode_request(request, "theirs")


def test_an_openai_conversation_reaches_it_whole() -> None:
    encoded = encode(openai_chat.decode_request(CONVERSATION))
    assert encoded["system"] == [{"type": "text", "text": "Be kind."}]
    assert [message["role"] for message in encoded["messages"]] == ["user", "assistant", "user", "user"]
    call = encoded["messages"][1]["content"][1]
    result = encoded["messages"][2]["content"][0]
    assert call["type"] == "tool_use"
    assert call["id"] == result["tool_use_id"]
    assert encoded["messages"][3]["content"][1]["source"] == {
        "type": "base64",
        "media_type": "image/png",
        "data": "AAAA",
    }
    assert encoded["tool_choice"] == {"type": "tool", "name": "f", "disable_parallel_tool_use": True}
    assert encoded["stop_sequences"] == ["x", "y"]
    assert "top_k" not in encoded, "a field of the other format's extras"


def test_ids_of_any_shape_are_mapped_one_to_one_a13() -> None:
    ids = ["functions.get_weather:0", "toolu_01", "call_1", "functions.get_weather:1", "portal_61", "ü"]
    mapped = [tool_id(call_id) for call_id in ids]
    assert len(set(mapped)) == len(ids)
    assert mapped[1:3] == ["toolu_01", "call_1"]
    assert all(set(call_id) <= set("abcdefghijklmnopqrstuvwxyz0123456789_") for call_id in mapped)


def test_a_limit_is_always_given_a01() -> None:
    assert encode(Request("m", (HELLO,)))["max_tokens"] == 4096


@pytest.mark.parametrize("field", [{"n": 2}, {"logprobs": True}, {"presence_penalty": 0.5}])
def test_what_it_cannot_do_is_refused_by_name_o03(field: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest) as caught:
        encode(openai_chat.decode_request({**CONVERSATION, **field}))
    assert caught.value.param == next(iter(field))


@pytest.mark.parametrize(
    "field", [{"n": 1}, {"logprobs": False}, {"user": "u"}, {"store": True}, {"seed": 1}]
)
def test_what_changes_no_answer_is_ignored_o03(field: dict[str, Any]) -> None:
    encoded = encode(openai_chat.decode_request({**CONVERSATION, **field}))
    assert not field.keys() & encoded.keys()


def test_its_own_newer_fields_reach_it_a07() -> None:
    raw = {"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "x"}], "container": "c"}
    assert encode(anthropic_messages.decode_request(raw))["container"] == "c"


def test_thinking_survives_with_its_signature_t11() -> None:
    parts = (Thinking("Hmm", "sig"), Thinking(redacted="xyz"), Thinking("unsigned"), Text("Hi"))
    content = encode(Request("m", (HELLO, Message("assistant", parts))))["messages"][1]["content"]
    assert [block["type"] for block in content] == ["thinking", "redacted_thinking", "text"]


@pytest.mark.parametrize(
    ("choice", "parallel", "wire"),
    [
        (None, None, None),
        (None, False, {"type": "auto", "disable_parallel_tool_use": True}),
        (ToolChoice(ToolMode.NONE), False, {"type": "none"}),
        (ToolChoice(ToolMode.REQUIRED), None, {"type": "any"}),
        (ToolChoice(ToolMode.AUTO), True, {"type": "auto", "disable_parallel_tool_use": False}),
    ],
)
def test_tool_choice_t03(choice: ToolChoice | None, parallel: bool | None, wire: Any) -> None:
    request = Request("m", (HELLO,), tools=(Tool("f", {}),), tool_choice=choice, parallel_tool_calls=parallel)
    assert encode(request).get("tool_choice") == wire


def test_arguments_that_are_no_object_are_refused() -> None:
    with pytest.raises(InvalidRequest):
        encode(Request("m", (HELLO, Message("assistant", (ToolCall("1", "f", "[1"),)))))


MESSAGE: dict[str, Any] = {
    "type": "message",
    "content": [
        {"type": "thinking", "thinking": "Hmm", "signature": "sig"},
        {"type": "text", "text": "Hi"},
        {"type": "server_tool_use", "id": "x"},
        {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": 1}},
    ],
    "stop_reason": "tool_use",
    "usage": {
        "input_tokens": 5,
        "output_tokens": 3,
        "cache_read_input_tokens": 2,
        "cache_creation_input_tokens": 1,
    },
}


def decode(*events: dict[str, Any]) -> list[ev.Event]:
    decoder = anthropic_messages.event_decoder(Request("m", (HELLO,)))
    data = [ServerSentEvent(event["type"], msgspec.json.encode(event)) for event in events]
    return [*decoder.feed(data), *decoder.close()]


def block(index: int, start: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"type": "content_block_start", "index": index, "content_block": start},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


STREAM = [
    {"type": "message_start", "message": {"usage": {**MESSAGE["usage"], "output_tokens": 1}}},
    {"type": "ping"},
    *block(
        0,
        {"type": "thinking", "thinking": ""},
        {"type": "thinking_delta", "thinking": "Hmm"},
        {"type": "signature_delta", "signature": "sig"},
    ),
    *block(1, {"type": "text", "text": ""}, {"type": "text_delta", "text": "Hi"}),
    *block(2, {"type": "server_tool_use", "id": "x"}, {"type": "input_json_delta", "partial_json": "{}"}),
    *block(
        3,
        {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}},
        {"type": "input_json_delta", "partial_json": ""},
        {"type": "input_json_delta", "partial_json": '{"a":'},
        {"type": "input_json_delta", "partial_json": "1}"},
    ),
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 3}},
    {"type": "message_stop"},
]


def test_whole_and_streamed_are_the_same_answer() -> None:
    whole, streamed = (
        collect(anthropic_messages.decode_answer(MESSAGE, Request("m", (HELLO,)))),
        collect(decode(*STREAM)),
    )
    assert whole == streamed
    assert whole.parts == [Thinking("Hmm", "sig"), Text("Hi"), ToolCall("toolu_1", "f", '{"a":1}')]


def test_no_token_is_counted_twice_t12() -> None:
    usage = collect(decode(*STREAM)).usage
    assert usage == ev.Usage(input=8, output=3, cached=2, cache_written=1)
    request = anthropic_messages.decode_request(
        {"model": "m", "messages": [{"role": "user", "content": "x"}]}
    )
    answer = collect(decode(*STREAM))
    assert anthropic_messages.encode_answer(answer, request, "1")["usage"] == MESSAGE["usage"]
    openai = openai_chat.encode_answer(answer, request, "1")["usage"]
    assert (openai["prompt_tokens"], openai["prompt_tokens_details"]["cached_tokens"]) == (8, 2)


def test_a_stream_that_breaks_off_is_an_error_s03() -> None:
    with pytest.raises(UpstreamError):
        decode(*STREAM[:6])


def test_its_errors_are_told_s04() -> None:
    with pytest.raises(UpstreamOverloaded):
        decode({"type": "error", "error": {"type": "overloaded_error", "message": "busy"}})
    with pytest.raises(UpstreamError, match="broken"):
        anthropic_messages.decode_answer(
            {"type": "error", "error": {"message": "broken"}}, Request("m", (HELLO,))
        )


SCHEMA = {"type": "object", "properties": {"unit": {"type": "string"}}}


def wanting(**fields: Any) -> Request:
    messages = [{"role": "user", "content": "Hello"}]
    return openai_chat.decode_request({"model": "m", "messages": messages, **fields})


def test_structured_output_is_a_forced_tool_nobody_sees_t13() -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "unit", "schema": SCHEMA}}
    request = wanting(response_format=wanted)
    encoded = encode(request)
    name = encoded["tools"][0]["name"]
    assert encoded["tools"][0]["input_schema"] == SCHEMA
    assert encoded["tool_choice"] == {"type": "tool", "name": name}
    call = {"type": "tool_use", "id": "toolu_1", "name": name, "input": {"unit": "K"}}
    message = {"content": [call], "stop_reason": "tool_use", "usage": {"input_tokens": 1, "output_tokens": 1}}
    whole = collect(anthropic_messages.decode_answer(message, request))
    decoder = anthropic_messages.event_decoder(request)
    stream = [
        {"type": "message_start", "message": {"usage": message["usage"]}},
        *block(0, {**call, "input": {}}, {"type": "input_json_delta", "partial_json": '{"unit":"K"}'}),
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {}},
        {"type": "message_stop"},
    ]
    data = [ServerSentEvent(str(event["type"]), msgspec.json.encode(event)) for event in stream]
    streamed = collect([*decoder.feed(data), *decoder.close()])
    assert whole == streamed
    assert whole.parts == [Text('{"unit":"K"}')]
    assert whole.finish == ev.Finish(ev.StopReason.END)


def test_effort_becomes_a_budget_on_top_of_the_limit_t11() -> None:
    encoded = encode(wanting(reasoning_effort="low", max_tokens=100, temperature=0.2))
    assert encoded["thinking"] == {"type": "enabled", "budget_tokens": 4096}
    assert encoded["max_tokens"] == 4196
    assert "temperature" not in encoded


@pytest.mark.parametrize("effort", ["none", "unheard-of"])
def test_no_effort_no_thinking_t11(effort: str) -> None:
    assert "thinking" not in encode(wanting(reasoning_effort=effort))


def test_a_budget_becomes_an_effort_t11() -> None:
    raw = {"model": "m", "messages": [{"role": "user", "content": "x"}]}
    for budget, effort in ((1024, "minimal"), (5000, "low"), (12_000, "medium"), (64_000, "high")):
        thinking = {"type": "enabled", "budget_tokens": budget}
        request = anthropic_messages.decode_request({**raw, "thinking": thinking})
        assert openai_chat.encode_request(request, "m")["reasoning_effort"] == effort
        assert encode(request)["thinking"] == thinking


def test_signed_thinking_survives_an_openai_caller_t11() -> None:
    content = [
        {"type": "thinking", "thinking": "Hmm", "signature": "sig"},
        {"type": "redacted_thinking", "data": "xyz"},
        {"type": "text", "text": "Hi"},
    ]
    message = {
        "content": content,
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }
    request = wanting()
    answer = collect(anthropic_messages.decode_answer(message, request))
    said = openai_chat.encode_answer(answer, request, "1")["choices"][0]["message"]
    assert said["reasoning_content"] == "Hmm"
    turns = [{"role": "user", "content": "a"}, said, {"role": "user", "content": "b"}]
    assert encode(openai_chat.decode_request({"model": "m", "messages": turns}))["messages"][1] == {
        "role": "assistant",
        "content": content,
    }
