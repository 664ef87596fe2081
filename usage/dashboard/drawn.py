"""The charts over time."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from usage.charts import Axis, Chart, Reading, Series, Words, chart_of
from usage.dashboard.dates import day, day_and_year, minute, weekday
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
    return [draw(axis, figures) for draw in (_requests, _tokens, _cost, _latency, _errors)]


def _requests(axis: Axis, figures: Sequence[Figures]) -> Chart:
    count_of_all, failed = sum(each.requests for each in figures), sum(each.errors for each in figures)
    series = [
        Series(_("without an error"), "1", [each.requests - each.errors for each in figures]),
        Series(_("failed"), "bad", [each.errors for each in figures]),
    ]
    words = Words("requests", _("Requests"), _requests_words(count_of_all, failed))
    return chart_of("bars", words, axis, series, _COUNTS)


def _tokens(axis: Axis, figures: Sequence[Figures]) -> Chart:
    tokens_in, tokens_out = [each.input_tokens for each in figures], [each.output_tokens for each in figures]
    series = [
        Series(pgettext("tokens", "in"), "1", tokens_in),
        Series(pgettext("tokens", "out"), "2", tokens_out),
    ]
    words = Words("tokens", _("Tokens"), _tokens_words(sum(tokens_in), sum(tokens_out)))
    return chart_of("bars", words, axis, series, _COUNTS)


def _cost(axis: Axis, figures: Sequence[Figures]) -> Chart:
    in_all = sum((each.cost for each in figures), Decimal(0))
    series = [Series(_("Cost"), "3", [float(each.cost) for each in figures])]
    words = Words("cost", _("Cost"), _("%(cost)s in all.") % {"cost": money(in_all)})
    return chart_of("bars", words, axis, series, _MONEY)


def _latency(axis: Axis, figures: Sequence[Figures]) -> Chart:
    series = [
        Series(_("50 % (median)"), "1", [each.latency.p50 for each in figures]),
        Series(_("95 %"), "2", [each.latency.p95 for each in figures]),
        Series(_("99 %"), "3", [each.latency.p99 for each in figures]),
    ]
    description = _("The time within which that share of the requests was done.")
    return chart_of("lines", Words("latency", _("Latency"), description), axis, series, _TIMES)


def _errors(axis: Axis, figures: Sequence[Figures]) -> Chart:
    rates = [each.error_rate if each.finished else None for each in figures]
    words = Words("errors", _("Error rate"), _("Requests that failed, of those that have ended."))
    return chart_of("lines", words, axis, [Series(_("Error rate"), "bad", rates)], _RATES)


def axis_of(times: Sequence[datetime], bucket: Bucket) -> Axis:
    if bucket == "hour":
        is_one_day = len(times) < 30
        short = [f"{at:%H:%M}" if is_one_day else f"{day(at)}, {at:%H:%M}" for at in times]
        return Axis(short, [minute(at) for at in times])
    short = [day(at) for at in times]
    if bucket == "week":
        return Axis(short, [_("week of %(day)s") % {"day": day_and_year(at)} for at in times])
    return Axis(short, [weekday(at) for at in times])


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
