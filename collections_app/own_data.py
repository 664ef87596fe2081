"""What stuff adds to a person's data export, the bin's among it. With the account it goes by itself."""

from typing import Any

from accounts.access import User
from accounts.data_export import Archive
from collections_app.access import collections_of
from collections_app.models import Collection, ContentItem, Guest, ItemVersion
from collections_app.versions import FIELDS
from portal.web.ids import encode


def export(user: User, archive: Archive) -> None:
    items = ContentItem.objects.filter(user=user)
    archive.add_rows("stuff/items.json", map(_item, items.iterator()))
    versions = ItemVersion.objects.filter(item__user=user).select_related("by")
    archive.add_rows("stuff/versions.json", map(_version, versions.iterator()))
    archive.add_rows("stuff/collections.json", map(_collection, collections_of(user).iterator()))
    guests = Guest.objects.filter(user=user).select_related("collection__user")
    archive.add_rows("stuff/shared-with-me.json", map(_shared, guests.iterator()))


def _shared(guest: Guest) -> dict[str, Any]:
    collection = guest.collection
    return {
        "collection": collection.public_id,
        "name": collection.name,
        "owner": collection.user.display_name,
        "role": guest.role,
    }


def _item(item: ContentItem) -> dict[str, Any]:
    return {
        "id": item.public_id,
        "type": item.type,
        "title": item.title,
        "content": item.content,
        "description": item.description,
        "language": item.language,
        "tags": item.tags,
        "favorite": item.is_favorite,
        "createdAt": item.created_at,
        "updatedAt": item.updated_at,
        "deletedAt": item.deleted_at,
    }


def _version(version: ItemVersion) -> dict[str, Any]:
    said = {name: getattr(version, name) for name in FIELDS}
    by = version.by.display_name if version.by else None
    item = encode(ContentItem.id_prefix, version.item_id)
    return {"item": item, "number": version.number, **said, "by": by, "createdAt": version.created_at}


def _collection(collection: Collection) -> dict[str, Any]:
    members = collection.memberships.select_related("item")
    return {
        "id": collection.public_id,
        "name": collection.name,
        "description": collection.description,
        "color": collection.color,
        "icon": collection.icon,
        "sharedWith": [{"email": guest.email, "role": guest.role} for guest in collection.guests.all()],
        "items": [member.item.public_id for member in members],
        "createdAt": collection.created_at,
    }
