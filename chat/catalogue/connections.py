"""Upstream rows → upstreams that can be called. One pooled HTTP client an event loop."""

import asyncio
from weakref import WeakKeyDictionary

import aiohttp
from django.conf import settings

from chat.catalogue.places import SharedSlots
from chat.gateway.dialects import (
    ServiceDialect,
    UpstreamDialect,
    anthropic_messages,
    openai_chat,
    openai_embeddings,
    openai_images,
)
from chat.gateway.request import Service
from chat.gateway.upstreams.base import Upstream
from chat.gateway.upstreams.builtin import BuiltinUpstream
from chat.gateway.upstreams.concurrency import LocalSlots, Slots, WithSlots
from chat.gateway.upstreams.deadlines import Deadlines, WithDeadlines
from chat.gateway.upstreams.http import Connection, HttpUpstream, new_client
from chat.models.catalogue import Upstream as UpstreamRow
from chat.models.catalogue import UpstreamKind

DIALECTS: dict[str, UpstreamDialect] = {
    UpstreamKind.OPENAI: openai_chat,
    UpstreamKind.ANTHROPIC: anthropic_messages,
}
SERVICES: dict[Service, ServiceDialect] = {
    Service.EMBEDDINGS: openai_embeddings,
    Service.IMAGES: openai_images,
}
_slots: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[int, tuple[tuple[int, int, int], Slots]]]
_slots = WeakKeyDictionary()
_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, aiohttp.ClientSession] = WeakKeyDictionary()


def connect(row: UpstreamRow) -> Upstream:
    """Called inside the event loop that will use it."""
    deadlines = Deadlines(row.first_byte_timeout, row.idle_timeout, row.total_timeout)
    upstream = WithDeadlines(_bare(row), deadlines)
    return WithSlots(upstream, _slots_of(row)) if row.max_concurrency else upstream


def _bare(row: UpstreamRow) -> Upstream:
    if row.kind == UpstreamKind.BUILTIN:
        return BuiltinUpstream(settings.BASE_URL)
    services = SERVICES if row.kind == UpstreamKind.OPENAI else {}
    return HttpUpstream(_client(), DIALECTS[row.kind], connection_of(row), services)


def connection_of(row: UpstreamRow) -> Connection:
    return Connection(row.base_url, row.credential, row.extra_headers)


def _slots_of(row: UpstreamRow) -> Slots:
    """The same for every call, as long as its settings stay."""
    limits = (row.max_concurrency, row.max_queue, row.queue_timeout)
    slots = _slots.setdefault(asyncio.get_running_loop(), {})
    if row.pk not in slots or slots[row.pk][0] != limits:
        slots[row.pk] = limits, SharedSlots(row.pk, *limits) if settings.REDIS_URL else LocalSlots(*limits)
    return slots[row.pk][1]


async def close() -> None:
    """Lets go of the running loop's connections."""
    client = _clients.pop(asyncio.get_running_loop(), None)
    if client is not None:
        await client.close()


def _client() -> aiohttp.ClientSession:
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        _clients[loop] = new_client()
    return _clients[loop]
