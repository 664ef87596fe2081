"""Which deployments fail, shared by all processes through the cache."""

import hashlib
import logging
import time
from collections.abc import Callable, Collection
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.core.cache import cache

from chat.gateway.errors import UpstreamFailure
from chat.gateway.routing import retry_after

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")

# So many failures in a row within the window, and a deployment cools down. Seconds.
FAILURES = 3
WINDOW = 60
COOL_DOWN = 30
# How long a process may go on with what it last read: a look at the cache on every call would cost more
# than a second's ignorance.
STALE_AFTER = 1.0


class CachedHealth:
    def __init__(self) -> None:
        self._cooling: dict[str, bool] = {}
        self._read_at: dict[str, float] = {}
        self._failing: set[str] = set()

    async def cooling(self, ids: Collection[str]) -> Collection[str]:
        now = time.monotonic()
        stale = [name for name in ids if now - self._read_at.get(name, -STALE_AFTER) >= STALE_AFTER]
        if stale:
            found = await _quietly(cache.get_many, [_cooling_key(name) for name in stale]) or {}
            self._cooling |= {name: _cooling_key(name) in found for name in stale}
            self._read_at |= dict.fromkeys(stale, now)
        return [name for name in ids if self._cooling[name]]

    async def failed(self, deployment_id: str, error: UpstreamFailure) -> None:
        self._failing.add(deployment_id)
        wanted = retry_after(error)
        count = await _quietly(_count_failure, deployment_id) or 0
        if wanted is not None or count >= FAILURES:
            await _quietly(cache.set, _cooling_key(deployment_id), True, wanted or COOL_DOWN)
            self._read_at.pop(deployment_id, None)

    async def succeeded(self, deployment_id: str) -> None:
        if deployment_id in self._failing:
            self._failing.discard(deployment_id)
            self._read_at.pop(deployment_id, None)
            keys = [_failures_key(deployment_id), _cooling_key(deployment_id)]
            await _quietly(cache.delete_many, keys)


def _count_failure(deployment_id: str) -> int:
    key = _failures_key(deployment_id)
    if cache.add(key, 1, WINDOW):
        return 1
    try:
        return cache.incr(key)
    except ValueError:
        # It expired between the two calls.
        return 1


def _failures_key(deployment_id: str) -> str:
    return _key(deployment_id, "failures")


def _cooling_key(deployment_id: str) -> str:
    return _key(deployment_id, "cooling")


def _key(deployment_id: str, what: str) -> str:
    """A name may be longer, and hold other signs, than a cache's key."""
    return f"deployment:{hashlib.sha256(deployment_id.encode()).hexdigest()[:32]}:{what}"


async def _quietly(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    """In a thread. Without the cache everybody counts as healthy: no call fails for want of it."""
    try:
        return await sync_to_async(function, thread_sensitive=False)(*args, **kwargs)
    except Exception:
        log.warning("The cache does not answer: which deployments fail is not known.", exc_info=True)
        return None


health = CachedHealth()
