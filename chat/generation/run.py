"""One answer being written. It belongs to the server: no socket's end stops it."""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import aclosing
from typing import Any, TypeVar
from uuid import UUID

from channels.db import database_sync_to_async

from accounts.access import instructions_of
from chat.catalogue.lookup import find_model
from chat.completions import admission, titles
from chat.completions.allowances import limits_of_person
from chat.completions.context import Call, Caller
from chat.completions.metering import Meter
from chat.completions.settlement import Settler
from chat.conversations import services
from chat.conversations.event_log import event_log
from chat.gateway.errors import GatewayError
from chat.gateway.relay import Relay
from chat.gateway.request import Message as GatewayMessage
from chat.gateway.request import Request, Role, Text
from chat.models import Message
from chat.models.conversation import MessageStatus
from chat.rendering.markdown import BlockStream

# Seconds. A reader sees tokens as they come; the screen cannot show more often than this.
PUBLISH_EVERY = 0.04
SAVE_EVERY = 1.0
FORMAT = "browser"

log = logging.getLogger(__name__)
T = TypeVar("T")
_running: set[asyncio.Task[None]] = set()


async def start(answer: Message, user_id: UUID, address: str | None) -> None:
    """Returns once the answer can be followed."""
    await event_log().append(services.generation_id(answer), {"type": "start"})
    task = asyncio.create_task(_Generation(answer, address).run(Caller(user_id)))
    # The loop itself keeps only weak references to tasks.
    _running.add(task)
    task.add_done_callback(_running.discard)


async def stop_all() -> None:
    """The server is going: answers being written here end as interrupted, with what they have."""
    for task in _running:
        task.cancel()
    await asyncio.gather(*_running, return_exceptions=True)


class _Generation:
    def __init__(self, answer: Message, address: str | None) -> None:
        self._answer = answer
        self._id = services.generation_id(answer)
        self._call = Call("/ws/chat", {}, [], address)
        self._blocks = BlockStream()
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
            log.exception("The generation %s failed.", self._id)
            status, error = MessageStatus.FAILED, "The portal failed while this answer was being written."
        finally:
            await asyncio.shield(self._finish(MessageStatus.STOPPED if self._was_stopped else status, error))

    async def _generate(self, caller: Caller) -> None:
        request = await self._request(caller.user_id)
        model, route = await find_model(request.model, caller.user_id)
        meter = Meter(self._call, await limits_of_person(caller.user_id))
        self._settler = await admission.admit(self._call, caller, request, model, FORMAT, meter)
        await _in_database(services.link_usage, self._answer, self._call.id)
        self._relay = Relay(request, route, self._settler.note_first_token)
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

    async def _request(self, user_id: UUID) -> Request:
        turns = await _in_database(services.history, self._answer)
        instructions = await _in_database(instructions_of, user_id)
        return Request(
            model=self._answer.model,
            messages=tuple(_message(*turn) for turn in turns),
            system=(Text(instructions),) if instructions else (),
            stream=True,
        )

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
            await self._publish(self._blocks.update(self._text))
            # A very long block takes long to render: then more seldom, so that others get their turn.
            pause = max(PUBLISH_EVERY, 4 * (time.monotonic() - begun))
            if await event_log().is_stop_requested(self._id):
                self._was_stopped = True
                reading.cancel()
            if time.monotonic() - saved >= SAVE_EVERY:
                saved = time.monotonic()
                await _in_database(services.save_progress, self._answer, self._text)

    async def _publish(self, blocks: list[tuple[int, str]]) -> None:
        for index, html in blocks:
            await event_log().append(self._id, {"type": "block", "index": index, "html": html})

    async def _finish(self, status: MessageStatus, error: str) -> None:
        usage = self._settler.usage if self._settler else None
        tokens = {"input_tokens": usage.input if usage else 0, "output_tokens": usage.output if usage else 0}
        await _in_database(
            services.finish, self._answer, status=status, text=self._text, error=error, **tokens
        )
        await self._publish(self._blocks.update(self._text))
        await self._publish(self._blocks.finish())
        done = {"type": "finish", "status": status.value, "error": error or None, "model": self._answer.model}
        await event_log().append(self._id, {**done, **tokens})
        if status == MessageStatus.COMPLETE:
            titles.begin(self._answer, self._call.address)

    @property
    def _text(self) -> str:
        return self._relay.collector.answer.text.replace("\x00", "") if self._relay else ""


def _message(role: str, text: str) -> GatewayMessage:
    speaker: Role = "assistant" if role == "assistant" else "user"
    return GatewayMessage(speaker, (Text(text),))


async def _in_database(function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    return await database_sync_to_async(function, thread_sensitive=False)(*args, **kwargs)
