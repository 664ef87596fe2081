"""Axes that end on round numbers."""

from dataclasses import dataclass
from math import ceil, floor, log10

_STEPS = (1, 2, 2.5, 5, 10)
_HAIR = 1e-8


@dataclass(frozen=True)
class Scale:
    """`ticks` are evenly spaced from 0 to `top`."""

    ticks: tuple[float, ...]

    @property
    def top(self) -> float:
        return self.ticks[-1]

    def share(self, value: float) -> float:
        """0 at the axis, 1 at the top."""
        return value / self.top


def scale_to(most: float, *, is_whole: bool = False, intervals: int = 4) -> Scale:
    """The smallest scale of at most `intervals` round steps that holds `most`, which is more than 0.
    `is_whole`: of what is counted there is no half."""
    step = _step(most / intervals)
    if is_whole:
        step = max(1.0, ceil(step))
    count = max(1, ceil(most / step - _HAIR))
    return Scale(tuple(number * step for number in range(count + 1)))


def _step(least: float) -> float:
    size = 10.0 ** floor(log10(least))
    # What rounding makes a hair larger than a step is still that step.
    return next(step * size for step in _STEPS if step * size >= least * (1 - _HAIR / 10))
