"""Files that people keep among their stuff: the same bytes, held by the item as messages hold theirs."""

from uuid import UUID

from django.db import transaction

from accounts.access import User
from chat.access import attachments_of
from chat.attachments import thumbnails
from chat.attachments.references import id_in
from chat.models import Attachment, KeptFile, StoredFile
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


def hold(user: User, item: UUID, address: str) -> None:
    """The item keeps the file at this address, if it is one of the person's, and no other."""
    named = attachments_of(user).filter(pk=decode(Attachment.id_prefix, id_in(address))).first()
    KeptFile.objects.filter(item_id=item).exclude(attachment=named).delete()
    if named is not None:
        KeptFile.objects.get_or_create(item_id=item, attachment=named)
        thumbnails.want(named)


def held_by(user: User, item: UUID) -> Attachment | None:
    return attachments_of(user).filter(kept__item=item).first()
