"""Values as paths in a box of `WIDTH` × `HEIGHT`, which the page stretches to the room there is."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from usage.charts.scales import Scale

WIDTH, HEIGHT = 1000, 200
# Of a bar's place; so many bars that gaps would be finer than a pixel have none.
_FILLED, _MANY = 0.72, 120
# What is there is seen, however small.
_LEAST = 2


def bars(values: Sequence[float | None], below: Sequence[float], scale: Scale) -> str:
    """One path of all bars of a series, each standing on what is `below` it."""
    place = WIDTH / max(1, len(values))
    width = place * (_FILLED if len(values) <= _MANY else 1)
    return "".join(
        _bar(number * place + (place - width) / 2, width, value, base, scale)
        for number, (value, base) in enumerate(zip(values, below, strict=True))
        if value
    )


def line(values: Sequence[float | None], scale: Scale) -> str:
    """Interrupted where there is no value."""
    return "".join(_stroke(run) for run in _runs(_points(values, scale)) if len(run) > 1)


def dots(values: Sequence[float | None], scale: Scale) -> str:
    """Values without a neighbour, which make no line: strokes of no length, but with round ends."""
    alone = (run[0] for run in _runs(_points(values, scale)) if len(run) == 1)
    return "".join(f"M{x:.1f} {y:.1f}h.01" for x, y in alone)


def _bar(x: float, width: float, value: float, base: float, scale: Scale) -> str:
    bottom, height = HEIGHT * (1 - scale.share(base)), max(_LEAST, HEIGHT * scale.share(value))
    return f"M{x:.1f} {bottom:.1f}v{-height:.1f}h{width:.1f}v{height:.1f}z"


def _points(values: Sequence[float | None], scale: Scale) -> Iterator[tuple[float, float] | None]:
    place = WIDTH / max(1, len(values))
    for number, value in enumerate(values):
        yield None if value is None else ((number + 0.5) * place, HEIGHT * (1 - scale.share(value)))


def _runs(points: Iterable[tuple[float, float] | None]) -> Iterator[list[tuple[float, float]]]:
    for is_gap, run in groupby(points, key=lambda point: point is None):
        if not is_gap:
            yield [point for point in run if point is not None]


def _stroke(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
