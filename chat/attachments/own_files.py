"""What attachments add to a person's data export: each file as it came, and a list of them."""

from typing import Any

from accounts.access import User
from accounts.data_export import Archive
from chat.access import attachments_of
from chat.attachments import storage
from chat.attachments.references import note_of
from chat.models import Attachment


def export(user: User, archive: Archive) -> None:
    archive.add_rows("attachments/attachments.json", map(_described, attachments_of(user).iterator()))
    for attachment in attachments_of(user).iterator():
        with storage.open_object(attachment.file.key) as file:
            archive.add_file(_path(attachment), file)


def _described(attachment: Attachment) -> dict[str, Any]:
    note = note_of(attachment)
    del note["url"]
    return {**note, "path": _path(attachment), "createdAt": attachment.created_at}


def _path(attachment: Attachment) -> str:
    return f"attachments/{attachment.public_id}/{attachment.name}"
