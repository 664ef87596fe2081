"""Closing buckets. Each is put together anew, in one transaction with its mark: done twice, or by two at a
time, or killed in the middle, it is there once or not at all."""

import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Min, QuerySet, Sum
from django.db.models.functions import Length, Trunc, TruncHour
from django.utils import timezone

from usage.models import ClosedBucket, Grain, Rollup, Status, UsageRecord
from usage.rollups.buckets import end_of, start_of, starts_within
from usage.rollups.floor import floor
from usage.rollups.histograms import Histogram
from usage.rollups.ledger_rows import BUCKETS, SUM, counted
from usage.rollups.locking import hold
from usage.rollups.pieces import merged, pieces
from usage.rollups.rows import summed
from usage.rollups.sums import DIMENSIONS, HISTOGRAMS, SUMS
from usage.within import Within

log = logging.getLogger(__name__)

# A request's row is written within seconds of its start. What comes later than this opens its hour again
# (`late`).
MARGIN = timedelta(minutes=15)
# Requests, more than which are not summed up in one transaction if it can be helped.
MANY = 50_000
# Letters of a roll-up's histograms, more than which are worth shortening.
LONG = 800
_PORTAL = ("model", "deployment", "status")


def roll_up(now: datetime | None = None) -> int:
    """Closes what can be closed; returns how many requests were in the hours among it."""
    now = now or timezone.now()
    span = _span(now)
    if span is None:
        return 0
    done = sum(_close_hours(hours) for since, until in pieces(*span).open for hours in _chunks(since, until))
    for grain, finer in ((Grain.DAY, Grain.HOUR), (Grain.MONTH, Grain.DAY)):
        for since, until in pieces(*span).closed[finer]:
            for _, starts in groupby(starts_within(grain, since, until), lambda start: start.month):
                _combine(grain, finer, list(starts))
    return done


def _chunks(since: datetime, until: datetime) -> Iterator[list[datetime]]:
    """Hours for one transaction: a month's, or where much was asked a day's."""
    for _, of_month in groupby(starts_within(Grain.HOUR, since, until), lambda hour: hour.month):
        hours = list(of_month)
        rows = UsageRecord.objects.began_in([(hours[0], end_of(Grain.HOUR, hours[-1]))])
        if rows[:MANY].count() < MANY:
            yield hours
        else:
            yield from (list(of_day) for _, of_day in groupby(hours, lambda hour: hour.day))


def _span(now: datetime) -> tuple[datetime, datetime] | None:
    """From the month of the first request on, until when nothing comes any more."""
    until = start_of(Grain.HOUR, now - MARGIN)
    first_row = UsageRecord.objects.aggregate(first=Min("started_at"))["first"]
    first_mark = ClosedBucket.objects.aggregate(first=Min("start"))["first"]
    firsts = [start_of(Grain.MONTH, first) for first in (first_row, first_mark) if first is not None]
    return (min(firsts), until) if firsts and min(firsts) < until else None


@transaction.atomic
def _close_hours(hours: Sequence[datetime]) -> int:
    """Those, of one day, in which no request is open. Returns how many requests they have."""
    hold()
    since, until = hours[0], end_of(Grain.HOUR, hours[-1])
    lowest = floor()
    closed = set(_marks(Grain.HOUR, since, until))
    still = UsageRecord.objects.began_in([(since, until)]).filter(status=Status.OPEN)
    running = {start_of(Grain.HOUR, at) for at in still.values_list("started_at", flat=True)}
    ready = [hour for hour in hours if hour not in closed and hour not in running and hour >= lowest]
    if not ready:
        return 0
    ranges = merged((hour, end_of(Grain.HOUR, hour)) for hour in ready)
    of_hours = Rollup.objects.filter(Within("start", ranges), grain=Grain.HOUR)
    of_hours.delete()
    rows = UsageRecord.objects.began_in(ranges)
    if rows.exists():
        _insert_hours(rows)
        _insert(Grain.HOUR, summed(of_hours.annotate(bucket=F("start")), ("bucket", *_PORTAL)), _PORTAL)
        _shorten(of_hours)
    return _mark(Grain.HOUR, ready, of_hours)


