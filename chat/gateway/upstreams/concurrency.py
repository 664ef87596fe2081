"""How many calls a model server gets at once; a few more may wait."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from typing import Protocol

from chat.gateway.errors import UpstreamBusy
from chat.gateway.events import Batch
from chat.gateway.request import Request
from chat.gateway.upstreams.base import Upstream


class QueueFull(UpstreamBusy):
    def __init__(self) -> None:
        super().__init__("Too many requests are waiting for this model.")


class WaitedInVain(UpstreamBusy):
    def __init__(self) -> None:
        super().__init__("This model is too busy; the request waited in vain.")


class Slots(Protocol):
    def place(self) -> AbstractAsyncContextManager[None]:
        """Held while a call runs. Entering raises `QueueFull` or `WaitedInVain`."""


class LocalSlots:
    """Of this process: `limit` calls at once, at most `queue` waiting, each at most `wait` seconds."""

    def __init__(self, limit: int, queue: int, wait: float) -> None:
        self._semaphore = asyncio.Semaphore(limit)
        self._queue = queue
        self._wait = wait
        self._waiting = 0

    @asynccontextmanager
    async def place(self) -> AsyncGenerator[None, None]:
        await self._take()
        try:
            yield
        finally:
            self._semaphore.release()

    async def _take(self) -> None:
        if self._semaphore.locked() and self._waiting >= self._queue:
            raise QueueFull()
        self._waiting += 1
        try:
            async with asyncio.timeout(self._wait):
                await self._semaphore.acquire()
        except TimeoutError:
            raise WaitedInVain() from None
        finally:
            self._waiting -= 1


class WithSlots:
    def __init__(self, upstream: Upstream, slots: Slots) -> None:
        self._upstream = upstream
        self._slots = slots

    def call(self, request: Request, model: str) -> AsyncGenerator[Batch, None]:
        return self._in_turn(self._upstream.call(request, model))

    async def count_tokens(self, request: Request, model: str) -> int | None:
        return await self._upstream.count_tokens(request, model)

    async def count_said(self, said: str, model: str) -> int | None:
        """Without a place: it ends a call, which must not wait for others, and may have its own still."""
        return await self._upstream.count_said(said, model)

    async def _in_turn(self, call: AsyncGenerator[Batch, None]) -> AsyncGenerator[Batch, None]:
        async with self._slots.place(), aclosing(call):
            async for batch in call:
                yield batch
