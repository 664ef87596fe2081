"""An account's end: asked for, taken back for some days, and then done (docs/decisions/0003)."""

import logging
from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from accounts.browsers.services import sign_out_everywhere
from accounts.models import DataExport, Preferences, User
from accounts.profile.language import in_language_of
from accounts.security_log import Event, record

log = logging.getLogger(__name__)

NOBODY = "deleted@portal.invalid"


class StillBusy(Exception):
    """Raised by a parting while something of the person's is going on: the account goes when it has ended."""


Parting = Callable[[User, User], None]
_partings: list[Parting] = []


def register(parting: Parting) -> None:
    """`parting(user, nobody)` runs in the deletion's transaction, in the order of registration. It moves
    rows that must stay to `nobody`, and deletes what does not go with the account's own row."""
    _partings.append(parting)


def request_deletion(*, user: User, request: HttpRequest | None = None) -> datetime:
    """Signs the person out everywhere and stops their keys; returns when it will be done."""
    due = timezone.now() + settings.DELETION_GRACE
    with transaction.atomic():
        user.deletion_due_at = due
        user.save(update_fields=["deletion_due_at"])
        record(user=user, event=Event.DELETION_REQUESTED, request=request)
        sign_out_everywhere(user=user)
    _mail(user, gettext_noop("Your account will be deleted"), "accounts/email/deletion_requested.txt")
    return due


def undo_deletion(*, user: User, request: HttpRequest | None = None) -> None:
    if user.deletion_due_at is None:
        return
    user.deletion_due_at = None
    user.save(update_fields=["deletion_due_at"])
    record(user=user, event=Event.DELETION_UNDONE, request=request)
    _mail(user, gettext_noop("Your account stays"), "accounts/email/deletion_undone.txt")


def delete_due_accounts() -> int:
    """Returns how many are gone now. One that cannot go stays for the next time, and is logged."""
    count = 0
    for pk in list(User.objects.filter(deletion_due_at__lte=timezone.now()).values_list("pk", flat=True)):
        try:
            count += _delete_if_due(pk)
        except StillBusy:
            continue
        except Exception:
            log.exception("The account %s could not be deleted.", pk)
    return count


def delete_account(*, user: User, by: User | None = None, request: HttpRequest | None = None) -> None:
    """At once. Ledger rows and the security log stay, without a name. Raises `StillBusy`."""
    with transaction.atomic():
        # Nothing that refers to the person can begin from here on.
        User.objects.select_for_update().get(pk=user.pk)
        record(user=user, event=Event.DELETED, actor=by, request=request)
        sign_out_everywhere(user=user)
        files = _files_of(user)
        for parting in _partings:
            parting(user, nobody())
        user.delete()
        transaction.on_commit(lambda: _discard(files))


def nobody() -> User:
    """Whom the ledger rows of deleted people belong to: one for all, so that nobody is told apart."""
    user, _ = User.objects.get_or_create(
        email=NOBODY, defaults={"name": "Deleted accounts", "is_active": False, "password": "!"}
    )
    return user


@transaction.atomic
def _delete_if_due(pk: object) -> int:
    """The person may be taking it back right now: the row is locked first."""
    user = User.objects.select_for_update().filter(pk=pk, deletion_due_at__lte=timezone.now()).first()
    if user is None:
        return 0
    delete_account(user=user)
    return 1


def _files_of(user: User) -> list[tuple[object, str]]:
    pictures = [row.picture for row in Preferences.objects.filter(user=user)]
    exports = [row.file for row in DataExport.objects.filter(user=user)]
    return [(file.storage, file.name) for file in (*pictures, *exports) if file]


def _discard(files: list[tuple[object, str]]) -> None:
    for storage, name in files:
        storage.delete(name)  # type: ignore[attr-defined]


def _mail(user: User, subject: str, template: str) -> None:
    with in_language_of(user):
        title = gettext(subject)
        text = render_to_string(template, {"user": user, "base_url": settings.BASE_URL})
    transaction.on_commit(lambda: send_mail(title, text, None, [user.email]))
