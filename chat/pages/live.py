"""The socket's two directions as plain requests, for networks that block sockets."""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any, cast

from channels.layers import get_channel_layer
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import User
from chat.conversations.live import group_of
from chat.generation import commands
from chat.generation.feed import Feed
from chat.presence import watch
from portal.web.client_address import client_address
from portal.web.errors import ApiError

# Seconds; a proxy closes what is silent for longer.
PING_EVERY = 15.0
# Answers one stream follows: a page shows one session, in which one is written at a time.
MOST_FOLLOWED = 5
_CLOSED: dict[str, Any] = {"type": "closed"}


@login_required
@never_cache
@require_POST
async def command(request: HttpRequest) -> HttpResponse:
    user = cast(User, await request.auser())
    try:
        sender = commands.Sender(user, _address(request))
        frame = await commands.obey(sender, commands.read(request.body))
    except ApiError as error:
        return JsonResponse(commands.rejected(request.body, error), status=error.status)
    return JsonResponse(frame or {"type": "done"})


@login_required
@never_cache
@require_safe
async def events(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """Server-sent events, a frame each. `follow` names an answer and the event after which to go on:
    `gen_…:0`, as often as there are answers to follow."""
    user = cast(User, await request.auser())
    try:
        followed = [await _followed(user, wanted) for wanted in request.GET.getlist("follow")[:MOST_FOLLOWED]]
    except ApiError as error:
        return JsonResponse({"type": "rejected", "message": str(error)}, status=error.status)
    session_key = cast(str, request.session.session_key)
    response = StreamingHttpResponse(_stream(user, session_key, followed), content_type="text/event-stream")
    response["x-accel-buffering"] = "no"
    return response


async def _followed(user: User, wanted: str) -> tuple[str, str, Any]:
    generation, _, after = wanted.rpartition(":")
    answer = await commands.require_own(user, generation)
    return generation, after, answer


async def _stream(
    user: User, session_key: str, followed: list[tuple[str, str, Any]]
) -> AsyncGenerator[bytes, None]:
    frames: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    feed = Feed(frames.put)
    forget = watch(user.pk, lambda: frames.put_nowait(_CLOSED), session_key=session_key)
    telling = asyncio.create_task(_hear(user, frames))
    try:
        for generation, after, answer in followed:
            feed.follow(generation, after, answer)
        yield b": open\n\n"
        while (frame := await _next(frames)) is not _CLOSED:
            yield b": ping\n\n" if frame is None else b"data: %b\n\n" % json.dumps(frame).encode()
    finally:
        forget()
        feed.close()
        telling.cancel()


async def _next(frames: asyncio.Queue[dict[str, Any]]) -> dict[str, Any] | None:
    try:
        return await asyncio.wait_for(frames.get(), PING_EVERY)
    except TimeoutError:
        return None


async def _hear(user: User, frames: asyncio.Queue[dict[str, Any]]) -> None:
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(group_of(user.pk), channel)
    try:
        while True:
            message = await layer.receive(channel)
            await frames.put(message["frame"])
    finally:
        await layer.group_discard(group_of(user.pk), channel)


def _address(request: HttpRequest) -> str | None:
    peer, forwarded = request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR", "")
    return client_address(peer, forwarded, settings.TRUSTED_PROXIES)
