"""Everything about a set of requests in a span of time, ready for the templates."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from usage.charts import Chart
from usage.dashboard.asked import Asked
from usage.dashboard.drawn import charts
from usage.dashboard.key_figures import KeyFigure, key_figures
from usage.reports import Figures, Period, Points

STATUSES: Mapping[str, object] = {
    "complete": _("Succeeded"),
    "failed": _("Failed"),
    "cancelled": _("Cancelled"),
    "interrupted": _("Interrupted"),
    "open": _("Running"),
}


@dataclass(frozen=True)
class Overview:
    """`before` is the period the changes are against, if there was anything in it."""

    totals: Figures
    before: Period
    has_earlier: bool
    key_figures: list[KeyFigure]
    charts: list[Chart]


def overview(points: Points, earlier: Figures, asked: Asked) -> Overview:
    """`points` are the series of the period asked for, `earlier` is the total of the one before."""
    now = Figures.sum(figures for _start, figures in points)
    drawn = charts(points, asked.bucket) if now.requests else []
    has_earlier = bool(earlier.requests)
    return Overview(now, asked.period.previous(), has_earlier, key_figures(now, earlier), drawn)
