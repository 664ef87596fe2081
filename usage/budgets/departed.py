"""What a deleted account had used of its groups' month stays used, though nobody can tell whose it was."""

from datetime import datetime
from decimal import Decimal

from django.db.models import F, Sum

from accounts.access import User, add_departed_use, memberships_within
from usage.budgets.standing import month_of
from usage.models import UsageRecord


def keep(user: User, now: datetime) -> None:
    """In the deletion's transaction, before the person's rows lose their name."""
    since, until = month_of(now)
    for membership in memberships_within(since, until).filter(user=user):
        rows = UsageRecord.objects.began_between(max(since, membership.since), membership.until)
        used = rows.filter(user=user).aggregate(
            tokens=Sum(F("input_tokens") + F("output_tokens"), default=0),
            cost=Sum("cost", default=Decimal(0)),
        )
        add_departed_use(membership.group_id, since.date(), used["tokens"], used["cost"])
