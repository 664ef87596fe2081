"""The charts over time."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from usage.charts import Axis, Chart, Reading, Series, Words, chart_of
from usage.dashboard.numbers import count, duration, money, near_duration, percent, short_count, short_money
from usage.reports import Bucket, Figures

Point = tuple[datetime, Figures]

_COUNTS = Reading(short_count, count, is_whole=True)
_MONEY = Reading(short_money, money)
_TIMES = Reading(duration, near_duration, idle_top=1000)
_RATES = Reading(percent, percent, idle_top=4)


def charts(points: Sequence[Point], bucket: Bucket) -> list[Chart]:
    """`points` are in the reader's time zone, the oldest first."""
    axis = axis_of([at for at, _figures in points], bucket)
    figures = [each for _at, each in points]

    def series(name: str, tone: str, of: Callable[[Figures], Any]) -> Series:
        return Series(name, tone, [of(each) for each in figures])

    requests = sum(each.requests for each in figures)
    errors = sum(each.errors for each in figures)
    tokens_in, tokens_out = (sum(getattr(each, name) for each in figures) for name in _TOKENS)
    cost = sum(each.cost for each in figures)
    return [
        chart_of(
            "bars",
            Words("requests", _("Requests"), _requests_words(requests, errors)),
            axis,
            [
                series(_("without an error"), "1", lambda each: each.requests - each.errors),
                series(_("failed"), "bad", lambda each: each.errors),
            ],
            _COUNTS,
        ),
        chart_of(
            "bars",
            Words("tokens", _("Tokens"), _tokens_words(tokens_in, tokens_out)),
            axis,
            [
                series(pgettext("tokens", "in"), "1", lambda each: each.input_tokens),
                series(pgettext("tokens", "out"), "2", lambda each: each.output_tokens),
            ],
            _COUNTS,
        ),
        chart_of(
            "bars",
            Words("cost", _("Cost"), _("%(cost)s in all.") % {"cost": money(cost)}),
            axis,
            [series(_("Cost"), "3", lambda each: float(each.cost))],
            _MONEY,
        ),
        chart_of(
            "lines",
            Words("latency", _("Latency"), _("The time within which that share of the requests was done.")),
            axis,
            [
                series(_("50 % (median)"), "1", lambda each: each.latency.p50),
                series(_("95 %"), "2", lambda each: each.latency.p95),
                series(_("99 %"), "3", lambda each: each.latency.p99),
            ],
            _TIMES,
        ),
        chart_of(
            "lines",
            Words("errors", _("Error rate"), _("Requests that failed, of those that have ended.")),
            axis,
            [series(_("Error rate"), "bad", lambda each: each.error_rate if each.finished else None)],
            _RATES,
        ),
    ]


_TOKENS = ("input_tokens", "output_tokens")


def axis_of(times: Sequence[datetime], bucket: Bucket) -> Axis:
    if bucket == "hour":
        is_one_day = len(times) < 30
        short = [date_format(at, "H:i" if is_one_day else "j M, H:i") for at in times]
        return Axis(short, [date_format(at, "j M Y, H:i") for at in times])
    short = [date_format(at, "j M") for at in times]
    if bucket == "week":
        return Axis(short, [_("week of %(day)s") % {"day": date_format(at, "j M Y")} for at in times])
    return Axis(short, [date_format(at, "D, j M Y") for at in times])


def _requests_words(requests: int, errors: int) -> str:
    words = ngettext("%(count)s request in all", "%(count)s requests in all", requests) % {
        "count": count(requests)
    }
    return _("%(requests)s, %(failed)s of them failed.") % {"requests": words, "failed": count(errors)}


def _tokens_words(tokens_in: int, tokens_out: int) -> str:
    return _("%(in)s tokens in and %(out)s tokens out, in all.") % {
        "in": count(tokens_in),
        "out": count(tokens_out),
    }
