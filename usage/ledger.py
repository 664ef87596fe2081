"""The ledger: one row for each admitted request, opened before the model is called, settled once."""

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from portal.batching import Batches
from usage import statements
from usage.heartbeat import PROCESS_ID, ensure_beating
from usage.interrupted import close_interrupted
from usage.models import Status, TokensSource
from usage.prices import Prices

__all__ = ["Admission", "Settlement", "Status", "TokensSource", "admit", "close_interrupted", "settle"]

log = logging.getLogger(__name__)

# Seconds that a settlement waits for a database that is away, and between two tries: a call that was made
# must not stay open in the books.
PATIENCE = 600.0
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
# What a database that does not answer raises.
AWAY = (OperationalError, InterfaceError)


@dataclass(frozen=True)
class Admission:
    """`prices` as they are at `started_at`, which also decides the day and month that pay for it: what they
    are later does not touch this request."""

    request_id: UUID
    user_id: UUID
    key_id: UUID | None
    model: str
    format: str
    is_stream: bool
    address: str | None
    prices: Prices
    started_at: datetime = field(default_factory=timezone.now)
    reserved_tokens: int = 0
    reserved_cost: Decimal = Decimal(0)


@dataclass(frozen=True)
class Settlement:
    """How it went. Times in milliseconds. `input_tokens` includes what touched a cache."""

    admission: Admission
    deployment: str
    status: Status
    error_type: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cache_written_tokens: int
    reasoning_tokens: int
    tokens_source: TokensSource
    first_token_ms: int | None
    duration_ms: int
    is_disconnected: bool
    images: int = 0

    @property
    def tokens(self) -> int:
        return self.input_tokens + self.output_tokens

    @property
    def is_answered(self) -> bool:
        """Only then a price per request is due: not for a model that was never reached or said nothing."""
        return self.status == Status.COMPLETE or bool(self.output_tokens or self.images)

    @property
    def cost(self) -> Decimal:
        return self.admission.prices.cost(
            input=self.input_tokens,
            output=self.output_tokens,
            cached=self.cached_tokens,
            cache_written=self.cache_written_tokens,
            images=self.images,
            answers=int(self.is_answered),
        )


async def admit(admission: Admission) -> None:
    """Returns once the open row is durable."""
    ensure_beating()
    await _writer.put(admission)


async def settle(settlement: Settlement) -> None:
    """Returns once the row is final. A row that is already final stays as it is, so trying again is safe. One
    whose process was taken for dead is not: its process knows better."""
    end, pause = time.monotonic() + PATIENCE, FIRST_PAUSE
    while True:
        try:
            return await _writer.put(settlement)
        except AWAY:
            if time.monotonic() > end:
                raise
            log.warning("The database does not answer: a settlement waits for it.")
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def _write(items: Sequence[Admission | Settlement]) -> list[None]:
    admissions = [_opening(item) for item in items if isinstance(item, Admission)]
    settlements = [_closing(item) for item in items if isinstance(item, Settlement)]
    # A row alone commits itself: that spares it two round trips.
    with transaction.atomic() if len(items) > 1 else nullcontext():
        if admissions:
            statements.insert(admissions)
        if settlements and statements.settle(settlements) < len(settlements):
            log.error("Of %d settlements some found no row that was still to be settled.", len(settlements))
    return [None] * len(items)


def _opening(admission: Admission) -> statements.Row:
    row = {**vars(admission)}
    prices = {f"{name}_price": price for name, price in vars(row.pop("prices")).items()}
    return {"id": row.pop("request_id"), "process": PROCESS_ID, **row, **prices}


def _closing(settlement: Settlement) -> statements.Row:
    row = {**vars(settlement)}
    admission: Admission = row.pop("admission")
    return {**row, "cost": settlement.cost, "id": admission.request_id}


_writer: Batches[Admission | Settlement, None] = Batches("ledger", _write)
