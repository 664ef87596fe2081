"""What model servers say, in the two formats."""

import json
from typing import Any

Json = dict[str, Any]


def openai(content: str | None = "Hello", finish: str = "stop", **message: Any) -> Json:
    """A whole answer; further fields belong to its message."""
    said = {"role": "assistant", "content": content, **message}
    return {
        "id": "chatcmpl-theirs",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "theirs",
        "choices": [{"index": 0, "message": said, "logprobs": None, "finish_reason": finish}],
        "usage": {
            "prompt_tokens": 11,
            "completion_tokens": 7,
            "total_tokens": 18,
            "prompt_tokens_details": {"cached_tokens": 4},
            "completion_tokens_details": {"reasoning_tokens": 2},
        },
    }


def openai_chunk(finish: str | None = None, index: int = 0, **delta: Any) -> bytes:
    return openai_data(choices=[{"index": index, "delta": delta, "finish_reason": finish}])


def openai_data(**fields: Any) -> bytes:
    head = {
        "id": "chatcmpl-theirs",
        "object": "chat.completion.chunk",
        "created": 1_700_000_000,
        "model": "theirs",
    }
    return b"data: " + json.dumps({**head, **fields}, ensure_ascii=False).encode() + b"\n\n"


OPENAI_USAGE = openai_data(choices=[], usage=openai()["usage"])
DONE = b"data: [DONE]\n\n"


def openai_stream(*chunks: bytes, finish: str = "stop") -> tuple[bytes, ...]:
    """With its beginning, finish, count and end."""
    begin = openai_chunk(role="assistant", content="")
    return (begin, *chunks, openai_chunk(finish), OPENAI_USAGE, DONE)


def openai_call(index: int, arguments: str, call_id: str | None = None, name: str = "f") -> bytes:
    """A piece of a streamed tool call; its first one names it."""
    function: Json = {"arguments": arguments}
    piece: Json = {"index": index, "function": function}
    if call_id:
        piece |= {"id": call_id, "type": "function"}
        function["name"] = name
    return openai_chunk(tool_calls=[piece])


def tool_call(call_id: str, arguments: str = "{}", name: str = "f") -> Json:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


ANTHROPIC_USAGE = {
    "input_tokens": 5,
    "output_tokens": 7,
    "cache_creation_input_tokens": 2,
    "cache_read_input_tokens": 4,
}


def anthropic(*content: Json, stop: str = "end_turn", sequence: str | None = None, **fields: Any) -> Json:
    return {
        "id": "msg_theirs",
        "type": "message",
        "role": "assistant",
        "model": "theirs",
        "content": list(content) or [{"type": "text", "text": "Hello"}],
        "stop_reason": stop,
        "stop_sequence": sequence,
        "usage": ANTHROPIC_USAGE,
        **fields,
    }


def anthropic_event(kind: str, **fields: Any) -> bytes:
    data = json.dumps({"type": kind, **fields}, ensure_ascii=False)
    return f"event: {kind}\ndata: {data}\n\n".encode()


def anthropic_block(index: int, block: Json, *deltas: Json) -> bytes:
    return b"".join(
        [
            anthropic_event("content_block_start", index=index, content_block=block),
            *(anthropic_event("content_block_delta", index=index, delta=delta) for delta in deltas),
            anthropic_event("content_block_stop", index=index),
        ]
    )


def anthropic_stream(
    *blocks: bytes, stop: str = "end_turn", sequence: str | None = None
) -> tuple[bytes, ...]:
    message = {**anthropic(), "content": [], "stop_reason": None}
    message["usage"] = {**ANTHROPIC_USAGE, "output_tokens": 1}
    delta = {"stop_reason": stop, "stop_sequence": sequence}
    return (
        anthropic_event("message_start", message=message),
        anthropic_event("ping"),
        *blocks,
        anthropic_event("message_delta", delta=delta, usage={"output_tokens": 7}),
        anthropic_event("message_stop"),
    )


def anthropic_text(index: int, *texts: str) -> bytes:
    deltas = [{"type": "text_delta", "text": text} for text in texts]
    return anthropic_block(index, {"type": "text", "text": ""}, *deltas)


def anthropic_call(index: int, call_id: str, *pieces: str, name: str = "f") -> bytes:
    block = {"type": "tool_use", "id": call_id, "name": name, "input": {}}
    return anthropic_block(
        index, block, *[{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    )


# A stream's first words, for one that breaks off after them.
TEXT_BEGIN = {
    "chat.completion": openai_stream(openai_chunk(content="Hel"))[:2],
    "message": (*anthropic_stream()[:2], anthropic_text(0, "Hel")),
}
