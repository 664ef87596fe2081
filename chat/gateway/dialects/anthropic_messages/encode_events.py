"""Canonical events and answers → Anthropic events and messages, for a caller."""

from typing import Any, assert_never

import msgspec

from chat.gateway import events as ev
from chat.gateway import sse
from chat.gateway.collect import Answer, AnswerPart
from chat.gateway.dialects.anthropic_messages import citations
from chat.gateway.dialects.anthropic_messages.errors import encode_error
from chat.gateway.errors import GatewayError, UpstreamError
from chat.gateway.request import Request, Text, Thinking, ToolCall

Json = dict[str, Any]

_STOP_REASON = {
    ev.StopReason.END: "end_turn",
    ev.StopReason.STOP_SEQUENCE: "stop_sequence",
    ev.StopReason.LENGTH: "max_tokens",
    ev.StopReason.TOOL_CALLS: "tool_use",
    ev.StopReason.REFUSAL: "refusal",
}


def encode_answer(answer: Answer, request: Request, answer_id: str) -> Json:
    finish = answer.finish or ev.Finish(ev.StopReason.END)
    return {
        **_message(request, answer_id),
        "content": _content(answer),
        "stop_reason": _STOP_REASON[finish.reason],
        "stop_sequence": finish.stop_sequence,
        "usage": _usage(answer.usage or ev.Usage()),
    }


class StreamEncoder:
    def __init__(self, request: Request, answer_id: str) -> None:
        self._message = _message(request, answer_id)
        self._index = -1
        self._usage = ev.Usage()
        self._finish = ev.Finish(ev.StopReason.END)
        self._call: ToolCall | None = None
        self._arguments: list[str] = []

    def encode(self, event: ev.CanonicalEvent) -> bytes:
        match event:
            case ev.Start():
                self._usage = event.told or self._usage
                message = {**self._message, "content": [], "usage": _usage(self._usage)}
                return _event("message_start", message=message)
            case ev.TextStart():
                return self._open({"type": "text", "text": ""})
            case ev.ThinkingStart(redacted=data):
                return self._open(_thinking(Thinking(redacted=data)))
            case ev.ToolCallStart():
                self._call = ToolCall(event.id, event.name, "")
                return self._open({"type": "tool_use", "id": event.id, "name": event.name, "input": {}})
            case ev.TextDelta() | ev.Citation():
                return self._words(event)
            case ev.ThinkingDelta():
                return self._thinking(event)
            case ev.ArgumentsDelta():
                self._arguments.append(event.json)
                return self._delta({"type": "input_json_delta", "partial_json": event.json})
            case ev.PartStop():
                self._check_call()
                return _event("content_block_stop", index=self._index)
            case ev.Usage() | ev.Finish():
                self._keep(event)
                return b""
            case _:
                assert_never(event)

    def _words(self, event: ev.TextDelta | ev.Citation) -> bytes:
        if isinstance(event, ev.TextDelta):
            return self._delta({"type": "text_delta", "text": event.text})
        told = citations.told(event)
        return self._delta({"type": "citations_delta", "citation": told}) if told else b""

    def _keep(self, event: ev.Usage | ev.Finish) -> None:
        if isinstance(event, ev.Usage):
            self._usage = event
        else:
            self._finish = event

    def _check_call(self) -> None:
        """What was streamed must be the object it stands for (A12)."""
        if self._call is not None:
            arguments = "".join(self._arguments) or "{}"
            _input(ToolCall(self._call.id, self._call.name, arguments))
        self._call, self._arguments = None, []

    def close(self) -> bytes:
        """Held back until now, so that it carries the count of an upstream that counts last."""
        delta = {
            "stop_reason": _STOP_REASON[self._finish.reason],
            "stop_sequence": self._finish.stop_sequence,
        }
        return _event("message_delta", delta=delta, usage=_usage(self._usage)) + _event("message_stop")

    def fail(self, error: GatewayError, request_id: str) -> bytes:
        return sse.encode(msgspec.json.encode(encode_error(error, request_id)[1]), "error")

    def _thinking(self, event: ev.ThinkingDelta) -> bytes:
        text = self._delta({"type": "thinking_delta", "thinking": event.text}) if event.text else b""
        if event.signature:
            text += self._delta({"type": "signature_delta", "signature": event.signature})
        return text

    def _open(self, block: Json) -> bytes:
        self._index += 1
        return _event("content_block_start", index=self._index, content_block=block)

    def _delta(self, delta: Json) -> bytes:
        return _event("content_block_delta", index=self._index, delta=delta)


def _event(name: str, **fields: Any) -> bytes:
    return sse.encode(msgspec.json.encode({"type": name, **fields}), name)


def _message(request: Request, answer_id: str) -> Json:
    return {
        "id": f"msg_{answer_id}",
        "type": "message",
        "role": "assistant",
        "model": request.model,
        "stop_reason": None,
        "stop_sequence": None,
    }


def _content(answer: Answer) -> list[Json]:
    blocks = [_block(part) for part in answer.parts]
    if answer.citations:
        texts = [block for block in blocks if block["type"] == "text"]
        told = citations.of_blocks([block["text"] for block in texts], answer.citations)
        for block, said in zip(texts, told, strict=True):
            block["citations"] = said or None
    return blocks


def _block(part: AnswerPart) -> Json:
    match part:
        case Text():
            return {"type": "text", "text": part.text}
        case Thinking():
            return _thinking(part)
        case ToolCall():
            return {"type": "tool_use", "id": part.id, "name": part.name, "input": _input(part)}
        case _:
            assert_never(part)


def _thinking(part: Thinking) -> Json:
    if part.redacted is not None:
        return {"type": "redacted_thinking", "data": part.redacted}
    return {"type": "thinking", "thinking": part.text, "signature": part.signature or ""}


def _input(call: ToolCall) -> Json:
    """Never a silent `{}` for arguments that cannot be read."""
    try:
        value = msgspec.json.decode(call.arguments)
    except msgspec.DecodeError as error:
        raise UpstreamError(
            f"The model called {call.name} with arguments that are not valid JSON."
        ) from error
    if not isinstance(value, dict):
        raise UpstreamError(f"The model called {call.name} with arguments that are not an object.")
    return value


def _usage(usage: ev.Usage) -> Json:
    return {
        "input_tokens": max(0, usage.input - usage.cached - usage.cache_written),
        "output_tokens": usage.output,
        "cache_creation_input_tokens": usage.cache_written,
        "cache_read_input_tokens": usage.cached,
    }
