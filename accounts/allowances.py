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
    own = {row.pk: row for row in UserLimits.objects.filter(pk__in=user_ids)}
    by_group = {row.pk: row for row in GroupLimits.objects.all()}
    memberships = User.groups.through.objects.filter(user_id__in=user_ids, group_id__in=by_group)
    shared: dict[UUID, list[Limited]] = {}
    for user_id, group_id in memberships.values_list("user_id", "group_id"):
        shared.setdefault(user_id, []).append(by_group[group_id])
    return {user_id: _effective(own.get(user_id), shared.get(user_id, ())) for user_id in user_ids}


def _effective(own: Limited | None, shared: Iterable[Limited]) -> Allowance:
    return Allowance(**{field: _field(field, own, shared) for field in _FIELDS})


def _field(field: str, own: Limited | None, shared: Iterable[Limited]) -> int | Decimal | None:
    """A group that says nothing of this limit neither grants nor takes."""
    value: int | Decimal | None = getattr(own, field, None)
    if value is not None:
        return value
    said = [getattr(limits, field) for limits in shared]
    return max((value for value in said if value is not None), default=None)
