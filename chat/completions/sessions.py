"""A completion with `session_id`: the session's history is its context, and both sides are stored.

Such a call is always told in canonical terms, never passed as it came: its messages are not the caller's
alone, and the answer has to be read to be kept. System messages and tools belong to the request: they are not
stored.
"""

import asyncio
import logging
import time
from dataclasses import dataclass, field, replace
from uuid import UUID

import msgspec
from django.db import DatabaseError

from chat import access
from chat.attachments import references
from chat.completions import admission, titles
from chat.completions.asked import Asked
from chat.completions.continuation import added
from chat.completions.files import Files
from chat.completions.settlement import LEFT, Settler
from chat.conversations import answers, branches, turns
from chat.conversations.broadcast import Broadcast
from chat.conversations.narration import text_of
from chat.conversations.stored_parts import columns_of, columns_of_answer, told_with_files, without_nul
from chat.gateway import errors
from chat.gateway.collect import Answer
from chat.gateway.relay import Relay
from chat.gateway.request import Message, Request, Service, Text
from chat.models import Attachment, Session
from chat.models import Message as StoredMessage
from chat.models.conversation import MessageStatus
from portal.database import in_database
from portal.web.errors import Conflict, NotFound

log = logging.getLogger(__name__)

# Seconds. Tabs that show the session get the answer as often as people read; its row is for the worst case.
TELL_EVERY = 0.2
SAVE_EVERY = 1.0
FIELD = "session_id"
_NO_CONTINUATION = (
    "The messages do not continue this session: send only new ones, or its whole history as "
    "`GET /api/chat/sessions/{id}/messages` has it and then the new ones."
)
# SDKs try again by themselves.
_SOON = {"retry-after": "1"}


@dataclass(frozen=True)
class Conversation:
    """Where a call comes in: after the message `last`, with what is `new`, the files of its end, and notes on
    them."""

    user_id: UUID
    session_id: str
    last: UUID | None
    new: tuple[Message, ...]
    attached: list[Attachment]
    notes: dict[UUID, str] = field(default_factory=dict)


def is_wanted(request: Request) -> bool:
    passage = request.passage
    return request.service is Service.CHAT and passage is not None and passage.raw.get(FIELD) is not None


async def joined(asked: Asked, attached: list[Attachment]) -> tuple[Asked, Conversation, Files]:
    """The call with the whole conversation in it, and the files of its messages, of the last one `attached`.
    Raises `NotFound`, `Conflict` or `InvalidRequest`; writes nothing."""
    request = asked.request
    raw = request.passage.raw if request.passage else {}
    session_id = raw[FIELD]
    if not isinstance(session_id, str):
        raise errors.InvalidRequest(f"{FIELD}: the id of a session, as text.", FIELD)
    if raw.get("n") not in (None, 1):
        raise errors.InvalidRequest("n: in a session a question has one answer.", "n")
    session, stored = await _stored(asked.caller.user_id, session_id)
    if any(row.status == MessageStatus.STREAMING for row in stored):
        raise errors.Conflict("The last answer is still being written.", FIELD, _SOON)
    theirs = await in_database(references.files_of, [row.pk for row in stored])
    new = added([message for message, _ in told_with_files(None, stored, theirs)], request.messages)
    if new is None:
        raise errors.Conflict(_NO_CONTINUATION, FIELD)
    _require_storable(new)
    if attached and not new:
        raise errors.InvalidRequest("attachments: the request says nothing new.", "attachments")
    earlier = told_with_files(request.model, stored, theirs)
    messages = (*(message for message, _ in earlier), *new)
    if len(messages) > admission.LIMITS.messages:
        raise errors.InvalidRequest(
            f"The session is full: a request may have at most {admission.LIMITS.messages} messages.", FIELD
        )
    told = _with_settings(session, msgspec.structs.replace(request, messages=messages, passage=None))
    admission.require_for_content(asked.caller, told)
    belonging: Files = {number: files for number, (_, files) in enumerate(earlier)}
    if attached:
        belonging[len(messages) - 1] = attached
    conversation = Conversation(asked.caller.user_id, session_id, session.current_id, new, attached)
    return replace(asked, request=told), conversation, belonging


async def _stored(user_id: UUID, session_id: str) -> tuple[Session, list[StoredMessage]]:
    """The messages of the branch that is shown."""
    try:
        return await in_database(_session_of, user_id, session_id)
    except NotFound as error:
        raise errors.NotFound(str(error), FIELD) from None


def _session_of(user_id: UUID, session_id: str) -> tuple[Session, list[StoredMessage]]:
    session = access.get_session(user_id, session_id)
    return session, branches.path(session)


