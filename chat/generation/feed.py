"""What one open page hears of the answers it follows."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from django.db import DatabaseError
from redis.exceptions import RedisError

from chat import reasons
from chat.conversations.event_log import event_log
from chat.conversations.narration import stored_events
from chat.models import Message
from chat.models.conversation import MessageStatus
from portal.database import in_database

Frame = dict[str, Any]
# Seconds between two looks for a log that is not there: not yet, or no longer.
RETRY_EVERY = 0.5
# Answers a page follows at once. It shows one chat: more than a few is no page, and each may wait with a long
# answer in hand for a reader who does not read (battery F08).
MOST_FOLLOWED = 16


class Feed:
    def __init__(self, send: Callable[[Frame], Awaitable[None]]) -> None:
        self._send = send
        self._following: dict[str, asyncio.Task[None]] = {}

    def follow(self, generation: str, after: str, answer: Message | None) -> None:
        """From after this event; to follow it again begins anew. `answer` is None for a temporary one. Past
        `MOST_FOLLOWED` the one followed longest is let go."""
        if task := self._following.pop(generation, None):
            task.cancel()
        if len(self._following) == MOST_FOLLOWED:
            self._following.pop(next(iter(self._following))).cancel()
        task = asyncio.create_task(self._follow(generation, after, answer))
        self._following[generation] = task
        task.add_done_callback(lambda task: self._forget(generation, task))

    def close(self) -> None:
        for task in self._following.values():
            task.cancel()

    def _forget(self, generation: str, task: asyncio.Task[None]) -> None:
        if self._following.get(generation) is task:
            del self._following[generation]

    async def _follow(self, generation: str, after: str, answer: Message | None) -> None:
        while True:
            try:
                async for event_id, event in event_log().follow(generation, after):
                    after = event_id
                    await self._tell(generation, event_id, event)
                    if event["type"] == "finish":
                        return
            except (RedisError, OSError):
                pass  # It comes back, or the row says how the answer ended.
            if ending := await self._ending(generation, answer):
                for event in ending:
                    await self._tell(generation, after, event)
                return
            await asyncio.sleep(RETRY_EVERY)

    async def _ending(self, generation: str, answer: Message | None) -> list[Frame]:
        """Of an answer whose log does not go on; nothing while it is only silent."""
        try:
            if answer is None:
                return [] if await event_log().knows(generation) else [_LOST]
            return await in_database(_stored_ending, answer)
        except (RedisError, OSError, DatabaseError):
            return []

    async def _tell(self, generation: str, event_id: str, event: Frame) -> None:
        if event.get("error"):
            event = {**event, "error": reasons.shown(event["error"])}
        await self._send({"type": "event", "generation": generation, "id": event_id, "event": event})


def _stored_ending(answer: Message) -> list[Frame]:
    row = Message.objects.filter(pk=answer.pk).first()
    if row is None:
        return [_LOST]
    return [] if row.status == MessageStatus.STREAMING else stored_events(row)


_LOST = {
    "type": "finish",
    "status": MessageStatus.INTERRUPTED.value,
    "error": "This answer is no longer there.",
}
