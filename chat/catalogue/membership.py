"""Which groups a caller is in: asked only for models that not everybody may use."""

from collections.abc import Sequence
from uuid import UUID

from accounts import access
from portal.remembered import Remembered


def _read(user_ids: Sequence[UUID]) -> list[frozenset[int]]:
    groups = access.groups_of(user_ids)
    return [groups[user_id] for user_id in user_ids]


groups_of = Remembered("membership", _read).get
