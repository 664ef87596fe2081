"""Requests per day as bars of an SVG: whole numbers in a view box, so that no style is needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from usage.key_usage import Day

WIDTH, HEIGHT, GAP = 168, 36, 2


@dataclass(frozen=True)
class Bar:
    x: int
    y: int
    width: int
    height: int
    day: date
    requests: int
    errors: int


@dataclass(frozen=True)
class Chart:
    """`total` and `most` requests are what it says to who cannot see it."""

    bars: Sequence[Bar]
    total: int
    most: int
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def days(self) -> int:
        return len(self.bars)


def chart_of(series: Sequence[Day]) -> Chart:
    most = max((day.requests for day in series), default=0)
    step = WIDTH // max(1, len(series))
    bars = [_bar(day, number * step, step - GAP, most) for number, day in enumerate(series)]
    return Chart(bars, sum(day.requests for day in series), most)


def _bar(day: Day, x: int, width: int, most: int) -> Bar:
    """A day without requests is a line, so that it is seen as a day."""
    height = max(1, round(HEIGHT * day.requests / most)) if most else 1
    return Bar(x, HEIGHT - height, width, height, day.date, day.requests, day.errors)
