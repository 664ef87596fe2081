"""An answer's row: as it grows, and as it ended."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from chat.models import Message
from chat.models.conversation import MessageStatus

_LOST = "The portal was restarted while this answer was being written."


@dataclass(frozen=True)
class End:
    """What an answer came to: `parts` where it is more than `text`, `citations` where it has some, the time
    it was thought about in milliseconds."""

    text: str
    parts: Any = None
    citations: Any = None
    error: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    thought_ms: int | None = None


def link_usage(answer: Message, request_id: UUID) -> None:
    Message.objects.filter(pk=answer.pk).update(usage=request_id)


def save_progress(answer: Message, text: str) -> None:
    rows = Message.objects.filter(pk=answer.pk, status=MessageStatus.STREAMING)
    rows.update(text=text, updated_at=timezone.now())


def finish(answer: Message, *, status: MessageStatus, end: End) -> None:
    """Also of one whose process was taken for dead (`close_interrupted`), and was not."""
    Message.objects.filter(
        pk=answer.pk, status__in=(MessageStatus.STREAMING, MessageStatus.INTERRUPTED)
    ).update(
        status=status,
        text=end.text,
        parts=end.parts,
        citations=end.citations,
        error=end.error[:500],
        input_tokens=end.input_tokens,
        output_tokens=end.output_tokens,
        thought_ms=end.thought_ms,
        updated_at=timezone.now(),
    )


def close_interrupted() -> int:
    """Marks answers whose process died; the text they had is kept. Returns how many."""
    stale = timezone.now() - timedelta(minutes=1)
    rows = Message.objects.filter(status=MessageStatus.STREAMING, updated_at__lt=stale)
    return rows.update(status=MessageStatus.INTERRUPTED, error=_LOST)
