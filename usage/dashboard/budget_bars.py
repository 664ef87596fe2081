"""Budgets of the month, with where they will be at its end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from usage.budgets.forecast import Forecast, forecast
from usage.budgets.standing import Budget
from usage.dashboard.dates import day_of_month
from usage.dashboard.numbers import count, short_money
from usage.dashboard.shares import Name


@dataclass(frozen=True)
class BudgetBar:
    """`spent` and `expected` in percent of the bar, which is the budget's limit, or the forecast
    where that is more."""

    budget: Budget
    name: Name
    words: str
    is_late: bool
    spent: int
    expected: int
    limit: int


def budget_bars(
    budgets: Sequence[Budget], now: datetime, named: Callable[[Budget], Name] | None = None
) -> list[BudgetBar]:
    """Days are told in the active time zone. Unless `named` says otherwise, a person's is the reader's."""
    return [_bar(budget, (named or _own)(budget), forecast(budget, now)) for budget in budgets]


def _own(budget: Budget) -> Name:
    return Name(budget.payer.name or _("Your budget"))


def _bar(budget: Budget, name: Name, found: Forecast | None) -> BudgetBar:
    whole = max(budget.limit, budget.spent, found.at_end if found else Decimal(0)) or Decimal(1)
    return BudgetBar(
        budget,
        name,
        _words(budget, found),
        budget.is_used_up or bool(found and found.used_up_at),
        *(round(100 * value / whole) for value in (budget.spent, found.at_end if found else 0, budget.limit)),
    )


def _words(budget: Budget, found: Forecast | None) -> str:
    if budget.is_used_up:
        return _("Used up. Requests are refused until %(day)s.") % {"day": _date(budget.until)}
    if found is None:
        return _("It is too early in the month for a forecast.")
    at_end = {"amount": _written(budget, found.at_end), "day": _date(budget.until - timedelta(days=1))}
    if found.used_up_at is None:
        return _("At this pace %(amount)s by %(day)s.") % at_end
    return _("At this pace %(amount)s by %(day)s; used up on %(end)s.") % {
        **at_end,
        "end": _date(found.used_up_at),
    }


def _written(budget: Budget, amount: Decimal) -> str:
    return short_money(amount) if budget.unit == "cost" else _("%(n)s tokens") % {"n": count(float(amount))}


def _date(at: datetime) -> str:
    return day_of_month(timezone.localtime(at))
