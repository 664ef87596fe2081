"""Mail when a month's budget comes to its end: to the person, or about a group's to those it names.

One at the soft threshold, one when all is used, each once a month to each recipient; a budget that is
changed is a new one.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.access import (
    User,
    find_user_by_email,
    forget_told,
    forget_told_before,
    note_told,
    operators,
    people_with_budgets,
    shared_budgets,
)
from accounts.profile.language import in_language_of
from usage.budgets.standing import Budget, group_budgets, own_budgets

log = logging.getLogger(__name__)

_BATCH = 500
# Longer than the month in which one may come only once.
_KEPT = timedelta(days=100)


@dataclass(frozen=True)
class Notice:
    budget: Budget
    percent: int
    address: str
    reader: User | None
    page: str

    @property
    def place(self) -> tuple[str, str, str]:
        """What "once" is counted in."""
        payer = self.budget.payer
        occasion = f"{self.percent} of {self.budget.limit:f} in {self.budget.since:%Y-%m}"
        return f"{payer.kind}:{payer.id.hex}:{self.budget.unit}", occasion, self.address


def send_due(now: datetime) -> int:
    """Returns how many mails went out. One that cannot be sent is tried again next time."""
    forget_told_before(now - _KEPT)
    return sum(_send_once(notice) for notice in (*_of_people(now), *_of_groups(now)))


def _of_people(now: datetime) -> Iterator[Notice]:
    everybody = list(people_with_budgets())
    for start in range(0, len(everybody), _BATCH):
        people = everybody[start : start + _BATCH]
        found = own_budgets([user.pk for user in people], now)
        for user in people:
            for budget, percent in _due(found.get(user.pk, ())):
                yield Notice(budget, percent, user.email, user, f"{settings.BASE_URL}/usage")


def _of_groups(now: datetime) -> Iterator[Notice]:
    for shared in shared_budgets():
        for budget, percent in _due(group_budgets(shared, now)):
            page = settings.BASE_URL + reverse("admin:auth_group_change", args=[shared.group_id])
            for address in shared.recipients or [user.email for user in operators()]:
                yield Notice(budget, percent, address, find_user_by_email(address), page)


def _due(budgets: Sequence[Budget]) -> Iterator[tuple[Budget, int]]:
    for budget in budgets:
        if budget.is_used_up:
            yield budget, 100
        elif budget.soft_percent is not None and budget.is_near:
            yield budget, budget.soft_percent


def _send_once(notice: Notice) -> bool:
    """Noted first: of two that send at a time one is told that it is done."""
    if not note_told(*notice.place):
        return False
    context: dict[str, Any] = {"notice": notice, "budget": notice.budget, "group": notice.budget.payer.name}
    template = f"usage/email/{notice.budget.payer.kind}_budget"
    with in_language_of(notice.reader):
        # A group's name may have more than one line, a subject not.
        subject = " ".join(render_to_string(f"{template}_subject.txt", context).split())
        message = render_to_string(f"{template}_message.txt", context)
    try:
        send_mail(subject, message, None, [notice.address])
    except (SMTPException, OSError):
        forget_told(*notice.place)
        log.exception("A notice about a budget could not be sent.")
        return False
    return True
