"""What is said in a session, stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.access import User
from chat import access
from chat.attachments import references, releasing
from chat.conversations.definition import MAX_TEXT, checked_message, checked_session
from chat.models import Attachment, Message, Session
from chat.models.conversation import MessageStatus
from portal.web.errors import BadParameter, Conflict, NotFound
from portal.web.ids import encode

MAX_QUESTION = MAX_TEXT
_TITLE_LENGTH = 60
_NO_TITLE = "New chat"


def create_session(*, user: User, **fields: Any) -> Session:
    """`fields` as `chat.conversations.definition` knows them."""
    unsaid = {"title": _NO_TITLE, "model": settings.DEFAULT_MODEL}
    return Session.objects.create(user=user, **{**unsaid, **checked_session(user, fields)})


def edit_session(*, session: Session, **fields: Any) -> Session:
    """Changes what is named and nothing else, the session's place in the list among it."""
    values = checked_session(session.user, fields)
    for name, value in values.items():
        setattr(session, name, value)
    if values:
        session.save(update_fields=list(values))
    return session


def delete_session(*, session: Session) -> None:
    """With all that was said in it; the ledger keeps what it cost."""
    attached = releasing.in_session(session.pk)
    session.delete()
    releasing.release(attached)


@transaction.atomic
def add_message(*, user: User, session_id: str, **fields: Any) -> Message:
    """Said without asking a model. Raises `Conflict` while an answer is being written."""
    session = access.get_session(user, session_id, lock=True)
    values = checked_message(fields)
    _require_quiet(session, "sessionId")
    values["attachments"], files = references.resolved(user, values["attachments"])
    message = Message.objects.create(session=session, **values)
    references.attach(message, files)
    _touch(session)
    return message


def _require_quiet(session: Session, param: str) -> None:
    if session.messages.filter(status=MessageStatus.STREAMING).exists():
        raise Conflict("The last answer is still being written.", param)


@dataclass(frozen=True)
class Turn:
    """What was said, and the answer to it that is being written."""

    said: list[Message]
    answer: Message

    @property
    def generation(self) -> str:
        return generation_id(self.answer)


def generation_id(answer: Message) -> str:
    """Under which `event_log` has an answer that is being written."""
    return encode("gen", answer.pk)


@transaction.atomic
def begin_turn(
    *,
    user: UUID,
    session_id: str,
    after: UUID | None,
    said: list[dict[str, Any]],
    model: str,
    request_id: UUID,
) -> Turn:
    """`said` are a message's columns each, with the files `attached` to it and `notes` on them. Raises
    `Conflict` when `after` is no longer the last message."""
    session = access.get_session(user, session_id, lock=True)
    _require_quiet(session, "session_id")
    last = session.messages.order_by("-id").values_list("pk", flat=True).first()
    if last != after:
        raise Conflict("Something else was said in this session in the meantime.", "session_id")
    messages = [_said(session, **columns) for columns in said]
    answer = Message.objects.create(
        session=session, role="assistant", model=model, status=MessageStatus.STREAMING, usage_id=request_id
    )
    _touch(session)
    return Turn(messages, answer)


def _said(
    session: Session,
    *,
    attached: Sequence[Attachment] = (),
    notes: Mapping[UUID, str] | None = None,
    **columns: Any,
) -> Message:
    told = [references.note_of(attachment, (notes or {}).get(attachment.pk, "")) for attachment in attached]
    message = Message.objects.create(session=session, attachments=told, **columns)
    references.attach(message, attached)
    return message


def end_turn(*, turn: Turn, status: MessageStatus, text: str, parts: Any, error: str, **tokens: int) -> None:
    """A question the model said nothing to was not asked, as far as the conversation goes: it may be asked
    again. The ledger has the call."""
    if status != MessageStatus.COMPLETE and not text:
        Message.objects.filter(pk__in=[turn.answer.pk, *(message.pk for message in turn.said)]).delete()
        return
    if parts is not None:
        Message.objects.filter(pk=turn.answer.pk).update(parts=parts)
    finish(turn.answer, status=status, text=text, error=error, **tokens)


def _touch(session: Session) -> None:
    session.updated_at = timezone.now()
    session.save(update_fields=["updated_at"])


@transaction.atomic
def ask(*, user: User, session_id: str | None, text: str, model: str) -> tuple[Message, Message]:
    """Stores a question and the answer to come. Without `session_id` a session begins."""
    # PostgreSQL cannot store NUL; no person types one.
    text = text.replace("\x00", "").strip()
    if not text or len(text) > MAX_QUESTION:
        raise BadParameter(f"A message has 1 to {MAX_QUESTION:,} characters.", "text")
    try:
        access.get_model(user, model)
    except NotFound:
        raise BadParameter("This model is not available to you.", "model") from None
    session = _session(user, session_id, text, model)
    if session.messages.filter(status=MessageStatus.STREAMING).exists():
        raise BadParameter("The last answer is still being written.", "session")
    question = Message.objects.create(session=session, role="user", text=text)
    answer = Message.objects.create(
        session=session, role="assistant", model=model, status=MessageStatus.STREAMING
    )
    return question, answer


def _session(user: User, session_id: str | None, text: str, model: str) -> Session:
    if session_id is None:
        return Session.objects.create(user=user, title=_title(text), model=model)
    session = access.get_session(user, session_id, lock=True)
    session.model, session.updated_at = model, timezone.now()
    session.save(update_fields=["model", "updated_at"])
    return session


def _title(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _TITLE_LENGTH else line[:_TITLE_LENGTH].rsplit(" ", 1)[0] + "…"


def history(answer: Message) -> list[tuple[str, str]]:
    """Role and text of everything before the answer that was really said."""
    rows = Message.objects.filter(session=answer.session_id, id__lt=answer.pk).exclude(text="")
    return list(rows.values_list("role", "text"))


def link_usage(answer: Message, request_id: UUID) -> None:
    Message.objects.filter(pk=answer.pk).update(usage=request_id)


def save_progress(answer: Message, text: str) -> None:
    rows = Message.objects.filter(pk=answer.pk, status=MessageStatus.STREAMING)
    rows.update(text=text, updated_at=timezone.now())


def finish(
    answer: Message,
    *,
    status: MessageStatus,
    text: str,
    error: str,
    input_tokens: int,
    output_tokens: int,
) -> None:
    Message.objects.filter(pk=answer.pk, status=MessageStatus.STREAMING).update(
        status=status,
        text=text,
        error=error[:500],
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        updated_at=timezone.now(),
    )


def close_interrupted() -> int:
    """Marks answers whose process died; the text they had is kept. Returns how many."""
    stale = timezone.now() - timedelta(minutes=1)
    rows = Message.objects.filter(status=MessageStatus.STREAMING, updated_at__lt=stale)
    return rows.update(
        status=MessageStatus.INTERRUPTED,
        error="The portal was restarted while this answer was being written.",
    )
