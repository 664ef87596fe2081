"""The portal's Redis, where there is one: a pooled client for each event loop."""

import asyncio
from weakref import WeakKeyDictionary

from django.conf import settings
from redis.asyncio import Redis

# Who follows an answer waits on a connection of their own; Redis itself lets in as many by default.
CONNECTIONS = 10_000

_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, Redis] = WeakKeyDictionary()


def client() -> Redis:
    """Of the running loop. Only where `settings.REDIS_URL` is set."""
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        _clients[loop] = Redis.from_url(settings.REDIS_URL, max_connections=CONNECTIONS)
    return _clients[loop]


async def close() -> None:
    known = _clients.pop(asyncio.get_running_loop(), None)
    if known is not None:
        await known.aclose()
