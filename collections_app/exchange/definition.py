"""The portal's own format of a collection: a manifest, in a ZIP beside the files it names.

`docs/stuff-exchange.md` describes it for others; what changes it makes a new `VERSION`.
"""

from typing import Any

import msgspec

from collections_app.models import Collection, ContentItem
from portal.web.times import rfc3339

FORMAT = "llm-portal-collection"
VERSION = 1
MANIFEST = "manifest.json"
# In bytes. What is exported stays within what is imported.
MAX_UPLOAD = 250 * 1024 * 1024
MAX_TEXT = 50 * 1024 * 1024
MAX_UNPACKED = 500 * 1024 * 1024
MAX_FILE = 50 * 1024 * 1024


class Lines(msgspec.Struct, rename="camel", frozen=True):
    """What others add to it is left out."""


class Place(Lines, frozen=True):
    """Of a file: where it is in the ZIP, and what it was called."""

    path: str
    name: str


class Entry(Lines, frozen=True):
    """Of an item about a file in the ZIP, `content` says nothing."""

    type: str
    title: str
    content: str = ""
    description: str | None = None
    language: str | None = None
    tags: list[str] = []
    favorite: bool = False
    file: Place | None = None

    def fields(self) -> dict[str, Any]:
        """As `collections_app.definition` knows them."""
        names = ("type", "title", "content", "description", "language", "tags", "favorite")
        return {name: getattr(self, name) for name in names}


class About(Lines, frozen=True):
    name: str
    description: str | None = None
    color: str | None = None
    icon: str | None = None

    def fields(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("name", "description", "color", "icon")}


class Head(Lines, frozen=True):
    """What is read first of a manifest: whether the rest can be."""

    format: str
    version: int


class Manifest(Lines, frozen=True):
    """The items in their order."""

    collection: About
    items: list[Entry]


def about(collection: Collection) -> dict[str, Any]:
    return {
        "name": collection.name,
        "description": collection.description or None,
        "color": collection.color,
        "icon": collection.icon or None,
    }


def entry(item: ContentItem, place: int, file: Place | None, is_favorite: bool) -> dict[str, Any]:
    return {
        "position": place,
        "type": item.type,
        "title": item.title,
        "content": "" if file else item.content,
        "description": item.description or None,
        "language": item.language or None,
        "tags": item.tags,
        "favorite": is_favorite,
        "file": file and {"path": file.path, "name": file.name},
        "createdAt": rfc3339(item.created_at),
        "updatedAt": rfc3339(item.updated_at),
    }
