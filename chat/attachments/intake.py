"""From an upload to an attachment: measured, read in the sandbox, stored."""

import hashlib
import io
import tempfile
from collections.abc import Sequence
from typing import IO

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction

from accounts.access import User
from chat import reasons
from chat.attachments import naming, storage
from chat.attachments.extraction import sandbox
from chat.attachments.extraction.reading import Reading, Unreadable
from chat.attachments.limits import MAX_BYTES, MAX_FILES
from chat.attachments.releasing import delete_attachments
from chat.models import Attachment, StoredFile
from portal.web.errors import ApiError, BadParameter, TooLarge

FIELD = "files"
_PIECE = 1 << 20


def receive(*, user: User, uploads: Sequence[UploadedFile]) -> list[Attachment]:
    """All of them or none. Raises `BadParameter` or `TooLarge` for what a caller can mend, `Unavailable` for
    the rest."""
    if not uploads:
        raise BadParameter(f"{FIELD}: send one to {MAX_FILES} files in this field.", FIELD)
    if len(uploads) > MAX_FILES:
        raise BadParameter(f"{FIELD}: at most {MAX_FILES} at a time.", FIELD)
    for number, upload in enumerate(uploads):
        if (upload.size or 0) > MAX_BYTES:
            at = f"{FIELD}[{number}]"
            name = naming.plain(upload.name or "")
            raise TooLarge(f"{at}: {name} is larger than {MAX_BYTES // 1024 // 1024} MB.", at)
    received: list[Attachment] = []
    try:
        for number, upload in enumerate(uploads):
            received.append(_receive(user, upload, f"{FIELD}[{number}]"))
    except ApiError:
        delete_attachments(received)
        raise
    return received


def _receive(user: User, upload: UploadedFile, at: str) -> Attachment:
    name = naming.plain(upload.name or "")
    with tempfile.TemporaryFile() as copy:
        digest = _copy(upload, copy)
        while True:
            known = _again(user, digest, name)
            if known is not None:
                return known
            try:
                copy.seek(0)
                reading = sandbox.read(copy, naming.ending_of(name))
            except Unreadable as error:
                raise BadParameter(f"{name} {reasons.shown(str(error))}", at) from None
            kept = _keep(user, digest, name, copy, reading)
            if kept is not None:
                return kept


def _copy(upload: UploadedFile, copy: IO[bytes]) -> str:
    """A file of the system's, which another process can read; the digest of what is in it."""
    digest = hashlib.sha256()
    for piece in upload.chunks(_PIECE):
        digest.update(piece)
        copy.write(piece)
    copy.flush()
    return digest.hexdigest()


@transaction.atomic
def _again(user: User, digest: str, name: str) -> Attachment | None:
    """Bytes that this person has uploaded before need not be read and stored again."""
    file = StoredFile.objects.select_for_update().filter(user=user, digest=digest).defer("text").first()
    return None if file is None else _attachment(file, name)


def _keep(user: User, digest: str, name: str, copy: IO[bytes], reading: Reading) -> Attachment | None:
    """None when the same bytes came in another upload meanwhile: then ours are discarded."""
    size = copy.seek(0, io.SEEK_END)
    keys: list[str] = []
    try:
        keys.append(storage.put(_unclosed(copy)))
        if reading.view:
            keys.append(storage.put(io.BytesIO(reading.view)))
        with transaction.atomic():
            file = StoredFile.objects.create(
                user=user,
                digest=digest,
                size=size,
                kind=reading.kind,
                media_type=reading.media_type,
                pages=reading.pages,
                text=reading.text,
                note=reading.note,
                key=keys[0],
                view_key=keys[1] if reading.view else "",
                view_type=reading.view_type,
            )
            storage.spare(keys)
            return _attachment(file, name)
    except IntegrityError:
        storage.discard(keys)
        return None
    except ApiError:
        storage.discard(keys)
        raise


def _attachment(file: StoredFile, name: str) -> Attachment:
    return Attachment.objects.create(file=file, name=naming.fitting(name, file.media_type))


def _unclosed(copy: IO[bytes]) -> IO[bytes]:
    """The storage closes what it is given."""
    return open(copy.fileno(), "rb", closefd=False)
