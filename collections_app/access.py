"""The only door to what a person keeps."""

from collections.abc import Collection as Several
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import User
from collections_app.models import Collection, ContentItem
from collections_app.reach import Reach, reach_of, reach_of_item
from portal.web.errors import NotAllowed, NotFound
from portal.web.ids import decode

_READ_ONLY = gettext_lazy("You may read this collection, not change it.")


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


def get_item(
    user: User, public_id: str, least: Reach = Reach.OWN, *, param: str | None = None
) -> ContentItem:
    """`param` names what the caller wrote the id in. Raises `NotAllowed` for what the person sees but may do
    less with."""
    item = ContentItem.objects.filter(pk=item_key(public_id), deleted_at=None).select_related("user").first()
    reach = reach_of_item(user, item) if item else None
    if item is None or reach is None:
        raise NotFound("There is no such item.", param)
    if reach < least:
        words = _("Only whose item it is may do that.") if least == Reach.OWN else str(_READ_ONLY)
        raise NotAllowed(words, param)
    return item


def item_key(public_id: str) -> UUID | None:
    return decode(ContentItem.id_prefix, public_id)


def collections_of(user: User) -> QuerySet[Collection]:
    return Collection.objects.filter(user=user)


def counted(collections: QuerySet[Collection]) -> QuerySet[Collection]:
    """Each with `item_count`, which leaves out what is in the bin, or of people who are
    disabled or leaving."""
    is_here = Q(memberships__item__user__is_active=True, memberships__item__user__deletion_due_at=None) | Q(
        memberships__item__user=F("user")
    )
    shown = is_here & Q(memberships__item__deleted_at=None)
    return collections.annotate(item_count=Count("memberships", filter=shown))


def get_collection(
    user: User, public_id: str, least: Reach = Reach.OWN, *, lock: bool = False, param: str | None = None
) -> Collection:
    """Raises `NotAllowed` for one that the person sees but may do less with."""
    rows = Collection.objects.select_for_update() if lock else Collection.objects
    collection = rows.filter(pk=decode(Collection.id_prefix, public_id)).first()
    reach = reach_of(user, collection) if collection else None
    if collection is None or reach is None:
        raise NotFound("There is no such collection.", param)
    if reach < least:
        words = _("Only whose collection it is may do that.") if least == Reach.OWN else str(_READ_ONLY)
        raise NotAllowed(words, param)
    return collection
