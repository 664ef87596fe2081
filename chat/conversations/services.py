"""What is said in a session, stored."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.access import User
from chat import access
from chat.models import Message, Session
from chat.models.conversation import MessageStatus
from portal.web.errors import BadParameter, NotFound

MAX_QUESTION = 200_000
_TITLE_LENGTH = 60


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
    answer: Message, *, status: MessageStatus, text: str, error: str, input_tokens: int, output_tokens: int
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
