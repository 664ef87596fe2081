"""The one road: canonical request → upstream → events → the caller's format."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

import msgspec

from chat.gateway.collect import Collector
from chat.gateway.dialects import CallerDialect, EventEncoder
from chat.gateway.errors import GatewayError, UpstreamError
from chat.gateway.events import Batch, Event, TextDelta, ThinkingDelta, ToolCallStart, Wire
from chat.gateway.request import Request
from chat.gateway.routing import Route

BeforeEnd = Callable[["Relay", GatewayError | None], Awaitable[None]]


class Relay:
    """One call on its way. `collector` holds what came so far, also when the call fails.

    `on_first_token` is called once, when the model's first output arrives.
    """

    def __init__(
        self, request: Request, route: Route, on_first_token: Callable[[], None] = lambda: None
    ) -> None:
        self.request = request
        self.route = route
        self.collector = Collector()
        self._on_first_token = on_first_token
        self._has_output = False

    async def batches(self) -> AsyncGenerator[Batch, None]:
        async with aclosing(self.route.batches(self.request)) as batches:
            async for batch in batches:
                if not self._has_output and any(map(_is_output, batch)):
                    self._has_output = True
                    self._on_first_token()
                for event in batch:
                    self.collector.add(event)
                yield batch
        if self.collector.finish is None:
            raise UpstreamError("The model server's answer ended too early.")

    async def whole(self, dialect: CallerDialect, answer_id: str) -> bytes:
        async with aclosing(self.batches()) as batches:
            async for batch in batches:
                if isinstance(batch[0], Wire):
                    return batch[0].data
        return msgspec.json.encode(dialect.encode_answer(self.collector.answer, self.request, answer_id))

    async def streamed(
        self, dialect: CallerDialect, answer_id: str, request_id: str, before_end: BeforeEnd
    ) -> AsyncGenerator[bytes, None]:
        """The first item is there once the upstream has begun: failures before it are raised,
        later ones are told inside the stream.

        `before_end` is awaited before the last item, so that a caller who has read to the end finds
        everything settled.
        """
        encoder = dialect.event_encoder(self.request, answer_id)
        has_started = False
        try:
            async with aclosing(self.batches()) as batches:
                async for batch in batches:
                    data = _encoded(batch, encoder)
                    if _is_last(batch):
                        await before_end(self, None)
                        yield data
                        return
                    if data:
                        has_started = True
                        yield data
            await before_end(self, None)
            yield encoder.close()
        except GatewayError as error:
            if not has_started:
                raise
            await before_end(self, error)
            yield encoder.fail(error, request_id)


def _encoded(batch: Batch, encoder: EventEncoder) -> bytes:
    return b"".join([event.data if isinstance(event, Wire) else encoder.encode(event) for event in batch])


def _is_last(batch: Batch) -> bool:
    return isinstance(batch[-1], Wire) and batch[-1].is_last


def _is_output(event: Event) -> bool:
    if isinstance(event, Wire):
        return bool(event.said or event.beside)
    return isinstance(event, TextDelta | ThinkingDelta | ToolCallStart)
