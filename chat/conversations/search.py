"""Finds what was said: words in titles and messages, the last one by its beginning.

PostgreSQL has a column of words that a trigger fills (`chat/migrations/0011_message_words.py`), SQLite a
table beside the messages (`chat.conversations.sqlite_words`). Titles are few and short: they are looked at
one by one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any

from django.db.models import BooleanField, F, Func, OuterRef, Q, QuerySet, Subquery
from django.utils.safestring import SafeString

from accounts.access import User
from chat.access import sessions_of
from chat.conversations.sqlite_words import MESSAGES
from chat.models import Message, Session
from portal.search.terms import all_of, fts5, tsquery
from portal.search.words import excerpt, marked, words_of
from portal.web.text import require_plain_text


@dataclass(frozen=True)
class Hit:
    """A session, its title and the place of what was found in it, as safe HTML with marks."""

    session: Session
    title: SafeString
    excerpt: SafeString


def find_sessions(
    user: User, *, search: str = "", pinned: bool | None, archived: bool | None, folder: str | None
) -> QuerySet[Session]:
    """None filters nothing, an empty folder is none."""
    require_plain_text(search, "search")
    require_plain_text(folder or "", "folder")
    wanted = {"is_pinned": pinned, "is_archived": archived, "folder": folder}
    named = {name: value for name, value in wanted.items() if value is not None}
    return matching(sessions_of(user).filter(**named), search)


def matching(sessions: QuerySet[Session], text: str) -> QuerySet[Session]:
    """Those with `text` or its words in the title, or all the words in one message."""
    found = Q(title__icontains=text)
    if words := words_of(text):
        titled = [Q(title__iregex=_pattern(words, word)) for word in words]
        said = Message.objects.filter(_Says(words), session__in=sessions.values("pk"))
        found |= reduce(and_, titled) | Q(pk__in=said.values("session"))
    return sessions.filter(found)


def hits(user: User, text: str, limit: int) -> list[Hit]:
    """The latest conversations first, each with the latest message that has the words."""
    words = words_of(text)
    said = Message.objects.filter(_Says(words), session=OuterRef("pk")).order_by("-id")
    found = matching(sessions_of(user), text)
    if words:
        found = found.annotate(said=Subquery(said.values("text")[:1]))
    return [
        Hit(session, marked(session.title, words), excerpt(getattr(session, "said", None) or "", words))
        for session in found.order_by("-updated_at", "-pk")[:limit]
    ]


# Python takes the underscore for a letter; people do not, nor do the indexes.
_BEGINNING, _ENDING = r"(^|[\W_])", r"([\W_]|$)"


def _pattern(words: Sequence[str], word: str) -> str:
    """For both databases' regular expressions; words have no character that means something there."""
    return f"{_BEGINNING}{word}{'' if word == words[-1] else _ENDING}"


class _Says(Func):
    """Whether a message has all these words."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__(F("pk"))
        self.words = words

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:
        table = compiler.compile(self.source_expressions[0])[0].rpartition(".")[0]
        found = f"{table}.words @@ to_tsquery('pg_catalog.simple', %s)"
        return found, [tsquery(all_of(self.words))]

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:
        key = compiler.compile(self.source_expressions[0])[0]
        return f"{key} IN ({MESSAGES.matching('docs.message')})", [fts5(all_of(self.words))]
