"""How the budgets of a calendar month stand, by roll-ups and ledger: for pages, the API and mails.

What refuses requests are the counters (`apikeys.limits`); after every settlement they say the same.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any
from uuid import UUID

from django.db.models import Sum
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from accounts.access import Cap, SharedBudget, Unit, User, own_caps, shared_budgets
from usage.models import Status
from usage.reports import Figures, Period, Scope, requests, split
from usage.spending import Payer, Span, spent_in

# Of a month: spent, and reserved.
Amounts = dict[Unit, tuple[Decimal, Decimal]]
_NOTHING: Amounts = {"cost": (Decimal(0), Decimal(0)), "tokens": (Decimal(0), Decimal(0))}
_CENT = Decimal("0.01")
_WORDS: dict[Unit, object] = {
    "cost": _("%(used)s of %(limit)s this month (cost)"),
    "tokens": _("%(used)s of %(limit)s tokens this month"),
}


@dataclass(frozen=True)
class Budget:
    """`limit`, `spent` (settled) and `reserved` (set aside for requests that still run) are in tokens, or in
    the portal's currency (`unit`). It is of the month in UTC that lies between `since` and `until` (the
    first moment that is not in it any more). From `soft_percent` on a mail is worth it; None: never.

    `payer` is a person, or a group, whose name `payer.name` is.
    """

    payer: Payer
    unit: Unit
    limit: Decimal
    spent: Decimal
    reserved: Decimal
    soft_percent: int | None
    since: datetime
    until: datetime

    @property
    def remaining(self) -> Decimal:
        """For requests that are yet to come."""
        return max(Decimal(0), self.limit - self.spent - self.reserved)

    @property
    def percent(self) -> int:
        """Spent, in whole percent; may be more than 100."""
        return int(100 * self.spent / self.limit) if self.limit else 100

    @property
    def is_near(self) -> bool:
        return self.soft_percent is not None and self.percent >= self.soft_percent

    @property
    def is_used_up(self) -> bool:
        return self.spent >= self.limit

    @property
    def words(self) -> str:
        """`80.00 of 100.00 this month (cost)`."""
        return str(_WORDS[self.unit]) % {
            "used": self._written(self.spent),
            "limit": self._written(self.limit),
        }

    def _written(self, value: Decimal) -> str:
        if self.unit == "cost":
            # What is nearly used up is not yet used up.
            return number_format(f"{value.quantize(_CENT, ROUND_DOWN):f}", force_grouping=True)
        return number_format(int(value), force_grouping=True)


def month_of(at: datetime) -> tuple[datetime, datetime]:
    """The calendar month in UTC that `at` falls in: since, until."""
    first = at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return first, (first + timedelta(days=32)).replace(day=1)


def budgets_of(user: User, now: datetime | None = None) -> list[Budget]:
    """Everything that caps what `user` may use this month: their own budgets first, then those of their
    groups, which all members share, by name. Of each, cost before tokens. Empty for somebody without any.

    Settled to the last request.
    """
    now = now or timezone.now()
    own = [budget for found in own_budgets([user.pk], now).values() for budget in found]
    return [*own, *(each for shared in shared_budgets(user) for each in group_budgets(shared, now))]


def own_budgets(user_ids: Collection[UUID], now: datetime) -> dict[UUID, list[Budget]]:
    """Of each person; those without are left out. In as many queries for many people as for one."""
    since, until = month_of(now)
    caps = own_caps(user_ids)
    amounts = _by_person(caps, since, until) if caps else {}
    return {
        user_id: _budgets(Span(Payer("user", user_id), since, until), said, amounts.get(user_id, _NOTHING))
        for user_id, said in caps.items()
    }


def group_budgets(shared: SharedBudget, now: datetime) -> list[Budget]:
    span = Span(Payer("group", shared.id, shared.name), *month_of(now))
    found = spent_in(span)
    amounts: Amounts = {
        "cost": (found.cost, sum((each.cost for each in found.open), Decimal(0))),
        "tokens": (Decimal(found.tokens), Decimal(sum(each.tokens for each in found.open))),
    }
    return _budgets(span, shared.caps, amounts)


def _by_person(user_ids: Collection[UUID], since: datetime, until: datetime) -> dict[UUID, Amounts]:
    everybody, month = Scope(user_ids=frozenset(user_ids)), Period(since, until)
    # First what is settled, as in `spending`.
    settled = dict(split(everybody, month, "user", with_times=False))
    held = _held_by_person(everybody, month)
    amounts = {}
    for user_id in {*settled, *held}:
        spent, reserved = settled.get(user_id, Figures()), held.get(user_id, {})
        amounts[user_id] = {
            "cost": (spent.cost, reserved.get("cost", Decimal(0))),
            "tokens": (Decimal(spent.tokens), Decimal(reserved.get("tokens", 0))),
        }
    return amounts


def _held_by_person(scope: Scope, month: Period) -> dict[UUID, dict[str, Any]]:
    running = requests(scope, month).filter(status=Status.OPEN).order_by().values("user")
    held = running.annotate(cost=Sum("reserved_cost"), tokens=Sum("reserved_tokens"))
    return {row["user"]: row for row in held}


def _budgets(span: Span, caps: Iterable[Cap], amounts: Amounts) -> list[Budget]:
    return [
        Budget(span.payer, cap.unit, cap.limit, *amounts[cap.unit], cap.soft_percent, span.since, span.until)
        for cap in caps
    ]
