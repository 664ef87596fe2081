"""Answers that may be asked for twice."""

from django.db import models
from django.utils import timezone


class StoredAnswer(models.Model):
    """What a call with an `Idempotency-Key` came to. `body` is None while it is still being answered.

    `id` and `request` are SHA-256 in hex: of who asked under which key, and of what was asked.
    """

    id = models.CharField(primary_key=True, max_length=64)
    request = models.CharField(max_length=64)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(null=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return self.pk
