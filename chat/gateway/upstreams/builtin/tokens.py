"""The built-in model's tokens: words with the blank before them, and single signs."""

import re

_TOKEN = re.compile(r"\s*(?:\w{1,12}|[^\w\s])|\s+")


def split(text: str) -> list[str]:
    """Pieces that joined give `text` again."""
    return _TOKEN.findall(text)


def count(text: str) -> int:
    return sum(1 for _ in _TOKEN.finditer(text))
