"""A change of the second factor is written down, and its person is told by mail."""

from collections.abc import Mapping

from allauth.account.adapter import get_adapter
from allauth.core import context
from django.db import transaction

from accounts.models import Event, User
from accounts.security_log import Detail, record


def note_added(*, user: User, details: Mapping[str, Detail]) -> None:
    record(user=user, event=Event.SECOND_FACTOR_ADDED, details=details)
    _tell(user, "account/email/second_factor_added")


def note_removed(*, user: User, details: Mapping[str, Detail]) -> None:
    record(user=user, event=Event.SECOND_FACTOR_REMOVED, details=details)
    _tell(user, "account/email/second_factor_removed")


def _tell(user: User, template: str) -> None:
    """Outside of a request there is nobody to be told about."""
    if context.request is not None:
        transaction.on_commit(lambda: get_adapter().send_notification_mail(template, user))
