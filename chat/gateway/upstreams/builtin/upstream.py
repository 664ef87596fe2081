"""The built-in model as an upstream: the same events as any model server, token by token."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from typing import assert_never

import msgspec

from chat.gateway import events as ev
from chat.gateway.dialects import openai_embeddings
from chat.gateway.errors import InvalidRequest
from chat.gateway.request import Request, Service, ToolCall
from chat.gateway.upstreams.builtin import embeddings, tokens
from chat.gateway.upstreams.builtin.answers import answer
from chat.gateway.upstreams.builtin.knowledge import PORTAL_ADDRESS
from chat.gateway.upstreams.builtin.tool_use import calls_for

_PIECES_PER_CALL = 3


class BuiltinUpstream:
    """`portal_url` is what people call this portal; `delay` the seconds between streamed tokens."""

    def __init__(self, portal_url: str = PORTAL_ADDRESS, delay: float = 0.012) -> None:
        self._portal_url = portal_url
        self._delay = delay

    def call(self, request: Request, model: str) -> AsyncGenerator[ev.Batch, None]:
        match request.service:
            case Service.CHAT:
                return self._answer(request)
            case Service.EMBEDDINGS:
                return _embeddings(request, _dimensions(request))
            case Service.IMAGES:
                raise InvalidRequest("The built-in model makes no images: connect a model server.", "model")
            case _:
                assert_never(request.service)

    async def count_tokens(self, request: Request, model: str) -> int | None:
        return _input_tokens(request)

    async def count_said(self, said: str, model: str) -> int | None:
        return tokens.count(said)

    async def _answer(self, request: Request) -> AsyncGenerator[ev.Batch, None]:
        count = _input_tokens(request)
        yield [ev.Start(ev.Usage(count))]
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


def _input_tokens(request: Request) -> int:
    return tokens.count(msgspec.json.encode((request.system, request.messages, request.tools)).decode())


def _dimensions(request: Request) -> int:
    wanted = request.passage.raw.get("dimensions") if request.passage else None
    if wanted is not None and wanted > embeddings.MAX_DIMENSIONS:
        limit = f"The built-in model gives at most {embeddings.MAX_DIMENSIONS} dimensions."
        raise InvalidRequest(limit, "dimensions")
    return wanted or embeddings.DIMENSIONS


async def _embeddings(request: Request, dimensions: int) -> AsyncGenerator[ev.Batch, None]:
    raw = request.passage.raw if request.passage else {}
    inputs = openai_embeddings.inputs_of(raw)
    is_base64 = raw.get("encoding_format") == "base64"
    data, count = [], 0
    for index, text in enumerate(inputs):
        vector = embeddings.embed(text, dimensions)
        shown = embeddings.encoded(vector) if is_base64 else vector
        data.append({"object": "embedding", "index": index, "embedding": shown})
        count += embeddings.count(text)
        # Many long texts: others get their turn between two of them.
        await asyncio.sleep(0)
    usage = {"prompt_tokens": count, "total_tokens": count}
    answer = {"object": "list", "data": data, "model": request.model, "usage": usage}
    finish = ev.Finish(ev.StopReason.END)
    yield [ev.Wire(msgspec.json.encode(answer), usage=ev.Usage(input=count), finish=finish, is_last=True)]


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
