"""API keys."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.web.ids import PublicIdModel


class Permission(models.TextChoices):
    CHAT = "chat", _("Chat: completions and messages")
    VISION = "vision", _("Vision: images in requests")
    IMAGE = "image", _("Image generation")
    EMBEDDINGS = "embeddings", _("Embeddings")
    MANAGE = "manage", _("Manage: other keys of yours")


class ApiKey(PublicIdModel):
    """Of the secret only its SHA-256 is kept, and a hint for people.

    Limits are None where there is none: requests a minute, tokens a day and a month, cost a month (in the
    portal's currency; days and months are UTC's). Empty lists allow every address and every model.
    """

    id_prefix = "key"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    permissions = models.JSONField(default=list)
    secret_digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=20, editable=False)
    # The secret before the last regeneration, while its owner lets it live on.
    previous_digest = models.CharField(max_length=64, null=True, editable=False)
    previous_valid_until = models.DateTimeField(null=True, editable=False)

    rpm_limit = models.PositiveIntegerField(null=True, blank=True)
    daily_limit = models.PositiveBigIntegerField(null=True, blank=True)
    monthly_limit = models.PositiveBigIntegerField(null=True, blank=True)
    monthly_cost_limit = models.DecimalField(max_digits=15, decimal_places=6, null=True, blank=True)
    ip_whitelist = models.JSONField(default=list, blank=True)
    allowed_models = models.JSONField(default=list, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    is_enabled = models.BooleanField(default=True)

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Deleted by its owner. The row stays: the ledger's history hangs on it.
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "-id")
        verbose_name = "API key"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["previous_digest"],
                condition=models.Q(previous_digest__isnull=False),
                name="apikeys_previous_digest",
            ),
            models.Index(
                fields=["expires_at"], condition=models.Q(expires_at__isnull=False), name="apikeys_expires_at"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint})"

    @property
    def is_revoked(self) -> bool:
        return self.revoked_at is not None

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def status(self) -> str:
        if self.is_revoked:
            return "revoked"
        if self.is_expired:
            return "expired"
        return "active" if self.is_enabled else "disabled"


class KeyNotice(models.Model):
    """A mail that its owner has got: `occasion` names what about, `period` when, so that none comes twice."""

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="notices")
    occasion = models.CharField(max_length=20)
    period = models.CharField(max_length=32)
    sent_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["key", "occasion", "period"], name="one_notice_per_period")
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.occasion} {self.period}"
