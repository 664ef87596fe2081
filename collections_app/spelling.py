"""Words that are like one with a typo.

PostgreSQL takes them from what the person kept last, SQLite from all its index knows (other people's words
find nothing among one's own). They must begin with the first or the second letter that was typed.
"""

from collections.abc import Sequence

from django.db import connection
from rapidfuzz import process
from rapidfuzz.distance import OSA

from accounts.access import User
from collections_app.sqlite_words import ITEMS
from portal.search.terms import Term, Wanted
from portal.search.words import words_of

# So many of a person's newest items are looked through, and so many words of an index.
_ITEMS, _WORDS = 1000, 50_000
_MOST_ALIKE = 8
# A letter too many, one missing, a wrong one or two that changed places: so many, in words of this length on.
_SHORTEST, _LONG = 3, 6

_IN_POSTGRESQL = """
SELECT DISTINCT word FROM (
    SELECT words FROM collections_app_contentitem WHERE user_id = '{owner}' AND deleted_at IS NULL
    ORDER BY created_at DESC LIMIT {most}
) newest, unnest(tsvector_to_array(words)) word
WHERE left(word, 1) = ANY(%s) AND length(word) BETWEEN %s AND %s
"""


def similar_terms(user: User, terms: Sequence[Term]) -> list[Wanted]:
    """For every word those that are like it; phrases stay exact, and the last word's beginning may be enough,
    as it was. Empty when a word has none, or all are spelt right."""
    single = [term for term in terms if not term.words[1:]]
    known = _known(user, single) if single else []
    similar: list[Wanted] = []
    for term in terms:
        alike = term if term.words[1:] else _alike(term, known)
        if alike == ():
            return []
        similar.append(alike)
    return similar if similar != list(terms) else []


def _alike(term: Term, known: Sequence[str]) -> Wanted:
    """The term itself when it is spelt right."""
    word = term.words[0].lower()
    if word in known:
        return Term((word,))
    if any(term.is_beginning and each.startswith(word) for each in known):
        return term
    typos = 0 if len(word) < _SHORTEST else 1 if len(word) < _LONG else 2
    found = process.extract(word, known, scorer=OSA.distance, score_cutoff=typos, limit=_MOST_ALIKE)
    nearest = min((distance for _, distance, _ in found), default=0)
    nearby = (each for each, distance, _ in found if distance == nearest)
    return tuple(Term((each,)) for each in nearby if words_of(each) == [each])


def _known(user: User, terms: Sequence[Term]) -> list[str]:
    """All that may be like one of them."""
    words = [term.words[0].lower() for term in terms]
    first = sorted({letter for word in words for letter in word[:2]})
    shortest = min(map(len, words)) - 2
    longest = 100 if any(term.is_beginning for term in terms) else max(map(len, words)) + 2
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # Planned for this person (`collections_app.search`).
            statement = _IN_POSTGRESQL.format(owner=user.pk, most=_ITEMS)
            cursor.execute(statement, [first, shortest, longest])
            return [word for (word,) in cursor.fetchall()]
    return ITEMS.known(first, shortest, longest, _WORDS)
