"""Anthropic Messages, as callers speak it."""

from typing import Any

import pytest

from chat.gateway import events as ev
from chat.gateway.collect import collect
from chat.gateway.dialects import anthropic_messages, openai_chat
from chat.gateway.errors import InvalidRequest, UpstreamError
from chat.gateway.request import ToolMode
from tests.gateway.test_sse import parse

CONVERSATION = {
    "model": "m",
    "max_tokens": 9,
    "system": [{"type": "text", "text": "Be kind."}],
    "messages": [
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": [
            {"type": "text", "text": "Looking."},
            {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"location": "Athens"}},
        ]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "toolu_1", "content": "18°", "is_error": True},
            {"type": "text", "text": "And?"},
        ]},
    ],
    "tools": [{"name": "f", "input_schema": {"type": "object"}}],
    "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
    "stop_sequences": ["x"],
}  # fmt: skip


def test_it_reaches_an_openai_upstream_whole() -> None:
    encoded = openai_chat.encode_request(anthropic_messages.decode_request(CONVERSATION), "theirs")
    call = {
        "id": "toolu_1",
        "type": "function",
        "function": {"name": "f", "arguments": '{"location":"Athens"}'},
    }
    assert encoded["messages"] == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": "Looking.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "toolu_1", "content": "Error: 18°"},
        {"role": "user", "content": "And?"},
    ]
    assert encoded["tool_choice"] == "required"
    assert encoded["parallel_tool_calls"] is False
    assert encoded["stop"] == ["x"]


def test_turns_of_one_role_are_merged_a02() -> None:
    messages = [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]
    assert len(anthropic_messages.decode_request({**CONVERSATION, "messages": messages}).messages) == 1


def test_newer_fields_are_no_error_a07() -> None:
    newer = {"context_management": {}, "mcp_servers": [], "cache_control": {"type": "ephemeral"}}
    anthropic_messages.decode_request({**CONVERSATION, **newer})


def test_a_named_tool_must_be_called() -> None:
    choice = {"type": "tool", "name": "f"}
    decoded = anthropic_messages.decode_request({**CONVERSATION, "tool_choice": choice}).tool_choice
    assert decoded is not None
    assert (decoded.mode, decoded.name) == (ToolMode.REQUIRED, "f")


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "user", "content": [{"type": "blob"}]}]}, "messages[0].content[0].type"),
        ({"tool_choice": {"type": "king"}}, "tool_choice.type"),
        ({"max_tokens": "many"}, "max_tokens"),
    ],
)
def test_it_rejects_and_names_the_path(change: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        anthropic_messages.decode_request({**CONVERSATION, **change})
    assert caught.value.param == param


EVENTS: list[ev.Event] = [
    ev.Start(ev.Usage(7)),
    ev.ThinkingStart(), ev.ThinkingDelta("Hmm", "sig"), ev.PartStop(),
    ev.TextStart(), ev.TextDelta("Hi"), ev.PartStop(),
    ev.ToolCallStart("toolu_1", "f"), ev.ArgumentsDelta('{"a":'), ev.ArgumentsDelta("1}"), ev.PartStop(),
    ev.Usage(7, 3),
    ev.Finish(ev.StopReason.TOOL_CALLS),
]  # fmt: skip


def encoded_stream() -> list[tuple[str, str]]:
    encoder = anthropic_messages.event_encoder(anthropic_messages.decode_request(CONVERSATION), "1")
    data = b"".join([*(encoder.encode(event) for event in EVENTS), encoder.close()])
    return [(event.event, event.data) for event in parse(data)]


def test_events_come_in_order_a20_a21() -> None:
    names = [name for name, _ in encoded_stream()]
    block = ["content_block_start", "content_block_delta", "content_block_stop"]
    thinking = ["content_block_start", "content_block_delta", "content_block_delta", "content_block_stop"]
    tool = thinking
    assert names == ["message_start", *thinking, *block, *tool, "message_delta", "message_stop"]


def test_usage_is_whole_at_both_ends_a28() -> None:
    stream = dict(encoded_stream())
    assert b'"input_tokens":7,"output_tokens":0' in stream["message_start"]
    assert b'"input_tokens":7,"output_tokens":3' in stream["message_delta"]


def test_what_came_from_the_cache_is_told_at_both_ends_a28() -> None:
    encoder = anthropic_messages.event_encoder(anthropic_messages.decode_request(CONVERSATION), "1")
    begin = encoder.encode(ev.Start(ev.Usage(11, 1, cached=4, cache_written=2)))
    for said in (begin, encoder.close()):
        assert b'"input_tokens":5,"output_tokens":1' in said
        assert b'"cache_creation_input_tokens":2,"cache_read_input_tokens":4' in said


def test_the_whole_answer_has_an_object_as_input_a12() -> None:
    request = anthropic_messages.decode_request(CONVERSATION)
    answer = anthropic_messages.encode_answer(collect(EVENTS), request, "1")
    assert answer["content"][-1] == {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": 1}}
    assert answer["stop_reason"] == "tool_use"


def test_broken_arguments_are_an_error_a12() -> None:
    broken = [ev.ToolCallStart("t", "f"), ev.ArgumentsDelta('{"a":'), ev.PartStop()]
    request = anthropic_messages.decode_request(CONVERSATION)
    with pytest.raises(UpstreamError, match="not valid JSON"):
        anthropic_messages.encode_answer(collect(broken), request, "1")
