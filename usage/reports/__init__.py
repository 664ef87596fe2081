"""What was used, summed up: by whom, when, of what. Every figure is exact to the last request.

`totals`, `series` and `split` take a `Scope` (whose requests, which of them) and a `Period`. `digest` has
them all at once, of one person.
"""

from usage.reports.digest import Digest, digest
from usage.reports.figures import Costs, Figures
from usage.reports.periods import PERIODS, Bucket, Period, starts
from usage.reports.queries import (
    Choices,
    Dimension,
    Parts,
    Points,
    choices,
    recent,
    requests,
    running,
    series,
    split,
    totals,
)
from usage.reports.scope import Scope
from usage.rollups.histograms import Histogram

__all__ = [
    "PERIODS",
    "Bucket",
    "Choices",
    "Costs",
    "Digest",
    "Dimension",
    "Figures",
    "Histogram",
    "Parts",
    "Period",
    "Points",
    "Scope",
    "choices",
    "digest",
    "recent",
    "requests",
    "running",
    "series",
    "split",
    "starts",
    "totals",
]
