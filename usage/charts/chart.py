"""A chart: its shapes, its axes' labels, and the table that says the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from usage.charts.scales import Scale, scale_to
from usage.charts.shapes import HEIGHT, WIDTH, bars, dots, line

Kind = Literal["bars", "lines"]
_MOST_LABELS = 6
# More points than that are drawn with a finer line.
_DENSE = 120


@dataclass(frozen=True)
class Series:
    """`tone` names a colour of the style sheet. A value that is not known is None."""

    name: str
    tone: str
    values: Sequence[float | None]


@dataclass(frozen=True)
class Reading:
    """How a number is written: `short` beside the axis, `exact` where it is read; `is_whole` if there is
    nothing between two of them. `idle_top` is where an axis ends that has nothing to show."""

    short: Callable[[float], str]
    exact: Callable[[float | None], str]
    is_whole: bool = False
    idle_top: float = 1


@dataclass(frozen=True)
class Label:
    """Under the axis, at `place` percent of its width. A `spare` one is left out where room is scarce."""

    text: str
    place: float
    anchor: Literal["start", "middle", "end"]
    is_spare: bool


@dataclass(frozen=True)
class Shape:
    tone: str
    path: str
    dots: str = ""


@dataclass(frozen=True)
class Row:
    """Of the table: one point in time, and each series' value at it."""

    head: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Chart:
    """`ticks` from the top down; `levels` are their heights in the box. `rows` are in the axis' order."""

    id: str
    kind: Kind
    title: str
    description: str
    series: Sequence[Series]
    shapes: Sequence[Shape]
    ticks: Sequence[str]
    levels: Sequence[float]
    labels: Sequence[Label]
    rows: Sequence[Row]
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def is_dense(self) -> bool:
        return len(self.rows) > _DENSE

    @property
    def has_legend(self) -> bool:
        return len(self.series) > 1


@dataclass(frozen=True)
class Axis:
    """Each point in time: `short` under the axis, `exact` where it is read."""

    short: Sequence[str]
    exact: Sequence[str]


@dataclass(frozen=True)
class Words:
    id: str
    title: str
    description: str


def chart_of(kind: Kind, words: Words, axis: Axis, series: Sequence[Series], reading: Reading) -> Chart:
    """Bars are stacked in the order of the series. All of them have one value for each point of the axis."""
    drawn, scale = (_stacked if kind == "bars" else _lines)(series, reading)
    return Chart(
        words.id,
        kind,
        words.title,
        words.description,
        series,
        drawn,
        [reading.short(tick) for tick in reversed(scale.ticks)],
        [round(HEIGHT * (1 - scale.share(tick)), 1) for tick in scale.ticks[1:]],
        _labels(axis.short),
        _rows(axis, series, reading),
    )


def _stacked(series: Sequence[Series], reading: Reading) -> tuple[list[Shape], Scale]:
    below = [[0.0] * len(series[0].values)]
    for each in series:
        below.append([base + (value or 0) for base, value in zip(below[-1], each.values, strict=True)])
    scale = _scale(below[-1], reading)
    bases = zip(series, below, strict=False)
    return [Shape(each.tone, bars(each.values, base, scale)) for each, base in bases], scale


def _lines(series: Sequence[Series], reading: Reading) -> tuple[list[Shape], Scale]:
    known = [value for each in series for value in each.values if value is not None]
    scale = _scale(known, reading)
    drawn = [(each.tone, line(each.values, scale), dots(each.values, scale)) for each in series]
    return [Shape(*each) for each in drawn], scale


def _scale(values: Sequence[float], reading: Reading) -> Scale:
    return scale_to(max(values, default=0) or reading.idle_top, is_whole=reading.is_whole)


def _labels(texts: Sequence[str]) -> list[Label]:
    count = len(texts)
    step = max(1, -(-count // _MOST_LABELS))
    chosen = range((step - 1) // 2, count, step)
    return [
        Label(texts[place], round(100 * (place + 0.5) / count, 2), _anchor(place, count), bool(number % 2))
        for number, place in enumerate(chosen)
    ]


def _anchor(place: int, count: int) -> Literal["start", "middle", "end"]:
    """Those at the ends stay inside."""
    share = (place + 0.5) / count
    return "start" if share < 0.04 else "end" if share > 0.96 else "middle"


def _rows(axis: Axis, series: Sequence[Series], reading: Reading) -> list[Row]:
    values = zip(*(each.values for each in series), strict=True)
    return [
        Row(head, tuple(reading.exact(value) for value in at_once))
        for head, at_once in zip(axis.exact, values, strict=True)
    ]
