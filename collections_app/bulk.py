"""Many items at once: all of them, or none."""

from collections.abc import Callable, Sequence
from copy import copy

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.access import User
from collections_app import versions
from collections_app.access import binned_items_of, item_key, items_of
from collections_app.collecting import add_items
from collections_app.definition import checked_tags
from collections_app.models import ContentItem
from portal.web.errors import BadParameter, NotFound

MAX_AT_ONCE = 1000


def mark_favorites(*, user: User, item_ids: Sequence[str], favorite: bool) -> int:
    return _chosen(items_of(user), item_ids).update(is_favorite=favorite)


@transaction.atomic
def discard_items(*, user: User, item_ids: Sequence[str]) -> int:
    return _chosen(items_of(user), item_ids).update(deleted_at=timezone.now())


@transaction.atomic
def restore_items(*, user: User, item_ids: Sequence[str]) -> int:
    """Raises `NotFound` for what is not in the bin, or no longer."""
    return _chosen(binned_items_of(user), item_ids).update(deleted_at=None)


@transaction.atomic
def erase_items(*, user: User, item_ids: Sequence[str]) -> int:
    """For ever. Raises `NotFound` for what is not in the bin: nothing goes for ever at once."""
    chosen = _chosen(binned_items_of(user), item_ids)
    erased = chosen.count()
    chosen.delete()
    return erased


def tag_items(*, user: User, item_ids: Sequence[str], tags: Sequence[str]) -> int:
    """The tags are added to those they have."""
    return _retag(user, item_ids, lambda item: [*item.tags, *checked_tags(tags)])


def untag_items(*, user: User, item_ids: Sequence[str], tags: Sequence[str]) -> int:
    gone = {tag.casefold() for tag in checked_tags(tags)}
    return _retag(user, item_ids, lambda item: [tag for tag in item.tags if tag.casefold() not in gone])


@transaction.atomic
def collect_items(*, user: User, item_ids: Sequence[str], collection_id: str) -> int:
    items = list(_chosen(items_of(user), item_ids))
    add_items(user=user, collection_id=collection_id, items=items)
    return len(items)


@transaction.atomic
def _retag(user: User, item_ids: Sequence[str], tags: Callable[[ContentItem], list[str]]) -> int:
    items = list(_chosen(items_of(user), item_ids).select_for_update())
    before = [copy(item) for item in items]
    for item in items:
        item.tags, item.updated_at = checked_tags(tags(item)), timezone.now()
    versions.record(list(zip(before, items, strict=True)), by=user)
    return ContentItem.objects.bulk_update(items, ["tags", "updated_at"])


def _chosen(rows: QuerySet[ContentItem], item_ids: Sequence[str]) -> QuerySet[ContentItem]:
    if not 0 < len(item_ids) <= MAX_AT_ONCE:
        raise BadParameter(f"itemIds: 1 to {MAX_AT_ONCE:,} of them.", "itemIds")
    keys = {item_key(item_id) for item_id in item_ids}
    chosen = rows.filter(pk__in=keys)
    if chosen.count() != len(keys):
        raise NotFound("There is no such item.", "itemIds")
    return chosen
