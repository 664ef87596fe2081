"""Who belonged to a group when: what a member uses counts for the group, before and after it does not.

A change takes effect a little later than it is made. By then every process knows of it, so all of them, and
later the ledger, agree on which requests it is about.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group
from django.db.models import Q, QuerySet
from django.db.models.signals import m2m_changed
from django.utils import timezone

from accounts.models import Membership, User

# Longer than anybody remembers memberships (`apikeys.allowances`) and a commit may take.
TAKES_EFFECT_AFTER = timedelta(seconds=3)
Pair = tuple[UUID, int]


def connect() -> None:
    m2m_changed.connect(_changed, sender=User.groups.through)


def memberships_within(since: datetime, until: datetime) -> QuerySet[Membership]:
    """Those that took up some of since ≤ time < until."""
    return Membership.objects.filter(Q(until=None) | Q(until__gt=since), since__lt=until)


def _changed(
    instance: User | Group, action: str, reverse: bool, pk_set: Collection[Any] | None, **_: Any
) -> None:
    """Clearing says nothing of whom it is about, except by asking before."""
    match action:
        case "post_add":
            _begin(_pairs(instance, pk_set or ()))
        case "post_remove":
            _end(_pairs(instance, pk_set or ()))
        case "pre_clear":
            others = instance.user_set if reverse else instance.groups  # type: ignore[union-attr]
            _end(_pairs(instance, others.values_list("pk", flat=True)))


def _pairs(instance: User | Group, others: Iterable[Any]) -> list[Pair]:
    if isinstance(instance, Group):
        return [(other, instance.pk) for other in others]
    return [(instance.pk, other) for other in others]


def _begin(pairs: Iterable[Pair]) -> None:
    since = timezone.now() + TAKES_EFFECT_AFTER
    rows = [Membership(user_id=user_id, group_id=group_id, since=since) for user_id, group_id in pairs]
    Membership.objects.bulk_create(rows, ignore_conflicts=True)


def _end(pairs: Iterable[Pair]) -> None:
    until = timezone.now() + TAKES_EFFECT_AFTER
    for user_id, group_id in pairs:
        Membership.objects.filter(user=user_id, group=group_id, until=None).update(until=until)
