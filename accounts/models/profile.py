"""What people choose, and the copies of their data they ask for."""

import secrets
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.web.ids import PublicIdModel

MAX_INSTRUCTIONS = 8000


class Theme(models.TextChoices):
    SYSTEM = "system", _("As my system")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


def _picture_key(instance: "Preferences", filename: str) -> str:
    """Nothing of the uploaded name, and nothing anybody could guess."""
    return f"pictures/{secrets.token_urlsafe(32)}.webp"


def _export_key(instance: "DataExport", filename: str) -> str:
    return f"exports/{secrets.token_urlsafe(32)}.zip"


class Preferences(models.Model):
    """Empty text: no choice made, the portal's or the browser's own counts."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="preferences"
    )
    picture = models.FileField(upload_to=_picture_key, blank=True)
    language = models.CharField(max_length=10, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    theme = models.CharField(max_length=10, choices=Theme, default=Theme.SYSTEM)
    default_model = models.CharField(max_length=200, blank=True)
    instructions = models.TextField(max_length=MAX_INSTRUCTIONS, blank=True)

    class Meta:
        verbose_name_plural = "preferences"

    def __str__(self) -> str:
        return f"Preferences of {self.user_id}"


class ExportState(models.TextChoices):
    WAITING = "waiting"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"


class DataExport(PublicIdModel):
    """`progress` in percent."""

    id_prefix = "exp"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="data_exports")
    state = models.CharField(max_length=10, choices=ExportState, default=ExportState.WAITING)
    progress = models.PositiveSmallIntegerField(default=0)
    file = models.FileField(upload_to=_export_key, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.public_id

    @property
    def is_under_way(self) -> bool:
        return self.state in (ExportState.WAITING, ExportState.RUNNING)

    @property
    def is_ready(self) -> bool:
        return self.state == ExportState.READY and bool(self.expires_at and self.expires_at > timezone.now())

    def delete(self, **options: Any) -> tuple[int, dict[str, int]]:
        if self.file:
            self.file.delete(save=False)
        return super().delete(**options)
