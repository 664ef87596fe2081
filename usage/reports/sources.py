"""Where figures come from: closed roll-ups, and the ledger for the rest (`usage.rollups.pieces`)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import TruncMinute

from accounts.access import memberships_within
from usage.keys import Key
from usage.models import Rollup, Status, UsageRecord
from usage.reports.figures import Figures
from usage.reports.periods import Period
from usage.reports.scope import Scope
from usage.rollups.histograms import Histogram
from usage.rollups.ledger_rows import BUCKETS, SUM, counted
from usage.rollups.pieces import Pieces, pieces
from usage.rollups.rows import summed
from usage.rollups.sums import HISTOGRAMS, SUMS
from usage.within import Within

# To be grouped by like a column: a moment of the roll-up's or the row's side of every cut.
MOMENT = "moment"
Found = defaultdict[tuple[Any, ...], Figures]


def figures(
    scope: Scope,
    period: Period,
    by: Sequence[str] = (),
    cuts: Iterable[datetime] = (),
    *,
    with_times: bool = True,
) -> dict[tuple[Any, ...], Figures]:
    """For each combination of `by`, columns of a roll-up or `MOMENT`. To read the histograms takes most of
    the time where there are many combinations; without `with_times` they stay empty."""
    found: Found = defaultdict(Figures)
    parts = pieces(period.since, period.until, (*cuts, *_changes(scope, period)))
    rollups = _rollups(scope, period, by).filter(closed_in(parts))
    add_rollups(found, rollups, by, with_times=with_times)
    if parts.open:
        rows = UsageRecord.objects.began_in(parts.open).filter(_of(scope, period, "started_at"))
        add_ledger(found, rows, by, with_times=with_times)
    return found


def closed_in(parts: Pieces) -> Q:
    """Whether a roll-up is one of the closed pieces."""
    closed = Q(pk__in=[])
    for grain, ranges in parts.closed.items():
        if ranges:
            closed |= Q(Within("start", ranges), grain=grain)
    return closed


def ledger_rows(scope: Scope, period: Period) -> QuerySet[UsageRecord]:
    rows = UsageRecord.objects.began_between(period.since, period.until)
    return rows.filter(_of(scope, period, "started_at"))


def running_rows(scope: Scope, period: Period) -> QuerySet[UsageRecord]:
    """Those that are open, whichever status is asked for: what they end as is not known yet."""
    rows = UsageRecord.objects.began_in([(period.since, period.until)])
    return rows.filter(_of(replace(scope, status=Status.OPEN), period, "started_at"))


def _rollups(scope: Scope, period: Period, by: Sequence[str]) -> QuerySet[Rollup]:
    is_of_people = scope.is_of_people or "user_id" in by or "key_id" in by
    whose = _of(scope, period, "start") & _owners_only(scope)
    return Rollup.objects.filter(whose, user_id__isnull=not is_of_people)


def _of(scope: Scope, period: Period, moment: str) -> Q:
    return scope.filter() & _members_only(scope, period, moment)


def _owners_only(scope: Scope) -> Q:
    """Roll-ups are found by person."""
    keys = scope.key_ids if scope.key_id is None else {scope.key_id}
    if keys is None or scope.user_id is not None:
        return Q()
    return Q(user_id__in=Key.objects.filter(pk__in=keys).order_by().values("user_id"))


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


def add_rollups(found: Found, rows: QuerySet[Rollup], by: Sequence[str], *, with_times: bool = True) -> None:
    rows = rows.annotate(moment=F("start")) if MOMENT in by else rows
    histograms = HISTOGRAMS if with_times else ()
    for row in summed(rows, _columns(by), histograms):
        part = found[tuple(row[column] for column in by)]
        part.add({name: row[SUM + name] for name in SUMS}, row["status"])
        for times, name in zip((part.latency, part.first_token), histograms, strict=False):
            times.add(Histogram.read(row[SUM + name] or "").counts.items())


def add_ledger(
    found: Found, rows: QuerySet[UsageRecord], by: Sequence[str], *, with_times: bool = True
) -> None:
    if MOMENT in by:
        rows = rows.annotate(moment=TruncMinute("started_at", tzinfo=UTC))
    buckets = BUCKETS if with_times else ()
    for row in counted(rows, _columns(by), buckets):
        part = found[tuple(row[column] for column in by)]
        part.add({name: row[SUM + name] for name in SUMS}, row["status"])
        for times, bucket in zip((part.latency, part.first_token), buckets, strict=False):
            if row[bucket] is not None:
                times.add([(row[bucket], row[f"{SUM}requests"])])


def _columns(by: Sequence[str]) -> Sequence[str]:
    """The status tells what is finished, and what failed."""
    return by if "status" in by else (*by, "status")
