"""An upstream's cap on calls at once, shared by all processes through Redis (battery L04)."""

import asyncio
import logging
import random
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import uuid4

from redis.exceptions import RedisError

from chat.gateway.upstreams.concurrency import LocalSlots, QueueFull, WaitedInVain
from portal import redis

log = logging.getLogger(__name__)

# Seconds. A place whose process died is free again after LEASE; who waits no longer asks is forgotten
# after INTEREST.
LEASE = 30
RENEW = 10
INTEREST = 3
POLL = 0.05

# KEYS: places taken and callers waiting, by when they end. Gives 1: taken, 0: wait, -1: the queue is full.
_TAKE = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local token, limit, queue = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
if redis.call('ZCARD', KEYS[1]) < limit then
    redis.call('ZREM', KEYS[2], token)
    redis.call('ZADD', KEYS[1], now + ARGV[4], token)
    redis.call('EXPIRE', KEYS[1], ARGV[4])
    return 1
end
if not redis.call('ZSCORE', KEYS[2], token) and redis.call('ZCARD', KEYS[2]) >= queue then
    return -1
end
redis.call('ZADD', KEYS[2], now + ARGV[5], token)
redis.call('EXPIRE', KEYS[2], ARGV[5])
return 0
"""
_RENEW = """
local clock = redis.call('TIME')
for number = 2, #ARGV do
    redis.call('ZADD', KEYS[1], 'XX', clock[1] + ARGV[1], ARGV[number])
end
redis.call('EXPIRE', KEYS[1], ARGV[1])
"""


class SharedSlots:
    """Among all processes; while Redis does not answer, each process counts for itself."""

    def __init__(self, upstream_id: int, limit: int, queue: int, wait: float) -> None:
        self._local = LocalSlots(limit, queue, wait)
        self._keys = [f"portal:upstream:{upstream_id}:{name}" for name in ("busy", "waiting")]
        self._limits = (limit, queue)
        self._wait = wait
        self._held: set[str] = set()
        self._renewing: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def place(self) -> AsyncGenerator[None, None]:
        token = uuid4().hex
        try:
            async with AsyncExitStack() as stack:
                try:
                    await self._take(token)
                except RedisError:
                    log.warning("Redis does not answer: an upstream's cap counts this process's calls only.")
                    await stack.enter_async_context(self._local.place())
                yield
        finally:
            self._held.discard(token)
            await asyncio.shield(self._forget(token))

    async def _take(self, token: str) -> None:
        """Raises `QueueFull` or `WaitedInVain`."""
        take = redis.client().register_script(_TAKE)
        end = time.monotonic() + self._wait
        while True:
            verdict = await take(keys=self._keys, args=[token, *self._limits, LEASE, INTEREST])
            if verdict == 1:
                break
            if verdict == -1 or time.monotonic() > end:
                raise QueueFull() if verdict == -1 else WaitedInVain()
            await asyncio.sleep(POLL * random.uniform(0.5, 1.5))  # noqa: S311
        self._held.add(token)
        if self._renewing is None:
            self._renewing = asyncio.create_task(self._renew())

    async def _renew(self) -> None:
        """While places are held here, they are kept."""
        renew = redis.client().register_script(_RENEW)
        while self._held:
            try:
                await renew(keys=self._keys[:1], args=[LEASE, *self._held])
            except RedisError:
                log.warning("Redis does not answer: places of running calls could not be renewed.")
            await asyncio.sleep(RENEW)
        self._renewing = None

    async def _forget(self, token: str) -> None:
        try:
            for key in self._keys:
                await redis.client().zrem(key, token)
        except RedisError:
            log.warning("Redis does not answer: a place is given back when its lease ends.")
