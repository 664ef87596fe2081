"""The end of attachments: of their rows, and of bytes that nobody refers to any more."""

from collections.abc import Collection, Iterable
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.access import User
from chat.attachments import storage
from chat.models import Attachment, StoredFile

# How long an upload may wait to become part of a message or an item of stuff.
UNUSED = timedelta(days=1)


@transaction.atomic
def delete_attachments(attachments: Iterable[Attachment]) -> None:
    """And their bytes, where nothing else of their owner's is the same."""
    rows = list(attachments)
    files = {row.file_id for row in rows}
    # Locked first: an upload of the same bytes waits, and then finds them gone or kept.
    locked = list(StoredFile.objects.select_for_update().filter(pk__in=files).order_by("pk").defer("text"))
    Attachment.objects.filter(pk__in=[row.pk for row in rows]).delete()
    unused = [file for file in locked if not file.attachments.exists()]
    storage.doom(key for file in unused for key in file.keys)
    StoredFile.objects.filter(pk__in=[file.pk for file in unused]).delete()


def in_session(session_id: UUID) -> list[Attachment]:
    """What its messages refer to: to be asked before they go, for `release` afterwards."""
    return list(Attachment.objects.filter(messages__session=session_id).distinct())


def release(attachments: Collection[Attachment]) -> None:
    """Those that no message refers to any more, and no item of stuff."""
    named = [row.pk for row in attachments]
    delete_attachments(Attachment.objects.filter(pk__in=named, messages=None, kept=None))


def part(user: User, nobody: User) -> None:
    """With the account its rows go; its bytes go with them (see `accounts.deletion`)."""
    files = StoredFile.objects.filter(user=user).defer("text")
    storage.doom(key for file in files for key in file.keys)


def sweep() -> None:
    old = Attachment.objects.filter(messages=None, kept=None, created_at__lt=timezone.now() - UNUSED)
    delete_attachments(old)
    storage.sweep()
