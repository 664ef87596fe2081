"""The built-in model as an upstream: the same events as any model server, token by token."""

import asyncio
from collections.abc import AsyncGenerator, Iterator

import msgspec

from chat.gateway import events as ev
from chat.gateway.request import Request, ToolCall
from chat.gateway.upstreams.builtin import tokens
from chat.gateway.upstreams.builtin.answers import answer
from chat.gateway.upstreams.builtin.knowledge import PORTAL_ADDRESS
from chat.gateway.upstreams.builtin.tool_use import calls_for

_PIECES_PER_CALL = 3


class BuiltinUpstream:
    """`portal_url` is what people call this portal; `delay` the seconds between streamed tokens."""

    def __init__(self, portal_url: str = PORTAL_ADDRESS, delay: float = 0.012) -> None:
        self._portal_url = portal_url
        self._delay = delay

    async def call(self, request: Request, model: str) -> AsyncGenerator[ev.Batch, None]:
        count = tokens.count(msgspec.json.encode((request.system, request.messages, request.tools)).decode())
        yield [ev.Start(count)]
        said = 0
        finish = ev.Finish(ev.StopReason.END)
        calls = calls_for(request)
        text = f"I'll use {calls[0].name} for that." if calls else answer(request)
        text, finish = _cut(text.replace(PORTAL_ADDRESS, self._portal_url), request, finish)
        for event in _text(text):
            said += isinstance(event, ev.TextDelta)
            yield [event]
            if request.stream:
                await asyncio.sleep(self._delay)
        if calls and finish.reason is ev.StopReason.END:
            finish = ev.Finish(ev.StopReason.TOOL_CALLS)
            for call in calls:
                said += tokens.count(call.arguments)
                yield list(_call(call))
        yield [ev.Usage(count, said), finish]


def _cut(text: str, request: Request, finish: ev.Finish) -> tuple[str, ev.Finish]:
    """The text as far as the caller's stop sequences and token limit let it go."""
    sampling = request.sampling
    hits = [(at, stop) for stop in sampling.stop if stop and (at := text.find(stop)) >= 0]
    if hits:
        at, stop = min(hits)
        text, finish = text[:at], ev.Finish(ev.StopReason.STOP_SEQUENCE, stop)
    pieces = tokens.split(text)
    if sampling.max_tokens is not None and len(pieces) > sampling.max_tokens:
        return "".join(pieces[: max(0, sampling.max_tokens)]), ev.Finish(ev.StopReason.LENGTH)
    return text, finish


def _text(text: str) -> Iterator[ev.Event]:
    if text:
        yield ev.TextStart()
        yield from (ev.TextDelta(piece) for piece in tokens.split(text))
        yield ev.PartStop()


def _call(call: ToolCall) -> Iterator[ev.Event]:
    size = -(-len(call.arguments) // _PIECES_PER_CALL)
    yield ev.ToolCallStart(call.id, call.name)
    for at in range(0, len(call.arguments), size):
        yield ev.ArgumentsDelta(call.arguments[at : at + size])
    yield ev.PartStop()
