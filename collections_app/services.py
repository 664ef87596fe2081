"""What is done to the things people keep, one at a time. Of many at once: `collections_app.bulk`."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import User
from collections_app import files, versions
from collections_app.definition import checked_item
from collections_app.models import ContentItem
from portal.web.errors import NotAllowed, NotFound

STAYS_IN_BIN = timedelta(days=30)


@transaction.atomic
def create_item(*, user: User, **fields: Any) -> ContentItem:
    """`fields` as `collections_app.definition` knows them; `type`, `title` and `content` at least."""
    item = ContentItem.objects.create(user=user, **checked_item(user, fields))
    files.hold(item)
    return item


@transaction.atomic
def edit_item(*, item: ContentItem, by: User | None = None, **fields: Any) -> ContentItem:
    """Changes what is named and nothing else; what was there before stays as a version. `by` is who does it,
    if not its owner. A favourite is no change of the thing itself."""
    # As it is now: somebody else may have changed it since it was read.
    before = ContentItem.objects.select_for_update().filter(pk=item.pk, deleted_at=None).first()
    if before is None:
        raise NotFound("There is no such item.")
    for name in versions.FIELDS:
        setattr(item, name, getattr(before, name))
    values = checked_item(item.user, fields, item)
    if by is not None and by.pk != item.user_id:
        _require_shared(before, values)
    if values.keys() - {"is_favorite"}:
        values["updated_at"] = timezone.now()
    for name, value in values.items():
        setattr(item, name, value)
    if values:
        item.save(update_fields=list(values))
    versions.record([(before, item)], by=by or item.user)
    if values.keys() & {"type", "content"}:
        files.hold(item)
    return item


def _require_shared(item: ContentItem, values: Mapping[str, Any]) -> None:
    """What is its owner's alone stays as it is: their favourites, and which of their files are shown."""
    if "is_favorite" in values:
        raise NotAllowed(_("Only whose item it is may mark it as a favourite."), "favorite")
    is_file = values.get("type", item.type) in files.FILES
    was = item.content if item.type in files.FILES else None
    if is_file and values.get("content", item.content) != was:
        raise NotAllowed(_("Only whose item it is may make it another file."), "content")


def restore_version(*, item: ContentItem, number: int, by: User) -> ContentItem:
    """The item is again what it was then. That is a change like any other. Raises `NotFound`."""
    version = versions.pair_of(item, number)[0]
    return edit_item(item=item, by=by, **versions.as_said(version))


def discard_item(*, item: ContentItem) -> None:
    """Into the bin, from where it can be taken back."""
    item.deleted_at = timezone.now()
    item.save(update_fields=["deleted_at"])


@transaction.atomic
def empty_bin() -> None:
    """Of what has been in it for long enough."""
    ContentItem.objects.filter(deleted_at__lt=timezone.now() - STAYS_IN_BIN).delete()
