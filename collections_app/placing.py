"""Lists in the order that a person gives them."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar


class Placed(Protocol):
    position: int


P = TypeVar("P", bound=Placed)


def move(rows: Sequence[P], moved: P, place: int, is_seen: Callable[[P], bool] = lambda row: True) -> list[P]:
    """Puts `moved` at `place` among those that are seen, or at the end. `rows` are all, in their order.
    Returns those whose `position` has changed."""
    rest = [row for row in rows if row is not moved]
    seen = [row for row in rest if is_seen(row)]
    index = rest.index(seen[place]) if place < len(seen) else len(rest)
    rest.insert(index, moved)
    changed = [(number, row) for number, row in enumerate(rest) if row.position != number]
    for number, row in changed:
        row.position = number
    return [row for _, row in changed]
