"""A person's own limits and the budgets they share, whichever key or browser they call with.

Operators change them seldom, so they may be a second old; what is used up is counted exactly all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.access import Share, limits_of_many, shares_of_many
from apikeys.limits import Limit, limits_from
from portal.remembered import Remembered
from usage.spending import Payer


@dataclass(frozen=True, slots=True)
class _Known:
    own: tuple[Limit, ...]
    shares: tuple[tuple[Share, tuple[Limit, ...]], ...]


async def limits_of_person(user_id: UUID, at: datetime) -> tuple[Limit, ...]:
    """For a request that arrived `at`: each group that the person was in then must allow it."""
    known = await _remembered.get(user_id)
    if not known.shares:
        return known.own
    shared = (limit for share, limits in known.shares if share.counts(at) for limit in limits)
    # A counter is asked once, also of somebody who left and came back within a clock's error.
    return (*known.own, *dict.fromkeys(shared))


def _read(user_ids: Sequence[UUID]) -> list[_Known]:
    people = set(user_ids)
    own, shares = limits_of_many(people), shares_of_many(people)
    return [
        _Known(
            limits_from(Payer("user", user_id), own[user_id]),
            tuple((share, _limits(share)) for share in shares.get(user_id, ())),
        )
        for user_id in user_ids
    ]


def _limits(share: Share) -> tuple[Limit, ...]:
    return limits_from(Payer("group", share.budget_id, share.name), share.allowance)


_remembered = Remembered("allowances", _read)
