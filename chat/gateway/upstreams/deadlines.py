"""How long a model server may take."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import msgspec

from chat.gateway.errors import UpstreamTimeout
from chat.gateway.events import Batch
from chat.gateway.request import Request
from chat.gateway.upstreams.base import Upstream


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

    async def _in_time(
        self, call: AsyncGenerator[Batch, None], patience: float
    ) -> AsyncGenerator[Batch, None]:
        now = asyncio.get_running_loop().time
        end = now() + self._deadlines.total
        async with aclosing(call):
            while True:
                try:
                    async with asyncio.timeout_at(min(end, now() + patience)):
                        batch = await anext(call)
                except StopAsyncIteration:
                    return
                except TimeoutError:
                    raise UpstreamTimeout("The model server did not answer in time.") from None
                yield batch
                patience = self._deadlines.idle
