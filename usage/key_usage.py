"""What was used through a key: totals, days, and single requests. The ledger knows keys by their ids."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from usage.models import Status, UsageRecord

__all__ = ["Day", "KeyUsage", "UsageRecord", "requests_of_key", "spent_by_key", "usage_by_key"]

_FAILED = Q(status__in=[Status.FAILED, Status.INTERRUPTED])


@dataclass
class Day:
    """One day in UTC."""

    date: date
    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal = Decimal(0)
    errors: int = 0

    @property
    def tokens(self) -> int:
        return self.input_tokens + self.output_tokens


@dataclass
class KeyUsage:
    """`series` has every day, also those without a request, the oldest first."""

    series: list[Day] = field(default_factory=list)

    @property
    def totals(self) -> Day:
        total = Day(self.series[0].date)
        for day in self.series:
            total.requests += day.requests
            total.input_tokens += day.input_tokens
            total.output_tokens += day.output_tokens
            total.cost += day.cost
            total.errors += day.errors
        return total


def usage_by_key(key_ids: Collection[UUID], *, days: int, now: datetime) -> Mapping[UUID, KeyUsage]:
    """The last `days` days in UTC, today included, for each of the keys."""
    today = now.astimezone(UTC).date()
    first = today - timedelta(days=days - 1)
    since = datetime.combine(first, datetime.min.time(), UTC)
    found = {(row["key"], row["day"]): row for row in _days(key_ids, since)}
    return {
        key_id: KeyUsage(
            [_day(first + timedelta(days=n), found.get((key_id, first + timedelta(n)))) for n in range(days)]
        )
        for key_id in key_ids
    }


def _days(key_ids: Collection[UUID], since: datetime) -> QuerySet[UsageRecord, dict[str, object]]:
    rows = UsageRecord.objects.filter(key__in=key_ids, started_at__gte=since)
    grouped = rows.annotate(day=TruncDate("started_at", tzinfo=UTC)).values("key", "day")
    return grouped.order_by().annotate(
        requests=Count("id"),
        input=Sum("input_tokens"),
        output=Sum("output_tokens"),
        spent=Sum("cost"),
        errors=Count("id", filter=_FAILED),
    )


def _day(day: date, row: Mapping[str, object] | None) -> Day:
    if row is None:
        return Day(day)
    return Day(day, row["requests"], row["input"], row["output"], row["spent"], row["errors"])  # type: ignore[arg-type]


def requests_of_key(key_id: UUID) -> QuerySet[UsageRecord]:
    return UsageRecord.objects.filter(key=key_id)


def spent_by_key(key_ids: Collection[UUID], *, since: datetime) -> Mapping[UUID, tuple[int, Decimal]]:
    """Tokens and cost of each key since then; keys without any are left out."""
    rows = UsageRecord.objects.filter(key__in=key_ids, started_at__gte=since).values("key").order_by()
    sums = rows.annotate(tokens=Sum(F("input_tokens") + F("output_tokens")), spent=Sum("cost"))
    return {row["key"]: (row["tokens"], row["spent"]) for row in sums}
