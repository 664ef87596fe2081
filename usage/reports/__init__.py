"""What was used, summed up: by whom, when, of what. Every figure is exact to the last request.

`totals`, `series` and `split` take a `Scope` (whose requests, which of them) and a `Period`.
"""

from usage.reports.figures import Costs, Figures
from usage.reports.periods import PERIODS, Bucket, Period, starts
from usage.reports.queries import Choices, Dimension, choices, recent, requests, series, split, totals
from usage.reports.scope import Scope
from usage.rollups.histograms import Histogram

__all__ = [
    "PERIODS",
    "Bucket",
    "Choices",
    "Costs",
    "Dimension",
    "Figures",
    "Histogram",
    "Period",
    "Scope",
    "choices",
    "recent",
    "requests",
    "series",
    "split",
    "starts",
    "totals",
]
