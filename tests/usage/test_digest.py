"""All at once says what the questions say one by one, from the ledger as from what is closed of it."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.ledger_rows import rewrite
from tests.usage.requests import some_request
from usage.models import ClosedBucket, LedgerFloor, Rollup, Status, UsageRecord
from usage.reports import Figures, Period, Scope, choices, digest, series, split, totals
from usage.rollups.closing import roll_up

BEGIN, END = datetime(2024, 2, 27, tzinfo=UTC), datetime(2024, 5, 2, tzinfo=UTC)
# Begins and ends within a minute.
PERIOD = Period(BEGIN + timedelta(days=30, minutes=7, seconds=13), END - timedelta(days=2, seconds=1))


def forget() -> None:
    """No test sees another's roll-ups."""
    for model in (Rollup, ClosedBucket, LedgerFloor):
        model.objects.all().delete()


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    forget()
    yield
    forget()


@pytest.fixture
def rows(alice: Any, bob: Any, make_keys: Any) -> list[UsageRecord]:
    chance = random.Random(11)
    keys = {user: make_keys(user) for user in (alice, bob)}
    times = [BEGIN + (END - BEGIN) * chance.random() for _ in range(200)]
    edges = (PERIOD.since, PERIOD.until, PERIOD.previous().since)
    times += [edge + timedelta(seconds=n) for edge in edges for n in (-1, 0, 1)]
    people = [chance.choice([alice, bob]) for _ in times]
    made = [some_request(chance, user, keys[user], at) for user, at in zip(people, times, strict=True)]
    return UsageRecord.objects.bulk_create(made)


def settle(rows: list[UsageRecord]) -> None:
    still = UsageRecord.objects.filter(pk__in=[row.pk for row in rows], status=Status.OPEN)
    rewrite(still, status=Status.INTERRUPTED)


def require_the_same(user: Any, **narrowed: Any) -> None:
    scope = Scope(user_id=user.pk, **narrowed)
    for bucket, zone in (("day", "UTC"), ("day", "Europe/Athens"), ("week", "Asia/Kathmandu")):
        found = digest(scope, PERIOD, bucket, ZoneInfo(zone))  # type: ignore[arg-type]
        assert found.series == series(scope, PERIOD, bucket, ZoneInfo(zone))  # type: ignore[arg-type]
        assert found.before == totals(scope, PERIOD.previous())
        assert found.by_model == split(scope, PERIOD, "model")
        assert found.by_key == split(scope, PERIOD, "key")
        assert found.ever == choices(user)


@pytest.mark.parametrize("is_rolled_up", [False, True])
def test_it_works(rows: list[UsageRecord], alice: Any, is_rolled_up: bool) -> None:
    """Also while an old request keeps its hour, its day and its month open."""
    if is_rolled_up:
        roll_up(END)
    for narrowed in ({}, {"model": "m"}, {"status": "failed"}, {"model": "none"}):
        require_the_same(alice, **narrowed)
    key_id = next(row.key_id for row in rows if row.user_id == alice.pk and row.key_id)
    require_the_same(alice, key_id=key_id)


def test_when_all_is_closed(rows: list[UsageRecord], alice: Any) -> None:
    settle(rows)
    roll_up(END)
    require_the_same(alice)


def test_what_the_ledger_no_longer_has_belongs_to_where_it_begins(
    rows: list[UsageRecord], alice: Any
) -> None:
    settle(rows)
    roll_up(END)
    LedgerFloor.objects.create(kept_since=END - timedelta(days=10))
    require_the_same(alice)


def test_it_is_empty_at_first(bob: Any) -> None:
    found = digest(Scope(user_id=bob.pk), PERIOD, "day", ZoneInfo("UTC"))
    assert (found.before, found.by_model, found.by_key) == (Figures(), [], [])
    assert found.ever.models == []
    assert {figures.requests for _, figures in found.series} == {0}
