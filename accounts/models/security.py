"""What happened to accounts: who, what, when, from where (battery P05)."""

from collections.abc import Iterable
from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.web.ids import PublicIdModel


class Event(models.TextChoices):
    SIGNED_UP = "signed_up", _("Account created")
    SIGNED_IN = "signed_in", _("Signed in")
    SIGN_IN_FAILED = "sign_in_failed", _("Sign-in failed")
    SIGNED_OUT = "signed_out", _("Signed out")
    SESSION_ENDED = "session_ended", _("A browser was signed out")
    SESSIONS_ENDED = "sessions_ended", _("Other browsers were signed out")
    PASSWORD_CHANGED = "password_changed", _("Password changed")
    PASSWORD_RESET = "password_reset", _("Password reset by mail")
    PASSWORD_RESET_REQUIRED = "password_reset_required", _("An operator asked for a new password")
    EMAIL_ADDED = "email_added", _("E-mail address added")
    EMAIL_VERIFIED = "email_verified", _("E-mail address verified")
    EMAIL_CHANGED = "email_changed", _("E-mail address changed")
    EMAIL_REMOVED = "email_removed", _("E-mail address removed")
    SECOND_FACTOR_ADDED = "second_factor_added", _("Second factor added")
    SECOND_FACTOR_REMOVED = "second_factor_removed", _("Second factor removed")
    SECOND_FACTOR_FAILED = "second_factor_failed", _("Second factor failed")
    BACKUP_CODES_CREATED = "backup_codes_created", _("Backup codes created")
    BACKUP_CODES_VIEWED = "backup_codes_viewed", _("Backup codes viewed")
    BACKUP_CODE_USED = "backup_code_used", _("Backup code used")
    BROWSER_TRUSTED = "browser_trusted", _("Browser trusted")
    SOCIAL_LINKED = "social_linked", _("Sign-in provider linked")
    SOCIAL_UNLINKED = "social_unlinked", _("Sign-in provider unlinked")
    KEY_CREATED = "key_created", _("API key created")
    KEY_EDITED = "key_edited", _("API key changed")
    KEY_REGENERATED = "key_regenerated", _("API key regenerated")
    KEY_REVOKED = "key_revoked", _("API key revoked")
    EXPORT_REQUESTED = "export_requested", _("Data export requested")
    EXPORT_DOWNLOADED = "export_downloaded", _("Data export downloaded")
    DELETION_REQUESTED = "deletion_requested", _("Account deletion requested")
    DELETION_UNDONE = "deletion_undone", _("Account deletion undone")
    DELETED = "deleted", _("Account deleted")
    DISABLED = "disabled", _("Account disabled")
    ENABLED = "enabled", _("Account enabled")
    INVITED = "invited", _("Invitation made")
    INVITATION_ACCEPTED = "invitation_accepted", _("Invitation accepted")
    OPERATOR_ACTION = "operator_action", _("An operator changed something")


class AppendOnly(models.QuerySet["SecurityEvent"]):
    def update(self, **fields: Any) -> NoReturn:
        raise TypeError("The security log is only ever added to.")

    def delete(self) -> NoReturn:
        raise TypeError("The security log is only ever added to.")

    def bulk_update(
        self, objs: Iterable[Any], fields: Iterable[str], batch_size: int | None = None
    ) -> NoReturn:
        raise TypeError("The security log is only ever added to.")


class SecurityEvent(PublicIdModel):
    """A line of the log. `user` is whom it is about, `actor` who did it: none when nobody is known.

    It outlives the account it is about, unchanged, so neither is a constraint of the database.
    """

    id_prefix = "evt"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="security_events",
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    # One of `Event`; no choices, so that a new event needs no migration.
    event = models.CharField(max_length=40)
    at = models.DateTimeField(default=timezone.now)
    address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True)
    details = models.JSONField(default=dict)

    objects = AppendOnly.as_manager()

    class Meta:
        ordering = ("-id",)
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["user", "-id"])]

    def __str__(self) -> str:
        return f"{self.label} ({self.public_id})"

    @property
    def label(self) -> str:
        return str(Event(self.event).label) if self.event in Event.values else self.event

    def save(self, **options: Any) -> None:
        if not self._state.adding:
            raise TypeError("The security log is only ever added to.")
        super().save(**options)

    def delete(self, **options: Any) -> NoReturn:
        raise TypeError("The security log is only ever added to.")
