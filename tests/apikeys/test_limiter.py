"""Limits kept exactly, by both places for counters: one process' own, and Redis (battery L02, L03, F02).

The clock stands still until a test moves it.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from apikeys.limits import Kind
from tests.apikeys.desk import NOON, Clock, Desk, admitted, reached
from usage.models import Status

SECOND = timedelta(seconds=1)


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
