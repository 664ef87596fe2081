"""Bytes on S3 or the local disk, by keys that nobody can guess.

The storage and the database cannot change together. So a key is noted as doomed before anything is written
under it, and until a row needs it; and again in the transaction that takes away the last row that needs it.
What stays doomed is discarded, at once where that works, else by the sweep.
"""

import logging
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import IO

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from chat.models import DoomedObject
from portal.web.errors import Unavailable

log = logging.getLogger(__name__)

# An upload that has not ended by now has died with its process.
LONGEST_UPLOAD = timedelta(hours=1)
_FAILURES = (OSError, Boto3Error, BotoCoreError, ClientError)


def put(file: IO[bytes]) -> str:
    """Its key, doomed until `spare`d. Raises `Unavailable`."""
    key = f"attachments/{secrets.token_urlsafe(32)}"
    DoomedObject.objects.create(key=key)
    with _reported("stored"):
        file.seek(0)
        return default_storage.save(key, File(file))


def open_object(key: str) -> IO[bytes]:
    """Raises `Unavailable`."""
    with _reported("read"):
        file = default_storage.open(key, "rb")
        # S3 is asked only now, and a failure must show before the answer begins.
        file.seek(0)
        return file


def spare(keys: Iterable[str]) -> None:
    """In the transaction in which a row comes to need them."""
    DoomedObject.objects.filter(key__in=list(keys)).delete()


def doom(keys: Iterable[str]) -> None:
    """In the transaction in which the last row that needs them goes; then they are discarded."""
    doomed = list(keys)
    DoomedObject.objects.bulk_create([DoomedObject(key=key) for key in doomed], ignore_conflicts=True)
    transaction.on_commit(lambda: discard(doomed))


def discard(keys: Iterable[str]) -> None:
    """Those of them that are doomed. What cannot be reached now, the sweep finds."""
    for doomed in DoomedObject.objects.filter(key__in=list(keys)):
        try:
            default_storage.delete(doomed.key)
        except _FAILURES:
            log.warning("A doomed file could not be discarded: the storage does not answer.")
            return
        doomed.delete()


def sweep() -> None:
    """Discards what uploads and deletions left behind."""
    old = DoomedObject.objects.filter(since__lt=timezone.now() - LONGEST_UPLOAD)
    discard(old.values_list("key", flat=True))


@contextmanager
def _reported(what: str) -> Iterator[None]:
    try:
        yield
    except _FAILURES as error:
        log.warning("A file could not be %s: %s.", what, type(error).__name__)
        raise Unavailable("The portal's file storage does not answer. Try again soon.") from None
