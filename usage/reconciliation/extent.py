"""Which days of UTC a run looks at, as ranges of whole days in order."""

from datetime import UTC, datetime, timedelta

from django.db.models import Min

from usage.models import ClosedBucket, Grain, Reconciliation, UsageRecord
from usage.rollups.buckets import end_of, start_of
from usage.rollups.pieces import merged
from usage.within import Range

# Looked at each time, whatever happened.
_RECENT = timedelta(days=2)


def everything(now: datetime) -> list[Range]:
    first = _first()
    return [(start_of(Grain.DAY, first), _tomorrow(now))] if first else []


def in_turn(now: datetime) -> list[Range]:
    """The last days, those of which an hour was closed since the last run, and one month of those before,
    another one each day: a year's ledger is all looked at within twelve days."""
    first = _first()
    last = Reconciliation.objects.order_by("-started_at").values_list("started_at", flat=True).first()
    if first is None or last is None:
        return everything(now)
    closed = ClosedBucket.objects.filter(grain=Grain.HOUR, closed_at__gte=last)
    days = {start_of(Grain.DAY, start) for start in closed.values_list("start", flat=True)}
    days |= set(_days(max(start_of(Grain.DAY, first), start_of(Grain.DAY, now - _RECENT)), _tomorrow(now)))
    return merged((day, end_of(Grain.DAY, day)) for day in sorted(days | set(_month_in_turn(first, now))))


def _month_in_turn(first: datetime, now: datetime) -> list[datetime]:
    months = [start_of(Grain.MONTH, first)]
    while (following := end_of(Grain.MONTH, months[-1])) <= now:
        months.append(following)
    month = months[now.toordinal() % len(months)]
    return _days(month, min(end_of(Grain.MONTH, month), _tomorrow(now)))


def _days(since: datetime, until: datetime) -> list[datetime]:
    return [since + timedelta(days=n) for n in range((until - since).days)]


def _first() -> datetime | None:
    """When the first request began of which anything is known."""
    rows = UsageRecord.objects.aggregate(at=Min("started_at"))["at"]
    marks = ClosedBucket.objects.aggregate(at=Min("start"))["at"]
    return min((at.astimezone(UTC) for at in (rows, marks) if at is not None), default=None)


def _tomorrow(now: datetime) -> datetime:
    return end_of(Grain.DAY, start_of(Grain.DAY, now))
