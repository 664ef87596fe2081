"""How long a model server may take."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing

import msgspec

from chat.gateway.errors import UpstreamTimeout
from chat.gateway.events import Batch
from chat.gateway.request import Request
from chat.gateway.upstreams.base import Upstream

# Seconds. Counting is a courtesy: an estimate that comes is better than a count that does not.
COUNTING = 10


class Deadlines(msgspec.Struct, frozen=True):
    """Seconds: until an answer begins, between two events of a stream, for the whole answer."""

    first_byte: float = 120
    idle: float = 60
    total: float = 900


class WithDeadlines:
    """Counts events and not bytes: a server that drips one byte a second is silent, too."""

    def __init__(self, upstream: Upstream, deadlines: Deadlines) -> None:
        self._upstream = upstream
        self._deadlines = deadlines

    def call(self, request: Request, model: str) -> AsyncGenerator[Batch, None]:
        # An answer that is not streamed begins when it is whole.
        patience = self._deadlines.first_byte if request.stream else self._deadlines.total
        return self._in_time(self._upstream.call(request, model), patience)

    async def count_tokens(self, request: Request, model: str) -> int | None:
        return await _counted(self._upstream.count_tokens(request, model))

    async def count_said(self, said: str, model: str) -> int | None:
        return await _counted(self._upstream.count_said(said, model))

    async def _in_time(
        self, call: AsyncGenerator[Batch, None], patience: float
    ) -> AsyncGenerator[Batch, None]:
        alarm = _Alarm()
        end = alarm.now() + self._deadlines.total
        try:
            async with aclosing(call):
                while True:
                    alarm.set(min(end, alarm.now() + patience))
                    try:
                        batch = await anext(call)
                    except StopAsyncIteration:
                        return
                    alarm.clear()
                    yield batch
                    patience = self._deadlines.idle
        except asyncio.CancelledError:
            if alarm.has_rung_only():
                raise UpstreamTimeout("The model server did not answer in time.") from None
            raise
        finally:
            alarm.close()


async def _counted(count: Awaitable[int | None]) -> int | None:
    try:
        async with asyncio.timeout(COUNTING):
            return await count
    except TimeoutError:
        return None


class _Alarm:
    """Cancels whoever waits too long. One timer serves a whole stream: to set it anew for each piece, as
    `asyncio.timeout` does, costs more than all else we do to a piece."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._at: float | None = None
        self._waiting: asyncio.Task[object] | None = None
        self._has_rung = False
        self.now = self._loop.time

    def set(self, at: float) -> None:
        self._at = at
        self._waiting = asyncio.current_task()
        if self._timer is not None and self._timer.when() > at:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = self._loop.call_at(at, self._look)

    def clear(self) -> None:
        self._at = None

    def has_rung_only(self) -> bool:
        """Whether this alarm is why its task was cancelled, and nobody else wants it cancelled."""
        return self._has_rung and self._waiting is not None and not self._waiting.uncancel()

    def close(self) -> None:
        self._at = None
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        self._timer = None
        if self._at is None or self._waiting is None:
            return
        if self.now() < self._at:
            self._timer = self._loop.call_at(self._at, self._look)
            return
        self._has_rung = True
        self._waiting.cancel()
