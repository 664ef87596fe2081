"""The questions that pages, the API and mails ask."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, QuerySet
from django.utils import timezone

from accounts.access import User, memberships_within
from portal.web.pagination import Page, PageQuery, page_of
from usage.models import UsageRecord
from usage.reports.figures import Figures
from usage.reports.periods import Bucket, Period, starts
from usage.reports.scope import Scope
from usage.reports.sources import MOMENT, figures, ledger_rows, running_rows

Dimension = Literal["model", "key", "user", "group", "deployment", "status"]
_COLUMNS = {
    "model": "model",
    "key": "key_id",
    "user": "user_id",
    "deployment": "deployment",
    "status": "status",
}
# A series, the oldest first; a split, what cost most first.
Points = list[tuple[datetime, Figures]]
Parts = list[tuple[Any, Figures]]


@dataclass(frozen=True)
class Choices:
    """What a person's requests have ever been, each sorted: to be filtered by."""

    models: list[str]
    key_ids: list[UUID]
    statuses: list[str]


def totals(scope: Scope, period: Period, *, with_times: bool = True) -> Figures:
    return figures(scope, period, (), with_times=with_times).get((), Figures())


def series(scope: Scope, period: Period, bucket: Bucket, zone: ZoneInfo) -> Points:
    """Every bucket that has some of the period, also those without a request, the oldest first; its start is
    in `zone`."""
    moments = starts(period, bucket, zone)
    return spread(moments, figures(scope, period, (MOMENT,), cuts=moments))


def spread(moments: list[datetime], found: Mapping[tuple[Any, ...], Figures]) -> Points:
    """What was found by `MOMENT`, in the buckets that begin at `moments`."""
    points = [(start, Figures()) for start in moments]
    for (moment,), part in found.items():
        points[bisect_right(moments, moment) - 1][1].merge(part)
    return points


def split(scope: Scope, period: Period, by: Dimension, *, with_times: bool = True) -> Parts:
    """What cost most first. By key and user their ids (a key of None: the browser), by group the ids of those
    whose members used something; who is in two groups counts in both. `with_times` as in `figures`."""
    if by == "group":
        parts: Iterable[tuple[Any, Figures]] = (
            (group_id, totals(replace(scope, group_id=group_id), period, with_times=with_times))
            for group_id in _groups(period)
        )
    else:
        found = figures(scope, period, (_COLUMNS[by],), with_times=with_times)
        parts = ((value, part) for (value,), part in found.items())
    return ranked(parts)


def ranked(parts: Iterable[tuple[Any, Figures]]) -> Parts:
    some = (part for part in parts if part[1].requests)
    return sorted(some, key=lambda part: (-part[1].cost, -part[1].requests, str(part[0])))


def choices(user: User) -> Choices:
    ever = Period(datetime(1970, 1, 1, tzinfo=UTC), timezone.now() + timedelta(days=1))
    found = figures(Scope(user_id=user.pk), ever, ("model", "key_id", "status"), with_times=False)
    return choices_among(found)


def choices_among(kinds: Iterable[tuple[Any, ...]]) -> Choices:
    """Of each kind model, key and status."""
    models, key_ids, statuses = tuple(zip(*kinds, strict=True)) or ((), (), ())
    return Choices(sorted(set(models)), sorted(set(key_ids) - {None}), sorted(set(statuses)))


def recent(scope: Scope, period: Period, query: PageQuery) -> Page[UsageRecord]:
    """Requests, the newest first. Raises `BadParameter` for a cursor that is not this list's."""
    return page_of(requests(scope, period).select_related("key"), query, by="started_at")


def requests(scope: Scope, period: Period) -> QuerySet[UsageRecord]:
    return ledger_rows(scope, period)


def running(scope: Scope, period: Period) -> tuple[int, datetime | None]:
    """How many have not ended, of whatever status `scope` is, and when the newest of them began."""
    found = running_rows(scope, period).aggregate(number=Count("pk"), newest=Max("started_at"))
    return found["number"], found["newest"]


def _groups(period: Period) -> list[int]:
    memberships = memberships_within(period.since, period.until).order_by()
    return list(memberships.values_list("group", flat=True).distinct())
