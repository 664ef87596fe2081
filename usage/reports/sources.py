"""Where figures come from: closed roll-ups, and the ledger for the rest (`usage.rollups.pieces`)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import TruncMinute

from accounts.access import memberships_within
from usage.models import Rollup, UsageRecord
from usage.reports.figures import Figures
from usage.reports.periods import Period
from usage.reports.scope import Scope
from usage.rollups.histograms import Histogram
from usage.rollups.ledger_rows import BUCKETS, SUM, counted
from usage.rollups.pieces import Within, pieces
from usage.rollups.rows import summed
from usage.rollups.sums import HISTOGRAMS, SUMS

# To be grouped by like a column: a moment of the roll-up's or the row's side of every cut.
MOMENT = "moment"
Found = defaultdict[tuple[Any, ...], Figures]


def figures(
    scope: Scope, period: Period, by: Sequence[str] = (), cuts: Iterable[datetime] = ()
) -> dict[tuple[Any, ...], Figures]:
    """For each combination of `by`, columns of a roll-up or `MOMENT`."""
    found: Found = defaultdict(Figures)
    parts = pieces(period.since, period.until, (*cuts, *_changes(scope, period)))
    closed = Q(pk__in=[])
    for grain, ranges in parts.closed.items():
        closed |= Q(Within("start", ranges), grain=grain) if ranges else Q(pk__in=[])
    add_rollups(found, Rollup.objects.filter(_mine(scope, period, by, "start"), closed), by)
    if parts.open:
        add_ledger(found, ledger_rows(scope, period).filter(Within("started_at", parts.open)), by)
    return found


def ledger_rows(scope: Scope, period: Period) -> QuerySet[UsageRecord]:
    within_period = Q(started_at__gte=period.since, started_at__lt=period.until)
    return UsageRecord.objects.filter(
        within_period, scope.filter(), _members_only(scope, period, "started_at")
    )


def _mine(scope: Scope, period: Period, by: Sequence[str], moment: str) -> Q:
    is_of_people = scope.is_of_people or "user_id" in by or "key_id" in by
    return scope.filter() & _members_only(scope, period, moment) & Q(user_id__isnull=not is_of_people)


def _changes(scope: Scope, period: Period) -> Iterable[datetime]:
    """When somebody came or went."""
    if scope.group_id is None:
        return ()
    members = memberships_within(period.since, period.until).filter(group_id=scope.group_id)
    return [at for pair in members.values_list("since", "until") for at in pair if at is not None]


def _members_only(scope: Scope, period: Period, moment: str) -> Q:
    if scope.group_id is None:
        return Q()
    members = memberships_within(period.since, period.until).filter(group_id=scope.group_id)
    then = members.filter(
        Q(until=None) | Q(until__gt=OuterRef(moment)),
        user_id=OuterRef("user_id"),
        since__lte=OuterRef(moment),
    )
    # Said twice, so that the database looks at the members' rows only.
    return Q(Exists(then), user_id__in=members.values("user_id"))


def add_rollups(found: Found, rows: QuerySet[Rollup], by: Sequence[str]) -> None:
    rows = rows.annotate(moment=F("start")) if MOMENT in by else rows
    for row in summed(rows, _columns(by)):
        part = found[tuple(row[column] for column in by)]
        part.add({name: row[SUM + name] for name in SUMS}, row["status"])
        for times, name in zip((part.latency, part.first_token), HISTOGRAMS, strict=True):
            times.add(Histogram.read(row[SUM + name] or "").counts.items())


def add_ledger(found: Found, rows: QuerySet[UsageRecord], by: Sequence[str]) -> None:
    if MOMENT in by:
        rows = rows.annotate(moment=TruncMinute("started_at", tzinfo=UTC))
    for row in counted(rows, _columns(by)):
        part = found[tuple(row[column] for column in by)]
        part.add({name: row[SUM + name] for name in SUMS}, row["status"])
        for times, bucket in zip((part.latency, part.first_token), BUCKETS, strict=True):
            if row[bucket] is not None:
                times.add([(row[bucket], row[f"{SUM}requests"])])


def _columns(by: Sequence[str]) -> Sequence[str]:
    """The status tells what is finished, and what failed."""
    return by if "status" in by else (*by, "status")
