"""Anthropic messages and events → canonical events."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from chat.gateway import events as ev
from chat.gateway import strict_json
from chat.gateway.dialects.anthropic_messages.answer_tool import AnswerTool
from chat.gateway.dialects.anthropic_messages.citations import CitedText
from chat.gateway.errors import UpstreamError, UpstreamOverloaded
from chat.gateway.request import Request
from chat.gateway.sse import ServerSentEvent

Json = dict[str, Any]

_STOP = {
    "end_turn": ev.StopReason.END,
    "pause_turn": ev.StopReason.END,
    "max_tokens": ev.StopReason.LENGTH,
    "stop_sequence": ev.StopReason.STOP_SEQUENCE,
    "tool_use": ev.StopReason.TOOL_CALLS,
    "refusal": ev.StopReason.REFUSAL,
}


def decode_answer(raw: Json, request: Request) -> list[ev.Event]:
    """A whole message, as the stream it would have been."""
    reader = AnswerTool(request)
    if raw.get("type") == "error":
        raise failure_of(raw)
    counter = UsageCounter()
    counter.add(raw.get("usage") or {})
    cited = CitedText()
    blocks = [event for block in raw["content"] for event in _whole_block(block, cited)]
    usage = [counter.usage] if counter.usage else []
    events = [ev.Start(counter.told), *blocks, *usage, finish_of(raw)]
    return [reader.read(event) for event in events]


def _whole_block(block: Json, cited: CitedText) -> Iterator[ev.Event]:
    match block["type"]:
        case "text":
            cited.begin(block.get("citations"))
            cited.say(block["text"])
            yield from (ev.TextStart(), ev.TextDelta(block["text"]))
            yield from cited.end()
            yield ev.PartStop()
        case "thinking":
            thinking = ev.ThinkingDelta(block["thinking"], block.get("signature"))
            yield from (ev.ThinkingStart(), thinking, ev.PartStop())
        case "redacted_thinking":
            yield from (ev.ThinkingStart(block["data"]), ev.PartStop())
        case "tool_use":
            arguments = msgspec.json.encode(block["input"]).decode()
            yield ev.ToolCallStart(block["id"], block["name"])
            yield from (ev.ArgumentsDelta(arguments), ev.PartStop())


class StreamDecoder:
    """Blocks come one after another already; a block of a kind we do not know is passed over."""

    def __init__(self, request: Request) -> None:
        self._answer_tool = AnswerTool(request)
        self._counter = UsageCounter()
        self._cited = CitedText()
        self._is_open = False
        self._finish: ev.Finish | None = None
        self._is_over = False

    def feed(self, arrived: Sequence[ServerSentEvent]) -> Iterator[ev.Event]:
        for sent in arrived:
            try:
                raw = strict_json.decode(sent.data)
            except msgspec.DecodeError as error:
                raise UpstreamError("The model server sent an event that is not valid JSON.") from error
            for event in self._events(raw):
                yield self._answer_tool.read(event)

    def close(self) -> Iterator[ev.Event]:
        if self._finish is None and not self._is_over:
            raise UpstreamError("The model server's stream ended before its answer did.")
        if usage := self._counter.usage:
            yield usage
        yield self._answer_tool.read(self._finish or ev.Finish(ev.StopReason.END))

    def _events(self, raw: Json) -> Iterator[ev.Event]:
        match raw["type"]:
            case "message_start":
                self._counter.add(raw["message"].get("usage") or {})
                yield ev.Start(self._counter.told)
            case "content_block_start":
                yield from self._block_start(raw["content_block"])
            case "content_block_delta" if self._is_open:
                yield from self._delta(raw["delta"])
            case "content_block_stop" if self._is_open:
                self._is_open = False
                yield from self._cited.end()
                yield ev.PartStop()
            case "message_delta":
                self._counter.add(raw.get("usage") or {})
                self._finish = finish_of(raw["delta"])
            case "message_stop":
                self._is_over = True
            case "error":
                raise failure_of(raw)

    def _block_start(self, block: Json) -> Iterator[ev.Event]:
        self._is_open = True
        match block["type"]:
            case "text":
                yield ev.TextStart()
                self._cited.begin(block.get("citations"))
                if block.get("text"):
                    self._cited.say(block["text"])
                    yield ev.TextDelta(block["text"])
            case "thinking":
                yield ev.ThinkingStart()
            case "redacted_thinking":
                yield ev.ThinkingStart(block["data"])
            case "tool_use":
                yield ev.ToolCallStart(block["id"], block["name"])
            case _:
                self._is_open = False

    def _delta(self, delta: Json) -> Iterator[ev.Event]:
        match delta["type"]:
            case "text_delta":
                self._cited.say(delta["text"])
                yield ev.TextDelta(delta["text"])
            case "citations_delta":
                self._cited.cite(delta.get("citation"))
            case "thinking_delta":
                yield ev.ThinkingDelta(delta["thinking"])
            case "signature_delta":
                yield ev.ThinkingDelta(signature=delta["signature"])
            case "input_json_delta" if delta["partial_json"]:
                yield ev.ArgumentsDelta(delta["partial_json"])


class UsageCounter:
    """Usage as the format reports it: cumulative, input without what came from or went to the cache."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def add(self, usage: Json) -> None:
        self._seen |= {name: ev.tokens(value) for name, value in usage.items() if isinstance(value, int)}

    @property
    def counts(self) -> dict[str, int]:
        """The two that every answer has, as the format counts them."""
        return {name: self._seen.get(name, 0) for name in ("input_tokens", "output_tokens")}

    @property
    def usage(self) -> ev.Usage | None:
        """None where the server has not told what came out: that has to be counted."""
        return self.told if "output_tokens" in self._seen else None

    @property
    def told(self) -> ev.Usage | None:
        """So far."""
        if not self._seen:
            return None
        read = self._seen.get("cache_read_input_tokens", 0)
        written = self._seen.get("cache_creation_input_tokens", 0)
        return ev.Usage(
            input=self._seen.get("input_tokens", 0) + read + written,
            output=self._seen.get("output_tokens", 0),
            cached=read,
            cache_written=written,
        )


def finish_of(raw: Json) -> ev.Finish:
    reason = _STOP.get(raw.get("stop_reason") or "", ev.StopReason.END)
    return ev.Finish(reason, raw.get("stop_sequence"))


def failure_of(raw: Json) -> UpstreamError | UpstreamOverloaded:
    error = raw.get("error") or {}
    if error.get("type") in ("overloaded_error", "rate_limit_error"):
        return UpstreamOverloaded("The model server is overloaded.")
    message = str(error.get("message") or "no reason given")[:500]
    return UpstreamError(f"The model server stopped with an error: {message}")