def _with_settings(session: Session, request: Request) -> Request:
    """The session's own, where the request says nothing of its own."""
    sampling = request.sampling
    if sampling.temperature is None and session.temperature is not None:
        sampling = msgspec.structs.replace(sampling, temperature=session.temperature)
    system = request.system or ((Text(session.system_prompt),) if session.system_prompt else ())
    return msgspec.structs.replace(request, system=system, sampling=sampling)


def _require_storable(new: tuple[Message, ...]) -> None:
    told = msgspec.to_builtins(list(new))
    if without_nul(told) != msgspec.json.decode(msgspec.json.encode(told)):
        raise errors.InvalidRequest("messages: NUL characters cannot be stored in a session.", "messages")


async def begin(conversation: Conversation, asked: Asked, settler: Settler, relay: Relay) -> "StoredTurn":
    """Stores what was said and the answer to come. Raises `Conflict` where somebody was faster.

    A caller that leaves meanwhile finds it begun, and then ended.
    """
    beginning = asyncio.create_task(_begin(conversation, asked, settler, relay))
    try:
        return await asyncio.shield(beginning)
    except asyncio.CancelledError as left:
        await (await beginning).settle(relay, left)
        raise


async def _begin(conversation: Conversation, asked: Asked, settler: Settler, relay: Relay) -> "StoredTurn":
    said = [{"role": message.role, **columns_of(message.parts, between="\n")} for message in conversation.new]
    if conversation.attached:
        said[-1] |= {"attached": conversation.attached, "notes": conversation.notes}
    try:
        turn = await in_database(
            turns.begin_turn,
            user=conversation.user_id,
            session_id=conversation.session_id,
            after=conversation.last,
            said=said,
            model=asked.request.model,
            request_id=asked.call.id,
        )
    except (Conflict, NotFound) as found:
        error = _told_to_caller(found)
        await settler.abandon(error)
        raise error from None
    except BaseException as error:
        await settler.abandon(error)
        raise
    stored = StoredTurn(turn, settler, relay, asked.call.address)
    await stored.announce()
    return stored


def _told_to_caller(found: Conflict | NotFound) -> errors.GatewayError:
    if isinstance(found, Conflict):
        return errors.Conflict(str(found), FIELD, _SOON)
    return errors.NotFound(str(found), FIELD)


class StoredTurn:
    """A call's settlement that keeps the answer too: as it grows, and as it ended."""

    def __init__(self, turn: turns.Turn, settler: Settler, relay: Relay, address: str | None) -> None:
        self._turn = turn
        self._address = address
        self._settler = settler
        self._relay = relay
        self._broadcast = Broadcast(turn.generation)
        self._keeping = asyncio.create_task(self._keep())
        self._ending: asyncio.Task[None] | None = None

    async def announce(self) -> None:
        """From here on tabs can follow it."""
        await self._broadcast.begin()

    async def settle(self, relay: Relay, error: BaseException | None = None) -> None:
        """Survives the cancellation of its caller, as the settlement it goes with."""
        if self._ending is None:
            self._ending = asyncio.create_task(self._end(error))
        await asyncio.shield(self._ending)

    async def _keep(self) -> None:
        """Until the end begins: a cancellation may be lost in a thread that is just done with its work."""
        saved = time.monotonic()
        while self._ending is None:
            await asyncio.sleep(TELL_EVERY)
            await self._broadcast.tell(self._answer)
            if time.monotonic() - saved >= SAVE_EVERY:
                saved = time.monotonic()
                await self._save()

    async def _save(self) -> None:
        try:
            await in_database(answers.save_progress, self._turn.answer, text_of(self._answer))
        except DatabaseError:
            # The end saves it all; if the database is not back by then, the call fails with its ledger.
            log.warning("%s could not be saved so far.", self._turn.generation)

    async def _end(self, error: BaseException | None) -> None:
        self._keeping.cancel()
        await asyncio.gather(self._keeping, return_exceptions=True)
        await self._settler.settle(self._relay, error)
        usage = await self._settler.came_to()
        status, reason = _status(error)
        end = answers.End(
            **columns_of_answer(self._answer, is_whole=status == MessageStatus.COMPLETE),
            error=reason,
            input_tokens=usage.input,
            output_tokens=usage.output,
            thought_ms=self._broadcast.thought_ms,
        )
        await in_database(turns.end_turn, turn=self._turn, status=status, end=end)
        await self._broadcast.end(self._answer, {"status": status.value, "error": reason or None})
        if status == MessageStatus.COMPLETE:
            titles.begin(self._turn.answer, self._address)

    @property
    def _answer(self) -> Answer:
        return self._relay.collector.answer


def _status(error: BaseException | None) -> tuple[MessageStatus, str]:
    if error is None:
        return MessageStatus.COMPLETE, ""
    if isinstance(error, LEFT):
        return MessageStatus.INTERRUPTED, "The caller left before the answer ended."
    reason = str(error) if isinstance(error, errors.GatewayError) else "The portal failed."
    return MessageStatus.FAILED, reason
