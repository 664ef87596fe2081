"""Upstream rows → upstreams that can be called. One pooled HTTP client an event loop."""

import asyncio
from weakref import WeakKeyDictionary

import httpx
from django.conf import settings

from chat.gateway.dialects import UpstreamDialect, anthropic_messages, openai_chat
from chat.gateway.upstreams.base import Upstream
from chat.gateway.upstreams.builtin import BuiltinUpstream
from chat.gateway.upstreams.http import HttpUpstream, new_client
from chat.models.catalogue import Upstream as UpstreamRow
from chat.models.catalogue import UpstreamKind

DIALECTS: dict[str, UpstreamDialect] = {
    UpstreamKind.OPENAI: openai_chat,
    UpstreamKind.ANTHROPIC: anthropic_messages,
}
_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient] = WeakKeyDictionary()


def connect(row: UpstreamRow) -> Upstream:
    """Called inside the event loop that will use it."""
    if row.kind == UpstreamKind.BUILTIN:
        return BuiltinUpstream(settings.BASE_URL)
    return HttpUpstream(_client(), DIALECTS[row.kind], row.base_url, row.credential)


async def close() -> None:
    """Lets go of the running loop's connections."""
    client = _clients.pop(asyncio.get_running_loop(), None)
    if client is not None:
        await client.aclose()


def _client() -> httpx.AsyncClient:
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        _clients[loop] = new_client()
    return _clients[loop]
