"""Budgets of a calendar month (UTC): a person's own, and those that a group's members share.

What is used of them the ledger knows: `usage.budgets`.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal
from uuid import UUID

from django.contrib.auth.models import Group
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts.allowances import Allowance, limits_behind
from accounts.models import (
    Budgeted,
    BudgetNotice,
    DepartedUse,
    GroupBudget,
    GroupLimits,
    Membership,
    User,
    UserLimits,
    addresses_in,
)

Unit = Literal["cost", "tokens"]
UNITS: dict[Unit, str] = {"cost": "cost_per_month", "tokens": "tokens_per_month"}
# A request is asked about when it has arrived, which may be a while ago: its body took long, or it waited.
_LATE = timedelta(hours=1)


@dataclass(frozen=True)
class Cap:
    """`limit` in the portal's currency, or in tokens. `soft_percent` of it are worth a word."""

    unit: Unit
    limit: Decimal
    soft_percent: int | None


@dataclass(frozen=True)
class SharedBudget:
    """`name` is the group's. `recipients` are mailed about it."""

    id: UUID
    group_id: int
    name: str
    caps: tuple[Cap, ...]
    recipients: tuple[str, ...] = ()


@dataclass(frozen=True)
class Share:
    """Requests of a person that began in `since` ≤ time < `until` count for the group's budget."""

    budget_id: UUID
    name: str
    allowance: Allowance
    since: datetime
    until: datetime | None

    def counts(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)


def shares_of_many(user_ids: Collection[UUID]) -> dict[UUID, list[Share]]:
    """In one query, however many people; those without are left out. Of the last hour, and to come."""
    rows = Membership.objects.filter(
        Q(until=None) | Q(until__gt=timezone.now() - _LATE), user__in=user_ids, group__budget__isnull=False
    ).select_related("group__budget")
    found: dict[UUID, list[Share]] = {}
    for row in rows.order_by("group__name", "since"):
        budget = row.group.budget
        allowance = Allowance(tokens_per_month=budget.tokens_per_month, cost_per_month=budget.cost_per_month)
        share = Share(budget.pk, row.group.name, allowance, row.since, row.until)
        found.setdefault(row.user_id, []).append(share)
    return found


def shared_budgets(user: User | None = None) -> list[SharedBudget]:
    """All of them, or those that somebody is in now, by their groups' names."""
    rows = GroupBudget.objects.select_related("group").order_by("group__name")
    if user is not None:
        rows = rows.filter(group__in=user.groups.all())
    return [
        SharedBudget(row.pk, row.group_id, row.group.name, _caps(row), tuple(addresses_in(row.notify)))
        for row in rows
    ]


def own_caps(user_ids: Collection[UUID]) -> dict[UUID, tuple[Cap, ...]]:
    """Of each person; those without are left out. In three queries, however many people."""
    found = {
        user_id: tuple(
            cap
            for unit, field in UNITS.items()
            if (row := behind.get(field)) is not None
            for cap in _caps(row)
            if cap.unit == unit
        )
        for user_id, behind in limits_behind(user_ids).items()
    }
    return {user_id: caps for user_id, caps in found.items() if caps}


def people_with_budgets() -> QuerySet[User]:
    """Active ones, for whom anything about a month is said of them or of each member of a group of theirs."""
    said = Q(cost_per_month__isnull=False) | Q(tokens_per_month__isnull=False)
    own = UserLimits.objects.filter(said).values("user")
    groups = GroupLimits.objects.filter(said).values("group")
    people = User.objects.filter(Q(pk__in=own) | Q(groups__in=groups), is_active=True, deletion_due_at=None)
    return people.distinct()


def operators() -> QuerySet[User]:
    return User.objects.filter(is_staff=True, is_active=True, deletion_due_at=None)


def group_of_budget(budget_id: UUID) -> int | None:
    """None: the budget is no more."""
    return GroupBudget.objects.filter(pk=budget_id).values_list("group_id", flat=True).first()


def departed_use(budget_id: UUID, month: date) -> tuple[int, Decimal]:
    """Tokens and cost of the group's month, of people whose accounts are deleted."""
    rows = DepartedUse.objects.filter(group__budget=budget_id, month=month)
    return rows.values_list("tokens", "cost").first() or (0, Decimal(0))


def add_departed_use(group: Group | int, month: date, tokens: int, cost: Decimal) -> None:
    """In the transaction at hand."""
    row, _ = DepartedUse.objects.get_or_create(group_id=getattr(group, "pk", group), month=month)
    DepartedUse.objects.filter(pk=row.pk).update(tokens=F("tokens") + tokens, cost=F("cost") + cost)


def note_told(budget: str, occasion: str, recipient: str) -> bool:
    """False when they have been told already. Of two that ask at a time one is told so."""
    place = {"budget": budget, "occasion": occasion, "recipient": recipient}
    return BudgetNotice.objects.get_or_create(**place)[1]


def forget_told(budget: str, occasion: str, recipient: str) -> None:
    BudgetNotice.objects.filter(budget=budget, occasion=occasion, recipient=recipient).delete()


def forget_told_before(at: datetime) -> None:
    BudgetNotice.objects.filter(sent_at__lt=at).delete()


def _caps(row: Budgeted) -> tuple[Cap, ...]:
    values: Iterable[tuple[Unit, int | Decimal | None]] = (
        (unit, getattr(row, field)) for unit, field in UNITS.items()
    )
    return tuple(Cap(unit, Decimal(value), row.soft_percent) for unit, value in values if value is not None)
