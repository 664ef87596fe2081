"""What happened to accounts: who, what, when, from where (battery P05)."""

from collections.abc import Iterable
from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.db import models
from django.utils import timezone

from portal.web.ids import PublicIdModel


class Event(models.TextChoices):
    SIGNED_UP = "signed_up", "Account created"
    SIGNED_IN = "signed_in", "Signed in"
    SIGN_IN_FAILED = "sign_in_failed", "Sign-in failed"
    SIGNED_OUT = "signed_out", "Signed out"
    SESSION_ENDED = "session_ended", "A browser was signed out"
    SESSIONS_ENDED = "sessions_ended", "Other browsers were signed out"
    PASSWORD_CHANGED = "password_changed", "Password changed"
    PASSWORD_RESET = "password_reset", "Password reset by mail"
    PASSWORD_RESET_REQUIRED = "password_reset_required", "An operator asked for a new password"
    EMAIL_ADDED = "email_added", "E-mail address added"
    EMAIL_VERIFIED = "email_verified", "E-mail address verified"
    EMAIL_CHANGED = "email_changed", "E-mail address changed"
    EMAIL_REMOVED = "email_removed", "E-mail address removed"
    SECOND_FACTOR_ADDED = "second_factor_added", "Second factor added"
    SECOND_FACTOR_REMOVED = "second_factor_removed", "Second factor removed"
    SECOND_FACTOR_FAILED = "second_factor_failed", "Second factor failed"
    BACKUP_CODES_CREATED = "backup_codes_created", "Backup codes created"
    BACKUP_CODES_VIEWED = "backup_codes_viewed", "Backup codes viewed"
    BACKUP_CODE_USED = "backup_code_used", "Backup code used"
    BROWSER_TRUSTED = "browser_trusted", "Browser trusted"
    SOCIAL_LINKED = "social_linked", "Sign-in provider linked"
    SOCIAL_UNLINKED = "social_unlinked", "Sign-in provider unlinked"
    KEY_CREATED = "key_created", "API key created"
    KEY_EDITED = "key_edited", "API key changed"
    KEY_REGENERATED = "key_regenerated", "API key regenerated"
    KEY_REVOKED = "key_revoked", "API key revoked"
    EXPORT_REQUESTED = "export_requested", "Data export requested"
    EXPORT_DOWNLOADED = "export_downloaded", "Data export downloaded"
    DELETION_REQUESTED = "deletion_requested", "Account deletion requested"
    DELETION_UNDONE = "deletion_undone", "Account deletion undone"
    DELETED = "deleted", "Account deleted"
    DISABLED = "disabled", "Account disabled"
    ENABLED = "enabled", "Account enabled"
    INVITED = "invited", "Invitation made"
    INVITATION_ACCEPTED = "invitation_accepted", "Invitation accepted"
    OPERATOR_ACTION = "operator_action", "An operator changed something"


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
        return Event(self.event).label if self.event in Event.values else self.event

    def save(self, **options: Any) -> None:
        if not self._state.adding:
            raise TypeError("The security log is only ever added to.")
        super().save(**options)

    def delete(self, **options: Any) -> NoReturn:
        raise TypeError("The security log is only ever added to.")
