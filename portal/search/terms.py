"""What is looked for, in the full-text languages of both databases."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """Words that follow one another, as `portal.search.words.words_of` gives them: letters and digits only.
    Of the last one the beginning may be enough."""

    words: tuple[str, ...]
    is_beginning: bool = False


def all_of(words: Sequence[str]) -> list[Term]:
    """Anywhere, in any order; the last one by its beginning."""
    *whole, last = words
    return [*(Term((word,)) for word in whole), Term((last,), is_beginning=True)]


def tsquery(terms: Sequence[Term]) -> str:
    """For PostgreSQL's `to_tsquery`."""
    return " & ".join(f"({_phrase(term)}{':*' if term.is_beginning else ''})" for term in terms)


def _phrase(term: Term) -> str:
    return " <-> ".join(f"'{word}'" for word in term.words)


def fts5(terms: Sequence[Term]) -> str:
    """For SQLite's `MATCH`."""
    return " AND ".join(_quoted(term) + (" *" if term.is_beginning else "") for term in terms)


def _quoted(term: Term) -> str:
    return '"' + " ".join(term.words) + '"'
