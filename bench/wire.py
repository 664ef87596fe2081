"""What is said on the wire in both formats: requests of the caller, answers of the mock upstream.

Every content piece begins with `TOKEN`, whatever the format, so that whoever counts it in a body's bytes
counts content and nothing else, at next to no cost.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

TOKEN = b" tok"
# Pieces differ from their neighbours as a model's do: LiteLLM ends a stream after 100 equal ones.
PIECES = tuple(TOKEN.decode() + ending for ending in "abcdefgh")
MODEL = "bench"
OPENAI, ANTHROPIC = "openai", "anthropic"
WHOLE_TOKENS = 16

_SYSTEM = (
    "You are a careful assistant. Answer in plain words, name your sources, and say what you do not know. "
)
_QUESTION = "What does a gateway in front of language models do, and what should it cost?"


def request_body(wire: str, model: str, is_stream: bool) -> bytes:
    """A question of about half a kilobyte, as a chat program sends it."""
    body: dict[str, Any] = {"model": model, "max_tokens": 100_000, "messages": []}
    system = _SYSTEM * 4
    if wire == ANTHROPIC:
        body["system"] = system
    else:
        body["messages"].append({"role": "system", "content": system})
    body["messages"].append({"role": "user", "content": _QUESTION})
    if is_stream:
        body["stream"] = True
    return json.dumps(body).encode()


@dataclass(frozen=True)
class Answers:
    """One format, encoded once. `closing(tokens, wants_usage)` is everything after the last token."""

    whole: bytes
    opening: bytes
    pieces: tuple[bytes, ...]
    closing: Callable[[int, bool], bytes]


def framed(data: bytes) -> bytes:
    """One chunk of HTTP/1.1's chunked encoding."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def http_answer(status: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
    b"Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n"
)
STREAM_END = b"0\r\n\r\n"


def _compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _openai_event(choices: list[dict[str, Any]], **more: Any) -> bytes:
    fixed = {"id": "chatcmpl-bench", "object": "chat.completion.chunk", "created": 1760000000, "model": MODEL}
    return framed(b"data: " + _compact({**fixed, "choices": choices, **more}) + b"\n\n")


def _openai_delta(finish: str | None = None, **delta: str) -> bytes:
    return _openai_event([{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}])


def _openai_usage(tokens: int) -> dict[str, int]:
    return {"prompt_tokens": 120, "completion_tokens": tokens, "total_tokens": 120 + tokens}


def _openai_closing(tokens: int, wants_usage: bool) -> bytes:
    usage = _openai_event([], usage=_openai_usage(tokens)) if wants_usage else b""
    return _openai_delta("stop") + usage + framed(b"data: [DONE]\n\n") + STREAM_END


def _openai() -> Answers:
    message = {"role": "assistant", "content": TOKEN.decode() * WHOLE_TOKENS}
    whole = {
        "id": "chatcmpl-bench",
        "object": "chat.completion",
        "created": 1760000000,
        "model": MODEL,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": _openai_usage(WHOLE_TOKENS),
    }
    return Answers(
        whole=http_answer("200 OK", _compact(whole)),
        opening=STREAM_HEAD + _openai_delta(role="assistant", content=""),
        pieces=tuple(_openai_delta(content=piece) for piece in PIECES),
        closing=_openai_closing,
    )


def _anthropic_event(name: str, **data: Any) -> bytes:
    return framed(f"event: {name}\ndata: ".encode() + _compact({"type": name, **data}) + b"\n\n")


def _anthropic_closing(tokens: int, _: bool) -> bytes:
    ending = {"stop_reason": "end_turn", "stop_sequence": None}
    return (
        _anthropic_event("content_block_stop", index=0)
        + _anthropic_event("message_delta", delta=ending, usage={"output_tokens": tokens})
        + _anthropic_event("message_stop")
        + STREAM_END
    )


def _anthropic() -> Answers:
    message = {
        "id": "msg_bench",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": [{"type": "text", "text": TOKEN.decode() * WHOLE_TOKENS}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 120, "output_tokens": WHOLE_TOKENS},
    }
    begun = {
        **message,
        "content": [],
        "stop_reason": None,
        "usage": {"input_tokens": 120, "output_tokens": 1},
    }
    block = {"type": "text", "text": ""}
    return Answers(
        whole=http_answer("200 OK", _compact(message)),
        opening=STREAM_HEAD
        + _anthropic_event("message_start", message=begun)
        + _anthropic_event("content_block_start", index=0, content_block=block),
        pieces=tuple(
            _anthropic_event("content_block_delta", index=0, delta={"type": "text_delta", "text": piece})
            for piece in PIECES
        ),
        closing=_anthropic_closing,
    )


ANSWERS = {OPENAI: _openai(), ANTHROPIC: _anthropic()}
PATHS = {"/v1/chat/completions": OPENAI, "/v1/messages": ANTHROPIC}
