"""What people type into a search box: `type:code tag:pandas is:favorite "exact phrase" -word`."""

import re
from dataclasses import dataclass, field

from collections_app.models import ItemType
from portal.search.terms import Term
from portal.search.words import words_of

_PIECE = re.compile(r'(?P<sign>-?)(?:(?P<name>\w+):)?(?:"(?P<phrase>[^"]*)"|(?P<bare>[^\s"]+))')


@dataclass
class Looked:
    """`text` is what was typed without its question words, for texts that have no words at all."""

    text: str = ""
    types: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    is_favorite: bool = False
    terms: list[Term] = field(default_factory=list)
    excluded: list[Term] = field(default_factory=list)

    @property
    def words(self) -> list[str]:
        return [word for term in self.terms for word in term.words]


def looked_for(text: str) -> Looked:
    """Nothing is refused: what is no question word is a word."""
    looked, pieces = Looked(), []
    for piece in _PIECE.finditer(text):
        if _is_question_word(looked, piece):
            continue
        words = words_of(piece.group())
        if piece["sign"] and words:
            looked.excluded.append(Term(tuple(words)))
            continue
        pieces.append(piece.group())
        if piece["phrase"] is not None and words:
            looked.terms.append(Term(tuple(words)))
        else:
            looked.terms += [Term((word,)) for word in words]
    looked.text = " ".join(pieces)
    # Whoever is still typing has not ended the last word.
    if looked.terms and not text.endswith('"') and not looked.terms[-1].words[1:]:
        looked.terms[-1] = Term(looked.terms[-1].words, is_beginning=True)
    return looked


def _is_question_word(looked: Looked, piece: re.Match[str]) -> bool:
    if piece["sign"] or not piece["name"]:
        return False
    name, value = piece["name"].lower(), piece["phrase"] or piece["bare"] or ""
    if name == "type" and value.upper() in ItemType:
        looked.types.append(value.upper())
    elif name == "tag" and value.strip():
        looked.tags.append(value.strip())
    elif name == "is" and value.lower() in ("favorite", "favourite"):
        looked.is_favorite = True
    else:
        return False
    return True
