"""What an agent may do with its person's stuff: each tool a typed input, a typed result and one function.

The docstrings of inputs and the descriptions of their fields are what agents read.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from django.conf import settings
from django.db import transaction
from msgspec import Meta

from accounts.access import User
from collections_app import collecting, services
from collections_app.access import collections_of, counted, get_collection, get_item
from collections_app.definition import MAX_CONTENT
from collections_app.models import Collection, ContentItem
from collections_app.reach import Reach, seen_collections, shared_with
from collections_app.search import Wanted, find_items
from portal.search.words import surroundings
from portal.web.pagination import PageQuery, page_of
from portal.web.reading import Body, converted
from portal.web.times import rfc3339

# Characters of an item that a search shows, and that one reading gives unless it asks for less.
_SHOWN, _MOST_READ = 300, 50_000

AnyType = Literal["CODE", "IMAGE", "NOTE", "LINK", "FILE", "PROMPT"]
CollectionId = Annotated[str, Meta(description="From list_collections, such as col_0199…")]
Cursor = Annotated[str, Meta(description="`nextCursor` of the page before, to go on from there.")]


class Result(msgspec.Struct, rename="camel", frozen=True):
    """What a tool gives back."""


class Search(Body, frozen=True):
    """Search the person's saved stuff (code, notes, prompts, links, images, files) by its words, or list it.

    All words must be there, in title, tags, description or content; the last one by its beginning. The query
    may also say type:code tag:pandas is:favorite "exact phrase" -without. Leave it empty to list the newest.
    Gives short excerpts: use read_stuff for a whole item.
    """

    query: Annotated[str, Meta(max_length=500, description='Such as: pandas tag:etl "group by" -draft')] = ""
    type: AnyType | None = None
    tag: Annotated[str, Meta(min_length=1, max_length=50)] | None = None
    collection_id: CollectionId | None = None
    favorite: Annotated[bool, Meta(description="Only favourites, or only others.")] | None = None
    sort_by: (
        Annotated[
            Literal["newest", "oldest", "updated", "title", "relevance"],
            Meta(description="Without it: by relevance with a query, else newest first."),
        ]
        | None
    ) = None
    limit: Annotated[int, Meta(ge=1, le=50)] = 10
    cursor: Cursor | None = None


class Hit(Result, frozen=True):
    """`excerpt` is around the first hit, or the content's beginning; `characters` is all of the content's."""

    id: str
    type: str
    title: str
    excerpt: str
    characters: int
    tags: list[str]
    favorite: bool
    language: str | None
    description: str | None
    url: str
    updated_at: str


class Hits(Result, frozen=True):
    """`isSimilar`: nothing has the words as they were written, these have similar ones."""

    items: list[Hit]
    next_cursor: str | None
    is_similar: bool


def search(user: User, wanted: Search) -> Hits:
    found = find_items(
        user,
        Wanted(
            search=wanted.query,
            type=wanted.type,
            tag=wanted.tag,
            collection_id=wanted.collection_id,
            favorite=wanted.favorite,
        ),
    )
    rows, by, is_ascending = found.sorted_by(wanted.sort_by)
    page = page_of(
        rows, PageQuery(limit=wanted.limit, cursor=wanted.cursor), by=by, oldest_first=is_ascending
    )
    hits = [_hit(item, found.words, user) for item in page.rows]
    return Hits(hits, page.next_cursor, found.is_similar)


def _hit(item: ContentItem, words: Any, user: User) -> Hit:
    return Hit(
        id=item.public_id,
        type=item.type,
        title=item.title,
        excerpt=surroundings(item.content, words) or item.content[:_SHOWN],
        characters=len(item.content),
        tags=item.tags,
        favorite=item.is_favorite and item.user_id == user.pk,
        language=item.language or None,
        description=item.description or None,
        url=_url(item),
        updated_at=rfc3339(item.updated_at) or "",
    )


class Read(Body, frozen=True, kw_only=True):
    """Read one saved item whole. A very long content comes in parts: go on from `nextOffset`."""

    id: Annotated[str, Meta(description="From search_stuff, such as stf_0199…")]
    offset: Annotated[int, Meta(ge=0, description="Characters of the content to leave out.")] = 0
    limit: Annotated[int, Meta(ge=1, le=_MOST_READ, description="Characters of the content.")] = _MOST_READ


class Place(Result, frozen=True):
    id: str
    name: str


class Whole(Result, frozen=True):
    """Of a link, `content` is its address. `characters` counts all of the content; `nextOffset` is null at
    its end."""

    id: str
    type: str
    title: str
    content: str
    characters: int
    next_offset: int | None
    description: str | None
    language: str | None
    tags: list[str]
    favorite: bool
    collections: list[Place]
    url: str
    created_at: str
    updated_at: str


def read(user: User, wanted: Read) -> Whole:
    item = get_item(user, wanted.id, Reach.VIEW, param="id")
    end = wanted.offset + wanted.limit
    return Whole(
        id=item.public_id,
        type=item.type,
        title=item.title,
        content=item.content[wanted.offset : end],
        characters=len(item.content),
        next_offset=end if end < len(item.content) else None,
        description=item.description or None,
        language=item.language or None,
        tags=item.tags,
        favorite=item.is_favorite and item.user_id == user.pk,
        collections=[Place(each.public_id, each.name) for each in seen_collections(user).filter(items=item)],
        url=_url(item),
        created_at=rfc3339(item.created_at) or "",
        updated_at=rfc3339(item.updated_at) or "",
    )


class Save(Body, frozen=True, kw_only=True):
    """Keep something where the person finds it again: a finding, a snippet, a prompt, an address.

    Saves a new item each time; search first when it may be there already.
    """

    type: Annotated[
        Literal["NOTE", "CODE", "PROMPT", "LINK"],
        Meta(description="NOTE is Markdown; the content of a LINK is its http(s) address and nothing else."),
    ] = "NOTE"
    title: Annotated[str, Meta(min_length=1, max_length=200)]
    content: Annotated[str, Meta(min_length=1, max_length=MAX_CONTENT)]
    description: Annotated[str, Meta(max_length=2000)] | None = None
    language: Annotated[str, Meta(max_length=50, description="Of code, such as python.")] | None = None
    tags: Annotated[list[str], Meta(max_length=20, description="Without commas or quotes.")] = []
    favorite: bool = False
    collection_id: (
        Annotated[str, Meta(description="Adds it to this collection, at its end; from list_collections.")]
        | None
    ) = None


class Saved(Result, frozen=True):
    id: str
    title: str
    url: str
    collections: list[Place]


@transaction.atomic
def save(user: User, wanted: Save) -> Saved:
    """All of it or nothing: an item that cannot be put where it was meant to go is not kept."""
    if wanted.collection_id is not None:
        get_collection(user, wanted.collection_id, Reach.EDIT, param="collectionId")
    fields = wanted.given()
    del fields["collection_id"]
    item = services.create_item(user=user, **fields)
    places = []
    if wanted.collection_id is not None:
        collection = collecting.add_items(user=user, collection_id=wanted.collection_id, items=[item])
        places.append(Place(collection.public_id, collection.name))
    return Saved(item.public_id, item.title, _url(item), places)


class ListCollections(Body, frozen=True):
    """List the person's collections, in their own order, with how many items each has; or those that others
    share with them."""

    shared: Annotated[bool, Meta(description="Those of others instead of the person's own.")] = False
    limit: Annotated[int, Meta(ge=1, le=100)] = 50
    cursor: Cursor | None = None


class CollectionShown(Result, frozen=True):
    id: str
    name: str
    description: str | None
    item_count: int
    owner: str | None
    may_edit: bool
    url: str


class Collections(Result, frozen=True):
    collections: list[CollectionShown]
    next_cursor: str | None


def list_collections(user: User, wanted: ListCollections) -> Collections:
    query = PageQuery(limit=wanted.limit, cursor=wanted.cursor)
    if wanted.shared:
        page = page_of(counted(shared_with(user)), query)
    else:
        page = page_of(counted(collections_of(user)), query, by="position", oldest_first=True)
    return Collections([_collection(each, user) for each in page.rows], page.next_cursor)


def _collection(collection: Collection, user: User) -> CollectionShown:
    is_own = collection.user_id == user.pk
    return CollectionShown(
        id=collection.public_id,
        name=collection.name,
        description=collection.description or None,
        item_count=collection.item_count,  # type: ignore[attr-defined]
        owner=None if is_own else collection.user.display_name,
        may_edit=is_own or collection.may_edit,  # type: ignore[attr-defined]
        url=f"{settings.BASE_URL}/collections/{collection.public_id}",
    )


def _url(item: ContentItem) -> str:
    return f"{settings.BASE_URL}/stuff/{item.public_id}"


@dataclass(frozen=True)
class Tool:
    name: str
    title: str
    takes: type[Body]
    gives: type[Result]
    do: Callable[[User, Any], Result]
    is_read_only: bool = True

    @property
    def description(self) -> str:
        return " ".join((self.takes.__doc__ or "").split())


TOOLS = {
    tool.name: tool
    for tool in (
        Tool("search_stuff", "Search saved stuff", Search, Hits, search),
        Tool("read_stuff", "Read a saved item", Read, Whole, read),
        Tool("save_stuff", "Save something", Save, Saved, save, is_read_only=False),
        Tool("list_collections", "List collections", ListCollections, Collections, list_collections),
    )
}


def use(name: str, user: User, arguments: dict[str, Any]) -> Result:
    """Raises an `ApiError` that says what to do better."""
    tool = TOOLS[name]
    return tool.do(user, converted(arguments, tool.takes, strict=True))


def schema_of(shape: type[msgspec.Struct]) -> dict[str, Any]:
    """JSON Schema with the object itself at its root, as the protocol wants it."""
    _, parts = msgspec.json.schema_components([shape], ref_template="#/$defs/{name}")
    root = parts.pop(shape.__name__)
    root.pop("description", None)
    return {**root, "$defs": parts} if parts else root
