"""Stuff and collections as the JSON API takes and shows them."""

from typing import Annotated, Any, Literal

from django.db.models import Prefetch, QuerySet, prefetch_related_objects
from msgspec import UNSET, Meta, UnsetType

from accounts.access import User
from collections_app.models import Collection, ContentItem, Membership
from collections_app.reach import seen_collections
from collections_app.search import Wanted
from portal.web.ids import encode
from portal.web.pagination import PageQuery
from portal.web.reading import Body
from portal.web.times import rfc3339

Text = str | UnsetType
TextOrNone = str | UnsetType | None


class ItemChange(Body, frozen=True):
    """What PATCH may change. Null empties."""

    type: Text = UNSET
    title: Text = UNSET
    content: Text = UNSET
    description: TextOrNone = UNSET
    language: TextOrNone = UNSET
    tags: list[str] | UnsetType = UNSET
    favorite: bool | UnsetType = UNSET


class NewItem(Body, frozen=True, kw_only=True):
    type: str
    title: str
    content: str
    description: TextOrNone = UNSET
    language: TextOrNone = UNSET
    tags: list[str] | UnsetType = UNSET
    favorite: bool | UnsetType = UNSET
    source_message_id: TextOrNone = UNSET


class StuffQuery(PageQuery, frozen=True):
    """A filter left out filters nothing. `deleted`: what is in the bin."""

    search: Annotated[str, Meta(max_length=500)] = ""
    type: str | None = None
    tag: Annotated[str, Meta(min_length=1, max_length=50)] | None = None
    collection_id: str | None = None
    favorite: bool | None = None
    deleted: bool = False
    sort_by: Literal["newest", "oldest", "updated", "title", "relevance"] | None = None

    def wanted(self) -> Wanted:
        return Wanted(
            search=self.search,
            type=self.type,
            tag=self.tag,
            collection_id=self.collection_id,
            favorite=self.favorite,
            deleted=self.deleted,
        )


class BulkAction(Body, frozen=True, kw_only=True):
    """`tags` are for `tag` and `untag`, `collectionId` for `addToCollection`."""

    action: str
    item_ids: list[str]
    tags: list[str] | None = None
    collection_id: str | None = None


class CollectionChange(Body, frozen=True):
    """Null empties; `order` is the place in the list, from 0."""

    name: Text = UNSET
    description: TextOrNone = UNSET
    color: TextOrNone = UNSET
    icon: TextOrNone = UNSET
    order: int | UnsetType = UNSET


class NewCollection(Body, frozen=True, kw_only=True):
    name: str
    description: TextOrNone = UNSET
    color: TextOrNone = UNSET
    icon: TextOrNone = UNSET


class NewMember(Body, frozen=True):
    item_id: str


class MemberChange(Body, frozen=True):
    position: int


def with_relations(rows: QuerySet[ContentItem], user: User) -> QuerySet[ContentItem]:
    """What `item_object` asks for."""
    return rows.select_related("source_message", "user").prefetch_related(_places(user))


def _places(user: User) -> Prefetch:
    """Collections that the person does not see are nobody's business."""
    return Prefetch("memberships", Membership.objects.filter(collection__in=seen_collections(user)))


def item_object(item: ContentItem, user: User) -> dict[str, Any]:
    """As this person sees it: `owner` is the name of whose it is if not theirs."""
    if "memberships" not in getattr(item, "_prefetched_objects_cache", {}):
        prefetch_related_objects([item], _places(user))
    is_own = item.user_id == user.pk
    source = item.source_message if is_own else None
    return {
        "id": item.public_id,
        "type": item.type,
        "title": item.title,
        "content": item.content,
        "description": item.description or None,
        "language": item.language or None,
        "tags": item.tags,
        "favorite": item.is_favorite and is_own,
        "owner": None if is_own else item.user.display_name,
        "collectionIds": [
            encode(Collection.id_prefix, member.collection_id) for member in item.memberships.all()
        ],
        "sourceMessageId": source.public_id if source else None,
        "sourceSessionId": encode("ses", source.session_id) if source else None,
        "createdAt": rfc3339(item.created_at),
        "updatedAt": rfc3339(item.updated_at),
        "deletedAt": rfc3339(item.deleted_at),
    }


def collection_object(collection: Collection, user: User) -> dict[str, Any]:
    """Of one that `collections_app.access.counted` gave, as this person sees it: `owner` is the name of whose
    it is if not theirs."""
    is_own = collection.user_id == user.pk
    return {
        "id": collection.public_id,
        "name": collection.name,
        "description": collection.description or None,
        "color": collection.color,
        "icon": collection.icon or None,
        "order": collection.position if is_own else None,
        "role": "owner" if is_own else "edit" if collection.may_edit else "view",
        "owner": None if is_own else collection.user.display_name,
        "itemCount": collection.item_count,
        "createdAt": rfc3339(collection.created_at),
        "updatedAt": rfc3339(collection.updated_at),
    }
