"""What a deleted account had used of its groups' month stays used, though nobody can tell whose it was."""

from datetime import datetime

from accounts.access import User, add_departed_use, memberships_within
from usage.budgets.standing import month_of
from usage.reports import Period, Scope, totals


def keep(user: User, now: datetime) -> None:
    """In the deletion's transaction, before the person's rows lose their name."""
    since, until = month_of(now)
    for membership in memberships_within(since, until).filter(user=user):
        then = Period(max(since, membership.since), membership.until or until)
        used = totals(Scope(user_id=user.pk), then, with_times=False)
        add_departed_use(membership.group_id, since.date(), used.tokens, used.cost)
