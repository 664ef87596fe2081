"""Sums over the ledger. How they come about, and how they are read: `usage.rollups`."""

from typing import ClassVar

from django.db import models


class Grain(models.TextChoices):
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


class Rollup(models.Model):
    """The requests that began in one bucket of time in UTC, of one person, key, model, deployment and status.
    Without a `user_id` those of the whole portal: read where nobody asks who it was.

    `timed` requests took `duration_ms` together. Costs in billionths of the portal's currency.
    `latency` and `first_token` are histograms as text (`usage.rollups.histograms`). There may be more
    than one row of the same kind: those of deleted accounts have one person's id.
    """

    grain = models.CharField(max_length=5, choices=Grain)
    start = models.DateTimeField()
    user_id = models.UUIDField(null=True)
    key_id = models.UUIDField(null=True)
    model = models.CharField(max_length=200)
    deployment = models.CharField(max_length=300)
    status = models.CharField(max_length=12)

    requests = models.BigIntegerField()
    input_tokens = models.BigIntegerField()
    output_tokens = models.BigIntegerField()
    cached_tokens = models.BigIntegerField()
    cache_written_tokens = models.BigIntegerField()
    reasoning_tokens = models.BigIntegerField()
    timed = models.BigIntegerField()
    duration_ms = models.BigIntegerField()
    cost = models.BigIntegerField()
    input_cost = models.BigIntegerField()
    output_cost = models.BigIntegerField()
    cached_cost = models.BigIntegerField()
    cache_write_cost = models.BigIntegerField()
    image_cost = models.BigIntegerField()
    request_cost = models.BigIntegerField()
    latency = models.TextField()
    first_token = models.TextField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["user_id", "grain", "start"], name="usage_rollup_by_user"),
            models.Index(fields=["grain", "start"], name="usage_rollup_by_time"),
            models.Index(
                fields=["grain", "start"],
                condition=models.Q(user_id__isnull=True),
                name="usage_rollup_of_portal",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grain} {self.start}"


class ClosedBucket(models.Model):
    """A bucket whose roll-ups are final: it had so many `requests`, all settled."""

    grain = models.CharField(max_length=5, choices=Grain)
    start = models.DateTimeField()
    requests = models.BigIntegerField()
    closed_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["grain", "start"], name="a_bucket_is_closed_once"),)

    def __str__(self) -> str:
        return f"{self.grain} {self.start}"


class LedgerFloor(models.Model):
    """From when on the ledger has its rows; of what was before, the roll-ups are all there is. One row."""

    kept_since = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.kept_since)


class Reconciliation(models.Model):
    """Once around all checks (`usage.reconciliation`): which were made, of how many days, and a line for each
    thing wrong."""

    started_at = models.DateTimeField(db_index=True)
    finished_at = models.DateTimeField()
    days = models.PositiveIntegerField(default=0)
    checks = models.JSONField()
    findings = models.JSONField()

    class Meta:
        ordering = ("-started_at",)

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M} UTC: {len(self.findings)} findings"
