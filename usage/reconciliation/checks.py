"""What is checked, of some ranges of days. A check yields a line for each thing that is wrong; apps add
theirs in `ready()`."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import TruncHour
from django.utils import timezone

from usage.models import ClosedBucket, Grain, Rollup, Status, UsageRecord
from usage.months import SLACK, first_id
from usage.reports.figures import Figures
from usage.reports.sources import add_ledger, add_rollups
from usage.rollups.buckets import end_of, start_of
from usage.rollups.floor import floor
from usage.rollups.locking import hold
from usage.rollups.pieces import merged, pieces
from usage.rollups.sums import DIMENSIONS
from usage.within import Range, Within

Days = Sequence[Range]
Check = Callable[[Days], Iterable[str]]
# No request runs as long, and no roll-up waits as long for its turn.
TOO_LONG = timedelta(hours=6)
_KINDS = ("model", "deployment", "status")
Sums = Mapping[tuple[Any, ...], Figures]


def open_too_long(_: Days) -> Iterator[str]:
    """Of any day: there are never many."""
    rows = UsageRecord.objects.filter(status=Status.OPEN, started_at__lt=timezone.now() - TOO_LONG)
    for row in rows.order_by("started_at")[:100]:
        yield f"{row.public_id} is open since {row.started_at:%Y-%m-%d %H:%M} UTC"


def ids_and_times(days: Days) -> Iterator[str]:
    """By their ids rows are found (`UsageRecords.began_between`), and kept in their month."""
    for since, until in days:
        rows = UsageRecord.objects.filter(Within("started_at", [(since, until)])).order_by()
        strangers = rows.exclude(pk__gte=first_id(since - SLACK), pk__lt=first_id(until + SLACK))
        for row in strangers[:100]:
            yield f"{row.public_id} began at {row.started_at:%Y-%m-%d %H:%M} UTC, its id says otherwise"


def hours_left_out(days: Days) -> Iterator[str]:
    """Which should have been closed long ago; of any day, as few are."""
    if not days:
        return
    ranges = pieces(days[0][0], start_of(Grain.HOUR, timezone.now() - TOO_LONG)).open
    rows = UsageRecord.objects.began_in(ranges).order_by()
    hours = rows.annotate(hour=TruncHour("started_at", tzinfo=UTC)).values_list("hour")
    running = set(hours.filter(status=Status.OPEN))
    for (hour,) in sorted(set(hours.distinct()) - running):
        yield f"hour {hour:%Y-%m-%d %H:%M} UTC is over and not closed"


def hours_and_the_ledger(days: Days) -> Iterator[str]:
    """Closed hours, as far down as the ledger goes, row by row of their roll-ups."""
    marks = ClosedBucket.objects.filter(Within("start", days), grain=Grain.HOUR, start__gte=floor())
    found = {start_of(Grain.DAY, start) for start in marks.values_list("start", flat=True)}
    for day in sorted(found):
        yield from _day_and_the_ledger(day)


@transaction.atomic
def _day_and_the_ledger(day: datetime) -> list[str]:
    # Meanwhile nothing is closed, nor opened again.
    hold()
    of_day = Q(start__gte=max(day, floor()), start__lt=end_of(Grain.DAY, day))
    marks = dict(ClosedBucket.objects.filter(of_day, grain=Grain.HOUR).values_list("start", "requests"))
    ranges = merged((start, end_of(Grain.HOUR, start)) for start in sorted(marks))
    rows = UsageRecord.objects.began_in(ranges)
    said, are = _empty(), _empty()
    rollups = Rollup.objects.filter(Within("start", ranges), grain=Grain.HOUR)
    add_rollups(said, rollups.filter(user_id__isnull=False), ("start", *DIMENSIONS))
    add_ledger(are, rows.annotate(start=TruncHour("started_at", tzinfo=UTC)), ("start", *DIMENSIONS))
    portal = _empty()
    add_rollups(portal, rollups.filter(user_id__isnull=True), ("start", *_KINDS))
    counts: defaultdict[datetime, int] = defaultdict(int)
    for (start, *_), figures in are.items():
        counts[start] += figures.requests
    return [
        *_differences("hour", said, "the ledger", are),
        *_differences("hour of the whole portal", portal, "its parts", _by_kind(said)),
        *(
            f"hour {start:%Y-%m-%d %H:%M} UTC: closed with {requests} requests, there are {counts[start]}"
            for start, requests in marks.items()
            if counts[start] != requests
        ),
    ]


def coarse_and_fine(days: Days) -> Iterator[str]:
    """Days and the hours in them; months with such a day and their days. Also of what the ledger no longer
    has."""
    for grain, finer in ((Grain.DAY, Grain.HOUR), (Grain.MONTH, Grain.DAY)):
        marks = ClosedBucket.objects.filter(grain=grain).order_by("start")
        for start in marks.values_list("start", flat=True):
            if any(since < end_of(grain, start) and start < until for since, until in days):
                yield from _whole_and_parts(grain, finer, start)


@transaction.atomic
def _whole_and_parts(grain: Grain, finer: Grain, start: datetime) -> list[str]:
    hold()
    # A late row may have opened it since the marks were read.
    if not ClosedBucket.objects.filter(grain=grain, start=start).exists():
        return []
    whole, parts = _empty(), _empty()
    add_rollups(whole, Rollup.objects.filter(grain=grain, start=start), DIMENSIONS)
    within = Rollup.objects.filter(grain=finer, start__gte=start, start__lt=end_of(grain, start))
    add_rollups(parts, within, DIMENSIONS)
    return list(_differences(f"{grain} {start:%Y-%m-%d}", whole, f"its {finer}s", parts))


def _differences(what: str, said: Sums, of: str, are: Sums) -> Iterator[str]:
    for key in sorted({*said, *are}, key=str):
        if said.get(key) != are.get(key):
            one, other = said.get(key, Figures()), are.get(key, Figures())
            named = ", ".join(str(each) for each in key)
            yield (
                f"{what} ({named}): {one.requests} requests, {one.tokens} tokens, cost {one.cost:f}; "
                f"{of}: {other.requests} requests, {other.tokens} tokens, cost {other.cost:f}"
            )


def _by_kind(said: Sums) -> Sums:
    found = _empty()
    for (start, _user, _key, *kind), figures in said.items():
        found[start, *kind].merge(figures)
    return found


def _empty() -> defaultdict[tuple[Any, ...], Figures]:
    return defaultdict(Figures)


checks: dict[str, Check] = {
    "no request is open too long": open_too_long,
    "a request's id tells when it began": ids_and_times,
    "every hour that is over is closed": hours_left_out,
    "hours say what the ledger says": hours_and_the_ledger,
    "days are their hours, months their days": coarse_and_fine,
}


def register(name: str, check: Check) -> None:
    """`name` says what is so when all is well."""
    checks[name] = check
