"""OpenAI Chat Completions, both directions."""

from typing import Any

import msgspec
import pytest

from chat.gateway import events as ev
from chat.gateway.collect import collect
from chat.gateway.dialects import openai_chat
from chat.gateway.errors import InvalidRequest, UpstreamError
from chat.gateway.request import Text, ToolCall
from chat.gateway.sse import ServerSentEvent

CALL = {"id": "functions.get_weather:0", "type": "function", "function": {"name": "f", "arguments": "{}"}}
CONVERSATION = {
    "model": "m",
    "messages": [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": "Looking.", "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "functions.get_weather:0", "content": "18°"},
        {"role": "user", "content": [{"type": "text", "text": "And"}, {"type": "text", "text": "now?"}]},
        {"role": "user", "content": [
            {"type": "text", "text": "This?"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "low"}},
        ]},
    ],
    "tools": [
        {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}, "strict": True}}
    ],
    "tool_choice": {"type": "function", "function": {"name": "f"}},
    "parallel_tool_calls": False,
    "max_tokens": 5,
    "temperature": 0.5,
    "stop": ["x", "y"],
    "top_k": 3,
}  # fmt: skip


def test_decoding_what_was_encoded_gives_the_same_request() -> None:
    request = openai_chat.decode_request(CONVERSATION)
    assert openai_chat.decode_request(openai_chat.encode_request(request, "m")) == request


def test_unknown_fields_reach_the_upstream_o07() -> None:
    request = openai_chat.decode_request({**CONVERSATION, "min_p": 0.1})
    assert openai_chat.encode_request(request, "theirs")["min_p"] == 0.1


def test_the_upstream_gets_its_own_model_name_o09() -> None:
    assert openai_chat.encode_request(openai_chat.decode_request(CONVERSATION), "theirs")["model"] == "theirs"


def test_max_completion_tokens_wins_o02() -> None:
    request = openai_chat.decode_request({**CONVERSATION, "max_completion_tokens": 9})
    assert request.sampling.max_tokens == 9


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("gpt-5", "max_completion_tokens"),
        ("gpt-5.1-2025-11-13", "max_completion_tokens"),
        ("gpt-5-mini", "max_completion_tokens"),
        ("openai/o3-mini", "max_completion_tokens"),
        ("o1", "max_completion_tokens"),
        ("o4-mini", "max_completion_tokens"),
        ("gpt-4o", "max_tokens"),
        ("gpt-50", "max_tokens"),
        ("gpt-oss-120b", "max_tokens"),
        ("llama-o3", "max_tokens"),
    ],
)
def test_the_limit_has_the_name_its_model_knows_o02(model: str, name: str) -> None:
    body = openai_chat.encode_request(openai_chat.decode_request(CONVERSATION), model)
    assert {key: body[key] for key in body if "max" in key} == {name: 5}


def test_content_may_be_missing_beside_tool_calls_o01a() -> None:
    messages = [{"role": "assistant", "tool_calls": [CALL]}]
    encoded = openai_chat.encode_request(
        openai_chat.decode_request({"model": "m", "messages": messages}), "m"
    )
    assert encoded["messages"][0]["content"] is None


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"messages": "x"}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "user", "content": 3}]}, "messages[0].content"),
        ({"messages": [{"role": "king", "content": "x"}]}, "messages[0].role"),
        ({"temperature": "hot"}, "temperature"),
        ({"tools": [{"type": "function"}]}, "tools[0]"),
    ],
)
def test_it_rejects_and_names_the_path_o33(change: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        openai_chat.decode_request({**CONVERSATION, **change})
    assert caught.value.param == param


def decode(*chunks: dict[str, Any]) -> list[ev.Event]:
    decoder = openai_chat.event_decoder(openai_chat.decode_request(CONVERSATION))
    data = [ServerSentEvent("message", msgspec.json.encode(chunk)) for chunk in chunks]
    return [*decoder.feed(data), *decoder.close()]


def delta(finish: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": fields, "finish_reason": finish}]}


def piece(index: int, arguments: str, name: str | None = None) -> dict[str, Any]:
    head = {"id": f"call_{index}", "type": "function"} if name else {}
    return {"index": index, **head, "function": {"name": name, "arguments": arguments}}


def test_text_then_usage_after_the_finish_chunk() -> None:
    usage = {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}
    answer = collect(decode(delta(content="Hel"), delta(content="lo"), delta("stop"), usage))
    assert answer.text == "Hello"
    assert answer.usage == ev.Usage(3, 2)
    assert answer.finish == ev.Finish(ev.StopReason.END)


def test_parallel_calls_may_interleave_o22() -> None:
    answer = collect(
        decode(
            delta(tool_calls=[piece(0, "", "a")]),
            delta(tool_calls=[piece(1, "", "b")]),
            delta(tool_calls=[piece(0, '{"x":')]),
            delta(tool_calls=[piece(1, '{"y":')]),
            delta(tool_calls=[piece(0, "1}")]),
            delta(tool_calls=[piece(1, "2}")]),
            delta("stop"),
        )
    )
    assert answer.parts == [ToolCall("call_0", "a", '{"x":1}'), ToolCall("call_1", "b", '{"y":2}')]
    assert answer.finish == ev.Finish(ev.StopReason.TOOL_CALLS)


def test_arguments_sent_whole_arrive_o23() -> None:
    answer = collect(
        decode(delta(content="Hm. "), delta("tool_calls", tool_calls=[piece(0, '{"x":1}', "a")]))
    )
    assert answer.parts == [Text("Hm. "), ToolCall("call_0", "a", '{"x":1}')]


def test_sequential_calls_stream_one_after_another() -> None:
    events = decode(
        delta(tool_calls=[piece(0, '{"x":1}', "a")]),
        delta(tool_calls=[piece(1, '{"y":', "b")]),
        delta(tool_calls=[piece(1, "2}")]),
        delta("tool_calls"),
    )
    deltas = [event.json for event in events if isinstance(event, ev.ArgumentsDelta)]
    assert deltas == ['{"x":1}', '{"y":', "2}"]


def test_a_stream_without_finish_is_an_error_s03() -> None:
    with pytest.raises(UpstreamError):
        decode(delta(content="Hel"))


def test_an_error_inside_the_stream_is_an_error_s04() -> None:
    with pytest.raises(UpstreamError, match="out of memory"):
        decode({"error": {"message": "out of memory"}})


def test_a_whole_answer_is_the_stream_it_would_have_been() -> None:
    message = {"role": "assistant", "content": "Hi", "reasoning_content": "Hmm", "tool_calls": [CALL]}
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 1}}
    answer = collect(
        openai_chat.decode_answer(
            {"choices": [{"message": message}], "usage": usage}, openai_chat.decode_request(CONVERSATION)
        )
    )
    encoded = openai_chat.encode_answer(answer, openai_chat.decode_request(CONVERSATION), "1")
    assert encoded["choices"][0]["message"] == message
    assert encoded["choices"][0]["finish_reason"] == "tool_calls"
    assert encoded["usage"]["prompt_tokens_details"]["cached_tokens"] == 1
