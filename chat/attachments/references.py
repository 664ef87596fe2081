"""How messages and requests name files: by id, or by the address the portal gave for them."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.access import User
from chat.access import attachments_of
from chat.attachments.kinds import IMAGES
from chat.attachments.limits import MAX_FILES
from chat.models import Attachment, Message
from portal.web.errors import BadParameter
from portal.web.ids import decode, encode

_ID = rf"{Attachment.id_prefix}_\w+"
_ADDRESS = re.compile(rf"(?:https?://[^/]+)?/uploads/({_ID})(?:/.*)?")


def address_of(attachment: Attachment) -> str:
    return f"/uploads/{attachment.public_id}/{quote(attachment.name, safe='')}"


def id_in(address: str) -> str:
    """Of a file of ours; empty for any other address."""
    found = _ADDRESS.fullmatch(address)
    return found[1] if found else ""


def note_of(attachment: Attachment, note: str = "") -> dict[str, Any]:
    """As messages have it, with what their reader should know of how it was used."""
    return {
        "id": attachment.public_id,
        "name": attachment.name,
        "type": attachment.file.media_type,
        "size": attachment.file.size,
        "url": address_of(attachment),
        **({"note": note} if note else {}),
    }


def resolved(
    user: User | UUID, notes: Sequence[Mapping[str, Any]]
) -> tuple[list[dict[str, Any]], list[Attachment]]:
    """The notes as they are to be stored, and the files of the portal among them. A note of a file elsewhere
    stays what it is. Raises `BadParameter` for a file that is not there, or not this person's."""
    named = [_named(note) for note in notes]
    wanted = [decode(Attachment.id_prefix, public_id) for public_id, _ in filter(None, named)]
    found = {row.public_id: row for row in attachments_of(user).filter(pk__in=wanted)}
    told, files = [], []
    for number, (note, name) in enumerate(zip(notes, named, strict=True)):
        if name is None:
            told.append(dict(note))
            continue
        public_id, field = name
        if public_id not in found:
            at = f"attachments[{number}].{field}"
            raise BadParameter(f"{at}: there is no such file.", at)
        files.append(found[public_id])
        told.append(note_of(found[public_id]))
    return told, files


def shown(notes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """For the page: only what the portal itself has is linked and shown."""
    told = []
    for note in notes:
        ours = _named(note)
        preview = f"/uploads/{ours[0]}" if ours and note["type"] in IMAGES else None
        told.append({**note, "id": ours and ours[0], "is_ours": ours is not None, "preview": preview})
    return told


def named(user: User, public_ids: Sequence[str]) -> list[Attachment]:
    """In this order. Raises `BadParameter`."""
    if len(public_ids) > MAX_FILES:
        raise BadParameter(f"attachments: at most {MAX_FILES} in one message.", "attachments")
    wanted = [decode(Attachment.id_prefix, public_id) for public_id in public_ids]
    found = {row.pk: row for row in attachments_of(user).filter(pk__in=wanted)}
    if None in wanted or len(found) < len(set(wanted)):
        raise BadParameter(_("A file is no longer there: attach it again."), "attachments")
    return list(found[pk] for pk in dict.fromkeys(wanted) if pk is not None)


def annotate(message: Message, notes: Mapping[UUID, str]) -> None:
    """What its reader should know of how the message's files were used."""
    by_id = {encode(Attachment.id_prefix, pk): note for pk, note in notes.items()}
    told = [
        {**kept, "note": by_id[kept["id"]]} if kept.get("id") in by_id else kept
        for kept in ({k: v for k, v in each.items() if k != "note"} for each in message.attachments)
    ]
    if told != message.attachments:
        Message.objects.filter(pk=message.pk).update(attachments=told)


def files_of(messages: Collection[UUID]) -> dict[UUID, list[Attachment]]:
    """By the message's key, for those of the messages that have any."""
    links = Attachment.messages.through.objects.filter(message__in=messages).order_by("attachment_id")
    links = links.select_related("attachment__file").defer("attachment__file__text")
    found: dict[UUID, list[Attachment]] = {}
    for link in links:
        found.setdefault(link.message_id, []).append(link.attachment)
    return found


def attach(message: Message, files: Sequence[Attachment]) -> None:
    for attachment in files:
        attachment.messages.add(message)


def _named(note: Mapping[str, Any]) -> tuple[str, str] | None:
    """An id of ours, and the field that names it."""
    if re.fullmatch(_ID, note.get("id") or ""):
        return note["id"], "id"
    public_id = id_in(note.get("url") or "")
    return (public_id, "url") if public_id else None
