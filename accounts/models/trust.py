"""Where the second factor is not asked for."""

from django.conf import settings
from django.db import models

from portal.web.ids import PublicIdModel


class TrustedBrowser(PublicIdModel):
    """A browser in which the second factor is not asked for; the browser holds the token."""

    id_prefix = "tru"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="trusted_browsers")
    digest = models.CharField(max_length=64, unique=True)
    binding = models.CharField(max_length=64, help_text="To the password and the devices of the day.")
    label = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.label
