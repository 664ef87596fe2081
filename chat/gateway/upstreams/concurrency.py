"""How many calls a model server gets at once from this process; a few more may wait."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from chat.gateway.errors import UpstreamOverloaded
from chat.gateway.events import Batch
from chat.gateway.request import Request
from chat.gateway.upstreams.base import Upstream


class Slots:
    """`limit` calls at once, at most `queue` waiting, each at most `wait` seconds."""

    def __init__(self, limit: int, queue: int, wait: float) -> None:
        self._semaphore = asyncio.Semaphore(limit)
        self._queue = queue
        self._wait = wait
        self._waiting = 0

    async def take(self) -> None:
        """Raises `UpstreamOverloaded` when the queue is full or the wait was too long."""
        if self._semaphore.locked() and self._waiting >= self._queue:
            raise UpstreamOverloaded("Too many requests are waiting for this model.")
        self._waiting += 1
        try:
            async with asyncio.timeout(self._wait):
                await self._semaphore.acquire()
        except TimeoutError:
            raise UpstreamOverloaded("This model is too busy; the request waited in vain.") from None
        finally:
            self._waiting -= 1

    def give_back(self) -> None:
        self._semaphore.release()


class WithSlots:
    def __init__(self, upstream: Upstream, slots: Slots) -> None:
        self._upstream = upstream
        self._slots = slots

    def call(self, request: Request, model: str) -> AsyncGenerator[Batch, None]:
        return self._in_turn(self._upstream.call(request, model))

    async def _in_turn(self, call: AsyncGenerator[Batch, None]) -> AsyncGenerator[Batch, None]:
        await self._slots.take()
        try:
            async with aclosing(call):
                async for batch in call:
                    yield batch
        finally:
            self._slots.give_back()
