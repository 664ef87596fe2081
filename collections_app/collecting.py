"""Collections, and which items are in them where."""

from collections.abc import Sequence
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import User
from collections_app.access import collections_of, get_collection, item_key
from collections_app.definition import DEFAULT_COLOR, checked_collection
from collections_app.models import Collection, ContentItem, Membership
from collections_app.placing import move
from collections_app.reach import Reach, items_inside
from portal.web.errors import BadParameter, Conflict, NotFound

MAX_COLLECTIONS = 1000
MAX_ITEMS = 5000


@transaction.atomic
def create_collection(*, user: User, **fields: Any) -> Collection:
    """`fields` as `collections_app.definition` knows them; `name` at least. It comes first in the list."""
    values = {"color": DEFAULT_COLOR, **checked_collection(fields)}
    mine = collections_of(user)
    if mine.count() >= MAX_COLLECTIONS:
        words = _("You have %(most)s collections, which is as many as there can be.")
        raise Conflict(words % {"most": intcomma(MAX_COLLECTIONS)})
    mine.update(position=F("position") + 1)
    return Collection.objects.create(user=user, **values)


@transaction.atomic
def edit_collection(*, collection: Collection, order: int | None = None, **fields: Any) -> Collection:
    """`order` is its place in the list, from 0."""
    values = {**checked_collection(fields), "updated_at": timezone.now()}
    for name, value in values.items():
        setattr(collection, name, value)
    collection.save(update_fields=list(values))
    if order is not None:
        _require_place(order, "order")
        mine = list(collections_of(collection.user).select_for_update())
        moved = next(each for each in mine if each.pk == collection.pk)
        Collection.objects.bulk_update(move(mine, moved, order), ["position"])
        collection.position = moved.position
    return collection


def delete_collection(*, collection: Collection) -> None:
    """What is in it stays."""
    collection.delete()


def items_in(collection: Collection) -> QuerySet[ContentItem]:
    """Each with its `position`; what is in the bin is left out."""
    return items_inside(collection).annotate(position=F("memberships__position")).order_by("position", "pk")


@transaction.atomic
def add_items(*, user: User, collection_id: str, items: Sequence[ContentItem]) -> Collection:
    """The person's own, at its end. One that is in it already stays where it is."""
    collection = get_collection(user, collection_id, Reach.EDIT, lock=True, param="collectionId")
    members = set(collection.memberships.values_list("item", flat=True))
    new = [item for item in items if item.pk not in members]
    if len(members) + len(new) > MAX_ITEMS:
        raise Conflict(_("A collection holds %(most)s items at most.") % {"most": intcomma(MAX_ITEMS)})
    last = collection.memberships.order_by("position").last()
    start = last.position + 1 if last else 0
    Membership.objects.bulk_create(
        Membership(collection=collection, item=item, position=place) for place, item in enumerate(new, start)
    )
    return _touched(collection)


@transaction.atomic
def remove_item(*, user: User, collection_id: str, item_id: str) -> Collection:
    """The item itself stays. One's own may be taken back by those, too, who only read."""
    collection = get_collection(user, collection_id, Reach.VIEW, lock=True)
    found = _membership(collection, item_id)
    if found.item.user_id != user.pk:
        get_collection(user, collection_id, Reach.EDIT)
    found.delete()
    return _touched(collection)


@transaction.atomic
def move_item(*, user: User, collection_id: str, item_id: str, position: int) -> None:
    """To this place among the items that are shown, from 0; one beyond the end is the end."""
    _require_place(position, "position")
    collection = get_collection(user, collection_id, Reach.EDIT, lock=True)
    found = _membership(collection, item_id)
    members = list(collection.memberships.select_related("item"))
    moved = next(member for member in members if member.pk == found.pk)
    changed = move(members, moved, position, lambda member: member.item.deleted_at is None)
    Membership.objects.bulk_update(changed, ["position"])
    _touched(collection)


def _membership(collection: Collection, item_id: str) -> Membership:
    found = collection.memberships.filter(item__in=items_inside(collection), item=item_key(item_id)).first()
    if found is None:
        raise NotFound("This item is not in the collection.")
    return found


def _require_place(place: int, param: str) -> None:
    if place < 0:
        raise BadParameter(f"{param}: a whole number from 0.", param)


def _touched(collection: Collection) -> Collection:
    collection.updated_at = timezone.now()
    collection.save(update_fields=["updated_at"])
    return collection
