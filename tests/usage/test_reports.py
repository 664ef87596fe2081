"""What reports say equals a sum over the ledger, row by row: totals, splits, and series in any time zone."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.usage.ledger_sums import Expected, expected
from tests.usage.requests import some_request
from usage.models import UsageRecord
from usage.reports import Figures, Period, Scope, choices, series, split, totals

YEAR = Period(datetime(2025, 3, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC))
ZONES = (
    "UTC",
    "Europe/Athens",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/Havana",
)


@pytest.fixture
def rows(alice: Any, bob: Any, make_keys: Any) -> list[UsageRecord]:
    chance = random.Random(7)
    keys = {user: make_keys(user) for user in (alice, bob)}
    span = (YEAR.until - YEAR.since).total_seconds()
    times = [YEAR.since + timedelta(seconds=chance.uniform(0, span)) for _ in range(150)]
    # At the edges, and where clocks change.
    times += [YEAR.since, YEAR.since - timedelta(microseconds=1), YEAR.until]
    times += [datetime(2025, 10, 26, 0, tzinfo=UTC) + timedelta(minutes=20 * n) for n in range(-72, 72)]
    users = [chance.choice([alice, bob]) for _ in times]
    made = [some_request(chance, user, keys[user], at) for user, at in zip(users, times, strict=True)]
    return UsageRecord.objects.bulk_create(made)


def test_it_works(rows: list[UsageRecord], alice: Any) -> None:
    scope = Scope(user_id=alice.pk)
    expected(rows, scope, YEAR).check(totals(scope, YEAR))
    expected(rows, scope, YEAR.previous()).check(totals(scope, YEAR.previous()))


@pytest.mark.parametrize("name", ["model", "status", "deployment", "key_id"])
def test_it_is_narrowed_down(rows: list[UsageRecord], alice: Any, name: str) -> None:
    for value in {getattr(row, name) for row in rows if row.user_id == alice.pk} - {None}:
        scope = replace(Scope(user_id=alice.pk), **{name: value})
        expected(rows, scope, YEAR).check(totals(scope, YEAR))


@pytest.mark.parametrize("by", ["model", "status", "deployment", "key"])
def test_parts_make_up_the_whole(rows: list[UsageRecord], alice: Any, by: str) -> None:
    mine = expected(rows, Scope(user_id=alice.pk), YEAR).rows
    parts = split(Scope(user_id=alice.pk), YEAR, by)  # type: ignore[arg-type]
    column = "key_id" if by == "key" else by
    assert {what for what, _ in parts} == {getattr(row, column) for row in mine}
    for what, figures in parts:
        Expected([row for row in mine if getattr(row, column) == what]).check(figures)
    costs = [figures.cost for _, figures in parts]
    assert costs == sorted(costs, reverse=True)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("bucket", ["hour", "day", "week"])
def test_a_series_follows_the_clocks(rows: list[UsageRecord], alice: Any, zone: str, bucket: str) -> None:
    here = ZoneInfo(zone)
    period = (
        YEAR if bucket != "hour" else Period(*(datetime(2025, 10, day, 5, tzinfo=UTC) for day in (24, 29)))
    )
    mine = expected(rows, Scope(user_id=alice.pk), period).rows
    found = series(Scope(user_id=alice.pk), period, bucket, here)  # type: ignore[arg-type]
    assert sum(figures.requests for _, figures in found) == len(mine)
    starts = [start for start, _ in found]
    for number, (start, figures) in enumerate(found):
        local = start.astimezone(here)
        end = starts[number + 1] if number + 1 < len(starts) else datetime.max.replace(tzinfo=UTC)
        assert local.utcoffset() == start.utcoffset()
        if bucket == "week":
            assert local.weekday() == 0
        Expected([row for row in mine if start <= row.started_at < end]).check(figures)


def test_a_day_of_25_hours_is_one_day(alice: Any) -> None:
    athens = ZoneInfo("Europe/Athens")
    period = Period(datetime(2025, 10, 25, tzinfo=athens), datetime(2025, 10, 28, tzinfo=athens))
    starts = [start.astimezone(UTC) for start, _ in series(Scope(user_id=alice.pk), period, "day", athens)]
    assert [str(start)[5:16] for start in starts] == ["10-24 21:00", "10-25 21:00", "10-26 22:00"]


def test_a_group_is_its_members_while_they_are(
    rows: list[UsageRecord], alice: Any, bob: Any, make_team: Callable[..., Any]
) -> None:
    from accounts.models import Membership

    group = make_team(alice, bob).group
    joined, left = datetime(2025, 6, 3, 12, 34, 56, tzinfo=UTC), datetime(2025, 10, 26, 0, 40, tzinfo=UTC)
    Membership.objects.filter(group=group).update(since=joined)
    Membership.objects.filter(group=group, user=bob).update(until=left)
    theirs = [
        row
        for row in rows
        if joined <= row.started_at < YEAR.until and (row.user_id == alice.pk or row.started_at < left)
    ]
    Expected(theirs).check(totals(Scope(group_id=group.pk), YEAR))
    assert dict(split(Scope(), YEAR, "group"))[group.pk].requests == len(theirs)


def test_everything_there_is_to_filter_by(rows: list[UsageRecord], alice: Any) -> None:
    mine = [row for row in rows if row.user_id == alice.pk]
    found = choices(alice)
    assert found.models == sorted({row.model for row in mine})
    assert found.statuses == sorted({row.status for row in mine})
    assert set(found.key_ids) == {row.key_id for row in mine} - {None}


def test_it_is_empty_at_first(bob: Any) -> None:
    figures = totals(Scope(user_id=bob.pk), YEAR)
    assert figures == Figures()
    assert (figures.cost, figures.avg_ms, figures.error_rate, figures.latency.p50) == (0, None, 0.0, None)
    assert split(Scope(user_id=bob.pk), YEAR, "model") == []
    assert choices(bob).models == []
