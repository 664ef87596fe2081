"""What is looked for, in the full-text languages of both databases."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """Words that follow one another, as `portal.search.words.words_of` gives them: letters and digits only.
    Of the last one the beginning may be enough."""

    words: tuple[str, ...]
    is_beginning: bool = False


# A term, or several of which one is enough.
Wanted = Term | tuple[Term, ...]


def alternatives(wanted: Wanted) -> tuple[Term, ...]:
    return (wanted,) if isinstance(wanted, Term) else wanted


def all_of(words: Sequence[str]) -> list[Term]:
    """Anywhere, in any order; the last one by its beginning."""
    *whole, last = words
    return [*(Term((word,)) for word in whole), Term((last,), is_beginning=True)]


def tsquery(terms: Sequence[Wanted], excluded: Sequence[Term] = ()) -> str:
    """For PostgreSQL's `to_tsquery`."""
    wanted = [" | ".join(map(_tsquery, alternatives(each))) for each in terms]
    return " & ".join([*(f"({each})" for each in wanted), *(f"!({_tsquery(each)})" for each in excluded)])


def _tsquery(term: Term) -> str:
    return f"({_phrase(term)}{':*' if term.is_beginning else ''})"


def _phrase(term: Term) -> str:
    return " <-> ".join(f"'{word}'" for word in term.words)


def fts5(terms: Sequence[Wanted], excluded: Sequence[Term] = ()) -> str:
    """For SQLite's `MATCH`."""
    wanted = " AND ".join(f"({' OR '.join(map(_fts5, alternatives(each)))})" for each in terms)
    return " NOT ".join([f"({wanted})", *map(_fts5, excluded)]) if excluded else wanted


def _fts5(term: Term) -> str:
    return _quoted(term) + (" *" if term.is_beginning else "")


def _quoted(term: Term) -> str:
    return '"' + " ".join(term.words) + '"'
