"""OpenAI answers and chunks → canonical events."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from chat.gateway import events as ev
from chat.gateway import strict_json
from chat.gateway.dialects.openai_chat.citations import Citations
from chat.gateway.errors import UpstreamError
from chat.gateway.request import Request
from chat.gateway.sse import ServerSentEvent

Json = dict[str, Any]

FINISH = {
    "stop": ev.StopReason.END,
    "length": ev.StopReason.LENGTH,
    "tool_calls": ev.StopReason.TOOL_CALLS,
    "function_call": ev.StopReason.TOOL_CALLS,
    "content_filter": ev.StopReason.REFUSAL,
}


def decode_answer(raw: Json, request: Request) -> list[ev.Event]:
    """A whole answer, as the stream it would have been."""
    decoder = StreamDecoder(request)
    choices = raw.get("choices")
    if not choices:
        raise UpstreamError(f"The model server sent no answer: {error_text(raw)}")
    choice = choices[0]
    calls = choice["message"].get("tool_calls") or []
    delta = {**choice["message"], "tool_calls": [{**call, "index": n} for n, call in enumerate(calls)]}
    finish = choice.get("finish_reason") or "stop"
    chunk = {**raw, "choices": [{**choice, "delta": delta, "finish_reason": finish}]}
    return [*decoder.chunk(chunk), *decoder.close()]


class StreamDecoder:
    """Chunks → events, parts one after another even where parallel tool calls interleave.

    The call being written streams through; pieces of other calls wait until it is whole.
    """

    def __init__(self, request: Request) -> None:
        self._started = False
        self._kind: str | None = None
        self._call = _OpenCalls()
        self._citations = Citations()
        self._called = False
        self._finish: str | None = None
        self._stop_sequence: str | None = None

    def feed(self, arrived: Sequence[ServerSentEvent]) -> Iterator[ev.Event]:
        for event in arrived:
            if event.data.strip() != b"[DONE]":
                yield from self.chunk(_chunk(event))

    def chunk(self, chunk: Json) -> Iterator[ev.Event]:
        if chunk.get("error"):
            raise UpstreamError(f"The model server stopped with an error: {error_text(chunk)}")
        if not self._started:
            self._started = True
            yield ev.Start()
        self._citations.hear_chunk(chunk)
        for choice in chunk.get("choices") or ():
            yield from self._delta(choice.get("delta") or {})
            self._finish = choice.get("finish_reason") or self._finish
            self._stop_sequence = stop_sequence_of(choice) or self._stop_sequence
        if chunk.get("usage"):
            yield usage_of(chunk["usage"])

    def close(self) -> Iterator[ev.Event]:
        """The finish comes last, so that a count sent after the finish chunk is before it."""
        if self._finish is None:
            raise UpstreamError("The model server's stream ended before its answer did.")
        yield from self._switch(None)
        for call in self._call.rest():
            yield from call
        reason = FINISH.get(self._finish, ev.StopReason.END)
        if self._called:
            yield ev.Finish(ev.StopReason.TOOL_CALLS)
        elif reason is ev.StopReason.END and self._stop_sequence:
            yield ev.Finish(ev.StopReason.STOP_SEQUENCE, self._stop_sequence)
        else:
            yield ev.Finish(reason)

    def _delta(self, delta: Json) -> Iterator[ev.Event]:
        thinking = delta.get("reasoning_content") or delta.get("reasoning")
        if thinking:
            yield from self._switch("thinking")
            yield ev.ThinkingDelta(thinking)
        text = delta.get("content") or delta.get("refusal")
        if text:
            yield from self._switch("text")
            yield ev.TextDelta(text)
        self._citations.hear_delta(delta)
        if self._kind == "text":
            yield from self._citations.take()
        for piece in delta.get("tool_calls") or ():
            self._called = True
            yield from self._switch("calls")
            yield from self._call.piece(piece)

    def _switch(self, kind: str | None) -> Iterator[ev.Event]:
        if kind == self._kind:
            return
        if self._kind in ("text", "thinking"):
            yield ev.PartStop()
        self._kind = kind
        if kind == "text":
            yield from self._call.end()
            yield ev.TextStart()
        elif kind == "thinking":
            yield from self._call.end()
            yield ev.ThinkingStart()


def _chunk(event: ServerSentEvent) -> Json:
    try:
        chunk = strict_json.decode(event.data)
    except msgspec.DecodeError as error:
        raise UpstreamError("The model server sent an event that is not valid JSON.") from error
    if not isinstance(chunk, dict):
        raise UpstreamError("The model server sent an event that is not a JSON object.")
    return chunk


class _Call(msgspec.Struct):
    id: str = ""
    name: str = ""
    arguments: str = ""
    is_open: bool = False
    is_closed: bool = False

    def open(self) -> Iterator[ev.Event]:
        self.is_open = True
        yield ev.ToolCallStart(self.id, self.name)
        if self.arguments:
            yield ev.ArgumentsDelta(self.arguments)

    def close(self) -> Iterator[ev.Event]:
        self.is_open, self.is_closed = False, True
        yield ev.PartStop()

    @property
    def is_whole(self) -> bool:
        try:
            msgspec.json.decode(self.arguments)
        except msgspec.DecodeError:
            return False
        return True


class _OpenCalls:
    def __init__(self) -> None:
        self._calls: dict[int, _Call] = {}

    def piece(self, piece: Json) -> Iterator[ev.Event]:
        index = piece.get("index")
        function = piece.get("function") or {}
        index = self._index_of(piece) if index is None else index
        call = self._calls.setdefault(index, _Call())
        call.id = call.id or piece.get("id") or ""
        call.name = call.name or function.get("name") or ""
        arguments = function.get("arguments") or ""
        if not isinstance(arguments, str):
            arguments = msgspec.json.encode(arguments).decode()
        call.arguments += arguments
        if call.is_open:
            if arguments:
                yield ev.ArgumentsDelta(arguments)
        else:
            yield from self._next()

    def end(self) -> Iterator[ev.Event]:
        """Something else than a call follows: what is open ends here."""
        for call in self._calls.values():
            if call.is_open:
                yield from call.close()

    def rest(self) -> Iterator[Iterator[ev.Event]]:
        yield self.end()
        for call in self._calls.values():
            if not call.is_closed:
                yield call.open()
                yield call.close()

    def _next(self) -> Iterator[ev.Event]:
        """Opens the next waiting call once the open one is whole."""
        current = next((call for call in self._calls.values() if call.is_open), None)
        if current is not None:
            if not current.is_whole:
                return
            yield from current.close()
        waiting = next((call for call in self._calls.values() if not call.is_closed and call.name), None)
        if waiting is not None:
            yield from waiting.open()

    def _index_of(self, piece: Json) -> int:
        """Some servers leave the index out and send each call whole."""
        known = (index for index, call in self._calls.items() if call.id == piece.get("id"))
        return next(known, len(self._calls))


def stop_sequence_of(choice: Json) -> str | None:
    """Not of the format itself: what vLLM and SGLang say beside it (T09)."""
    hit = choice.get("stop_reason") or choice.get("matched_stop")
    return hit if isinstance(hit, str) else None


def usage_of(usage: Json) -> ev.Usage:
    prompt_details = usage.get("prompt_tokens_details") or {}
    completion_details = usage.get("completion_tokens_details") or {}
    return ev.Usage(
        input=ev.tokens(usage.get("prompt_tokens")),
        output=ev.tokens(usage.get("completion_tokens")),
        cached=ev.tokens(prompt_details.get("cached_tokens")),
        reasoning=ev.tokens(completion_details.get("reasoning_tokens")),
    )


def error_text(raw: Json) -> str:
    error = raw.get("error")
    text = error.get("message") if isinstance(error, dict) else error
    return str(text or "no reason given")[:500]
