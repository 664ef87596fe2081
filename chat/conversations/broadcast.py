"""An answer on its way into the event log, where tabs find it.

Nobody has to be watching: what cannot be shown is stored all the same. A log that was away has lost what it
had; it is told the whole answer again.
"""

import logging

from redis.exceptions import RedisError

from chat.conversations.event_log import event_log
from chat.conversations.narration import Event, Narrator
from chat.gateway.collect import Answer

log = logging.getLogger(__name__)
_AWAY = (RedisError, OSError)


class Broadcast:
    def __init__(self, generation: str) -> None:
        self._generation = generation
        self._narrator = Narrator()
        self._has_begun = False

    @property
    def thought_ms(self) -> int | None:
        return self._narrator.thought_ms

    async def begin(self) -> None:
        """From here on tabs can follow it."""
        await self._publish([])

    async def tell(self, answer: Answer) -> None:
        await self._publish(self._narrator.tell(answer))

    async def end(self, answer: Answer, finish: Event) -> None:
        await self._publish([*self._narrator.end(answer), {"type": "finish", **finish}])

    async def is_stop_requested(self) -> bool:
        try:
            return await event_log().is_stop_requested(self._generation)
        except _AWAY:
            return False

    async def _publish(self, events: list[Event]) -> None:
        try:
            if not self._has_begun:
                await event_log().append(self._generation, {"type": "start"})
                self._has_begun = True
            for event in events:
                await event_log().append(self._generation, event)
        except _AWAY:
            log.warning("%s cannot be followed: the event log is away.", self._generation)
            self._has_begun = False
            self._narrator.forget()