def _insert_hours(rows: QuerySet[UsageRecord]) -> None:
    """In the database from one end to the other: there are about as many roll-ups of hours as requests, where
    people use the portal now and then."""
    # As the inner query is sorted: the rows need not be sorted again.
    by = (*DIMENSIONS, "hour")
    counts, parameters = counted(
        rows.annotate(hour=TruncHour("started_at", tzinfo=UTC)), by
    ).query.sql_with_params()
    join = "STRING_AGG" if connection.vendor == "postgresql" else "GROUP_CONCAT"
    texts = [f"COALESCE({join}({bucket} || ',' || {SUM}requests, ','), '')" for bucket in BUCKETS]
    columns = ", ".join(("grain", "start", *DIMENSIONS, *SUMS, *HISTOGRAMS))
    values = ", ".join(
        (f"'{Grain.HOUR}'", "hour", *DIMENSIONS, *(f"SUM({SUM}{name})" for name in SUMS), *texts)
    )
    table = connection.ops.quote_name(Rollup._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({columns}) SELECT {values}"  # noqa: S608
            f" FROM ({counts}) AS counted GROUP BY {', '.join(by)}",
            parameters,
        )


@transaction.atomic
def _combine(grain: Grain, finer: Grain, starts: Sequence[datetime]) -> None:
    """Buckets, one after another, from those of the next finer grain: where these are all closed still."""
    hold()
    begin, end = starts[0], end_of(grain, starts[-1])
    closed = set(_marks(grain, begin, end))
    parts = set(_marks(finer, begin, end))
    ready = [
        start
        for start in starts
        if start not in closed and parts.issuperset(starts_within(finer, start, end_of(grain, start)))
    ]
    if not ready:
        return
    ranges = merged((start, end_of(grain, start)) for start in ready)
    whole = Rollup.objects.filter(Within("start", ranges), grain=grain)
    whole.delete()
    of_parts = Rollup.objects.filter(Within("start", ranges), grain=finer)
    bucketed = of_parts.annotate(bucket=Trunc("start", grain.value, tzinfo=UTC))
    _insert(grain, summed(bucketed, ("bucket", *DIMENSIONS)), DIMENSIONS)
    _shorten(whole)
    _mark(grain, ready, whole)


def _marks(grain: Grain, begin: datetime, end: datetime) -> QuerySet[ClosedBucket, datetime]:
    marks = ClosedBucket.objects.filter(grain=grain, start__gte=begin, start__lt=end)
    return marks.values_list("start", flat=True)


def _insert(grain: Grain, rows: QuerySet[Rollup, dict[str, Any]], dimensions: Sequence[str]) -> None:
    """What `summed` gives by `bucket` and `dimensions`, by the database itself. In this order: what is a
    person's lies together, and is read together."""
    selected, parameters = rows.query.sql_with_params()
    columns = ", ".join(("grain", "start", *dimensions, *SUMS, *HISTOGRAMS))
    texts = [f"COALESCE({SUM}{name}, '')" for name in HISTOGRAMS]
    values = ", ".join((f"'{grain}'", "bucket", *dimensions, *(f"{SUM}{name}" for name in SUMS), *texts))
    table = connection.ops.quote_name(Rollup._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({columns}) SELECT {values} FROM ({selected}) AS summed"  # noqa: S608
            f" ORDER BY {', '.join(('bucket', *dimensions))}",
            parameters,
        )


def _shorten(rows: QuerySet[Rollup]) -> None:
    """Histograms that name a bucket again and again name it once."""
    long = rows.annotate(length=Length("latency") + Length("first_token")).filter(length__gt=LONG)
    found = list(long.only("id", *HISTOGRAMS))
    for row in found:
        for name in HISTOGRAMS:
            setattr(row, name, str(Histogram.read(getattr(row, name))))
    Rollup.objects.bulk_update(found, HISTOGRAMS, batch_size=100)


def _mark(grain: Grain, starts: Sequence[datetime], rows: QuerySet[Rollup]) -> int:
    counts = rows.filter(user_id__isnull=False).order_by().values("start").annotate(n=Sum("requests"))
    found = {row["start"]: row["n"] for row in counts}
    now = timezone.now()
    ClosedBucket.objects.bulk_create(
        ClosedBucket(grain=grain, start=start, requests=found.get(start, 0), closed_at=now)
        for start in starts
    )
    return sum(found.values())
