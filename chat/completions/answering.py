"""From an understood request to its answer: model, ledger row, upstream, settlement."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from functools import partial

from chat.catalogue.lookup import find_model
from chat.completions import admission, files, idempotency, sessions
from chat.completions.asked import Asked
from chat.completions.context import Reply, headers_of
from chat.completions.settlement import Settles
from chat.gateway.relay import Relay

# Seconds that an answer waits for somebody to read it.
UNREAD = 5

_STREAM_HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    "x-accel-buffering": "no",
}


async def answer(asked: Asked) -> Reply:
    """Raises `GatewayError` while nothing has reached the caller."""
    if idempotency.is_wanted(asked.call, asked.request):
        return await idempotency.once(asked.call, asked.caller, asked.body, partial(_answer, asked))
    return await _answer(asked)


async def _answer(asked: Asked) -> Reply:
    model, route = await find_model(asked.request.model, asked.caller.user_id)
    admission.require_model(asked.caller, asked.request.model, model)
    attached = await files.named(asked)
    conversation, belonging = None, files.of_question(asked, attached)
    if sessions.is_wanted(asked.request):
        asked, conversation, belonging = await sessions.joined(asked, attached)
    asked, notes = await files.with_files(asked, model, belonging)
    route.require_words_for(asked.request)
    settler = await admission.admit(
        asked.call, asked.caller, asked.request, model, asked.dialect.NAME, asked.meter
    )
    relay = settler.relay(asked.request, route)
    if conversation:
        conversation = replace(conversation, notes=notes)
    ending = await sessions.begin(conversation, asked, settler, relay) if conversation else settler
    return await (_streamed if asked.request.stream else _whole)(asked, relay, ending)


async def _whole(asked: Asked, relay: Relay, settler: Settles) -> Reply:
    try:
        body = await relay.whole(asked.dialect, asked.call.answer_id)
    except BaseException as error:
        await settler.settle(relay, error)
        raise
    await settler.settle(relay)
    return Reply(200, headers_of(asked.call, asked.dialect), body)


async def _streamed(asked: Asked, relay: Relay, settler: Settles) -> Reply:
    """Waits for the first piece: until then a failure is a plain HTTP status."""
    call, dialect = asked.call, asked.dialect
    stream = relay.streamed(dialect, call.answer_id, call.request_id, settler.settle)
    body = _body(stream, relay, settler, on_read=lambda: unread.cancel())
    await anext(body)
    loop = asyncio.get_running_loop()
    unread = loop.call_later(UNREAD, lambda: loop.create_task(_close(body)))
    return Reply(200, {**headers_of(call, dialect), **_STREAM_HEADERS}, body, dialect.PING)


async def _body(
    stream: AsyncGenerator[bytes, None], relay: Relay, settler: Settles, on_read: Callable[[], None]
) -> AsyncGenerator[bytes, None]:
    """Before the stream's pieces an empty one, once the first of them is there: from then on it settles
    however it ends."""
    try:
        async with aclosing(stream):
            first = await anext(stream)
            yield b""
            on_read()
            yield first
            async for piece in stream:
                yield piece
    except BaseException as error:
        await settler.settle(relay, error)
        raise


async def _close(body: AsyncGenerator[bytes, None]) -> None:
    """Whoever asked has left before the answer could be handed over."""
    await body.aclose()
