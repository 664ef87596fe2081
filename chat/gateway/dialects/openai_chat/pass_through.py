"""The same format on both sides: what the upstream says goes on as it is, but for what we promise.

Rewritten are `id` and `model`; added a missing role; mended a finish reason that hides a tool call;
kept back is a count nobody asked for. Everything else, known to us or not, passes.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from chat.gateway import events as ev
from chat.gateway import sse, strict_json
from chat.gateway.dialects.openai_chat.decode_events import FINISH, error_text, usage_of
from chat.gateway.dialects.openai_chat.encode_events import usage_fields
from chat.gateway.errors import UpstreamError
from chat.gateway.request import PORTAL_FIELDS, Request
from chat.gateway.sse import ServerSentEvent

Json = dict[str, Any]


def pass_request(request: Request, model: str) -> Json:
    raw = request.passage.raw if request.passage else {}
    body = {name: value for name, value in raw.items() if name not in PORTAL_FIELDS}
    body |= {"model": model, "messages": [_with_content(message) for message in raw.get("messages", ())]}
    if body.get("max_completion_tokens") is not None:
        # Servers disagree on which one wins (O02).
        body.pop("max_tokens", None)
    if request.stream:
        # Always asked for: the ledger needs the count, whatever the caller wants to see.
        body["stream_options"] = {**(raw.get("stream_options") or {}), "include_usage": True}
    return body


def _with_content(message: Json) -> Json:
    """Some servers insist on the key where a message only calls tools (O01a)."""
    return message if "content" in message else {**message, "content": None}


def pass_answer(body: bytes, request: Request, answer_id: str) -> ev.Wire:
    raw = strict_json.decode(body)
    if not raw.get("choices"):
        raise UpstreamError(f"The model server sent no answer: {error_text(raw)}")
    for choice in raw["choices"]:
        if choice["message"].get("tool_calls"):
            choice["finish_reason"] = "tool_calls"
    raw |= {"id": f"chatcmpl-{answer_id}", "object": "chat.completion", "model": request.model}
    usage = usage_of(raw["usage"]) if raw.get("usage") else None
    finish = ev.Finish(FINISH.get(raw["choices"][0].get("finish_reason"), ev.StopReason.END))
    said, *others = (_text(choice["message"]) for choice in raw["choices"])
    beside = dict(enumerate(others, start=1)) or None
    return ev.Wire(msgspec.json.encode(raw), said, beside, usage=usage, finish=finish, is_last=True)


def _text(message: Json) -> str:
    """What a whole message says."""
    functions = [call.get("function") or {} for call in message.get("tool_calls") or ()]
    said = [message.get("reasoning_content") or message.get("reasoning"), message.get("content")]
    said += [function.get(name) for function in functions for name in ("name", "arguments")]
    return "".join([text for text in said if isinstance(text, str)])


class _Function(msgspec.Struct):
    name: str | None = None
    arguments: str | None = None


class _Call(msgspec.Struct):
    function: _Function | None = None


class _Delta(msgspec.Struct):
    role: str | None = None
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: list[_Call] | None = None


class _Choice(msgspec.Struct):
    index: int = 0
    delta: _Delta | None = None
    finish_reason: str | None = None


class _Chunk(msgspec.Struct):
    id: str | None = ""
    model: str | None = ""
    choices: list[_Choice] | None = None
    usage: Json | None = None
    error: Any = None


_DECODER = msgspec.json.Decoder(_Chunk)
_CHOICES = b'"choices"'


class Passer:
    def __init__(self, request: Request, answer_id: str) -> None:
        self._request = request
        self._id = f"chatcmpl-{answer_id}"
        self._head: tuple[bytes, bytes] | None = None
        self._began: set[int] = set()
        self._called: set[int] = set()
        self._finish: ev.Finish | None = None
        self._usage: ev.Usage | None = None

    def feed(self, arrived: Sequence[ServerSentEvent]) -> Iterator[ev.Wire]:
        """One piece of all of them, or of those before the first that is none."""
        pieces: list[bytes] = []
        said = ""
        beside: dict[int, str] = {}
        try:
            for event in arrived:
                if event.data != b"[DONE]":
                    data = strict_json.mended(event.data)
                    chunk = _decoded(data)
                    pieces += self._pass(data, chunk)
                    said += _said(chunk, beside)
        finally:
            if pieces:
                yield ev.Wire(b"".join([sse.encode(piece) for piece in pieces]), said, beside or None)

    def _pass(self, data: bytes, chunk: _Chunk) -> Sequence[bytes]:
        if chunk.error:
            raise UpstreamError(
                f"The model server stopped with an error: {error_text(msgspec.json.decode(data))}"
            )
        if chunk.usage:
            self._usage = usage_of(chunk.usage)
        if not chunk.choices:
            return ()
        is_plain = self._note(chunk) and chunk.usage is None and b"\n" not in data
        piece = self._quick(data, chunk) if is_plain else None
        return (piece,) if piece is not None else self._thorough(msgspec.json.decode(data))

    def close(self) -> list[ev.Wire]:
        if self._finish is None:
            raise UpstreamError("The model server's stream ended before its answer did.")
        end = b"data: [DONE]\n\n"
        if self._request.include_usage:
            counted = {
                "id": self._id,
                "object": "chat.completion.chunk",
                "model": self._request.model,
                "choices": [],
                "usage": usage_fields(self._usage or ev.Usage()),
            }
            end = sse.encode(msgspec.json.encode(counted)) + end
        return [ev.Wire(end, usage=self._usage, finish=self._finish, is_last=True)]

    def _note(self, chunk: _Chunk) -> bool:
        """Keeps what the chunk tells; whether it can go on as it is."""
        is_plain = True
        for choice in chunk.choices or ():
            delta = choice.delta or _Delta()
            is_plain = is_plain and (choice.index in self._began or delta.role is not None)
            if delta.tool_calls:
                self._called.add(choice.index)
            if choice.finish_reason:
                has_content = bool(delta.content or delta.tool_calls or delta.reasoning_content)
                hides_call = choice.index in self._called and choice.finish_reason != "tool_calls"
                is_plain = is_plain and not has_content and not hides_call
                reason = "tool_calls" if choice.index in self._called else choice.finish_reason
                self._finish = ev.Finish(FINISH.get(reason, ev.StopReason.END))
        return is_plain

    def _quick(self, data: bytes, chunk: _Chunk) -> bytes | None:
        """Bytes for bytes; None where the upstream writes its JSON in a way we cannot match."""
        for choice in chunk.choices or ():
            self._began.add(choice.index)
        if self._head is not None and data.startswith(self._head[0]):
            data = self._head[1] + data[len(self._head[0]) :]
        else:
            renamed = self._renamed(data, chunk)
            if renamed is None:
                return None
            data = renamed
        return data.replace(b',"usage":null', b"", 1) if b'"usage"' in data else data

    def _renamed(self, data: bytes, chunk: _Chunk) -> bytes | None:
        """And remembers what stands before the choices: most servers say it in every chunk alike."""
        theirs = (_field(data, "id", chunk.id or ""), _field(data, "model", chunk.model or ""))
        ours = (_field(data, "id", self._id), _field(data, "model", self._request.model))
        renamed = data
        for old, new in zip(theirs, ours, strict=True):
            if old not in renamed:
                return None
            renamed = renamed.replace(old, new, 1)
        head = data[: data.find(_CHOICES)]
        if all(old in head for old in theirs):
            self._head = head, renamed[: renamed.find(_CHOICES)]
        return renamed

    def _thorough(self, raw: Json) -> list[bytes]:
        """A finish that came with content goes on as two chunks (O21)."""
        raw.pop("usage", None)
        raw |= {"id": self._id, "object": "chat.completion.chunk", "model": self._request.model}
        finishes = []
        for choice in raw["choices"]:
            index, delta = choice.get("index", 0), choice.get("delta") or {}
            choice["delta"] = delta
            if index not in self._began:
                self._began.add(index)
                choice["delta"] = {"role": "assistant", **delta}
            if choice.get("finish_reason"):
                reason = "tool_calls" if index in self._called else choice["finish_reason"]
                finishes.append({**choice, "delta": {}, "finish_reason": reason})
                choice["finish_reason"] = None
        chunks = [raw, {**raw, "choices": finishes}] if finishes else [raw]
        return [msgspec.json.encode(chunk) for chunk in chunks]


def _decoded(data: bytes) -> _Chunk:
    try:
        return _DECODER.decode(data)
    except msgspec.DecodeError as error:
        raise UpstreamError("The model server sent an event that could not be read.") from error


def _field(data: bytes, name: str, value: str) -> bytes:
    """As this upstream writes it, with or without a blank."""
    blank = b" " if f'"{name}": '.encode() in data else b""
    return f'"{name}":'.encode() + blank + msgspec.json.encode(value)


def _said(chunk: _Chunk, beside: dict[int, str]) -> str:
    """Text: somebody has to count an answer that ends before its server does. What the chunk says of other
    answers than the first is added to `beside`."""
    first = ""
    for choice in chunk.choices or ():
        delta = choice.delta
        if delta is None:
            continue
        text = delta.content or delta.reasoning_content or delta.reasoning or ""
        if delta.tool_calls:
            text += _called(delta.tool_calls)
        if choice.index:
            beside[choice.index] = beside.get(choice.index, "") + text
        else:
            first += text
    return first


def _called(calls: Sequence[_Call]) -> str:
    functions = [call.function for call in calls if call.function]
    return "".join([(function.name or "") + (function.arguments or "") for function in functions])
