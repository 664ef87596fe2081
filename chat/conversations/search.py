"""Finds what was said: words in titles and messages, the last one by its beginning.

PostgreSQL has a column of words that a trigger fills (`chat/migrations/0011_message_words.py`), SQLite a
table beside the messages (`chat.conversations.sqlite_words`). Titles are few and short: they are looked at
one by one.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any

from django.db.models import BooleanField, F, Func, OuterRef, Q, QuerySet, Subquery
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from accounts.access import User
from chat.access import sessions_of
from chat.models import Message, Session
from portal.web.text import require_plain_text

# Characters around the first hit.
_BEFORE, _LENGTH = 40, 160


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


def words_of(text: str) -> list[str]:
    """Letters, their marks and digits; what stands between them separates, as in both indexes."""
    parts = (character if unicodedata.category(character)[0] in "LMN" else " " for character in text)
    return [word for word in "".join(parts).split() if any(map(str.isalnum, word))]


def marked(text: str, words: Sequence[str]) -> SafeString:
    """`text` escaped, with every hit in a `<mark>`."""
    if not words:
        return conditional_escape(text)
    pieces, end = [], 0
    for hit in _anywhere(words).finditer(text):
        pieces += [conditional_escape(text[end : hit.start()]), format_html("<mark>{}</mark>", hit.group())]
        end = hit.end()
    return mark_safe("".join([*pieces, conditional_escape(text[end:])]))  # noqa: S308 - escaped above


def excerpt(text: str, words: Sequence[str]) -> SafeString:
    """The surroundings of the first hit, on one line; empty when there is none."""
    first = _anywhere(words).search(text) if words else None
    if first is None:
        return SafeString("")
    start = max(0, first.start() - _BEFORE)
    if start:
        # Not in the middle of a word, if one ends near.
        start += len(re.match(r"\S{0,20}\s|", text[start : first.start()]).group())  # type: ignore[union-attr]
    end = start + _LENGTH
    line = " ".join(text[start:end].split())
    return marked(f"{'… ' if start else ''}{line}{' …' if end < len(text) else ''}", words)


# Python takes the underscore for a letter; people do not, nor do the indexes.
_BEGINNING, _ENDING = r"(^|[\W_])", r"([\W_]|$)"


def _pattern(words: Sequence[str], word: str) -> str:
    """For both databases' regular expressions; words have no character that means something there."""
    return f"{_BEGINNING}{word}{'' if word == words[-1] else _ENDING}"


def _anywhere(words: Sequence[str]) -> re.Pattern[str]:
    *whole, last = map(re.escape, words)
    each = [rf"{last}[^\W_]*", *(rf"{word}(?![^\W_])" for word in whole)]
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(each)})", re.IGNORECASE)


class _Says(Func):
    """Whether a message has all these words."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__(F("pk"))
        self.words = words

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:
        table = compiler.compile(self.source_expressions[0])[0].rpartition(".")[0]
        wanted = " & ".join(f"'{word}'" for word in self.words)
        return f"{table}.words @@ to_tsquery('pg_catalog.simple', %s)", [f"{wanted}:*"]

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:
        key = compiler.compile(self.source_expressions[0])[0]
        found = (
            "SELECT docs.message FROM chat_message_words JOIN chat_message_docs docs"
            " ON docs.id = chat_message_words.rowid WHERE chat_message_words MATCH %s"
        )
        wanted = " AND ".join(f'"{word}"' for word in self.words)
        return f"{key} IN ({found})", [f"{wanted} *"]
