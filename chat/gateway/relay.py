"""The one road: canonical request → upstream → events → the caller's format."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

import msgspec

from chat.gateway.collect import Collector
from chat.gateway.dialects import CallerDialect
from chat.gateway.errors import GatewayError, UpstreamError
from chat.gateway.events import Event, TextDelta, ThinkingDelta, ToolCallStart, Wire
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

    async def events(self) -> AsyncGenerator[Event, None]:
        async with aclosing(self.route.events(self.request)) as events:
            async for event in events:
                if not self._has_output and _is_output(event):
                    self._has_output = True
                    self._on_first_token()
                self.collector.add(event)
                yield event
        if self.collector.finish is None:
            raise UpstreamError("The model server's answer ended too early.")

    async def whole(self, dialect: CallerDialect, answer_id: str) -> bytes:
        async with aclosing(self.events()) as events:
            async for event in events:
                if isinstance(event, Wire):
                    return event.data
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
            async with aclosing(self.events()) as events:
                async for event in events:
                    if isinstance(event, Wire) and event.is_last:
                        await before_end(self, None)
                        yield event.data
                        return
                    data = event.data if isinstance(event, Wire) else encoder.encode(event)
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


def _is_output(event: Event) -> bool:
    if isinstance(event, Wire):
        return event.characters > 0
    return isinstance(event, TextDelta | ThinkingDelta | ToolCallStart)
