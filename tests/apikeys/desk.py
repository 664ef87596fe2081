"""A limiter, and somebody who asks it and writes the ledger, as the portal does."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from apikeys.counters.in_process import InProcessCounters
from apikeys.counters.in_redis import PREFIX
from apikeys.counters.protocol import IDLE, Counters
from apikeys.limiter import Limiter, Reservation
from apikeys.limits import Estimate, Kind, Limit, LimitReached, microseconds
from tests import asynchronous
from tests.ledger_rows import rewrite
from usage.models import Status, UsageRecord
from usage.months import id_of
from usage.spending import Payer

NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> int:
        return microseconds(self.at)


class Desk:
    """A limiter asked by somebody who writes the ledger too, as the portal does."""

    def __init__(self, counters: Counters, clock: Clock, user: Any) -> None:
        self.limiter = Limiter(counters)
        self.counters = counters
        self.clock = clock
        self.user = user

    def limit(self, kind: Kind, value: int) -> Limit:
        return Limit(Payer("user", self.user.pk), kind, value)

    async def reserve(
        self, *limits: Limit, least: int = 1, most: int = 1, least_cost: str = "0", most_cost: str = "0"
    ) -> Reservation:
        estimate = Estimate(least, most, Decimal(least_cost), Decimal(most_cost))
        return await self.limiter.reserve(limits, id_of(self.clock.at), self.clock.at, estimate)

    async def settle(
        self, reservation: Reservation, tokens: int = 0, cost: str = "0", at: datetime | None = None
    ) -> Reservation:
        """Into the ledger first, then into the counters."""
        await self.write(reservation, Status.COMPLETE, tokens=tokens, cost=cost, at=at)
        return await self.limiter.settle(reservation, tokens, Decimal(cost))

    async def write(
        self,
        reservation: Reservation,
        status: Status,
        *,
        tokens: int = 0,
        cost: str = "0",
        at: datetime | None = None,
    ) -> None:
        await asyncio.to_thread(self.row, reservation.request, status, tokens, cost, at, reservation)

    def row(
        self, request: UUID, status: Status, tokens: int, cost: str, at: datetime | None, held: Reservation
    ) -> None:
        from django.db import connection

        known = {"status": status, "output_tokens": tokens, "cost": Decimal(cost)}
        first = {"user": self.user, "model": "m", "format": "openai", "started_at": at or self.clock.at}
        first |= {"reserved_tokens": held.tokens, "reserved_cost": held.cost}
        rows = UsageRecord.objects.filter(pk=request)
        if rows.exists():
            rewrite(rows, **known)
        else:
            UsageRecord.objects.create(pk=request, **first, **known)
        connection.close()

    def run(self, story: Callable[[], Coroutine[Any, Any, None]]) -> None:
        async def whole() -> None:
            try:
                await story()
            finally:
                await self.counters.close()

        asynchronous.run(whole())

    async def stay_idle(self) -> None:
        self.clock.at += timedelta(microseconds=IDLE)
        if isinstance(self.counters, InProcessCounters):
            return
        from redis.asyncio import Redis

        # Redis has a clock of its own for this.
        async with Redis.from_url(os.environ["REDIS_URL"]) as client:
            for key in await client.keys(f"{PREFIX}user:{self.user.pk.hex}:*"):
                assert 0 < await client.pttl(key) <= IDLE / 1000
                await client.delete(key)

    async def lose_counters(self) -> None:
        """As a Redis that restarts empty, or a process that starts anew."""
        if isinstance(self.counters, InProcessCounters):
            self.counters._counters.clear()
            self.counters._generations.clear()
            return
        from redis.asyncio import Redis

        async with Redis.from_url(os.environ["REDIS_URL"]) as client:
            if keys := await client.keys(f"{PREFIX}user:{self.user.pk.hex}:*"):
                await client.delete(*keys)


async def reached(asking: Awaitable[Any]) -> LimitReached:
    with pytest.raises(LimitReached) as caught:
        await asking
    return caught.value


async def admitted(askings: Sequence[Awaitable[Reservation]]) -> list[Reservation]:
    answers = await asyncio.gather(*askings, return_exceptions=True)
    assert all(isinstance(answer, Reservation | LimitReached) for answer in answers), answers
    return [answer for answer in answers if isinstance(answer, Reservation)]
