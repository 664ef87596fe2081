"""The only door to what a person keeps."""

from collections.abc import Collection as Several
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from accounts.access import User
from collections_app.models import Collection, ContentItem
from portal.web.errors import NotFound
from portal.web.ids import decode


def items_of(user: User) -> QuerySet[ContentItem]:
    return ContentItem.objects.filter(user=user, deleted_at=None)


def binned_items_of(user: User) -> QuerySet[ContentItem]:
    """What the person may still take back."""
    return ContentItem.objects.filter(user=user, deleted_at__isnull=False)


def kept_from(user: User | UUID, messages: Several[UUID]) -> dict[UUID, list[ContentItem]]:
    """What the person, or who has this id, saved from these messages, by their keys; without content."""
    rows = ContentItem.objects.filter(user=user, deleted_at=None, source_message__in=messages).order_by("pk")
    found: dict[UUID, list[ContentItem]] = {}
    for item in rows.only("title", "source_message"):
        found.setdefault(item.source_message_id, []).append(item)
    return found


def get_item(user: User, public_id: str, *, lock: bool = False, param: str | None = None) -> ContentItem:
    """`param` names what the caller wrote the id in."""
    rows = items_of(user).select_for_update() if lock else items_of(user)
    item = rows.filter(pk=item_key(public_id)).first()
    if item is None:
        raise NotFound("There is no such item.", param)
    return item


def item_key(public_id: str) -> UUID | None:
    return decode(ContentItem.id_prefix, public_id)


def collections_of(user: User) -> QuerySet[Collection]:
    return Collection.objects.filter(user=user)


def counted(collections: QuerySet[Collection]) -> QuerySet[Collection]:
    """Each with `item_count`, which leaves out what is in the bin."""
    return collections.annotate(item_count=Count("memberships", filter=Q(memberships__item__deleted_at=None)))


def get_collection(user: User, public_id: str, *, lock: bool = False, param: str | None = None) -> Collection:
    rows = collections_of(user).select_for_update() if lock else collections_of(user)
    collection = rows.filter(pk=decode(Collection.id_prefix, public_id)).first()
    if collection is None:
        raise NotFound("There is no such collection.", param)
    return collection
