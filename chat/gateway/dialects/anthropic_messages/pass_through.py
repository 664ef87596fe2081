"""The same format on both sides: what the upstream says goes on as it is, under our id and model name."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from chat.gateway import events as ev
from chat.gateway import sse, strict_json
from chat.gateway.dialects.anthropic_messages.decode_events import UsageCounter, failure_of, finish_of
from chat.gateway.dialects.anthropic_messages.encode_request import DEFAULT_MAX_TOKENS
from chat.gateway.errors import UpstreamError
from chat.gateway.request import PORTAL_FIELDS, Request
from chat.gateway.sse import ServerSentEvent

Json = dict[str, Any]


def pass_request(request: Request, model: str) -> Json:
    raw = request.passage.raw if request.passage else {}
    body = {name: value for name, value in raw.items() if name not in PORTAL_FIELDS}
    return {**body, "max_tokens": request.sampling.max_tokens or DEFAULT_MAX_TOKENS, "model": model}


def pass_answer(body: bytes, request: Request, answer_id: str) -> ev.Wire:
    raw = strict_json.decode(body)
    if raw.get("type") == "error" or "content" not in raw:
        raise failure_of(raw)
    counter = UsageCounter()
    counter.add(raw.get("usage") or {})
    usage = _with_counts(raw.get("usage"), counter)
    raw |= {"id": f"msg_{answer_id}", "model": request.model, "usage": usage}
    said = "".join(map(_said, raw["content"]))
    data, finish = msgspec.json.encode(raw), finish_of(raw)
    return ev.Wire(data, said, told=counter.told, usage=counter.usage, finish=finish, is_last=True)


def _said(block: Json) -> str:
    """Somebody has to count an answer whose server tells no counts."""
    said: str = block.get("text") or block.get("thinking") or block.get("name") or ""
    arguments = msgspec.json.encode(block["input"]).decode() if "input" in block else ""
    return said + arguments


def _with_counts(usage: Json | None, counter: UsageCounter) -> Json:
    """Both counts are always there: coding agents read them without asking (A28)."""
    told = usage or {}
    return {**told, **{name: count for name, count in counter.counts.items() if told.get(name) is None}}


class _Delta(msgspec.Struct):
    text: str | None = None
    thinking: str | None = None
    partial_json: str | None = None


class _Block(msgspec.Struct):
    name: str | None = None


class _Event(msgspec.Struct):
    type: str
    delta: _Delta | None = None
    content_block: _Block | None = None


_DECODER = msgspec.json.Decoder(_Event)
# The few events a stream has once; the many deltas between them pass unread.
_ONCE = frozenset(["message_start", "message_delta", "message_stop", "error"])


class Passer:
    def __init__(self, request: Request, answer_id: str) -> None:
        self._request = request
        self._id = f"msg_{answer_id}"
        self._counter = UsageCounter()
        self._told: ev.Usage | None = None
        self._finish: ev.Finish | None = None
        self._end = b""

    def feed(self, arrived: Sequence[ServerSentEvent]) -> Iterator[ev.Wire]:
        """One piece of all of them, or of those before the first that is none."""
        pieces: list[bytes] = []
        said: list[str] = []
        try:
            for event in arrived:
                data = strict_json.mended(event.data)
                read = _decoded(data)
                if read.type in _ONCE:
                    pieces.append(self._once(read.type, msgspec.json.decode(data)))
                    continue
                # JSON on several lines means the same on one.
                pieces.append(sse.encode(data.replace(b"\n", b" "), read.type))
                if delta := read.delta:
                    said.append(delta.text or delta.thinking or delta.partial_json or "")
                elif block := read.content_block:
                    said.append(block.name or "")
        finally:
            if passed := b"".join(pieces):
                yield ev.Wire(passed, "".join(said), told=self._told)

    def close(self) -> list[ev.Wire]:
        if self._finish is None:
            raise UpstreamError("The model server's stream ended before its answer did.")
        end = self._end or sse.encode(b'{"type":"message_stop"}', "message_stop")
        return [ev.Wire(end, usage=self._counter.usage, finish=self._finish, is_last=True)]

    def _once(self, kind: str, raw: Json) -> bytes:
        if kind == "error":
            raise failure_of(raw)
        if kind == "message_start":
            message = raw["message"]
            self._counter.add(message.get("usage") or {})
            self._told = self._counter.told
            usage = _with_counts(message.get("usage"), self._counter)
            message |= {"id": self._id, "model": self._request.model, "usage": usage}
        elif kind == "message_delta":
            self._counter.add(raw.get("usage") or {})
            self._finish = finish_of(raw["delta"])
            raw["usage"] = _with_counts(raw.get("usage"), self._counter)
        data = sse.encode(msgspec.json.encode(raw), kind)
        if kind == "message_stop":
            self._end = data
            return b""
        return data


def _decoded(data: bytes) -> _Event:
    try:
        return _DECODER.decode(data)
    except msgspec.DecodeError as error:
        raise UpstreamError("The model server sent an event that could not be read.") from error
