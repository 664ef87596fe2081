"""Two texts, line by line."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# Lines that are the same are shown so far around those that are not.
_AROUND = 3
# Beyond so many pairs of lines it would take too long to find which of them stayed.
_MOST = 4_000_000


@dataclass(frozen=True)
class Line:
    """`kind` is `same`, `added`, `removed` or `gap`, where what is the same is left out."""

    kind: str
    text: str = ""


def compare(before: str, after: str) -> list[Line]:
    old, new = before.splitlines(), after.splitlines()
    start = _same(old, new)
    end = _same(old[start:][::-1], new[start:][::-1])
    middle = _middle(old[start : len(old) - end], new[start : len(new) - end])
    lines = [*_kept(old[:start]), *middle, *_kept(old[len(old) - end :])]
    return list(_shortened(lines))


def unified(before: str, after: str) -> str:
    signs = {"same": " ", "added": "+", "removed": "-"}
    lines = compare(before, after)
    return "\n".join("…" if line.kind == "gap" else signs[line.kind] + line.text for line in lines)


def _same(old: Sequence[str], new: Sequence[str]) -> int:
    """How many lines are the same from the beginning on."""
    return next(
        (n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new))
    )


def _kept(lines: Sequence[str]) -> list[Line]:
    return [Line("same", text) for text in lines]


def _middle(old: Sequence[str], new: Sequence[str]) -> Iterator[Line]:
    if len(old) * len(new) > _MOST:
        blocks: list[tuple[int, int, int, int, bool]] = [(0, len(old), 0, len(new), False)]
    else:
        codes = difflib.SequenceMatcher(None, old, new, autojunk=True).get_opcodes()
        blocks = [(a, b, c, d, tag == "equal") for tag, a, b, c, d in codes]
    for a, b, c, d, is_same in blocks:
        if is_same:
            yield from _kept(old[a:b])
        else:
            yield from (Line("removed", text) for text in old[a:b])
            yield from (Line("added", text) for text in new[c:d])


def _shortened(lines: Sequence[Line]) -> Iterator[Line]:
    changed = [place for place, line in enumerate(lines) if line.kind != "same"]
    near = {place + step for place in changed for step in range(-_AROUND, _AROUND + 1)}
    last = -1
    for place in sorted(near & set(range(len(lines)))):
        if place > last + 1:
            yield Line("gap")
        yield lines[place]
        last = place
    if changed and last < len(lines) - 1:
        yield Line("gap")
