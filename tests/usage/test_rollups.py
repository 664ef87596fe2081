"""Roll-ups and the ledger's open end say what the ledger says, whatever happened when (battery F06)."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ledger_rows import remove, rewrite
from tests.usage.ledger_sums import Expected, expected
from tests.usage.requests import some_request
from tests.usage.test_ledger import settle_late
from usage.models import ClosedBucket, Grain, LedgerFloor, Rollup, Status, UsageRecord
from usage.reports import Period, Scope, choices, series, split, totals
from usage.rollups.closing import roll_up
from usage.rollups.dropping import NotRolledUp, raise_floor
from usage.spending import Payer, Span, spent_in

BEGIN = datetime(2024, 2, 1, tzinfo=UTC)
SPAN = timedelta(days=70)
END = BEGIN + SPAN
HOUR = timedelta(hours=1)
MONTH = timedelta(days=29)


def forget() -> None:
    """Others' requests of that time are of no interest here, and no test sees another's roll-ups."""
    from chat.models import Message

    for model in (Rollup, ClosedBucket, LedgerFloor):
        model.objects.all().delete()
    old = UsageRecord.objects.filter(started_at__lt=datetime(2025, 1, 1, tzinfo=UTC))
    Message.objects.filter(usage__in=old).update(usage=None)
    remove(old)


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    forget()
    yield
    forget()


def request(user: Any, at: datetime, **fields: Any) -> UsageRecord:
    known = {"user": user, "model": "m", "format": "openai", "started_at": at, "status": Status.COMPLETE}
    return UsageRecord.objects.create(**known | {"cost": Decimal("0.5"), "duration_ms": 300} | fields)


def check_spending(payer: Payer, theirs: Expected, period: Period) -> None:
    """What budgets and counters are rebuilt from."""
    found = spent_in(Span(payer, period.since, period.until))
    still_open = {row.pk: row.reserved_cost for row in theirs.rows if row.status == Status.OPEN}
    assert found.cost == sum(row.cost for row in theirs.rows)
    assert found.tokens == sum(row.input_tokens + row.output_tokens for row in theirs.rows)
    assert {each.id: each.cost for each in found.open} == still_open


def check_everything(user: Any, others: list[Any], period: Period) -> None:
    """Every question there is, against the ledger row by row."""
    everybody = list(UsageRecord.objects.filter(started_at__lt=END + HOUR))
    for who in (user, *others):
        theirs = expected(everybody, Scope(user_id=who.pk), period)
        theirs.check(totals(Scope(user_id=who.pk), period))
        check_spending(Payer("user", who.pk), theirs, period)
    mine = expected(everybody, Scope(user_id=user.pk), period).rows
    for key_id in {row.key_id for row in mine if row.key_id}:
        check_spending(Payer("key", key_id), expected(everybody, Scope(key_id=key_id), period), period)
    keys = frozenset(row.key_id for row in mine if row.key_id)
    Expected([row for row in mine if row.key_id]).check(totals(Scope(key_ids=keys), period))
    people = Scope(user_ids=frozenset(who.pk for who in (user, *others)))
    for user_id, figures in split(people, period, "user"):
        expected(everybody, Scope(user_id=user_id), period).check(figures)
    expected(everybody, Scope(), period).check(totals(Scope(), period))
    for narrowed in ({"model": "n"}, {"status": "failed"}, {"deployment": "east"}):
        expected(everybody, Scope(**narrowed), period).check(totals(Scope(**narrowed), period))
    for by, column in (("model", "model"), ("key", "key_id"), ("status", "status")):
        parts = split(Scope(user_id=user.pk), period, by)  # type: ignore[arg-type]
        assert {what for what, _ in parts} == {getattr(row, column) for row in mine}
        for what, figures in parts:
            Expected([row for row in mine if getattr(row, column) == what]).check(figures)
    for bucket, zone in (("day", "UTC"), ("day", "Europe/Athens"), ("week", "Asia/Kathmandu")):
        found = series(Scope(user_id=user.pk), period, bucket, ZoneInfo(zone))  # type: ignore[arg-type]
        ends = [start for start, _ in found[1:]] + [period.until]
        for (start, figures), end in zip(found, ends, strict=True):
            Expected([row for row in mine if start <= row.started_at < end]).check(figures)


@pytest.mark.parametrize(
    ("zone", "back"),
    [
        ("America/St_Johns", datetime(2024, 11, 3, 4, 30, tzinfo=UTC)),
        ("Australia/Adelaide", datetime(2024, 4, 6, 16, 30, tzinfo=UTC)),
    ],
)
def test_an_hour_that_comes_twice_has_its_own_requests_where_hours_begin_at_half_past(
    alice: Any, zone: str, back: datetime
) -> None:
    period = Period(back - 6 * HOUR, back + 6 * HOUR)
    rows = [request(alice, period.since + timedelta(minutes=5 + 10 * n)) for n in range(72)]
    assert roll_up(back + timedelta(days=1)) == 72
    found = series(Scope(user_id=alice.pk), period, "hour", ZoneInfo(zone))
    ends = [start for start, _ in found[1:]] + [period.until]
    assert {end.fold for end in ends} == {0, 1}
    for (start, figures), end in zip(found, ends, strict=True):
        began, ended = start.astimezone(UTC), end.astimezone(UTC)
        Expected([row for row in rows if began <= row.started_at < ended]).check(figures)


def test_it_works(alice: Any, bob: Any, make_keys: Any) -> None:
    chance = random.Random(3)
    keys = {user: make_keys(user) for user in (alice, bob)}
    times = [BEGIN + SPAN * chance.random() for _ in range(400)]
    people = [chance.choice([alice, bob]) for _ in times]
    rows = [some_request(chance, user, keys[user], at) for user, at in zip(people, times, strict=True)]
    UsageRecord.objects.bulk_create(rows)
    period = Period(BEGIN + timedelta(days=3, minutes=7), END - timedelta(minutes=13))
    check_everything(alice, [bob], period)
    assert roll_up(END) > 0
    assert roll_up(END) == 0
    grains = set(ClosedBucket.objects.values_list("grain", flat=True))
    assert grains == ({"hour", "day"} if any(row.status == "open" for row in rows) else set(Grain)), grains
    check_everything(alice, [bob], period)
    rewrite(UsageRecord.objects.filter(status=Status.OPEN), status=Status.INTERRUPTED)
    roll_up(END)
    assert set(ClosedBucket.objects.values_list("grain", flat=True)) == set(Grain)
    check_everything(alice, [bob], period)
    assert choices(alice).models == ["m", "n", "o"]


# What may happen, in any order. Times are shares of the span.
MOMENTS = st.floats(0, 0.999)
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("request"), MOMENTS, st.integers(0, 1)),
        st.tuples(st.just("burst"), MOMENTS, st.integers(2, 20)),
        st.tuples(st.just("settle"), st.integers(0, 50), st.none()),
        st.tuples(st.just("interrupt"), MOMENTS, st.none()),
        st.tuples(st.just("roll_up"), MOMENTS, st.integers(1, 2)),
        st.tuples(st.just("be_killed"), MOMENTS, st.integers(1, 40)),
        st.tuples(st.just("look"), MOMENTS, MOMENTS),
    ),
    min_size=3,
    max_size=14,
)


class Killed(Exception):
    pass


def killed_after(statements: int) -> Callable[..., Any]:
    """Stands for a process that dies: what it had not committed is gone."""
    left = [statements]

    def execute(run: Any, sql: str, *arguments: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        return run(sql, *arguments)

    return execute


@dataclass
class History:
    """What has happened to the requests of two people."""

    people: list[Any]
    keys: dict[Any, list[UUID]]
    chance: random.Random

    def at(self, share: float) -> datetime:
        return BEGIN + MONTH * share

    def request(self, share: float, who: int) -> None:
        user = self.people[who]
        some_request(self.chance, user, self.keys[user], self.at(share)).save()

    def burst(self, share: float, count: int) -> None:
        for _ in range(count):
            near = share + self.chance.uniform(-0.01, 0.01)
            self.request(min(max(near, 0), 0.999), self.chance.randrange(2))

    def settle(self, number: int, _: None) -> None:
        row = (
            UsageRecord.objects.filter(started_at__lt=END, status=Status.OPEN).order_by("id")[number:].first()
        )
        if row is None:
            return
        final = some_request(self.chance, row.user, [], row.started_at)
        final.id, final.key_id, final.status = row.id, row.key_id, Status.COMPLETE
        said = {field.attname: getattr(final, field.attname) for field in UsageRecord._meta.concrete_fields}
        rewrite(UsageRecord.objects.filter(pk=row.pk), **said)

    def interrupt(self, share: float, _: None) -> None:
        lost = UsageRecord.objects.filter(started_at__lt=self.at(share), status=Status.OPEN)
        rewrite(lost, status=Status.INTERRUPTED)

    def roll_up(self, share: float, times: int) -> None:
        for _ in range(times):
            roll_up(self.at(share))

    def be_killed(self, share: float, statements: int) -> None:
        with suppress(Killed), connection.execute_wrapper(killed_after(statements)):
            roll_up(self.at(share))

    def look(self, one: float, two: float) -> None:
        since, until = sorted((self.at(one), self.at(two)))
        check_everything(self.people[0], self.people[1:], Period(since, until))


@given(events=EVENTS, seed=st.integers(0, 10**6))
@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_history(make_user: Any, make_keys: Any, events: list[tuple[str, Any, Any]], seed: int) -> None:
    forget()
    people = [make_user("somebody"), make_user("other")]
    history = History(people, {user: make_keys(user, 1) for user in people}, random.Random(seed))
    for what, one, two in events:
        getattr(history, what)(one, two)
    everything = Period(BEGIN, BEGIN + MONTH)
    check_everything(people[0], people[1:], everything)
    roll_up(END)
    check_everything(people[0], people[1:], everything)


def test_one_stuck_request_keeps_one_hour_open(alice: Any) -> None:
    for day in range(60):
        request(alice, BEGIN + timedelta(days=day, hours=5))
    stuck = request(alice, BEGIN + timedelta(days=10, hours=7, minutes=1), status=Status.OPEN)
    roll_up(END)
    hours = ClosedBucket.objects.filter(grain=Grain.HOUR)
    assert not hours.filter(start=BEGIN + timedelta(days=10, hours=7)).exists()
    first, last = (hours.order_by(order).values_list("start", flat=True)[0] for order in ("start", "-start"))
    assert hours.count() == (last - first) / HOUR
    rewrite(UsageRecord.objects.filter(pk=stuck.pk), status=Status.COMPLETE, cost=7)
    roll_up(END)
    assert hours.count() == (last - first) / HOUR + 1
    assert totals(Scope(user_id=alice.pk), Period(BEGIN, END)).cost == 37


def test_a_late_request_opens_its_hour_again(alice: Any) -> None:
    """Also one that is written past the ORM, as the ledger does."""
    at = BEGIN + timedelta(days=3, hours=2, minutes=30)
    request(alice, at)
    roll_up(END)
    request(alice, at + timedelta(minutes=5))
    UsageRecord.objects.bulk_create(
        [UsageRecord(user=alice, model="m", format="openai", started_at=at, status=Status.COMPLETE)]
    )
    marks = ClosedBucket.objects.filter(start__lte=at)
    assert not marks.filter(grain=Grain.HOUR, start=at.replace(minute=0)).exists()
    assert totals(Scope(user_id=alice.pk), Period(BEGIN, END)).requests == 3
    roll_up(END)
    assert marks.filter(grain=Grain.HOUR, start=at.replace(minute=0)).exists()
    assert totals(Scope(user_id=alice.pk), Period(BEGIN, END)).requests == 3
    assert totals(Scope(), Period(BEGIN, END)).requests == 3


def test_what_has_just_been_is_not_closed_yet(alice: Any) -> None:
    request(alice, BEGIN)
    roll_up(BEGIN + timedelta(hours=1, minutes=14))
    assert not ClosedBucket.objects.filter(start=BEGIN).exists()
    roll_up(BEGIN + timedelta(hours=1, minutes=15))
    assert ClosedBucket.objects.get(start=BEGIN).requests == 1


def test_two_at_a_time_close_an_hour_once(alice: Any) -> None:
    for day in range(30):
        request(alice, BEGIN + timedelta(days=day))
    start = threading.Barrier(3)

    def run() -> None:
        start.wait()
        try:
            roll_up(END)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Rollup.objects.filter(grain=Grain.HOUR, user_id=alice.pk).count() == 30
    assert totals(Scope(user_id=alice.pk), Period(BEGIN, END)).requests == 30
    assert totals(Scope(), Period(BEGIN, END)).requests == 30


def test_a_request_that_was_given_up_and_settles_after_all_opens_its_hour_again(alice: Any) -> None:
    row = request(alice, BEGIN, status=Status.INTERRUPTED, cost=0)
    roll_up(BEGIN + timedelta(days=40))
    assert ClosedBucket.objects.filter(start=BEGIN).count() == 3
    settle_late(row)
    assert not ClosedBucket.objects.filter(start=BEGIN).exists()
    for _ in range(2):
        told = totals(Scope(user_id=alice.pk), Period(BEGIN, END))
        assert (told.requests, told.cost) == (1, 1)
        roll_up(BEGIN + timedelta(days=40))


def test_a_deleted_accounts_roll_ups_lose_its_name(alice: Any, bob: Any) -> None:
    from accounts.deletion import delete_account, nobody

    request(alice, BEGIN)
    request(bob, BEGIN)
    roll_up(BEGIN + timedelta(days=40))
    user_id = alice.pk
    before = totals(Scope(user_id=nobody().pk), Period(BEGIN, END)).requests
    delete_account(user=alice)
    assert not Rollup.objects.filter(user_id=user_id).exists()
    assert totals(Scope(user_id=nobody().pk), Period(BEGIN, END)).requests == before + 1
    assert totals(Scope(), Period(BEGIN, END)).requests == 2


def test_what_the_ledger_no_longer_has_stays_summed_up(alice: Any) -> None:
    for day in range(60):
        request(alice, BEGIN + timedelta(days=day, hours=3, minutes=20), cost=day)
    floor = datetime(2024, 3, 6, tzinfo=UTC)
    with pytest.raises(NotRolledUp):
        raise_floor(floor)
    roll_up(END)
    day = Period(BEGIN + timedelta(days=7), BEGIN + timedelta(days=8))
    month = Period(BEGIN + timedelta(hours=9, minutes=25), END)
    before = [totals(Scope(user_id=alice.pk), period) for period in (day, month)]
    with transaction.atomic():
        raise_floor(floor)
        remove(UsageRecord.objects.filter(started_at__lt=floor))
    roll_up(END)
    late = request(alice, BEGIN + timedelta(days=7, hours=3))
    roll_up(END)
    assert [totals(Scope(user_id=alice.pk), period) for period in (day, month)] == before
    assert ClosedBucket.objects.filter(grain=Grain.HOUR, start=late.started_at.replace(minute=0)).exists()
    # An hour of which only a part was asked for belongs to where it begins.
    part = Period(BEGIN + timedelta(days=7, hours=3), BEGIN + timedelta(days=7, hours=3, minutes=10))
    assert totals(Scope(user_id=alice.pk), part).requests == 1


def test_a_group_while_people_come_and_go(alice: Any, bob: Any, make_team: Callable[..., Any]) -> None:
    from accounts.models import Membership

    group = make_team(alice, bob).group
    joined, left = BEGIN + timedelta(days=5, minutes=100), BEGIN + timedelta(days=30, minutes=1000)
    Membership.objects.filter(group=group).update(since=joined)
    Membership.objects.filter(group=group, user=bob).update(until=left)
    chance = random.Random(5)
    times = [BEGIN + SPAN * chance.random() for _ in range(150)]
    times += [at + timedelta(minutes=n) for at in (joined, left) for n in (-2, 0, 2)]
    rows = [request(user, at) for at in times for user in (alice, bob)]
    theirs = [
        row for row in rows if joined <= row.started_at and (row.user_id == alice.pk or row.started_at < left)
    ]
    for _ in range(2):
        Expected(theirs).check(totals(Scope(group_id=group.pk), Period(BEGIN, END)))
        roll_up(END)
