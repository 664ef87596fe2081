"""Finds what people keep, by its words and by what it is.

PostgreSQL has a column with the words and an index over it (`collections_app/migrations/0002_words.py`),
SQLite a table beside the items (`collections_app.sqlite_words`). Where nothing has the words as they were
spelt, similar ones are looked for (`collections_app.spelling`), and at last what titles have inside words.

What a person has may be very much: nothing here reads all of it. A word that is everywhere is found newest
first, and of what has the words the newest `RANKED` are ranked.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import BigIntegerField, BooleanField, F, Func, Q, QuerySet
from django.db.models.functions import Lower

from accounts.access import User
from collections_app.access import binned_items_of, get_collection, items_of
from collections_app.definition import checked_type
from collections_app.models import ContentItem
from collections_app.query import Looked, looked_for
from collections_app.reach import Reach, items_inside
from collections_app.spelling import similar_terms
from collections_app.sqlite_words import ITEMS
from portal.search.terms import Term, alternatives, fts5, tsquery
from portal.search.terms import Wanted as AnyTerm
from portal.search.words import words_of
from portal.web.text import require_plain_text

# Sort → what orders the list, and whether its least comes first.
SORTS = {
    "newest": ("created_at", False),
    "oldest": ("created_at", True),
    "updated": ("updated_at", False),
    "title": ("title_key", True),
    "relevance": ("relevance", False),
}
# So many, the newest ones, are put in the order of how well they fit; the others can be had by date.
RANKED = 1000
# In the titles of so many, the newest ones, is looked for what stands inside words.
_LOOKED_INTO = 2000
_SHORT = 2


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
    """`words` are those looked for, `terms` what ranks the rows. `is_similar` when nothing has the words as
    they were spelt."""

    rows: QuerySet[ContentItem]
    words: Sequence[str] = ()
    terms: Sequence[AnyTerm] = ()
    is_similar: bool = False

    def sorted_by(self, sort: str | None) -> tuple[QuerySet[ContentItem], str, bool]:
        """The rows, what orders them and whether its least comes first, for `portal.web.pagination`. Without
        a choice, what fits best comes first."""
        by, is_ascending = SORTS[sort or ("relevance" if self.terms else "newest")]
        if by == "relevance" and not self.terms:
            by = "created_at"
        if by == "relevance":
            newest = self.rows.order_by("-created_at", "-pk").values("pk")[:RANKED]
            ranked = ContentItem.objects.filter(pk__in=newest)
            return ranked.annotate(relevance=_Rank(self.terms)), by, is_ascending
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
    rows, whose = binned_items_of(user) if wanted.deleted else items_of(user), user
    if wanted.collection_id is not None:
        collection = get_collection(user, wanted.collection_id, Reach.VIEW, param="collectionId")
        inside = rows.filter(memberships__collection=collection)
        rows, whose = inside if wanted.deleted else items_inside(collection), collection.user
    elif wanted.search or wanted.tag:
        rows = rows.filter(_Of(user))
    if wanted.type is not None:
        rows = rows.filter(type=checked_type(wanted.type))
    if wanted.tag is not None:
        rows = rows.filter(_Tagged(wanted.tag))
    if wanted.favorite is not None:
        starred = Q(user=user, is_favorite=True)
        rows = rows.filter(starred if wanted.favorite else ~starred)
    looked = looked_for(wanted.search)
    if looked.is_favorite:
        rows = rows.filter(user=user, is_favorite=True)
    return _matching(whose, rows, looked)


def _matching(whose: User, rows: QuerySet[ContentItem], looked: Looked) -> Found:
    """Typos are mended by the words of this person's."""
    if looked.types:
        rows = rows.filter(type__in=looked.types)
    for tag in looked.tags:
        rows = rows.filter(_Tagged(tag))
    if not looked.terms:
        rows = rows.exclude(_Has([(*looked.excluded,)])) if looked.excluded else rows
        return Found(_with_inside(rows, looked.text) if looked.text else rows)
    found = Found(rows.filter(_Has(looked.terms, looked.excluded)), looked.words, looked.terms)
    if found.rows.exists():
        return found
    if similar := similar_terms(whose, looked.terms):
        words = [word for group in similar for term in alternatives(group) for word in term.words]
        alike = Found(rows.filter(_Has(similar, looked.excluded)), words, similar, is_similar=True)
        if alike.rows.exists():
            return alike
    rows = rows.exclude(_Has([(*looked.excluded,)])) if looked.excluded else rows
    return Found(_with_inside(rows, looked.text), looked.words)


