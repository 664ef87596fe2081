"""Where a month's budget will be at the month's end, if it goes on as it has so far.

The method is a straight line: spent so far, divided by the share of the month that has passed. It knows no
weekends; in the month's first day it says nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from usage.budgets.standing import Budget

_TOO_EARLY = timedelta(days=1)


@dataclass(frozen=True)
class Forecast:
    """`at_end` in the budget's unit. `used_up_at` is None for a budget that lasts."""

    at_end: Decimal
    used_up_at: datetime | None


def forecast(budget: Budget, now: datetime) -> Forecast | None:
    """None: too early to say."""
    passed, whole = now - budget.since, budget.until - budget.since
    if passed < _TOO_EARLY:
        return None
    at_end = budget.spent * Decimal(whole / passed)
    if at_end <= budget.limit or budget.is_used_up:
        return Forecast(at_end, None)
    return Forecast(at_end, budget.since + passed * float(budget.limit / budget.spent))
