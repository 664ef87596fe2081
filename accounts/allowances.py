"""How much a person may use: what is said of them, else of the most generous of their groups."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from accounts.models import GroupLimits, Limited, User, UserLimits


@dataclass(frozen=True)
class Allowance:
    """None: no limit. Costs in the portal's currency, months by the calendar (UTC)."""

    requests_per_minute: int | None = None
    tokens_per_day: int | None = None
    tokens_per_month: int | None = None
    cost_per_month: Decimal | None = None


_FIELDS = tuple(Allowance.__dataclass_fields__)


def allowance_of(user_id: UUID) -> Allowance:
    return allowances_of([user_id])[user_id]


def allowances_of(user_ids: Collection[UUID]) -> dict[UUID, Allowance]:
    """In three queries, however many people."""
    return {
        user_id: Allowance(**{field: getattr(row, field) for field, row in behind.items()})
        for user_id, behind in limits_behind(user_ids).items()
    }


def limits_behind(user_ids: Collection[UUID]) -> dict[UUID, dict[str, Limited]]:
    """Of each person, the row that says a field of their allowance; a field nobody says anything of is left
    out. In three queries, however many people."""
    own = {row.pk: row for row in UserLimits.objects.filter(pk__in=user_ids)}
    by_group = {row.pk: row for row in GroupLimits.objects.all()}
    memberships = User.groups.through.objects.filter(user_id__in=user_ids, group_id__in=by_group)
    shared: dict[UUID, list[Limited]] = {}
    for user_id, group_id in memberships.values_list("user_id", "group_id"):
        shared.setdefault(user_id, []).append(by_group[group_id])
    return {user_id: _behind(own.get(user_id), shared.get(user_id, ())) for user_id in user_ids}


def _behind(own: Limited | None, shared: Iterable[Limited]) -> dict[str, Limited]:
    """A group that says nothing of a limit neither grants nor takes."""
    found = {}
    for field in _FIELDS:
        if own is not None and getattr(own, field) is not None:
            found[field] = own
        elif said := [row for row in shared if getattr(row, field) is not None]:
            found[field] = max(said, key=lambda row: getattr(row, field))
    return found