def _with_inside(rows: QuerySet[ContentItem], text: str) -> QuerySet[ContentItem]:
    newest = rows.order_by("-created_at", "-pk").values("pk")[:_LOOKED_INTO]
    return ContentItem.objects.filter(pk__in=newest, title__icontains=text)


class _OfItem(Func):
    """A question of an item's row. `words`, PostgreSQL's column, is none that Django knows."""

    def __init__(self) -> None:
        super().__init__(F("pk"))

    def key(self, compiler: Any) -> str:
        return str(compiler.compile(self.source_expressions[0])[0])

    def column(self, compiler: Any, name: str) -> str:
        return f"{self.key(compiler).rpartition('.')[0]}.{name}"


class _Of(_OfItem):
    """Whether it is this person's, which `rows` say already: here in the statement itself, as what is looked
    for is. One plan for all would be made for somebody who has as much as most, and some have a thousand
    times that."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, user: User) -> None:
        super().__init__()
        self.owner = user.pk

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:
        return f"{self.column(compiler, 'user_id')} = '{self.owner}'::uuid", []

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:
        return "TRUE", []


def _query(text: str) -> str:
    """In the statement itself and not as its parameter: a prepared statement has one plan for all words, and
    what is right for a rare one takes seconds for one that is everywhere. `portal.search.terms` writes
    nothing but letters, digits and its own signs."""
    return "to_tsquery('pg_catalog.simple', '" + text.replace("'", "''").replace("%", "%%") + "')"


def _is_short_beginning(term: AnyTerm) -> bool:
    return isinstance(term, Term) and term.is_beginning and len(term.words[-1]) <= _SHORT


class _Has(_OfItem):
    """Whether an item has all of this, and nothing of what is excluded."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, terms: Sequence[AnyTerm], excluded: Sequence[Term] = ()) -> None:
        super().__init__()
        self.terms, self.excluded = terms, excluded

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:
        words, whole = self.column(compiler, "words"), _query(tsquery(self.terms, self.excluded))
        long = [term for term in self.terms if not _is_short_beginning(term)]
        if not long or long == list(self.terms):
            return f"{words} @@ {whole}", []
        # A letter or two begin words of nearly everything: the others lead there, and that is looked at last.
        return f"({words} @@ {_query(tsquery(long, self.excluded))} AND ({words} @@ {whole}) IS TRUE)", []

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:
        return f"{self.key(compiler)} IN ({ITEMS.matching('docs.item')})", [fts5(self.terms, self.excluded)]


class _Rank(_OfItem):
    """How well it fits, as a whole number: cursors must tell equal from unequal. Titles weigh most, then
    tags, descriptions and content."""

    output_field = BigIntegerField()

    def __init__(self, terms: Sequence[AnyTerm]) -> None:
        super().__init__()
        self.terms = terms

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:
        words = self.column(compiler, "words")
        query = _query(tsquery(self.terms))
        return f"(1000000 * ts_rank('{{0.1, 0.3, 0.6, 1}}', {words}, {query}))::int", []

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:
        # Of a word that most items have, it is as good as nothing: differences show far behind the point.
        rank = ITEMS.matching(
            f"docs.item AS item, CAST(-1e12 * bm25({ITEMS.words}, 10, 6, 3, 1) AS INTEGER) AS rank"
        )
        # The limit, which is none, has SQLite rank once and not for every row.
        ranked = f"SELECT rank FROM ({rank} LIMIT -1) ranked WHERE ranked.item = {self.key(compiler)}"  # noqa: S608
        return f"COALESCE(({ranked}), 0)", [fts5(self.terms)]


class _Tagged(_OfItem):
    """Whether it has this tag, however that is capitalised."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, tag: str) -> None:
        super().__init__()
        self.tag = tag

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:
        """Exactly; its words lead there by the index."""
        tags = self.column(compiler, "tags")
        tagged = f"lower({tags}::text)::jsonb @> lower(%s)::jsonb"
        given = json.dumps([self.tag], ensure_ascii=False)
        words = [f"'{word}':B" for word in words_of(self.tag)]
        if not words:
            return tagged, [given]
        has = f"{self.column(compiler, 'words')} @@ {_query(' & '.join(words))}"
        # PostgreSQL takes a test of JSON for one that nearly nothing passes, and would fetch all that has a
        # frequent tag to sort it; of a CASE it expects nothing.
        return f"({has} AND CASE WHEN {tagged} THEN TRUE ELSE FALSE END)", [given]

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:
        """SQLite's own `lower` knows ASCII only."""
        tags = self.column(compiler, "tags")
        pattern = rf"(?i)\A{re.escape(self.tag)}\Z"
        return f"EXISTS (SELECT 1 FROM json_each({tags}) WHERE value REGEXP %s)", [pattern]  # noqa: S608
