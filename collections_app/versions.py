"""What an item was before each of its changes. Nothing is overwritten; the oldest are forgotten when there
are too many (`PORTAL_ITEM_VERSIONS`)."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db.models import Max

from accounts.access import User
from collections_app.models import ContentItem, ItemVersion
from portal.web.errors import NotFound

FIELDS = ("type", "title", "content", "description", "language", "tags")
# An item before and after.
Change = tuple[ContentItem, ContentItem]


def record(changes: Sequence[Change], *, by: User) -> None:
    """In the transaction that changes them, in which their rows are locked. What stays is no version."""
    changed = [(before, after) for before, after in changes if changed_fields(before, after)]
    known = ItemVersion.objects.filter(item__in=[before.pk for before, _ in changed])
    last = dict(known.order_by().values_list("item").annotate(Max("number")))
    rows = []
    for before, after in changed:
        number = last.get(before.pk, 0)
        if not number:
            number = 1
            rows.append(_version(before, number, before.user))
        rows.append(_version(after, number + 1, by))
    ItemVersion.objects.bulk_create(rows)
    for row in rows:
        oldest = row.number - settings.ITEM_VERSIONS
        if oldest > 1:
            ItemVersion.objects.filter(item=row.item_id, number__lt=oldest).delete()


def versions_of(item: ContentItem) -> list[ItemVersion]:
    """The newest, which is the item as it is, first."""
    return list(item.versions.select_related("by")) or [_version(item, 1, item.user)]


def pair_of(item: ContentItem, number: int) -> tuple[ItemVersion, ItemVersion | None]:
    """The version of this number, and the one before it if that is still there. Raises `NotFound`."""
    every = versions_of(item)
    for place, version in enumerate(every):
        if version.number == number:
            return version, every[place + 1] if place + 1 < len(every) else None
    raise NotFound("There is no such version.")


def changed_fields(before: ContentItem | ItemVersion, after: ContentItem | ItemVersion) -> list[str]:
    return [name for name in FIELDS if getattr(before, name) != getattr(after, name)]


def as_said(version: ItemVersion) -> dict[str, Any]:
    """For `collections_app.services.edit_item`."""
    return {name: getattr(version, name) for name in FIELDS}


def _version(item: ContentItem, number: int, by: User) -> ItemVersion:
    said = {name: getattr(item, name) for name in FIELDS}
    return ItemVersion(item=item, number=number, by=by, created_at=item.updated_at, **said)
