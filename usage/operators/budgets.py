"""How the budgets of people and groups stand, those nearest to their end first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from accounts.access import people_with_budgets, shared_budgets
from usage.budgets.standing import Budget, group_budgets, own_budgets
from usage.dashboard.shares import Name
from usage.operators.filters import Filters

_BATCH = 500


@dataclass(frozen=True)
class Named:
    budget: Budget
    name: Name


def budgets(filters: Filters, now: datetime) -> list[Named]:
    """Of the person or the group that is chosen, else all."""
    found: list[Named] = []
    if filters.group is None:
        found += _of_people(filters, now)
    if filters.user is None:
        found += _of_groups(filters, now)
    return sorted(found, key=lambda each: (-each.budget.percent, each.name.text, each.budget.unit))


def _of_people(filters: Filters, now: datetime) -> Iterator[Named]:
    people = people_with_budgets()
    if filters.user is not None:
        people = people.filter(pk=filters.user.pk)
    emails = list(people.order_by("pk").values_list("pk", "email"))
    for start in range(0, len(emails), _BATCH):
        batch = dict(emails[start : start + _BATCH])
        for user_id, own in own_budgets(list(batch), now).items():
            page = reverse("admin:accounts_user_change", args=[user_id])
            yield from _named(own, Name(batch[user_id], page=page))


def _of_groups(filters: Filters, now: datetime) -> Iterator[Named]:
    for shared in shared_budgets():
        if filters.group is None or filters.group.pk == shared.group_id:
            page = reverse("admin:auth_group_change", args=[shared.group_id])
            yield from _named(group_budgets(shared, now), Name(shared.name, page=page))


def _named(found: Sequence[Budget], name: Name) -> Iterator[Named]:
    return (Named(budget, name) for budget in found)
