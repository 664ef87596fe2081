"""How much of its quotas a key has used, for people: from the ledger, to the last settled request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from apikeys.limits import Kind, period
from apikeys.models import ApiKey
from usage.key_usage import spent_by_key

# Percent of a quota from which on people are warned.
NEAR = 80


@dataclass(frozen=True)
class Quota:
    """In tokens, or in the portal's currency."""

    kind: Kind
    used: Decimal
    limit: Decimal
    resets_at: datetime

    @property
    def words(self) -> str:
        """`1,200 of 5,000 tokens per day`."""
        unit = "per month (cost)" if self.kind is Kind.COST_PER_MONTH else self.kind.value
        return f"{_number(self.used)} of {_number(self.limit)} {unit}"

    @property
    def percent(self) -> int:
        return int(100 * self.used / self.limit) if self.limit else 100

    @property
    def is_near(self) -> bool:
        return self.percent >= NEAR

    @property
    def is_used_up(self) -> bool:
        return self.used >= self.limit


def quotas_of(keys: Sequence[ApiKey], now: datetime) -> Mapping[ApiKey, list[Quota]]:
    """Two queries, however many keys."""
    ids = [key.pk for key in keys]
    day = spent_by_key(ids, since=period(Kind.TOKENS_PER_DAY, now)[0])
    month = spent_by_key(ids, since=period(Kind.TOKENS_PER_MONTH, now)[0])
    nothing = (0, Decimal(0))
    found = {}
    for key in keys:
        today, (tokens, cost) = day.get(key.pk, nothing), month.get(key.pk, nothing)
        rows = (
            (Kind.TOKENS_PER_DAY, today[0], key.daily_limit),
            (Kind.TOKENS_PER_MONTH, tokens, key.monthly_limit),
            (Kind.COST_PER_MONTH, cost, key.monthly_cost_limit),
        )
        found[key] = [
            Quota(kind, Decimal(used), Decimal(limit), period(kind, now)[1])
            for kind, used, limit in rows
            if limit is not None
        ]
    return found


def _number(value: Decimal) -> str:
    return f"{value.normalize():,f}"
