"""May this person use this model? Asked only of models that are not for everybody."""

import time
from asyncio import AbstractEventLoop, get_running_loop
from collections.abc import Sequence
from uuid import UUID
from weakref import WeakKeyDictionary

from chat.models import PublicModel
from portal.batching import Batches

# Seconds, as for the catalogue itself.
STALE_AFTER = 1.0
_MAX_REMEMBERED = 10_000

# A model's row and a person's.
Pair = tuple[int, UUID]
_known: WeakKeyDictionary[AbstractEventLoop, dict[Pair, tuple[float, bool]]] = WeakKeyDictionary()


async def may_use(model_id: int, user_id: UUID) -> bool:
    known = _known.setdefault(get_running_loop(), {})
    pair = model_id, user_id
    read_at, is_member = known.get(pair, (float("-inf"), False))
    if time.monotonic() - read_at >= STALE_AFTER:
        is_member = await _reader.put(pair)
        if len(known) >= _MAX_REMEMBERED:
            known.clear()
        known[pair] = time.monotonic(), is_member
    return is_member


def _read(pairs: Sequence[Pair]) -> list[bool]:
    """In one query, for however many."""
    memberships = PublicModel.groups.through.objects.filter(
        publicmodel__in={model_id for model_id, _ in pairs}, group__user__in={user_id for _, user_id in pairs}
    )
    members = set(memberships.values_list("publicmodel_id", "group__user"))
    return [pair in members for pair in pairs]


_reader: Batches[Pair, bool] = Batches("membership", _read)
