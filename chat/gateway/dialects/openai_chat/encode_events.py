"""Canonical events and answers → OpenAI chunks and answers, for a caller."""

import time
from typing import Any, assert_never

import msgspec

from chat.gateway import events as ev
from chat.gateway import sse
from chat.gateway.collect import Answer
from chat.gateway.dialects.openai_chat import legacy_functions
from chat.gateway.dialects.openai_chat.citations import annotation_of
from chat.gateway.dialects.openai_chat.encode_request import thinking_fields
from chat.gateway.dialects.openai_chat.errors import encode_error
from chat.gateway.errors import GatewayError
from chat.gateway.request import Request, Thinking, ToolCall

Json = dict[str, Any]

_FINISH = {
    ev.StopReason.END: "stop",
    ev.StopReason.STOP_SEQUENCE: "stop",
    ev.StopReason.LENGTH: "length",
    ev.StopReason.TOOL_CALLS: "tool_calls",
    ev.StopReason.REFUSAL: "content_filter",
}


def encode_answer(answer: Answer, request: Request, answer_id: str) -> Json:
    calls = [_tool_call(call) for call in answer.tool_calls]
    message: Json = {"role": "assistant", "content": answer.text or (None if calls else "")}
    thinking = [part for part in answer.parts if isinstance(part, Thinking)]
    if thinking:
        message |= thinking_fields(thinking)
    annotations = [said for citation in answer.citations if (said := annotation_of(citation))]
    if annotations:
        message["annotations"] = annotations
    if calls:
        message["tool_calls"] = calls
    reason = answer.finish.reason if answer.finish else ev.StopReason.END
    choice: Json = {"index": 0, "message": message, "logprobs": None, "finish_reason": _FINISH[reason]}
    if request.legacy_functions:
        choice = legacy_functions.downgraded(choice, "message")
    return {
        "id": f"chatcmpl-{answer_id}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": request.model,
        "choices": [choice],
        "usage": usage_fields(answer.usage or ev.Usage()),
    }


class StreamEncoder:
    def __init__(self, request: Request, answer_id: str) -> None:
        self._head = {
            "id": f"chatcmpl-{answer_id}",
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": request.model,
        }
        self._include_usage = request.include_usage
        self._is_legacy = request.legacy_functions
        self._usage = ev.Usage()
        self._in_thinking = False
        self._call_index = -1

    def encode(self, event: ev.CanonicalEvent) -> bytes:
        match event:
            case ev.Start():
                return self._delta({"role": "assistant", "content": ""})
            case ev.ThinkingStart() if event.redacted is not None:
                return self._delta(
                    {"reasoning_details": [{"type": "reasoning.encrypted", "data": event.redacted}]}
                )
            case ev.TextStart() | ev.ThinkingStart() | ev.PartStop():
                return b""
            case ev.TextDelta() | ev.Citation():
                return self._words(event)
            case ev.ThinkingDelta():
                return self._delta(_thinking_delta(event))
            case ev.ToolCallStart():
                self._call_index += 1
                call = _tool_call(ToolCall(event.id, event.name, ""))
                return self._delta({"tool_calls": [{"index": self._call_index, **call}]})
            case ev.ArgumentsDelta():
                piece = {"index": self._call_index, "function": {"arguments": event.json}}
                return self._delta({"tool_calls": [piece]})
            case ev.Usage():
                self._usage = event
                return b""
            case ev.Finish():
                return self._delta({}, _FINISH[event.reason])
            case _:
                assert_never(event)

    def _words(self, event: ev.TextDelta | ev.Citation) -> bytes:
        if isinstance(event, ev.TextDelta):
            return self._delta({"content": event.text})
        annotation = annotation_of(event)
        return self._delta({"annotations": [annotation]}) if annotation else b""

    def close(self) -> bytes:
        counted = self._chunk([], usage=usage_fields(self._usage)) if self._include_usage else b""
        return counted + b"data: [DONE]\n\n"

    def fail(self, error: GatewayError, request_id: str) -> bytes:
        """No `[DONE]` follows, so that nobody takes a broken answer for a whole one."""
        return sse.encode(msgspec.json.encode(encode_error(error, request_id)[1]))

    def _delta(self, delta: Json, finish_reason: str | None = None) -> bytes:
        choice: Json = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        return self._chunk([legacy_functions.downgraded(choice, "delta") if self._is_legacy else choice])

    def _chunk(self, choices: list[Json], **more: Any) -> bytes:
        return sse.encode(msgspec.json.encode({**self._head, "choices": choices, **more}))


def _thinking_delta(event: ev.ThinkingDelta) -> Json:
    delta: Json = {"reasoning_content": event.text} if event.text else {}
    if event.signature:
        detail = {"type": "reasoning.text", "text": "", "signature": event.signature}
        delta["reasoning_details"] = [detail]
    return delta


def _tool_call(call: ToolCall) -> Json:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def usage_fields(usage: ev.Usage) -> Json:
    return {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.cached},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
    }
