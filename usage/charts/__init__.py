"""Charts as inline SVG, drawn on the server: geometry here, looks in `static/css/charts.css`, words in the
template `usage/_chart.html`. Numbers in, nothing of the portal is known here."""

from usage.charts.chart import Axis, Chart, Label, Reading, Series, Words, chart_of
from usage.charts.scales import Scale, scale_to

__all__ = ["Axis", "Chart", "Label", "Reading", "Scale", "Series", "Words", "chart_of", "scale_to"]
