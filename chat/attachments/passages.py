"""Long texts in pieces, and which of them a question is about (Okapi BM25)."""

import math
import re
from collections import Counter
from collections.abc import Sequence

# Characters: a few paragraphs.
LENGTH = 1200
_WORD = re.compile(r"\w+")
_PAGE = re.compile(r"^\[Page \d+\]$", re.MULTILINE)
# Robertson and Zaragoza's own choice (The Probabilistic Relevance Framework, 2009).
_K1, _B = 1.2, 0.75


def split(text: str) -> list[str]:
    """At ends of lines where there are any; each piece says which page it is from."""
    pieces, page, start = [], "", 0
    while start < len(text):
        end = start + LENGTH
        if end < len(text):
            line_end = text.rfind("\n", start + LENGTH // 2, end)
            end = line_end + 1 if line_end >= 0 else end
        piece = text[start:end].strip("\n")
        begins = _PAGE.match(piece)
        if piece.strip():
            pieces.append(piece if begins or not page else f"{page}\n{piece}")
        marks = _PAGE.findall(piece)
        page, start = marks[-1] if marks else page, end
    return pieces


def ranked(pieces: Sequence[str], question: str) -> list[int]:
    """Their numbers, what the question is about first; those it says nothing of in their own order."""
    wanted = set(_words(question))
    counts = [Counter(word for word in _words(piece) if word in wanted) for piece in pieces]
    lengths = [len(piece) for piece in pieces]
    average = sum(lengths) / len(lengths) if lengths else 1
    frequency = Counter(word for count in counts for word in count)
    rarity = {
        word: math.log(1 + (len(pieces) - number + 0.5) / (number + 0.5))
        for word, number in frequency.items()
    }

    def score(number: int) -> float:
        weight = _K1 * (1 - _B + _B * lengths[number] / average)
        return sum(
            rarity[word] * times * (_K1 + 1) / (times + weight) for word, times in counts[number].items()
        )

    return sorted(range(len(pieces)), key=lambda number: (-score(number), number))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
