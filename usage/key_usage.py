"""What was used through a key: totals, days, and single requests. The ledger knows keys by their ids."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from usage.models import UsageRecord
from usage.reports.figures import Figures
from usage.reports.periods import Period
from usage.reports.scope import Scope
from usage.reports.sources import MOMENT, figures

__all__ = ["Day", "KeyUsage", "UsageRecord", "requests_of_key", "spent_by_key", "usage_by_key"]


@dataclass
class Day:
    """One day in UTC."""

    date: date
    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal = Decimal(0)
    errors: int = 0

    def add(self, part: Figures) -> None:
        self.requests += part.requests
        self.input_tokens += part.input_tokens
        self.output_tokens += part.output_tokens
        self.cost += part.cost
        self.errors += part.errors

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
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    period = Period(midnight - timedelta(days=days - 1), midnight + timedelta(days=1))
    first = period.since.date()
    found = {key_id: KeyUsage([Day(first + timedelta(days=n)) for n in range(days)]) for key_id in key_ids}
    cuts = [period.since + timedelta(days=n) for n in range(days)]
    parts = figures(Scope(key_ids=frozenset(key_ids)), period, ("key_id", MOMENT), cuts, with_times=False)
    for (key_id, moment), part in parts.items():
        found[key_id].series[(moment.astimezone(UTC).date() - first).days].add(part)
    return found


def requests_of_key(key_id: UUID) -> QuerySet[UsageRecord]:
    return UsageRecord.objects.filter(key=key_id)


def spent_by_key(key_ids: Collection[UUID], *, since: datetime) -> Mapping[UUID, tuple[int, Decimal]]:
    """Tokens and cost of each key since then; keys without any are left out."""
    # Clocks of the portal's machines may differ a little.
    period = Period(since, max(since, timezone.now()) + timedelta(days=1))
    parts = figures(Scope(key_ids=frozenset(key_ids)), period, ("key_id",), with_times=False)
    return {key_id: (part.tokens, part.cost) for (key_id,), part in parts.items()}
