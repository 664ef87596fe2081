"""How much of its quotas a key has used, for people: from the ledger, to the last settled request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from apikeys.limits import Kind, period
from apikeys.models import ApiKey
from usage.key_usage import spent_by_key

# Percent of a quota from which on people are warned.
NEAR = 80
_WORDS = {
    Kind.TOKENS_PER_DAY: _("%(used)s of %(limit)s tokens per day"),
    Kind.TOKENS_PER_MONTH: _("%(used)s of %(limit)s tokens per month"),
    Kind.COST_PER_MONTH: _("%(used)s of %(limit)s per month (cost)"),
}


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
        return str(_WORDS[self.kind]) % {"used": _number(self.used), "limit": _number(self.limit)}

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
    return number_format(f"{value.normalize():f}", force_grouping=True)
