"""The questions that pages, the API and mails ask."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import TruncMinute

from accounts.access import User, memberships_within
from portal.web.pagination import Page, PageQuery, page_of
from usage.models import UsageRecord
from usage.reports.figures import SUMS, Figures
from usage.reports.ledger_rows import BUCKETS, SUM, counted
from usage.reports.periods import Bucket, Period, starts
from usage.reports.scope import Scope

Dimension = Literal["model", "key", "user", "group", "deployment", "status"]
_COLUMNS = {
    "model": "model",
    "key": "key_id",
    "user": "user_id",
    "deployment": "deployment",
    "status": "status",
}


@dataclass(frozen=True)
class Choices:
    """What a person's requests have ever been, each sorted: to be filtered by."""

    models: list[str]
    key_ids: list[UUID]
    statuses: list[str]


def totals(scope: Scope, period: Period) -> Figures:
    return _figures(scope, period, ()).get((), Figures())


def series(scope: Scope, period: Period, bucket: Bucket, zone: ZoneInfo) -> list[tuple[datetime, Figures]]:
    """Every bucket that has some of the period, also those without a request, the oldest first; its start is
    in `zone`."""
    found = [(start, Figures()) for start in starts(period, bucket, zone)]
    moments = [start for start, _ in found]
    for (minute,), figures in _figures(scope, period, ("minute",)).items():
        found[bisect_right(moments, minute) - 1][1].merge(figures)
    return found


def split(scope: Scope, period: Period, by: Dimension) -> list[tuple[Any, Figures]]:
    """What cost most first. By key and user their ids (a key of None: the browser), by group the ids of those
    whose members used something; who is in two groups counts in both."""
    if by == "group":
        parts: Iterable[tuple[Any, Figures]] = (
            (group_id, totals(replace(scope, group_id=group_id), period)) for group_id in _groups(period)
        )
    else:
        parts = ((value, figures) for (value,), figures in _figures(scope, period, (_COLUMNS[by],)).items())
    some = (part for part in parts if part[1].requests)
    return sorted(some, key=lambda part: (-part[1].cost, -part[1].requests, str(part[0])))


def choices(user: User) -> Choices:
    rows = UsageRecord.objects.filter(user=user).order_by()
    found = rows.values_list("model", "key_id", "status").distinct()
    models, key_ids, statuses = zip(*found, strict=True) if found else ((), (), ())
    return Choices(sorted(set(models)), sorted(set(key_ids) - {None}), sorted(set(statuses)))


def recent(scope: Scope, period: Period, query: PageQuery) -> Page[UsageRecord]:
    """Requests, the newest first. Raises `BadParameter` for a cursor that is not this list's."""
    return page_of(_rows(scope, period).select_related("key"), query, by="started_at")


def _figures(scope: Scope, period: Period, by: tuple[str, ...]) -> dict[tuple[Any, ...], Figures]:
    found: defaultdict[tuple[Any, ...], Figures] = defaultdict(Figures)
    rows = _rows(scope, period)
    if "minute" in by:
        rows = rows.annotate(minute=TruncMinute("started_at", tzinfo=UTC))
    columns = (*by, *(() if "status" in by else ("status",)))
    for row in counted(rows, columns):
        figures = found[tuple(row[column] for column in by)]
        figures.add({name: row.get(SUM + name, 0) for name in SUMS}, row["status"])
        for times, bucket in zip((figures.latency, figures.first_token), BUCKETS, strict=True):
            if row[bucket] is not None:
                times.add([(row[bucket], row[f"{SUM}requests"])])
    return found


def _rows(scope: Scope, period: Period) -> QuerySet[UsageRecord]:
    within = Q(started_at__gte=period.since, started_at__lt=period.until)
    rows = UsageRecord.objects.filter(within, scope.filter())
    if scope.group_id is None:
        return rows
    members = memberships_within(period.since, period.until).filter(group_id=scope.group_id)
    then = members.filter(
        Q(until=None) | Q(until__gt=OuterRef("started_at")),
        user=OuterRef("user"),
        since__lte=OuterRef("started_at"),
    )
    # Said twice, so that the database looks at the members' rows only.
    return rows.filter(Exists(then), user__in=members.values("user"))


def _groups(period: Period) -> list[int]:
    memberships = memberships_within(period.since, period.until).order_by()
    return list(memberships.values_list("group", flat=True).distinct())
