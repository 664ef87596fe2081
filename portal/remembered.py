"""What the hot path may know a little late: read from the database once a second, not once a call."""

import time
from asyncio import AbstractEventLoop, get_running_loop
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from portal.batching import Batches

K = TypeVar("K")
V = TypeVar("V")
_MOST = 10_000


class Remembered(Generic[K, V]):
    """`read` gives a value for each key, in their order. A value is at most `seconds` old."""

    def __init__(self, name: str, read: Callable[[Sequence[K]], Sequence[V]], seconds: float = 1.0) -> None:
        self._reader: Batches[K, V] = Batches(name, read)
        self._seconds = seconds
        self._known: WeakKeyDictionary[AbstractEventLoop, dict[K, tuple[float, V]]] = WeakKeyDictionary()

    async def get(self, key: K) -> V:
        known = self._known.setdefault(get_running_loop(), {})
        remembered = known.get(key)
        if remembered is not None and time.monotonic() - remembered[0] < self._seconds:
            return remembered[1]
        value = await self._reader.put(key)
        if len(known) >= _MOST:
            known.clear()
        known[key] = time.monotonic(), value
        return value
