"""Words of what people type and of what is found, and how hits are shown."""

import re
import unicodedata
from collections.abc import Sequence

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

# Characters around the first hit.
_BEFORE, _LENGTH = 40, 160


def words_of(text: str) -> list[str]:
    """Letters, their marks and digits; what stands between them separates, as in every index."""
    parts = (character if unicodedata.category(character)[0] in "LMN" else " " for character in text)
    return [word for word in "".join(parts).split() if any(map(str.isalnum, word))]


def marked(text: str, words: Sequence[str]) -> SafeString:
    """`text` escaped, with every hit in a `<mark>`. Of the last word, the beginning is a hit."""
    if not words:
        return conditional_escape(text)
    pieces, end = [], 0
    for hit in _anywhere(words).finditer(text):
        pieces += [conditional_escape(text[end : hit.start()]), format_html("<mark>{}</mark>", hit.group())]
        end = hit.end()
    return mark_safe("".join([*pieces, conditional_escape(text[end:])]))  # noqa: S308 - escaped above


def excerpt(text: str, words: Sequence[str]) -> SafeString:
    """The surroundings of the first hit, on one line; empty when there is none."""
    return marked(surroundings(text, words), words)


def surroundings(text: str, words: Sequence[str]) -> str:
    """The same as plain text."""
    first = _anywhere(words).search(text) if words else None
    if first is None:
        return ""
    start = max(0, first.start() - _BEFORE)
    if start:
        # Not in the middle of a word, if one ends near.
        start += len(re.match(r"\S{0,20}\s|", text[start : first.start()]).group())  # type: ignore[union-attr]
    end = start + _LENGTH
    line = " ".join(text[start:end].split())
    return f"{'… ' if start else ''}{line}{' …' if end < len(text) else ''}"


def _anywhere(words: Sequence[str]) -> re.Pattern[str]:
    """Python takes the underscore for a letter; people do not, nor do the indexes."""
    *whole, last = map(re.escape, words)
    each = [rf"{last}[^\W_]*", *(rf"{word}(?![^\W_])" for word in whole)]
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(each)})", re.IGNORECASE)
