"""Files that people keep among their stuff: the same bytes, held by the item as messages hold theirs."""

from collections.abc import Sequence
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


def hold(user: User, item: UUID, addresses: Sequence[str]) -> None:
    """The item keeps the files at these addresses that are the person's, and no others."""
    keys = [decode(Attachment.id_prefix, id_in(address)) for address in addresses]
    named = list(attachments_of(user).filter(pk__in=[key for key in keys if key]))
    KeptFile.objects.filter(item_id=item).exclude(attachment__in=named).delete()
    for attachment in named:
        KeptFile.objects.get_or_create(item_id=item, attachment=attachment)
        thumbnails.want(attachment)


def file_at(user: User, address: str) -> Attachment | None:
    return attachments_of(user).filter(pk=decode(Attachment.id_prefix, id_in(address))).first()
