"""What a call came to: settled exactly once, however it ended."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from functools import cache
from typing import Any, Protocol

from chat.completions import uncounted
from chat.completions.metering import Meter
from chat.gateway import events as ev
from chat.gateway.errors import GatewayError
from chat.gateway.relay import Relay
from chat.gateway.request import Request
from chat.gateway.routing import Route
from usage import ledger, progress
from usage.ledger import Status, TokensSource

_running: set[asyncio.Task[None]] = set()


async def finish_all(seconds: float) -> None:
    """The server is going: what has ended is settled, if it can be so soon, while there are connections."""
    if _running:
        await asyncio.wait(_running, timeout=seconds)


class Settles(Protocol):
    """What waits for the end of a call. `settle` may be called on every way out: the first one counts."""

    async def settle(self, relay: Relay, error: BaseException | None = None) -> None: ...


class Settler:
    """Bound to one admitted call."""

    def __init__(self, admission: ledger.Admission, started: float, meter: Meter) -> None:
        self._admission = admission
        self._started = started
        self._meter = meter
        self._first_token_ms: int | None = None
        self._task: asyncio.Task[None] | None = None
        self._usage = ev.Usage()
        self._is_known = asyncio.Event()

    def relay(self, request: Request, route: Route) -> Relay:
        """The call's way to the model. Heartbeats tell how far it is until it is settled."""
        relay = Relay(request, route, self._note_first_token)
        known_input = cache(lambda: uncounted.estimated_input(request))
        progress.follow(self._admission.request_id, lambda: _known(relay, known_input))
        return relay

    def _note_first_token(self) -> None:
        self._first_token_ms = self._elapsed_ms()

    async def settle(self, relay: Relay, error: BaseException | None = None) -> None:
        """Survives the cancellation of its caller: a request that reached a model is paid for."""
        await asyncio.shield(self._once(self._close(relay, error, self._elapsed_ms())))

    async def came_to(self) -> ev.Usage:
        """What the ledger is told, or is about to be, also for a caller whose `settle` was cancelled. Nothing
        for a call that was not relayed."""
        if self._task is not None:
            await self._is_known.wait()
        return self._usage

    async def abandon(self, error: BaseException) -> None:
        """For a call that ended before it could be relayed. The ledger takes things in their order: a row
        that is still on its way to it is there when this comes."""
        await asyncio.shield(self.abandon_soon(error))

    def abandon_soon(self, error: BaseException) -> asyncio.Task[None]:
        """For a caller who is not to wait for a database that is away."""
        self._is_known.set()
        nothing = self._settlement("", error, TokensSource.ESTIMATED, self._elapsed_ms())
        return self._once(self._write(nothing))

    def _once(self, ending: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        if self._task is None:
            self._task = asyncio.create_task(ending)
            _running.add(self._task)
            self._task.add_done_callback(_running.discard)
        else:
            ending.close()
        return self._task

    async def _close(self, relay: Relay, error: BaseException | None, duration_ms: int) -> None:
        """How long the call took is known before; counting is no part of it."""
        usage, source = relay.collector.usage, TokensSource.UPSTREAM
        try:
            if usage is None:
                usage, source = await uncounted.tally(relay)
            self._usage = usage
        finally:
            self._is_known.set()
        await self._write(self._settlement(_deployment(relay), error, source, duration_ms))

    async def _write(self, settlement: ledger.Settlement) -> None:
        """The ledger first: a counter in doubt is rebuilt from it."""
        try:
            await ledger.settle(settlement)
        finally:
            progress.forget(self._admission.request_id)
        await self._meter.settle(settlement.tokens, settlement.cost)

    def _settlement(
        self, deployment: str, error: BaseException | None, source: TokensSource, duration_ms: int
    ) -> ledger.Settlement:
        return ledger.Settlement(
            admission=self._admission,
            deployment=deployment,
            status=_status(error),
            error_type=_error_type(error),
            input_tokens=self._usage.input,
            output_tokens=self._usage.output,
            cached_tokens=self._usage.cached,
            cache_written_tokens=self._usage.cache_written,
            reasoning_tokens=self._usage.reasoning,
            images=self._usage.images,
            tokens_source=source,
            first_token_ms=self._first_token_ms,
            duration_ms=duration_ms,
            is_disconnected=isinstance(error, LEFT),
        )

    def _elapsed_ms(self) -> int:
        return round((time.monotonic() - self._started) * 1000)


# How Python tells a coroutine or a generator that nobody waits for it any more.
LEFT = (asyncio.CancelledError, GeneratorExit)


def _status(error: BaseException | None) -> Status:
    if error is None:
        return Status.COMPLETE
    return Status.CANCELLED if isinstance(error, LEFT) else Status.FAILED


def _error_type(error: BaseException | None) -> str:
    if error is None or isinstance(error, LEFT):
        return ""
    return error.code if isinstance(error, GatewayError) else GatewayError.code


def _deployment(relay: Relay) -> str:
    return relay.route.deployment.id if relay.route.deployment else ""


def _known(relay: Relay, known_input: Callable[[], int]) -> progress.Known:
    """So far; read beside the event loop, so that it may be a piece behind."""
    told = relay.collector.usage
    usage = told or uncounted.estimated(relay, known_input)
    return progress.Known(
        deployment=_deployment(relay),
        input_tokens=usage.input,
        output_tokens=usage.output,
        cached_tokens=usage.cached,
        cache_written_tokens=usage.cache_written,
        reasoning_tokens=usage.reasoning,
        images=usage.images,
        tokens_source=TokensSource.UPSTREAM if told else TokensSource.ESTIMATED,
    )
