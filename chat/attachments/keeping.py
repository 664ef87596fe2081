"""Files that people keep among their stuff: the same bytes, held by the item as messages hold theirs."""

from collections.abc import Collection, Sequence
from functools import partial
from typing import IO
from uuid import UUID

from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.access import User
from chat.access import attachments_of
from chat.attachments import intake, storage, thumbnails
from chat.attachments.kinds import IMAGES
from chat.attachments.references import address_of, id_in
from chat.attachments.releasing import release
from chat.models import Attachment, KeptFile, StoredFile
from collections_app.files import FILES, StoredBytes
from collections_app.reach import seen_items
from portal.web.errors import NotFound
from portal.web.ids import decode


@transaction.atomic
def another(attachment: Attachment) -> Attachment:
    """The same bytes under the same name once more: what becomes of the one leaves the other. Nothing is
    copied. Raises `NotFound` when they are gone."""
    # Locked: a deletion at the same time waits, and then finds that the bytes are needed.
    file = StoredFile.objects.select_for_update().filter(pk=attachment.file_id).defer("text").first()
    if file is None:
        raise NotFound("There is no such file.")
    return Attachment.objects.create(file=file, name=attachment.name)


def copied(user: User, attachment: Attachment) -> Attachment:
    """The same bytes as a file of this person's, to whom they are shown. Raises `Unavailable`."""
    with storage.open_object(attachment.file.key) as file:
        return _received(user, attachment.name, file, attachment.file.size)


def get_seen(user: User, public_id: str) -> Attachment:
    """The person's own, or what an item is about that they see. Raises `NotFound`."""
    pk = decode(Attachment.id_prefix, public_id)
    found = Attachment.objects.filter(pk=pk).select_related("file__user").defer("file__text").first()
    if found is not None and (found.file.user_id == user.pk or _is_seen(user, found)):
        return found
    raise NotFound("There is no such file.")


def _is_seen(user: User, attachment: Attachment) -> bool:
    """As long as the item is about it: of former versions only their owner knows."""
    items = seen_items(user).filter(pk__in=attachment.kept.values("item"), type__in=FILES)
    return any(
        id_in(content.strip()) == attachment.public_id for content in items.values_list("content", flat=True)
    )


def hold(user: User, item: UUID, addresses: Sequence[str]) -> None:
    """The item keeps the files at these addresses that are the person's, and no others."""
    named = _named(user, addresses)
    KeptFile.objects.filter(item_id=item).exclude(attachment__in=named).delete()
    for attachment in named:
        KeptFile.objects.get_or_create(item_id=item, attachment=attachment)
        thumbnails.want(attachment)


def file_at(user: User, address: str) -> Attachment | None:
    return attachments_of(user).filter(pk=decode(Attachment.id_prefix, id_in(address))).first()


def find(user: User, address: str) -> StoredBytes | None:
    attachment = file_at(user, address)
    if attachment is None:
        return None
    file = attachment.file
    return StoredBytes(
        name=attachment.name,
        media_type=safe_type(file),
        digest=file.digest,
        size=file.size,
        open=partial(storage.open_object, file.key),
        picture=partial(picture_of, attachment),
    )


def receive(user: User, name: str, file: IO[bytes], size: int) -> str:
    return address_of(_received(user, name, file, size))


def forget(user: User, addresses: Collection[str]) -> None:
    release(_named(user, addresses))


def holders(user: User, digests: Collection[str]) -> list[UUID]:
    kept = KeptFile.objects.filter(attachment__file__user=user, attachment__file__digest__in=digests)
    return list(kept.values_list("item", flat=True))


def safe_type(file: StoredFile) -> str:
    """Only images go out under their own type, which nothing would run."""
    return file.media_type if file.media_type in IMAGES else "application/octet-stream"


def picture_of(attachment: Attachment, is_small: bool) -> tuple[bytes, str] | None:
    """An image as the portal drew it anew, with its type. Until there is a thumbnail, which is soon, it is
    the whole view."""
    file = attachment.file
    if not file.view_key:
        return None
    if is_small and file.thumbnail_key:
        return _read(file.thumbnail_key), thumbnails.MEDIA_TYPE
    if is_small:
        thumbnails.want(attachment)
    return _read(file.view_key), file.view_type


def _received(user: User, name: str, file: IO[bytes], size: int) -> Attachment:
    [attachment] = intake.receive(user=user, uploads=[UploadedFile(File(file), name, size=size)])
    return attachment


def _read(key: str) -> bytes:
    with storage.open_object(key) as picture:
        return picture.read()


def _named(user: User, addresses: Collection[str]) -> list[Attachment]:
    keys = [decode(Attachment.id_prefix, id_in(address)) for address in addresses]
    return list(attachments_of(user).filter(pk__in=[key for key in keys if key]))
