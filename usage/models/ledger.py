"""The ledger's rows."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from portal.web.ids import PublicIdModel
from usage.models.append_only import AppendOnly, AppendOnlyModel
from usage.months import SLACK, first_id, id_of
from usage.within import Began, Range


class ServingProcess(models.Model):
    """A process that admits requests. `seen_at` is its heartbeat: without one, its open rows are lost.

    `progress` is what they came to until then (`usage.progress`).
    """

    id = models.UUIDField(primary_key=True)
    started_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    progress = models.JSONField(default=dict)

    def __str__(self) -> str:
        return str(self.pk)


class Status(models.TextChoices):
    OPEN = "open"
    COMPLETE = "complete"
    FAILED = "failed"
    CANCELLED = "cancelled", "cancelled by the caller"
    INTERRUPTED = "interrupted", "interrupted: its process died"


class TokensSource(models.TextChoices):
    """The last two are of answers that ended before their server had told its own."""

    UPSTREAM = "upstream", "told by the model server"
    COUNTED = "counted", "counted by the model server's tokenizer"
    ESTIMATED = "estimated", "estimated from the text"


class UsageRecords(AppendOnly):
    def began_between(self, since: datetime | None, until: datetime | None = None) -> "Self":
        """In `since` ≤ time < `until`. On PostgreSQL this looks at those months alone: other queries should
        come in by this door."""
        rows = self
        if since is not None:
            rows = rows.filter(started_at__gte=since, pk__gte=first_id(since - SLACK))
        if until is not None:
            rows = rows.filter(started_at__lt=until, pk__lt=first_id(until + SLACK))
        return rows

    def began_in(self, ranges: Iterable[Range]) -> "Self":
        """The same of several spans, planned for them each time: for what reads much or little."""
        return self.filter(Began(ranges))


class UsageRecord(AppendOnlyModel, PublicIdModel):
    """One admitted request. Its id is the request's id, made when it began; it is never changed after
    settlement.

    Tokens: `input_tokens` includes `cached_tokens` (read from a cache) and `cache_written_tokens`,
    `output_tokens` includes `reasoning_tokens`.
    Durations in milliseconds. Costs in the portal's currency, prices per million tokens, per image and per
    answered request: those that held at `started_at`, kept here so that the cost can be told for ever.
    """

    id_prefix = "req"

    # Found by the indexes that go on with `started_at`.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    key = models.ForeignKey(
        "apikeys.ApiKey", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    model = models.CharField(max_length=200)
    deployment = models.CharField(max_length=300, blank=True)
    format = models.CharField(max_length=20)
    is_stream = models.BooleanField(default=False)
    process = models.UUIDField(null=True)
    started_at = models.DateTimeField(default=timezone.now, db_index=True)

    # What was set aside for it while it ran: counters of limits are rebuilt from this.
    reserved_tokens = models.PositiveIntegerField(default=0)
    reserved_cost = models.DecimalField(max_digits=18, decimal_places=9, default=0)

    status = models.CharField(max_length=12, choices=Status, default=Status.OPEN)
    error_type = models.CharField(max_length=50, blank=True)
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    cached_tokens = models.PositiveIntegerField(default=0)
    cache_written_tokens = models.PositiveIntegerField(default=0)
    reasoning_tokens = models.PositiveIntegerField(default=0)
    images = models.PositiveIntegerField(default=0)
    tokens_source = models.CharField(max_length=10, choices=TokensSource, default=TokensSource.ESTIMATED)
    input_price = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    output_price = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    cached_price = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    cache_write_price = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    image_price = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    request_price = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    cost = models.DecimalField(max_digits=18, decimal_places=9, default=0)
    first_token_ms = models.PositiveIntegerField(null=True)
    duration_ms = models.PositiveIntegerField(null=True)
    is_disconnected = models.BooleanField("caller left early", default=False)
    address = models.GenericIPAddressField(null=True)

    objects = UsageRecords.as_manager()

    class Meta:
        ordering = ("-started_at",)
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["user", "started_at"]),
            models.Index(fields=["key", "started_at"]),
            models.Index(fields=["process"], condition=models.Q(status="open"), name="usage_open_by_process"),
        ]

    def __init__(self, *values: Any, **fields: Any) -> None:
        if not values and "started_at" in fields and not fields.keys() & {"id", "pk"}:
            fields["id"] = id_of(fields["started_at"])
        super().__init__(*values, **fields)

    def __str__(self) -> str:
        return self.public_id
