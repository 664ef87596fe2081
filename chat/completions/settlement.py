"""What a call came to: settled exactly once, however it ended."""

import asyncio
import time
from typing import Protocol

import msgspec

from chat.completions.estimate import CHARACTERS_PER_TOKEN
from chat.completions.metering import Meter
from chat.gateway import events as ev
from chat.gateway.errors import GatewayError
from chat.gateway.relay import Relay
from chat.gateway.request import Request, Service, Text, Thinking, ToolCall
from usage import ledger
from usage.ledger import Status, TokensSource


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
        self.usage = ev.Usage()

    def note_first_token(self) -> None:
        self._first_token_ms = self._elapsed_ms()

    async def settle(self, relay: Relay, error: BaseException | None = None) -> None:
        """Survives the cancellation of its caller: a request that reached a model is paid for."""
        counted = relay.collector.usage
        self.usage = counted or _estimate(relay)
        deployment = relay.route.deployment.id if relay.route.deployment else ""
        await self._settle(deployment, error, is_counted=counted is not None)

    async def abandon(self, error: BaseException) -> None:
        """For a call that ended before it could be relayed. The ledger takes things in their order: a row
        that is still on its way to it is there when this comes."""
        await self._settle("", error, is_counted=False)

    async def _settle(self, deployment: str, error: BaseException | None, *, is_counted: bool) -> None:
        if self._task is None:
            settlement = self._settlement(deployment, error, is_counted)
            self._task = asyncio.create_task(self._write(settlement))
        await asyncio.shield(self._task)

    async def _write(self, settlement: ledger.Settlement) -> None:
        """The ledger first: a counter in doubt is rebuilt from it."""
        await ledger.settle(settlement)
        await self._meter.settle(settlement.tokens, settlement.cost)

    def _settlement(
        self, deployment: str, error: BaseException | None, is_counted: bool
    ) -> ledger.Settlement:
        return ledger.Settlement(
            admission=self._admission,
            deployment=deployment,
            status=_status(error),
            error_type=_error_type(error),
            input_tokens=self.usage.input,
            output_tokens=self.usage.output,
            cached_tokens=self.usage.cached,
            cache_written_tokens=self.usage.cache_written,
            reasoning_tokens=self.usage.reasoning,
            images=self.usage.images,
            tokens_source=TokensSource.UPSTREAM if is_counted else TokensSource.ESTIMATED,
            first_token_ms=self._first_token_ms,
            duration_ms=self._elapsed_ms(),
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


def _estimate(relay: Relay) -> ev.Usage:
    """For a call whose upstream never came to counting. Without any output nothing was used."""
    answer = relay.collector.answer
    said = relay.collector.characters + sum(_length(part) for part in answer.parts)
    if not said and relay.collector.input_tokens is None:
        return ev.Usage()
    counted_input = relay.collector.input_tokens
    return ev.Usage(
        input=estimated_input(relay.request) if counted_input is None else counted_input,
        output=_tokens(said),
    )


def _length(part: Text | Thinking | ToolCall) -> int:
    return len(part.arguments) + len(part.name) if isinstance(part, ToolCall) else len(part.text)


def estimated_input(request: Request) -> int:
    """Tokens. Of a request that is not told in canonical terms: from the body it came in."""
    passage = request.passage
    told: object = (request.system, request.messages, request.tools)
    if request.service is not Service.CHAT and passage is not None:
        told = passage.raw
    return _tokens(len(msgspec.json.encode(told)))


def _tokens(characters: int) -> int:
    return -(-characters // CHARACTERS_PER_TOKEN)
