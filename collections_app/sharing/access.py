"""What is shared and with whom, for the owner; and the door for whoever has a link."""

from django.db.models import QuerySet

from collections_app.access import item_key
from collections_app.models import Collection, CollectionLink, ContentItem, Guest
from collections_app.reach import items_inside
from portal.web.errors import NotFound
from portal.web.ids import decode
from portal.web.public_links import digest_of


def guests_of(collection: Collection) -> QuerySet[Guest]:
    return Guest.objects.filter(collection=collection)


def get_guest(collection: Collection, public_id: str) -> Guest:
    guest = guests_of(collection).filter(pk=decode(Guest.id_prefix, public_id)).first()
    if guest is None:
        raise NotFound("There is no such person here.")
    return guest


def link_of(collection: Collection) -> CollectionLink | None:
    return CollectionLink.objects.filter(collection=collection).first()


def open_link(token: str) -> Collection:
    """By its link. Those of people who are disabled, or are leaving, are closed."""
    rows = Collection.objects.filter(user__is_active=True, user__deletion_due_at=None)
    collection = rows.filter(link__digest=digest_of(token)).first()
    if collection is None:
        raise NotFound("There is nothing behind this link.")
    return collection


def open_item(token: str, public_id: str) -> ContentItem:
    """What is in the collection now."""
    rows = items_inside(open_link(token)).select_related("user")
    item = rows.filter(pk=item_key(public_id)).first()
    if item is None:
        raise NotFound("There is nothing behind this link.")
    return item
