"""What a page may ask of its chat, whichever way it comes: the socket, or a request where sockets are
blocked (`docs/browser-protocol.md`)."""

from dataclasses import dataclass
from typing import Any, Literal, assert_never

import msgspec
from django.conf import settings

from accounts.access import User
from chat import access
from chat.completions.context import Caller
from chat.conversations import services, turns
from chat.conversations.event_log import event_log
from chat.generation import run, temporary
from chat.generation.records import StoredRecord
from chat.models import Message
from portal.database import in_database
from portal.web.errors import ApiError, BadParameter

Frame = dict[str, Any]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    system_prompt: str = ""
    temperature: float | None = None


class Command(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """`ref` comes back with the answer; `page` names the tab, which then is not told what it did itself."""

    ref: str | None = None
    page: str = ""


class Ask(Command, frozen=True, kw_only=True, tag="ask"):
    """A new question; one that `edits` another is a new version of it, and keeps its files unless
    `attachments` names others."""

    text: str
    model: str | None = None
    session: str | None = None
    edits: str | None = None
    attachments: list[str] | None = None
    settings: Settings = Settings()


class Said(msgspec.Struct, frozen=True):
    role: Literal["user", "assistant"]
    text: str


class AskTemporary(Command, frozen=True, kw_only=True, tag="ask-temporary"):
    """A question in a chat that only the page remembers: `history` is what was said before."""

    text: str
    model: str | None = None
    history: list[Said] = []
    settings: Settings = Settings()


class Again(Command, frozen=True, kw_only=True, tag="again"):
    """Another version of this answer."""

    answer: str
    model: str | None = None


class Show(Command, frozen=True, kw_only=True, tag="show"):
    """The branch with this version of a message."""

    message: str


class Stop(Command, frozen=True, kw_only=True, tag="stop"):
    generation: str


class Attach(Command, frozen=True, kw_only=True, tag="attach"):
    """Follow an answer from after this event."""

    generation: str
    after: str = "0"


AnyCommand = Ask | AskTemporary | Again | Show | Stop | Attach


@dataclass(frozen=True)
class Sender:
    user: User
    address: str | None


def read(text: str | bytes) -> AnyCommand:
    try:
        return msgspec.json.decode(text, type=AnyCommand)
    except msgspec.ValidationError as error:
        raise BadParameter(f"The command cannot be: {error}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadParameter("The frame is not valid JSON.") from None


def rejected(text: str | bytes, error: ApiError) -> Frame:
    """What the sender of this command is told."""
    try:
        ref = msgspec.json.decode(text, type=_Reference).ref
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        ref = None
    return {"type": "rejected", "ref": ref, "message": str(error)}


class _Reference(msgspec.Struct):
    """Of a command that may be none."""

    ref: str | None = None


async def obey(sender: Sender, command: AnyCommand) -> Frame | None:
    """The frame that answers it, if one does. Raises `ApiError`."""
    match command:
        case Ask():
            return await _ask(sender, command)
        case AskTemporary():
            return await _ask_temporary(sender, command)
        case Again():
            return await _ask_again(sender, command)
        case Show():
            return await _show(sender, command)
        case Stop():
            await require_own(sender.user, command.generation)
            await event_log().request_stop(command.generation)
        case Attach():
            raise BadParameter("Only what stays open can follow an answer.", "type")
        case _:
            assert_never(command)
    return None


async def require_own(user: User, generation: str) -> Message | None:
    """The answer that is being written; None for one that is not stored. Raises `NotFound`."""
    if temporary.is_temporary(generation):
        temporary.require_own(user, generation)
        return None
    public_id = generation.replace("gen_", "msg_", 1)
    return await in_database(access.get_message, user, public_id, role="assistant")


async def _ask(sender: Sender, command: Ask) -> Frame:
    question = turns.Question(
        text=command.text,
        model=command.model or settings.DEFAULT_MODEL,
        ref=command.ref,
        session_id=command.session,
        edits=command.edits,
        attachments=command.attachments,
        settings=msgspec.to_builtins(command.settings),
        page=command.page,
    )
    turn = await in_database(turns.ask, user=sender.user, question=question)
    return await _begun(sender, command, turn)


async def _ask_again(sender: Sender, command: Again) -> Frame:
    model = command.model or settings.DEFAULT_MODEL
    turn = await in_database(
        turns.ask_again,
        user=sender.user,
        answer_id=command.answer,
        model=model,
        ref=command.ref,
        page=command.page,
    )
    return await _begun(sender, command, turn)


async def _begun(sender: Sender, command: Ask | Again, turn: turns.Turn) -> Frame:
    if turn.is_new:
        await run.start(StoredRecord(turn.answer), Caller(sender.user.pk), sender.address)
    session = turn.answer.session
    return {
        "type": "asked",
        "ref": command.ref,
        "session": {"id": session.public_id, "title": session.title, "url": f"/chat/{session.public_id}"},
        "answer": {"id": turn.answer.public_id, "model": turn.answer.model},
        "generation": turn.generation,
    }


async def _ask_temporary(sender: Sender, command: AskTemporary) -> Frame:
    question = temporary.Question(
        text=command.text,
        model=command.model or settings.DEFAULT_MODEL,
        history=[(said.role, said.text) for said in command.history],
        settings=msgspec.to_builtins(command.settings),
    )
    record = await in_database(temporary.record_of, sender.user, question)
    await run.start(record, Caller(sender.user.pk), sender.address)
    return {"type": "asked", "ref": command.ref, "generation": record.generation}


async def _show(sender: Sender, command: Show) -> Frame:
    message = await in_database(access.get_message, sender.user, command.message)
    session = await in_database(services.show_version, user=sender.user, message=message, page=command.page)
    return {"type": "shown", "ref": command.ref, "session": session.public_id}
