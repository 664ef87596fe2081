"""The figures at the top of a page, each with its change against the period before."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from usage.dashboard import changes
from usage.dashboard.changes import Change
from usage.dashboard.numbers import (
    count,
    glance,
    money,
    near_duration,
    near_exact_duration,
    percent,
    short_money,
)
from usage.reports import Figures


@dataclass(frozen=True)
class KeyFigure:
    """`exact` is there on hover."""

    id: str
    name: str
    value: str
    exact: str
    change: Change


def key_figures(now: Figures, before: Figures) -> list[KeyFigure]:
    def figure(
        name: str, words: str, of: Callable[[Figures], Any], written: tuple[Callable[[Any], str], ...]
    ) -> KeyFigure:
        earlier = of(before) if before.requests else None
        shown, exact = written
        return KeyFigure(name, words, shown(of(now)), exact(of(now)), _COMPARED[name](of(now), earlier))

    counted, timed = (glance, count), (near_duration, near_exact_duration)
    return [
        figure("requests", _("Requests"), lambda each: each.requests, counted),
        figure("cost", _("Cost"), lambda each: each.cost, (short_money, money)),
        figure("input", _("Tokens in"), lambda each: each.input_tokens, counted),
        figure("output", _("Tokens out"), lambda each: each.output_tokens, counted),
        figure("errors", _("Error rate"), _error_rate, (percent, percent)),
        figure("median", _("Latency, median"), lambda each: each.latency.p50, timed),
        figure("p95", _("Latency, 95 % within"), lambda each: each.latency.p95, timed),
        figure("first-token", _("First token, median"), lambda each: each.first_token.p50, timed),
    ]


_COMPARED: dict[str, changes.Compare] = {
    **dict.fromkeys(("requests", "cost", "input", "output"), changes.of_amount),
    **dict.fromkeys(("median", "p95", "first-token"), changes.of_time),
    "errors": changes.of_rate,
}


def _error_rate(figures: Figures) -> float | None:
    return figures.error_rate if figures.finished else None
