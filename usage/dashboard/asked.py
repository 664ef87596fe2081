"""Which time a reader asks for: the query parameters `period`, `from`, `to` and `by`, in their time zone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.web.errors import BadParameter
from usage.reports import PERIODS, Bucket, Period

DEFAULT = "30d"
CUSTOM = "custom"
# What they are called where they are chosen, and in a sentence.
NAMES = {
    "24h": gettext_lazy("24 hours"),
    "7d": gettext_lazy("7 days"),
    "30d": gettext_lazy("30 days"),
    "90d": gettext_lazy("90 days"),
    "1y": gettext_lazy("1 year"),
}
# A bucket is offered while it divides the period into so many parts.
_PARTS = {"hour": (2, 400), "day": (2, 400), "week": (4, 600)}
_LENGTHS: dict[Bucket, timedelta] = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
}
# Chosen unasked while it has no more than so many parts.
_CALM = 95


@dataclass(frozen=True)
class Asked:
    """`first` and `last` are the days of a period of one's own, `name` is then `custom`. `bucket` divides the
    charts; `buckets` are those that make sense."""

    name: str
    period: Period
    bucket: Bucket
    buckets: tuple[Bucket, ...]
    first: date
    last: date


def asked(query: Mapping[str, str], now: datetime, zone: ZoneInfo) -> Asked:
    """Raises `BadParameter`."""
    name = query.get("period") or DEFAULT
    if name == CUSTOM:
        first, last = _day(query, "from"), _day(query, "to")
        period = _days(first, last, zone)
    elif name in PERIODS:
        period = Period.of(name, now)
        first, last = period.since.astimezone(zone).date(), now.astimezone(zone).date()
    else:
        raise BadParameter(_("There is no such period."), "period")
    buckets = tuple(each for each in _LENGTHS if _makes_sense(each, period))
    bucket = next((each for each in buckets if each == query.get("by")), _unasked(buckets, period))
    return Asked(name, period, bucket, buckets, first, last)


def _day(query: Mapping[str, str], param: str) -> date:
    try:
        return date.fromisoformat(query.get(param, ""))
    except ValueError:
        raise BadParameter(_("Say the first and the last day, such as 2026-02-28."), param) from None


def _days(first: date, last: date, zone: ZoneInfo) -> Period:
    """Both of them whole."""
    if last < first:
        raise BadParameter(_("The last day is before the first."), "to")
    is_near = first.year >= 2000 and last.year <= 2900
    period = _whole(first, last, zone) if is_near else None
    if period is None or period.is_too_long:
        raise BadParameter(_("That is more than ten years, or too far away."), "from")
    return period


def _whole(first: date, last: date, zone: ZoneInfo) -> Period:
    since = datetime.combine(first, time(), zone)
    return Period(since, datetime.combine(last + timedelta(days=1), time(), zone))


def _makes_sense(bucket: Bucket, period: Period) -> bool:
    fewest, most = _PARTS[bucket]
    # A day alone, too, is divided.
    return fewest <= (period.until - period.since) / _LENGTHS[bucket] <= most


def _unasked(buckets: tuple[Bucket, ...], period: Period) -> Bucket:
    length = period.until - period.since
    calm = [each for each in buckets if length / _LENGTHS[each] <= _CALM]
    if length > timedelta(days=3) and "day" in calm:
        return "day"
    return calm[0] if calm else "week"
