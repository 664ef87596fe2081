"""API keys."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from portal.web.ids import PublicIdModel


class Permission(models.TextChoices):
    CHAT = "chat", "Chat: completions and messages"
    VISION = "vision", "Vision: images in requests"
    IMAGE = "image", "Image generation"
    EMBEDDINGS = "embeddings", "Embeddings"
    MANAGE = "manage", "Manage: other keys of yours"


class ApiKey(PublicIdModel):
    """Of the secret only its SHA-256 is kept, and a hint for people."""

    id_prefix = "key"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    permissions = models.JSONField(default=list)
    secret_digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=20, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} ({self.hint})"

    @property
    def is_active(self) -> bool:
        return self.revoked_at is None

    @property
    def status_label(self) -> str:
        return "Active" if self.is_active else "Revoked"
