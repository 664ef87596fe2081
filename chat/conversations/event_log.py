"""What a generation has said so far, kept where every tab can read it from any point.

In Redis (a stream a generation) when there is one, else in this process.
"""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any, Protocol

from django.conf import settings

from portal import redis

Event = dict[str, Any]
# Seconds a finished log can still be read from; then the stored message takes over.
KEEP_SECONDS = 600


class EventLog(Protocol):
    """Event ids are opaque and rise; "0" is before the first. A log ends with a `finish` event."""

    async def append(self, generation: str, event: Event) -> None: ...

    def follow(self, generation: str, after: str) -> AsyncGenerator[tuple[str, Event], None]:
        """Ends after `finish`, at once for a generation nobody knows, and when nothing comes for a while: its
        process may have died."""

    async def knows(self, generation: str) -> bool: ...

    async def request_stop(self, generation: str) -> None: ...

    async def is_stop_requested(self, generation: str) -> bool: ...


class _Entry:
    def __init__(self) -> None:
        self.events: list[Event] = []
        self.changed = asyncio.Condition()
        self.stop = False


class InProcessEventLog:
    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}

    async def append(self, generation: str, event: Event) -> None:
        entry = self._entries.setdefault(generation, _Entry())
        async with entry.changed:
            entry.events.append(event)
            entry.changed.notify_all()
        if event["type"] == "finish":
            asyncio.get_running_loop().call_later(KEEP_SECONDS, self._entries.pop, generation, None)

    async def follow(self, generation: str, after: str) -> AsyncGenerator[tuple[str, Event], None]:
        entry = self._entries.get(generation)
        position = int(after) if after.isdigit() else 0
        while entry is not None:
            async with entry.changed:
                while position >= len(entry.events):
                    await entry.changed.wait()
                fresh = entry.events[position:]
            for event in fresh:
                position += 1
                yield str(position), event
                if event["type"] == "finish":
                    return

    async def knows(self, generation: str) -> bool:
        return generation in self._entries

    async def request_stop(self, generation: str) -> None:
        if generation in self._entries:
            self._entries[generation].stop = True

    async def is_stop_requested(self, generation: str) -> bool:
        entry = self._entries.get(generation)
        return entry is not None and entry.stop


class RedisEventLog:
    # Below the client's socket timeout, which would take a silent model for a lost connection.
    BLOCK_MS = 2000

    async def append(self, generation: str, event: Event) -> None:
        key = self._key(generation)
        await redis.client().xadd(key, {"event": json.dumps(event)})
        await redis.client().expire(key, KEEP_SECONDS)

    async def follow(self, generation: str, after: str) -> AsyncGenerator[tuple[str, Event], None]:
        key = self._key(generation)
        while await redis.client().exists(key):
            found = await redis.client().xread({key: after}, block=self.BLOCK_MS)
            if not found:
                return
            for event_id, fields in found[0][1]:
                after = event_id.decode()
                event = json.loads(fields[b"event"])
                yield after, event
                if event["type"] == "finish":
                    return

    async def knows(self, generation: str) -> bool:
        return bool(await redis.client().exists(self._key(generation)))

    async def request_stop(self, generation: str) -> None:
        await redis.client().set(self._key(generation) + ":stop", 1, ex=KEEP_SECONDS)

    async def is_stop_requested(self, generation: str) -> bool:
        return bool(await redis.client().exists(self._key(generation) + ":stop"))

    def _key(self, generation: str) -> str:
        return f"portal:generation:{generation}"


def event_log() -> EventLog:
    return _LOG


_LOG: EventLog = RedisEventLog() if settings.REDIS_URL else InProcessEventLog()
