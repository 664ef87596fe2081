"""Who may come in."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.utils import timezone

from portal.web.ids import PublicIdModel

INVITATION_LIFETIME = timedelta(days=7)


def _in_a_week() -> Any:
    return timezone.now() + INVITATION_LIFETIME


class Invitation(PublicIdModel):
    """Of its token only the SHA-256 is kept. With an `email`, only that address may use it."""

    id_prefix = "inv"

    email = models.EmailField(
        blank=True, help_text="Only this address may use it. Empty: whoever has the link."
    )
    groups = models.ManyToManyField(Group, blank=True, help_text="Joined on sign-up.")
    token_digest = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(default=_in_a_week)
    accepted_at = models.DateTimeField(null=True, editable=False)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.email or self.public_id

    @property
    def is_usable(self) -> bool:
        return self.accepted_at is None and self.expires_at > timezone.now()


class SignupMode(models.TextChoices):
    OPEN = "open", "Open: everybody"
    DOMAINS = "domains", "Domains: addresses of the domains below, and invited people"
    INVITE = "invite", "Invite only"
    CLOSED = "closed", "Closed: nobody, invited or not"


class SignupPolicy(models.Model):
    """At most one row. Without it, the environment decides."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    mode = models.CharField(max_length=10, choices=SignupMode, default=SignupMode.OPEN)
    domains = models.TextField(
        blank=True, help_text="One a line, such as example.org. Subdomains are named on their own."
    )

    class Meta:
        verbose_name = verbose_name_plural = "sign-up policy"

    def __str__(self) -> str:
        return self.get_mode_display()
