"""One answer being written. It belongs to the server: no socket's end stops it."""

import asyncio
import logging
import time
from contextlib import aclosing

from django.db import DatabaseError

from apikeys.allowances import limits_of_person
from chat.catalogue.lookup import find_model
from chat.completions import admission, titles
from chat.completions.context import Call, Caller
from chat.completions.metering import Meter
from chat.completions.settlement import Settler
from chat.conversations.answers import End
from chat.conversations.broadcast import Broadcast
from chat.conversations.narration import text_of
from chat.conversations.stored_parts import columns_of_answer
from chat.gateway.collect import Answer
from chat.gateway.errors import GatewayError
from chat.gateway.events import Usage
from chat.gateway.relay import Relay
from chat.generation.records import Record
from chat.models.conversation import MessageStatus
from portal.database import in_database

# Seconds. A reader sees tokens as they come; the screen cannot show more often than this.
PUBLISH_EVERY = 0.04
# However long a long block takes to render: a reader who stops the answer is heard.
PUBLISH_AT_LEAST_EVERY = 1.0
SAVE_EVERY = 1.0
FORMAT = "browser"

log = logging.getLogger(__name__)
_running: set[asyncio.Task[None]] = set()


async def start(record: Record, caller: Caller, address: str | None) -> None:
    """Returns once the answer can be followed."""
    broadcast = Broadcast(record.generation)
    await broadcast.begin()
    task = asyncio.create_task(_Generation(record, broadcast, address).run(caller))
    # The loop itself keeps only weak references to tasks.
    _running.add(task)
    task.add_done_callback(_running.discard)


async def stop_all() -> None:
    """The server is going: answers being written here end as interrupted, with what they have."""
    for task in _running:
        task.cancel()
    await asyncio.gather(*_running, return_exceptions=True)


class _Generation:
    def __init__(self, record: Record, broadcast: Broadcast, address: str | None) -> None:
        self._record = record
        self._broadcast = broadcast
        self._call = Call("/ws/chat", {}, [], address)
        self._relay: Relay | None = None
        self._settler: Settler | None = None
        self._was_stopped = False

    async def run(self, caller: Caller) -> None:
        status, error = MessageStatus.COMPLETE, ""
        try:
            await self._generate(caller)
        except GatewayError as failure:
            status, error = MessageStatus.FAILED, str(failure)
        except asyncio.CancelledError:
            status, error = (
                MessageStatus.INTERRUPTED,
                "The portal was stopped while this answer was being written.",
            )
        except Exception:
            log.exception("The generation %s failed.", self._record.generation)
            status, error = MessageStatus.FAILED, "The portal failed while this answer was being written."
        finally:
            await asyncio.shield(self._finish(MessageStatus.STOPPED if self._was_stopped else status, error))

    async def _generate(self, caller: Caller) -> None:
        request = await in_database(self._record.request, caller.user_id)
        model, route = await find_model(request.model, caller.user_id)
        request = await in_database(self._record.with_files, request, model)
        meter = Meter(self._call, await limits_of_person(caller.user_id, self._call.arrived))
        self._settler = await admission.admit(self._call, caller, request, model, FORMAT, meter)
        try:
            await in_database(self._record.link_usage, self._call.id)
        except BaseException as error:
            await self._settler.abandon(error)
            raise
        self._relay = self._settler.relay(request, route)
        reading = asyncio.create_task(self._read(self._relay))
        try:
            await self._watch(reading)
            await reading
        except BaseException as error:
            reading.cancel()
            await self._settler.settle(self._relay, error)
            if not self._was_stopped:
                raise
        else:
            await self._settler.settle(self._relay)

    async def _read(self, relay: Relay) -> None:
        async with aclosing(relay.batches()) as batches:
            async for _ in batches:
                pass

    async def _watch(self, reading: asyncio.Task[None]) -> None:
        """Publishes and saves what has come, and hears when the reader wants it stopped."""
        saved = time.monotonic()
        pause = PUBLISH_EVERY
        while not reading.done():
            await asyncio.wait({reading}, timeout=pause)
            begun = time.monotonic()
            await self._broadcast.tell(self._answer)
            # A very long block takes long to render: then more seldom, so that others get their turn.
            took = time.monotonic() - begun
            pause = min(max(PUBLISH_EVERY, 4 * took), max(PUBLISH_AT_LEAST_EVERY, took))
            if await self._broadcast.is_stop_requested():
                self._was_stopped = True
                reading.cancel()
            if time.monotonic() - saved >= SAVE_EVERY:
                saved = time.monotonic()
                await self._save()

    async def _save(self) -> None:
        try:
            await in_database(self._record.save_progress, text_of(self._answer))
        except DatabaseError:
            log.warning("%s could not be saved so far.", self._record.generation)

    async def _finish(self, status: MessageStatus, error: str) -> None:
        usage = await self._settler.came_to() if self._settler else Usage()
        end = End(
            **columns_of_answer(self._answer, is_whole=status == MessageStatus.COMPLETE),
            error=error,
            input_tokens=usage.input,
            output_tokens=usage.output,
            thought_ms=self._broadcast.thought_ms,
        )
        await in_database(self._record.finish, status, end)
        await self._broadcast.end(self._answer, {"status": status.value, "error": error or None})
        if status == MessageStatus.COMPLETE and self._record.stored is not None:
            titles.begin(self._record.stored, self._call.address)

    @property
    def _answer(self) -> Answer:
        return self._relay.collector.answer if self._relay else Answer([])
