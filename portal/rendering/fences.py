"""Fenced code in Markdown, found without parsing the rest of it."""

import re

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")


class Fences:
    """Where the blocks of code between fences are."""

    def __init__(self, text: str) -> None:
        self._spans: list[tuple[int, int]] = []
        self.open = ""
        start = offset = 0
        for line in text.splitlines(keepends=True):
            mark = _FENCE.match(line)
            if mark and not self.open:
                self.open, start = mark[1], offset
            elif mark and mark[1].startswith(self.open) and not mark[2].strip():
                self._spans.append((start, offset + len(line)))
                self.open = ""
            offset += len(line)
        if self.open:
            self._spans.append((start, offset + 1))

    def has(self, position: int) -> bool:
        """In one, or right at its end, where a word would keep it from ending."""
        return any(start < position <= end for start, end in self._spans)


def closed(text: str) -> str:
    """A block of code that a text leaves open would take in what follows."""
    fence = Fences(text).open
    return f"{text.strip()}\n{fence}" if fence else text.strip()
