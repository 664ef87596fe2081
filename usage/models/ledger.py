"""The ledger's rows."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from portal.web.ids import PublicIdModel


class ServingProcess(models.Model):
    """A process that admits requests. `seen_at` is its heartbeat: without one, its open rows are lost."""

    id = models.UUIDField(primary_key=True)
    started_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.pk)


class Status(models.TextChoices):
    OPEN = "open"
    COMPLETE = "complete"
    FAILED = "failed"
    CANCELLED = "cancelled", "cancelled by the caller"
    INTERRUPTED = "interrupted", "interrupted: its process died"


class TokensSource(models.TextChoices):
    UPSTREAM = "upstream", "counted by the model server"
    ESTIMATED = "estimated", "estimated from the text"


class UsageRecord(PublicIdModel):
    """One admitted request. Its id is the request's id; it is never changed after settlement.

    Tokens: `input_tokens` includes `cached_tokens` (read from a cache) and `cache_written_tokens`,
    `output_tokens` includes `reasoning_tokens`.
    Durations in milliseconds. Costs in the portal's currency, prices per million tokens, per image and per
    answered request: those that held at `started_at`, kept here so that the cost can be told for ever.
    """

    id_prefix = "req"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    key = models.ForeignKey("apikeys.ApiKey", null=True, on_delete=models.PROTECT, related_name="+")
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

    class Meta:
        ordering = ("-started_at",)
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["user", "started_at"]),
            models.Index(fields=["key", "started_at"]),
            models.Index(fields=["process"], condition=models.Q(status="open"), name="usage_open_by_process"),
        ]

    def __str__(self) -> str:
        return self.public_id
