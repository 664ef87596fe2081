"""What an answer says while it is written, for all who follow it."""

import asyncio
from uuid import uuid4

from tests import asynchronous

READERS = 150


def test_as_many_follow_as_come() -> None:
    """Each waits for what comes next, and holds up nobody else."""
    from chat.conversations.event_log import event_log
    from portal import redis

    generation = f"gen_{uuid4().hex}"

    async def follow() -> list[str]:
        return [event["type"] async for _, event in event_log().follow(generation, "0")]

    async def story() -> list[list[str]]:
        try:
            await event_log().append(generation, {"type": "start"})
            readers = [asyncio.create_task(follow()) for _ in range(READERS)]
            await asyncio.sleep(0.5)
            await event_log().append(generation, {"type": "finish"})
            return await asyncio.gather(*readers)
        finally:
            await redis.close()

    assert asynchronous.run(story()) == [["start", "finish"]] * READERS
