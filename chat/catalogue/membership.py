"""Which groups a caller is in: asked only for models that not everybody may use."""

import time
from asyncio import AbstractEventLoop, get_running_loop
from collections.abc import Sequence
from uuid import UUID
from weakref import WeakKeyDictionary

from accounts import access
from portal.batching import Batches

# Seconds, as for the catalogue itself.
STALE_AFTER = 1.0
_MAX_REMEMBERED = 10_000

_known: WeakKeyDictionary[AbstractEventLoop, dict[UUID, tuple[float, frozenset[int]]]] = WeakKeyDictionary()


async def groups_of(user_id: UUID) -> frozenset[int]:
    known = _known.setdefault(get_running_loop(), {})
    read_at, groups = known.get(user_id, (float("-inf"), frozenset()))
    if time.monotonic() - read_at >= STALE_AFTER:
        groups = await _reader.put(user_id)
        if len(known) >= _MAX_REMEMBERED:
            known.clear()
        known[user_id] = time.monotonic(), groups
    return groups


def _read(user_ids: Sequence[UUID]) -> list[frozenset[int]]:
    groups = access.groups_of(user_ids)
    return [groups[user_id] for user_id in user_ids]


_reader: Batches[UUID, frozenset[int]] = Batches("membership", _read)
