"""Where the sums of a span of time are to be found: in closed months, days and hours, and in the ledger."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from usage.models import ClosedBucket, Grain
from usage.rollups.buckets import COARSE_TO_FINE, end_of
from usage.rollups.floor import floor
from usage.within import Range, Within

# Looked up one by one; with more of them all marks in between are read.
_FEW = 8


@dataclass(frozen=True)
class Pieces:
    """They lie side by side and make up the whole. `closed` has ranges of whole buckets."""

    closed: dict[Grain, list[Range]]
    open: list[Range]


def pieces(since: datetime, until: datetime, cuts: Iterable[datetime] = ()) -> Pieces:
    """No bucket has a moment of `cuts` inside, so each is on one side of it. Of what the ledger no longer
    has, whole hours are taken, and belong to where they begin."""
    # Moments of one zone are compared by what its clocks show, and that may come twice.
    since, until, *cuts = (moment.astimezone(UTC) for moment in (since, until, *cuts))
    edges = sorted({since, until, *(cut for cut in cuts if since < cut < until)})
    lowest = floor()
    closed: dict[Grain, list[Range]] = {}
    left = [(since, until)] if since < until else []
    for grain in COARSE_TO_FINE:
        taken = []
        for start in _closed_starts(grain, left):
            end = end_of(grain, start)
            is_only_there = grain == Grain.HOUR and end <= lowest and since <= start < until
            if is_only_there or _is_uncut(start, end, edges):
                taken.append((start, end))
        closed[grain] = merged(taken)
        left = without(left, closed[grain])
    return Pieces(closed, [(max(a, lowest), b) for a, b in left if b > lowest])


def merged(ranges: Iterable[Range]) -> list[Range]:
    """Neighbours become one; they must come in order."""
    found: list[Range] = []
    for since, until in ranges:
        if found and found[-1][1] == since:
            since = found.pop()[0]
        found.append((since, until))
    return found


def without(ranges: Iterable[Range], taken: Sequence[Range]) -> list[Range]:
    """What is left of `ranges`; both in order."""
    found = []
    for since, until in ranges:
        for start, end in taken:
            if end <= since or start >= until:
                continue
            if since < start:
                found.append((since, start))
            since = end
        if since < until:
            found.append((since, until))
    return found


def _is_uncut(start: datetime, end: datetime, edges: Sequence[datetime]) -> bool:
    place = bisect_right(edges, start)
    return 0 < place < len(edges) and end <= edges[place]


def _closed_starts(grain: Grain, ranges: Sequence[Range]) -> list[datetime]:
    if not ranges:
        return []
    spans = ranges if len(ranges) <= _FEW else [(ranges[0][0], ranges[-1][1])]
    marks = ClosedBucket.objects.filter(Within("start", spans), grain=grain).order_by("start")
    found = (start.astimezone(UTC) for start in marks.values_list("start", flat=True))
    firsts = [since for since, _ in ranges]
    return [start for start in found if start < ranges[bisect_right(firsts, start) - 1][1]]
