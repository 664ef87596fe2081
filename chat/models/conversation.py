"""What was said."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from portal.web.ids import PublicIdModel


class TitleBy(models.TextChoices):
    """Whose title it is. The portal's own are a session's first words."""

    PORTAL = "portal"
    MODEL = "model"
    PERSON = "person"


class Session(PublicIdModel):
    """One with `deleted_at` is gone for its owner, who may take that back until the sweep comes."""

    id_prefix = "ses"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="chat_sessions")
    title = models.CharField(max_length=200)
    title_by = models.CharField(
        max_length=6, choices=TitleBy, default=TitleBy.PORTAL, db_default=TitleBy.PORTAL
    )
    model = models.CharField(max_length=200)
    is_pinned = models.BooleanField(default=False, db_default=False)
    is_archived = models.BooleanField(default=False, db_default=False)
    folder = models.CharField(max_length=100, blank=True, db_default="")
    system_prompt = models.TextField(blank=True, default="", db_default="")
    # None leaves it to the model server.
    temperature = models.FloatField(null=True)
    # The last message of the branch that is shown, and that the next one follows.
    current = models.ForeignKey("Message", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # When something was last said.
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ("-updated_at",)
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["user", "-updated_at"]),
            models.Index(
                fields=["deleted_at"],
                condition=models.Q(deleted_at__isnull=False),
                name="chat_session_deleted",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class MessageStatus(models.TextChoices):
    COMPLETE = "complete"
    STREAMING = "streaming"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class Rating(models.TextChoices):
    UP = "up"
    DOWN = "down"


class Message(PublicIdModel):
    """One side of a turn. An answer is stored as it grows; `usage` is the ledger row that paid for it.

    It follows its `parent`. Those with the same one are versions of each other, none of which is overwritten.

    `parts` has the canonical parts (`chat.gateway.request`) of what is more than one text, such as tool
    calls; `text` is what of it people read. `attachments` as their sender described them. `citations` has the
    sources of an answer whose model told some (`chat.conversations.sources`).
    """

    id_prefix = "msg"

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="messages")
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="children")
    role = models.CharField(max_length=10, choices=[("user", "user"), ("assistant", "assistant")])
    text = models.TextField(blank=True)
    parts = models.JSONField(null=True)
    citations = models.JSONField(null=True)
    attachments = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    model = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=12, choices=MessageStatus, default=MessageStatus.COMPLETE)
    error = models.CharField(max_length=500, blank=True)
    usage = models.ForeignKey(
        "usage.UsageRecord", null=True, on_delete=models.SET_NULL, related_name="messages"
    )
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    # Of an answer: the page's command that began it. One that is sent twice begins one answer.
    command = models.UUIDField(null=True, unique=True, editable=False)
    # How long the model thought before its first word, in milliseconds.
    thought_ms = models.PositiveIntegerField(null=True)
    rating = models.CharField(max_length=4, choices=Rating, blank=True, db_default="")
    rating_reason = models.CharField(max_length=500, blank=True, db_default="")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.role}: {self.text[:60]}"
