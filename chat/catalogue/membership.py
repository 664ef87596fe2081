"""May this person use this model? Asked only of models that are not for everybody."""

from collections.abc import Sequence
from uuid import UUID

from chat.models import PublicModel
from portal.remembered import Remembered

# A model's row and a person's.
Pair = tuple[int, UUID]


async def may_use(model_id: int, user_id: UUID) -> bool:
    return await _members.get((model_id, user_id))


def _read(pairs: Sequence[Pair]) -> list[bool]:
    """In one query, for however many."""
    memberships = PublicModel.groups.through.objects.filter(
        publicmodel__in={model_id for model_id, _ in pairs}, group__user__in={user_id for _, user_id in pairs}
    )
    members = set(memberships.values_list("publicmodel_id", "group__user"))
    return [pair in members for pair in pairs]


_members: Remembered[Pair, bool] = Remembered("membership", _read)
