"""What a call came to: settled exactly once, however it ended."""

import asyncio
import time

import msgspec

from chat.gateway import events as ev
from chat.gateway.errors import GatewayError
from chat.gateway.relay import Relay
from chat.gateway.request import Request, Service, Text, Thinking, ToolCall
from usage import ledger
from usage.ledger import Status, TokensSource

# Rule of thumb for text nobody counted: four characters a token.
_CHARACTERS_PER_TOKEN = 4


class Settler:
    """Bound to one admitted call. `settle` may be called on every way out: the first one counts."""

    def __init__(self, admission: ledger.Admission, started: float) -> None:
        self._admission = admission
        self._started = started
        self._first_token_ms: int | None = None
        self._task: asyncio.Task[None] | None = None
        self.usage = ev.Usage()

    def note_first_token(self) -> None:
        self._first_token_ms = self._elapsed_ms()

    async def settle(self, relay: Relay, error: BaseException | None = None) -> None:
        """Survives the cancellation of its caller: a request that reached a model is paid for."""
        if self._task is None:
            self._task = asyncio.create_task(ledger.settle(self._settlement(relay, error)))
        await asyncio.shield(self._task)

    def _settlement(self, relay: Relay, error: BaseException | None) -> ledger.Settlement:
        counted = relay.collector.usage
        self.usage = counted or _estimate(relay)
        return ledger.Settlement(
            admission=self._admission,
            deployment=relay.route.deployment.id if relay.route.deployment else "",
            status=_status(error),
            error_type=_error_type(error),
            input_tokens=self.usage.input,
            output_tokens=self.usage.output,
            cached_tokens=self.usage.cached,
            cache_written_tokens=self.usage.cache_written,
            reasoning_tokens=self.usage.reasoning,
            tokens_source=TokensSource.UPSTREAM if counted else TokensSource.ESTIMATED,
            first_token_ms=self._first_token_ms,
            duration_ms=self._elapsed_ms(),
            is_disconnected=isinstance(error, _LEFT),
        )

    def _elapsed_ms(self) -> int:
        return round((time.monotonic() - self._started) * 1000)


# How Python tells a coroutine or a generator that nobody waits for it any more.
_LEFT = (asyncio.CancelledError, GeneratorExit)


def _status(error: BaseException | None) -> Status:
    if error is None:
        return Status.COMPLETE
    return Status.CANCELLED if isinstance(error, _LEFT) else Status.FAILED


def _error_type(error: BaseException | None) -> str:
    if error is None or isinstance(error, _LEFT):
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
    return -(-characters // _CHARACTERS_PER_TOKEN)
