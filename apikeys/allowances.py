"""A person's own limits, whichever key or browser they call with.

Operators change them seldom, so they may be a second old; what is used up is counted exactly all the same.
"""

from collections.abc import Sequence
from uuid import UUID

from accounts.access import limits_of_many
from apikeys.limits import Limit, limits_from
from portal.remembered import Remembered
from usage.spending import Payer


def _read(user_ids: Sequence[UUID]) -> list[tuple[Limit, ...]]:
    found = limits_of_many(set(user_ids))
    return [limits_from(Payer("user", user_id), found[user_id]) for user_id in user_ids]


limits_of_person = Remembered("allowances", _read).get
