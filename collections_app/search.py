"""Finds what people keep, by its words and by what it is.

PostgreSQL has a column with the words and an index over it (`collections_app/migrations/0002_words.py`),
SQLite a table beside the items (`collections_app.sqlite_words`). Where nothing has the words as they were
spelt, PostgreSQL looks for similar ones in titles, tags and descriptions; SQLite has no means for that.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import BigIntegerField, BooleanField, F, Func, IntegerField, Q, QuerySet
from django.db.models.functions import Lower

from accounts.access import User
from collections_app.access import binned_items_of, get_collection, items_of
from collections_app.definition import checked_type
from collections_app.models import ContentItem
from collections_app.query import Looked, looked_for
from collections_app.sqlite_words import ITEMS
from portal.search.terms import Term, fts5, tsquery
from portal.web.text import require_plain_text

# Sort → what orders the list, and whether its least comes first.
SORTS = {
    "newest": ("created_at", False),
    "oldest": ("created_at", True),
    "updated": ("updated_at", False),
    "title": ("title_key", True),
    "relevance": ("relevance", False),
}
# How like a word must be, from 0 to 1, to be taken for one with a typo.
_LIKENESS = 0.4


@dataclass(frozen=True)
class Wanted:
    """None and the empty text filter nothing."""

    search: str = ""
    type: str | None = None
    tag: str | None = None
    collection_id: str | None = None
    favorite: bool | None = None
    deleted: bool = False


@dataclass(frozen=True)
class Found:
    """`words` are those looked for. `is_similar` when nothing has them as they were spelt."""

    rows: QuerySet[ContentItem]
    words: Sequence[str] = ()
    is_similar: bool = False

    def sorted_by(self, sort: str | None) -> tuple[QuerySet[ContentItem], str, bool]:
        """The rows, what orders them and whether its least comes first, for `portal.web.pagination`. Without
        a choice, what fits best comes first."""
        is_ranked = "relevance" in self.rows.query.annotations
        by, is_ascending = SORTS[sort or ("relevance" if is_ranked else "newest")]
        if by == "relevance" and not is_ranked:
            by = "created_at"
        rows = self.rows.annotate(title_key=Lower("title")) if by == "title_key" else self.rows
        return rows, by, is_ascending

    def ordered(self, sort: str | None) -> QuerySet[ContentItem]:
        rows, by, is_ascending = self.sorted_by(sort)
        sign = "" if is_ascending else "-"
        return rows.order_by(f"{sign}{by}", f"{sign}pk")


def find_items(user: User, wanted: Wanted) -> Found:
    """Raises `BadParameter`, and `NotFound` for a collection that is not the person's."""
    for name in ("search", "tag"):
        require_plain_text(getattr(wanted, name) or "", name)
    rows = binned_items_of(user) if wanted.deleted else items_of(user)
    if wanted.collection_id is not None:
        collection = get_collection(user, wanted.collection_id, param="collectionId")
        rows = rows.filter(memberships__collection=collection)
    if wanted.type is not None:
        rows = rows.filter(type=checked_type(wanted.type))
    if wanted.tag is not None:
        rows = rows.filter(_Tagged(wanted.tag))
    if wanted.favorite is not None:
        rows = rows.filter(is_favorite=wanted.favorite)
    return _matching(rows, looked_for(wanted.search))


def _matching(rows: QuerySet[ContentItem], looked: Looked) -> Found:
    if looked.types:
        rows = rows.filter(type__in=looked.types)
    if looked.is_favorite:
        rows = rows.filter(is_favorite=True)
    for tag in looked.tags:
        rows = rows.filter(_Tagged(tag))
    for term in looked.excluded:
        rows = rows.exclude(_Has([term]))
    if not looked.terms:
        return Found(rows.filter(title__icontains=looked.text) if looked.text else rows)
    spelt = rows.annotate(relevance=_Rank(looked.terms))
    found = Found(spelt.filter(_Has(looked.terms) | Q(title__icontains=looked.text)), looked.words)
    if _knows_likeness() and not found.rows.exists():
        alike = rows.annotate(relevance=_Likeness(looked.words))
        return replace(found, rows=alike.filter(relevance__gte=int(_LIKENESS * 1e6)), is_similar=True)
    return found


@cache
def _knows_likeness() -> bool:
    """Whether PostgreSQL has pg_trgm. The portal goes without where its installation was not allowed."""
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regprocedure('word_similarity(text,text)') IS NOT NULL")
        return bool(cursor.fetchone()[0])


class _OfItem(Func):
    """A question of an item's row. `words`, PostgreSQL's column, is none that Django knows."""

    def __init__(self) -> None:
        super().__init__(F("pk"))

    def key(self, compiler: Any) -> str:
        return str(compiler.compile(self.source_expressions[0])[0])

    def column(self, compiler: Any, name: str) -> str:
        return f"{self.key(compiler).rpartition('.')[0]}.{name}"


class _Has(_OfItem):
    """Whether an item has all of this."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, terms: Sequence[Term]) -> None:
        super().__init__()
        self.terms = terms

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:
        words = self.column(compiler, "words")
        return f"{words} @@ to_tsquery('pg_catalog.simple', %s)", [tsquery(self.terms)]

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:
        return f"{self.key(compiler)} IN ({ITEMS.matching('docs.item')})", [fts5(self.terms)]


class _Rank(_OfItem):
    """How well it fits, as a whole number: cursors must tell equal from unequal. Titles weigh most, then
    tags, descriptions and content."""

    output_field = BigIntegerField()

    def __init__(self, terms: Sequence[Term]) -> None:
        super().__init__()
        self.terms = terms

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:
        words = self.column(compiler, "words")
        query = "to_tsquery('pg_catalog.simple', %s)"
        return f"(1000000 * ts_rank('{{0.1, 0.3, 0.6, 1}}', {words}, {query}))::int", [tsquery(self.terms)]

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:
        # Of a word that most items have, it is as good as nothing: differences show far behind the point.
        rank = ITEMS.matching(f"CAST(-1e12 * bm25({ITEMS.words}, 10, 6, 3, 1) AS INTEGER)")
        return f"COALESCE(({rank} AND docs.item = {self.key(compiler)}), 0)", [fts5(self.terms)]


class _Likeness(_OfItem):
    """Of the word that is least like any in title, tags and description, in millionths. PostgreSQL's only."""

    output_field = IntegerField()

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__()
        self.words = words

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:
        title, tags, description = (
            self.column(compiler, name) for name in ("title", "tags::text", "description")
        )
        text = f"{title} || ' ' || {tags} || ' ' || {description}"
        each = ", ".join([f"word_similarity(%s, {text})"] * len(self.words))
        return f"(1000000 * LEAST({each}))::int", list(self.words)


class _Tagged(_OfItem):
    """Whether it has this tag, however that is capitalised."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, tag: str) -> None:
        super().__init__()
        self.tag = tag

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:
        tags = self.column(compiler, "tags")
        return f"lower({tags}::text)::jsonb @> lower(%s)::jsonb", [json.dumps([self.tag], ensure_ascii=False)]

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:
        """SQLite's own `lower` knows ASCII only."""
        tags = self.column(compiler, "tags")
        pattern = rf"(?i)\A{re.escape(self.tag)}\Z"
        return f"EXISTS (SELECT 1 FROM json_each({tags}) WHERE value REGEXP %s)", [pattern]  # noqa: S608
