"""Counters that get lost, grow old or are asked twice: the ledger is the truth (docs/decisions/0004)."""

from datetime import timedelta
from typing import Any

import pytest

from apikeys.counters.in_redis import RedisCounters
from apikeys.counters.protocol import LEASE
from apikeys.limits import Estimate, Kind, Limit, LimitsUnavailable
from tests.apikeys.desk import Clock, Desk, admitted, reached
from usage.models import Status
from usage.months import id_of
from usage.spending import Payer


def test_what_was_used_while_a_limit_was_taken_away_counts_l02(desk: Desk) -> None:
    async def story() -> None:
        month = desk.limit(Kind.TOKENS_PER_MONTH, 1000)
        await desk.settle(await desk.reserve(month, most=100), tokens=100)
        await desk.write(await desk.reserve(), Status.COMPLETE, tokens=700)
        await desk.stay_idle()
        assert (await desk.reserve(month, most=10)).standings[0].count.used == 800

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
