"""Limits kept exactly, by both places for counters: one process' own, and Redis (battery L02, L03, F02).

The clock stands still until a test moves it.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from apikeys.counters.in_process import InProcessCounters
from apikeys.counters.in_redis import PREFIX, RedisCounters
from apikeys.counters.protocol import IDLE, LEASE, Counters
from apikeys.limiter import Limiter, Reservation
from apikeys.limits import Estimate, Kind, Limit, LimitReached, LimitsUnavailable, microseconds
from tests import asynchronous, profile
from tests.ledger_rows import rewrite
from usage.models import Status, UsageRecord
from usage.months import id_of
from usage.spending import Payer

NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Clock:
    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> int:
        return microseconds(self.at)


@pytest.fixture
def clock() -> Clock:
    return Clock()


PLACES = ["process", "redis"] if profile.PROFILE == "scale" else ["process"]


@pytest.fixture(params=PLACES)
def counters(request: pytest.FixtureRequest, clock: Clock) -> Counters:
    if request.param == "process":
        return InProcessCounters(clock)
    return RedisCounters(os.environ["REDIS_URL"], clock)


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


@pytest.fixture
def desk(counters: Counters, clock: Clock, alice: Any) -> Desk:
    return Desk(counters, clock, alice)


async def reached(asking: Awaitable[Any]) -> LimitReached:
    with pytest.raises(LimitReached) as caught:
        await asking
    return caught.value


async def admitted(askings: Sequence[Awaitable[Reservation]]) -> list[Reservation]:
    answers = await asyncio.gather(*askings, return_exceptions=True)
    assert all(isinstance(answer, Reservation | LimitReached) for answer in answers), answers
    return [answer for answer in answers if isinstance(answer, Reservation)]


def test_exactly_as_many_as_the_limit_says_l01(desk: Desk) -> None:
    async def story() -> None:
        rpm = desk.limit(Kind.REQUESTS_PER_MINUTE, 30)
        assert len(await admitted([desk.reserve(rpm) for _ in range(200)])) == 30

    desk.run(story)


def test_the_window_slides_l03(desk: Desk, clock: Clock) -> None:
    async def story() -> None:
        rpm = desk.limit(Kind.REQUESTS_PER_MINUTE, 2)
        first = await desk.reserve(rpm)
        assert first.standings[0].remaining == 1
        clock.at = NOON + 30 * SECOND
        await desk.reserve(rpm)
        refusal = await reached(desk.reserve(rpm))
        assert (refusal.status, refusal.code, refusal.retry_after) == (429, "rate_limit_exceeded", 30)
        assert refusal.reached.resets_at == NOON + 90 * SECOND
        clock.at = NOON + 60 * SECOND - timedelta(microseconds=1)
        assert (await reached(desk.reserve(rpm))).retry_after == 1
        clock.at = NOON + 60 * SECOND
        await desk.reserve(rpm)
        await reached(desk.reserve(rpm))
        clock.at = NOON + 90 * SECOND
        await desk.reserve(rpm)

    desk.run(story)


def test_a_refusal_counts_nowhere(desk: Desk, clock: Clock) -> None:
    async def story() -> None:
        rpm = desk.limit(Kind.REQUESTS_PER_MINUTE, 5)
        day = desk.limit(Kind.TOKENS_PER_DAY, 100)
        month = desk.limit(Kind.TOKENS_PER_MONTH, 1000)
        await desk.reserve(rpm, day, month, least=10, most=95)
        for _ in range(3):
            refusal = await reached(desk.reserve(rpm, day, month, least=10, most=20))
        assert refusal.reached.limit == day
        assert "5 left and 95 held by running requests, and this request needs at least 10." in str(refusal)
        standings = await desk.limiter.look([rpm, day, month], clock.at)
        assert [each.remaining for each in standings] == [4, 5, 905]

    desk.run(story)


def test_looking_counts_nothing(desk: Desk, clock: Clock) -> None:
    async def story() -> None:
        rpm = desk.limit(Kind.REQUESTS_PER_MINUTE, 1)
        day = desk.limit(Kind.TOKENS_PER_DAY, 1)
        await desk.reserve(rpm, day)
        for _ in range(3):
            standings = await desk.limiter.look([rpm, day], clock.at)
            assert [each.remaining for each in standings] == [0, 0]

    desk.run(story)


def test_what_is_set_aside_is_settled_to_the_true_count_l02(desk: Desk) -> None:
    async def story() -> None:
        day = desk.limit(Kind.TOKENS_PER_DAY, 100)
        one = await desk.reserve(day, least=5, most=60)
        assert (one.tokens, one.standings[0].remaining) == (60, 40)
        two = await desk.reserve(day, least=5, most=60)
        assert (two.tokens, two.standings[0].remaining) == (60, 0)
        assert (await reached(desk.reserve(day, least=5, most=60))).code == "insufficient_quota"
        assert (await desk.settle(one, tokens=10)).standings[0].remaining == 30
        three = await desk.reserve(day, least=5, most=20)
        await desk.settle(two, tokens=0)
        assert (await desk.settle(three, tokens=20)).standings[0].remaining == 70

    desk.run(story)


def test_the_overshoot_is_one_answer_l02(desk: Desk) -> None:
    """Fifty at once; each uses the most it may. Only the last one admitted runs on less than that."""

    async def story() -> None:
        day = desk.limit(Kind.TOKENS_PER_DAY, 1000)
        through = await admitted([desk.reserve(day, least=10, most=70) for _ in range(50)])
        assert len(through) == 15
        await asyncio.gather(*(desk.settle(each, tokens=70) for each in through))
        (standing,) = await desk.limiter.look([day], desk.clock.at)
        assert (standing.count.used, standing.count.held) == (1050, 0)
        assert standing.count.used - 1000 <= 60

    desk.run(story)


@pytest.mark.parametrize("is_lost", [False, True], ids=["", "counters are lost"])
def test_nobody_follows_who_may_use_the_rest_l02(desk: Desk, is_lost: bool) -> None:
    """What one gives back goes to the one that was let through with too little left for it."""

    async def story() -> None:
        day = desk.limit(Kind.TOKENS_PER_DAY, 100)
        one, last = [await desk.reserve(day, least=5, most=60) for _ in range(2)]
        await desk.write(last, Status.OPEN)
        assert (await desk.settle(one, tokens=54)).standings[0].remaining == 0
        if is_lost:
            await desk.lose_counters()
        refusal = await reached(desk.reserve(day, least=5, most=60))
        assert "0 left and 46 held by running requests" in str(refusal)
        await desk.settle(last, tokens=60)
        (standing,) = await desk.limiter.look([day], desk.clock.at)
        assert standing.count.used == 114

    desk.run(story)


def test_who_is_only_in_the_way_is_told_to_try_soon(desk: Desk) -> None:
    async def story() -> None:
        day = desk.limit(Kind.TOKENS_PER_DAY, 100)
        running = await desk.reserve(day, least=5, most=500)
        refusal = await reached(desk.reserve(day, least=5, most=60))
        assert refusal.retry_after == 1
        assert "100 held by running requests" in str(refusal)
        await desk.settle(running, tokens=100)
        refusal = await reached(desk.reserve(day, least=5, most=60))
        assert refusal.retry_after == 12 * 3600
        assert str(refusal) == (
            "This API key's limit of 100 tokens per day is reached: 0 left. "
            "It resets at 2026-05-21T00:00:00.000Z."
        ).replace("This API key's", "Your account's")

    desk.run(story)


@pytest.mark.parametrize(
    ("at", "kind", "resets_at"),
    [
        ("2026-05-20T23:59:59.999999", Kind.TOKENS_PER_DAY, "2026-05-21"),
        ("2026-12-31T12:00:00", Kind.TOKENS_PER_DAY, "2027-01-01"),
        ("2028-02-28T12:00:00", Kind.TOKENS_PER_DAY, "2028-02-29"),
        ("2027-02-28T12:00:00", Kind.TOKENS_PER_DAY, "2027-03-01"),
        ("2028-02-29T12:00:00", Kind.TOKENS_PER_MONTH, "2028-03-01"),
        ("2026-01-31T23:59:59", Kind.TOKENS_PER_MONTH, "2026-02-01"),
        ("2026-12-01T00:00:00", Kind.TOKENS_PER_MONTH, "2027-01-01"),
        ("2026-04-30T23:59:59", Kind.COST_PER_MONTH, "2026-05-01"),
    ],
)
def test_days_and_months_end_in_utc_l03(
    desk: Desk, clock: Clock, at: str, kind: Kind, resets_at: str
) -> None:
    async def story() -> None:
        clock.at = datetime.fromisoformat(at).replace(tzinfo=UTC)
        begins_anew = datetime.fromisoformat(resets_at).replace(tzinfo=UTC)
        limit = desk.limit(kind, 1)
        estimate: dict[str, Any] = {"least_cost": "0.000000001", "most_cost": "0.000000001"}
        used = await desk.reserve(limit, **estimate)
        await desk.settle(used, tokens=1, cost="0.000000001")
        refusal = await reached(desk.reserve(limit, **estimate))
        assert refusal.reached.resets_at == begins_anew
        clock.at = begins_anew - timedelta(microseconds=1)
        await reached(desk.reserve(limit, **estimate))
        clock.at = begins_anew
        await desk.reserve(limit, **estimate)

    desk.run(story)


def test_a_request_belongs_to_the_day_it_began_in_l03(desk: Desk, clock: Clock) -> None:
    async def story() -> None:
        day = desk.limit(Kind.TOKENS_PER_DAY, 100)
        clock.at = began = datetime(2026, 5, 20, 23, 59, 59, tzinfo=UTC)
        night = await desk.reserve(day, most=80)
        clock.at = datetime(2026, 5, 21, 0, 0, 1, tzinfo=UTC)
        await desk.settle(night, tokens=80, at=began)
        (today,) = await desk.limiter.look([day], clock.at)
        (yesterday,) = await desk.limiter.look([day], began)
        assert (today.remaining, yesterday.remaining) == (100, 20)

    desk.run(story)


def test_what_was_used_while_a_limit_was_taken_away_counts_l02(desk: Desk) -> None:
    async def story() -> None:
        month = desk.limit(Kind.TOKENS_PER_MONTH, 1000)
        await desk.settle(await desk.reserve(month, most=100), tokens=100)
        await desk.write(await desk.reserve(), Status.COMPLETE, tokens=700)
        await desk.stay_idle()
        assert (await desk.reserve(month, most=10)).standings[0].count.used == 800

    desk.run(story)


def test_who_holds_nothing_of_a_limit_still_settles_the_others_l02(desk: Desk) -> None:
    """A model that costs nothing, under a cap on cost."""

    async def story() -> None:
        limits = desk.limit(Kind.COST_PER_MONTH, 10**9), desk.limit(Kind.TOKENS_PER_DAY, 1000)
        for _ in range(2):
            free = await desk.reserve(*limits, least=5, most=600)
            await desk.settle(free, tokens=100)
        counts = [each.count for each in await desk.limiter.look(limits, desk.clock.at)]
        assert [(count.used, count.held) for count in counts] == [(0, 0), (200, 0)]

    desk.run(story)


def test_costs_are_counted_to_the_billionth(desk: Desk) -> None:
    async def story() -> None:
        cap = desk.limit(Kind.COST_PER_MONTH, 2_500_000_000)
        first = await desk.reserve(cap, least_cost="0.1", most_cost="2.499999999")
        assert first.cost == Decimal("2.499999999")
        await desk.settle(first, cost="2.499999998")
        second = await desk.reserve(cap, least_cost="0.000000002", most_cost="1")
        assert (second.cost, second.standings[0].remaining) == (1, 0)
        refusal = await reached(desk.reserve(cap, least_cost="0.000000001", most_cost="1"))
        assert "limit of 2.5 per month (cost)" in str(refusal)
        free = await desk.reserve(cap)
        assert free.cost == 0

    desk.run(story)


def test_the_largest_limits_are_exact(desk: Desk) -> None:
    async def story() -> None:
        cap = desk.limit(Kind.COST_PER_MONTH, 10**15)
        million = await desk.reserve(cap, least_cost="1", most_cost="999999.999999999")
        await desk.settle(million, cost="999999.999999999")
        (standing,) = await desk.limiter.look([cap], desk.clock.at)
        assert standing.remaining == 1

    desk.run(story)


def test_a_claim_that_comes_again_counts_once(desk: Desk) -> None:
    """Its answer got lost on the way from Redis."""

    async def story() -> None:
        limits = [desk.limit(Kind.REQUESTS_PER_MINUTE, 2), desk.limit(Kind.TOKENS_PER_DAY, 100)]
        request = id_of(desk.clock.at)
        for most in (50, 70):
            again = await desk.limiter.reserve(limits, request, desk.clock.at, Estimate(1, most))
        assert [each.remaining for each in again.standings] == [1, 30]
        settled = await desk.settle(again, tokens=10)
        assert [each.remaining for each in settled.standings] == [1, 90]

    desk.run(story)


def test_several_payers_are_one_step(desk: Desk, bob: Any) -> None:
    """A key's limits beside a person's: all or none."""

    async def story() -> None:
        mine = desk.limit(Kind.REQUESTS_PER_MINUTE, 10)
        others = Limit(Payer("user", bob.pk), Kind.REQUESTS_PER_MINUTE, 3)
        assert len(await admitted([desk.reserve(mine, others) for _ in range(20)])) == 3
        standings = await desk.limiter.look([mine, others], desk.clock.at)
        assert [each.remaining for each in standings] == [7, 0]

    desk.run(story)


def test_lost_counters_are_rebuilt_from_the_ledger_f02(desk: Desk, clock: Clock) -> None:
    async def story() -> None:
        rpm = desk.limit(Kind.REQUESTS_PER_MINUTE, 10)
        day = desk.limit(Kind.TOKENS_PER_DAY, 1000)
        cap = desk.limit(Kind.COST_PER_MONTH, 10**9)
        done = await desk.reserve(rpm, day, cap, most=300, most_cost="0.5")
        await desk.settle(done, tokens=250, cost="0.25")
        running = await desk.reserve(rpm, day, cap, most=300, most_cost="0.5")
        await desk.write(running, Status.OPEN)
        await desk.lose_counters()
        standings = await desk.limiter.look([rpm, day, cap], clock.at)
        assert [each.remaining for each in standings] == [8, 450, 250_000_000]
        await desk.settle(running, tokens=100, cost="0.1")
        standings = await desk.limiter.look([rpm, day, cap], clock.at)
        assert [each.remaining for each in standings] == [8, 650, 650_000_000]
        assert [each.count.held for each in standings] == [0, 0, 0]

    desk.run(story)


def test_a_settlement_to_a_lost_counter_counts_once_f02(desk: Desk, clock: Clock) -> None:
    async def story() -> None:
        day = desk.limit(Kind.TOKENS_PER_DAY, 1000)
        running = [await desk.reserve(day, most=100) for _ in range(3)]
        await desk.lose_counters()
        # Its row is not in the ledger yet, so the rebuilt counter does not know of it.
        (standing,) = await desk.limiter.look([day], clock.at)
        assert standing.remaining == 1000
        for each in running:
            await desk.settle(each, tokens=50)
        (standing,) = await desk.limiter.look([day], clock.at)
        assert (standing.count.used, standing.count.held) == (150, 0)

    desk.run(story)


def test_a_settlement_in_the_middle_of_a_rebuild_counts_once_f02(desk: Desk, clock: Clock) -> None:
    """The ledger was read before the settlement, the counter is put in place after it."""

    async def story() -> None:
        day = desk.limit(Kind.TOKENS_PER_DAY, 1000)
        running = await desk.reserve(day, most=100)
        await desk.write(running, Status.OPEN)
        await desk.lose_counters()
        install = desk.counters.install

        async def late(*arguments: Any) -> None:
            desk.counters.install = install  # type: ignore[method-assign]
            await desk.settle(running, tokens=70)
            await install(*arguments)

        desk.counters.install = late  # type: ignore[method-assign]
        (standing,) = await desk.limiter.look([day], clock.at)
        assert (standing.count.used, standing.count.held) == (70, 0)

    desk.run(story)


def test_what_a_dead_process_held_comes_back(desk: Desk, clock: Clock) -> None:
    async def story() -> None:
        day = desk.limit(Kind.TOKENS_PER_DAY, 100)
        never_admitted = await desk.reserve(day, most=50)
        died = await desk.reserve(day, most=50)
        await desk.write(died, Status.OPEN)
        await reached(desk.reserve(day))
        clock.at += timedelta(microseconds=LEASE)
        (standing,) = await desk.limiter.look([day], clock.at)
        assert standing.remaining == 50
        await desk.write(died, Status.INTERRUPTED)
        clock.at += timedelta(microseconds=LEASE)
        (standing,) = await desk.limiter.look([day], clock.at)
        assert standing.remaining == 100
        assert never_admitted.tokens == 50

    desk.run(story)


def test_who_runs_longer_than_a_lease_keeps_what_is_set_aside(desk: Desk, clock: Clock) -> None:
    async def story() -> None:
        day = desk.limit(Kind.TOKENS_PER_DAY, 100)
        long = await desk.reserve(day, most=90)
        await desk.write(long, Status.OPEN)
        for _ in range(5):
            clock.at += timedelta(microseconds=LEASE)
            await reached(desk.reserve(day, least=20, most=20))
        await desk.settle(long, tokens=60)
        (standing,) = await desk.limiter.look([day], clock.at)
        assert (standing.count.used, standing.count.held) == (60, 0)

    desk.run(story)


def test_without_an_answer_nobody_passes_f02(clock: Clock, alice: Any) -> None:
    desk = Desk(RedisCounters("redis://127.0.0.1:9/0", clock), clock, alice)

    async def story() -> None:
        with pytest.raises(LimitsUnavailable) as caught:
            await desk.reserve(desk.limit(Kind.REQUESTS_PER_MINUTE, 5))
        assert (caught.value.status, caught.value.code) == (503, "overloaded")

    desk.run(story)
